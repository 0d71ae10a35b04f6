//! `retention`: what is older than the instant goes, what is not or is still needed stays.

use gatewright_storage_identity::retention::{self, Expired};

use crate::ground::Ground;

const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

/// Runs an insert for each of these; `{id}` is another id each time, `{old}` before the instant, `{new}` not.
async fn arrange(ground: &Ground, sql: &str) {
    let sql = sql
        .replace("{id}", "gen_random_uuid()")
        .replace("{nobody}", &format!("'{NOBODY}'"))
        .replace("{old}", &format!("'{}'", ground.minutes(-1)))
        .replace("{new}", &format!("'{}'", ground.now()));
    ground.db.execute(&sql).await;
}

/// What is left when everything that expired before now is deleted; and that deleting again is none.
async fn left_after(ground: &Ground, what: Expired, list: &str) -> Vec<String> {
    let mut conn = ground.conn().await;
    let before = ground.db.query(list).await.len();
    let gone = retention::delete(&mut conn, what, ground.now(), 100).await;
    let left = ground.db.query(list).await;
    assert_eq!(gone.unwrap(), before - left.len());
    let again = retention::delete(&mut conn, what, ground.now(), 100).await;
    assert_eq!(again.unwrap(), 0);
    left
}

#[tokio::test]
async fn retention_deletes_at_most_so_many() {
    let ground = Ground::new().await;
    for _ in 0..3 {
        let invite = "INSERT INTO gatewright_invitations \
            (id, tenant_id, account_id, email, invited_by, created_at, expires_at) \
            VALUES ({id}, {id}, {nobody}, 'x', {id}, {old}, {old})";
        arrange(&ground, invite).await;
    }
    let mut conn = ground.conn().await;
    for expected in [2, 1, 0] {
        let gone = retention::delete(&mut conn, Expired::Invitations, ground.now(), 2).await;
        assert_eq!(gone.unwrap(), expected);
    }
}

#[tokio::test]
async fn retention_of_bearers_counts_from_the_revocation_and_otherwise_from_the_expiry() {
    let ground = Ground::new().await;
    let insert = "INSERT INTO oauth_access_tokens \
        (subject_email, client_id, device_label, prefix, revoked_at, expires_at) VALUES \
        ('x', 'c', 'revoked long ago', 'dfoa_', {old}, {new}), \
        ('x', 'c', 'revoked lately, expired long ago', 'dfoa_', {new}, {old}), \
        ('x', 'c', 'expired long ago', 'dfoa_', NULL, {old}), \
        ('x', 'c', 'live', 'dfoa_', NULL, {new})";
    arrange(&ground, insert).await;
    let list = "SELECT device_label FROM oauth_access_tokens ORDER BY 1";
    let left = left_after(&ground, Expired::Bearers, list).await;
    assert_eq!(left, ["live", "revoked lately, expired long ago"]);
}

#[tokio::test]
async fn retention_of_sessions_counts_from_whatever_ended_them_first() {
    let ground = Ground::new().await;
    let ann = ground.account("ann").await;
    for (name, revoked, idle, absolute) in [
        ("revoked", "{old}", "{new}", "{new}"),
        ("idle", "NULL", "{old}", "{new}"),
        ("over", "NULL", "{new}", "{old}"),
        ("live", "NULL", "{new}", "{new}"),
        ("revoked lately", "{new}", "{new}", "{new}"),
    ] {
        let insert = format!(
            "INSERT INTO gatewright_console_sessions (id, account_id, refresh_salt, created_at, rotated_at, \
             user_agent, revoked_at, idle_expires_at, absolute_expires_at) \
             VALUES ({{id}}, '{ann}', '', {{old}}, {{old}}, '{name}', {revoked}, {idle}, {absolute})"
        );
        arrange(&ground, &insert).await;
    }
    let list = "SELECT user_agent FROM gatewright_console_sessions ORDER BY 1";
    let left = left_after(&ground, Expired::Sessions, list).await;
    assert_eq!(left, ["live", "revoked lately"]);
}

#[tokio::test]
async fn retention_of_invitations_counts_from_their_expiry() {
    let ground = Ground::new().await;
    let insert = "INSERT INTO gatewright_invitations \
        (id, tenant_id, account_id, email, invited_by, created_at, expires_at) VALUES \
        ({id}, {id}, {nobody}, 'over', {id}, {old}, {old}), \
        ({id}, {id}, {nobody}, 'open', {id}, {old}, {new})";
    arrange(&ground, insert).await;
    let list = "SELECT email FROM gatewright_invitations";
    let left = left_after(&ground, Expired::Invitations, list).await;
    assert_eq!(left, ["open"]);
}

#[tokio::test]
async fn retention_of_pending_accounts_spares_who_signed_in_owns_or_is_still_invited() {
    let ground = Ground::new().await;
    for (name, status, made, signed_in, role) in [
        ("never came", "pending", "{old}", "NULL", "normal"),
        ("lately", "pending", "{new}", "NULL", "normal"),
        ("active", "active", "{old}", "NULL", "normal"),
        ("signed in", "pending", "{old}", "{old}", "normal"),
        ("owner", "pending", "{old}", "NULL", "owner"),
        ("invited", "pending", "{old}", "NULL", "normal"),
    ] {
        let insert = format!(
            "INSERT INTO accounts (name, email, status, created_at, last_login_at) \
             VALUES ('{name}', '{name}', '{status}', {made}, {signed_in}); \
             INSERT INTO tenant_account_joins (tenant_id, account_id, role) \
             SELECT {{id}}, id, '{role}' FROM accounts WHERE name = '{name}'"
        );
        arrange(&ground, &insert).await;
    }
    let invite = "INSERT INTO gatewright_invitations \
        (id, tenant_id, account_id, email, invited_by, created_at, expires_at) \
        SELECT {id}, {id}, id, email, {id}, {old}, {old} FROM accounts WHERE name = 'invited'; \
        INSERT INTO accounts (name, email, status, created_at) VALUES ('of no workspace', '', 'pending', {old})";
    arrange(&ground, invite).await;
    let list = "SELECT name FROM accounts ORDER BY 1";
    let left = left_after(&ground, Expired::PendingAccounts, list).await;
    let spared = [
        "active",
        "invited",
        "lately",
        "of no workspace",
        "owner",
        "signed in",
    ];
    assert_eq!(left, spared);
    let joins = ground
        .count("SELECT count(*) FROM tenant_account_joins")
        .await;
    assert_eq!(joins, 5, "the membership goes too");
}

#[tokio::test]
async fn retention_of_deliveries_spares_those_whose_job_is_still_there() {
    let ground = Ground::new().await;
    let insert = "INSERT INTO gatewright_mail_deliveries (job_id, letter, sent_at) VALUES \
        ({id}, 'old', {old}), ({nobody}, 'of a job', {old}), ({id}, 'new', {new}); \
        INSERT INTO gatewright_jobs (id, queue, kind, payload, created_at, run_at, max_attempts) \
        VALUES ({nobody}, 'mail', 'x', '{}', {old}, {old}, 1)";
    arrange(&ground, insert).await;
    let list = "SELECT letter FROM gatewright_mail_deliveries ORDER BY 1";
    let left = left_after(&ground, Expired::MailDeliveries, list).await;
    assert_eq!(left, ["new", "of a job"]);
}

#[tokio::test]
async fn retention_of_dead_jobs_spares_the_living() {
    let ground = Ground::new().await;
    let insert = "INSERT INTO gatewright_jobs \
        (id, queue, kind, payload, created_at, run_at, max_attempts, dead_at) VALUES \
        ({id}, 'mail', 'dead', '{}', {old}, {old}, 1, {old}), \
        ({id}, 'mail', 'dead lately', '{}', {old}, {old}, 1, {new}), \
        ({id}, 'mail', 'due', '{}', {old}, {old}, 1, NULL)";
    arrange(&ground, insert).await;
    let list = "SELECT kind FROM gatewright_jobs ORDER BY 1";
    let left = left_after(&ground, Expired::DeadJobs, list).await;
    assert_eq!(left, ["dead lately", "due"]);
}

#[tokio::test]
async fn retention_of_redemptions_spares_those_of_live_tokens() {
    let ground = Ground::new().await;
    let insert = "INSERT INTO oauth_access_tokens \
        (id, subject_email, client_id, device_label, prefix, expires_at) \
        VALUES ({nobody}, 'x', 'c', 'd', 'dfoa_', {new}); \
        INSERT INTO gatewright_device_redemptions (grant_id, token_id, redeemed_at, ip) VALUES \
        ({id}, {id}, {old}, 'old'), ({id}, {nobody}, {old}, 'of a live token'), ({id}, {id}, {new}, 'new')";
    arrange(&ground, insert).await;
    let list = "SELECT ip FROM gatewright_device_redemptions ORDER BY 1";
    let left = left_after(&ground, Expired::DeviceRedemptions, list).await;
    assert_eq!(left, ["new", "of a live token"]);
}
