//! Retention: what has outlived its use goes, what has not stays, in batches, again and again; and what
//! an administrator does at the command line.

use chrono::TimeDelta;
use gatewright_domain::{Clock as _, Secret, account::Email};
use gatewright_usecase_identity::admin::AdminError;
use gatewright_usecase_maintenance::Purge;
use serde_json::json;

use crate::support::{Browser, EMAIL, Harness, PASSWORD, arrange, basic_account};

async fn count(h: &Harness, table: &str) -> usize {
    h.db.query(&format!("SELECT count(*) FROM {table}")).await[0]
        .parse()
        .unwrap()
}

#[actix_web::test]
async fn redemption_address_is_kept_while_its_token_lives() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    h.token(&mut owner, "laptop").await;
    h.db.execute("UPDATE gatewright_device_redemptions SET redeemed_at = '2020-01-01Z'")
        .await;
    let (cleaner, now) = (h.cleaner(), h.clock.now());
    assert_eq!(cleaner.purge(Purge::Sessions, now).await.unwrap(), 0);
    h.db.execute("UPDATE oauth_access_tokens SET revoked_at = created_at")
        .await;
    assert_eq!(cleaner.purge(Purge::Sessions, now).await.unwrap(), 1);
}

#[actix_web::test]
async fn dead_bearers_and_ended_sessions_are_purged_after_their_retention() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let live = h.token(&mut owner, "kept").await;
    arrange::bearer("x@example.com")
        .external("https://idp.example")
        .expires_at("2020-01-01Z")
        .times(1203)
        .add(&h.db)
        .await;
    arrange::session_over_since(&h.db, EMAIL, "2020-01-02Z").await;
    let (cleaner, now) = (h.cleaner(), h.clock.now());
    assert_eq!(cleaner.purge(Purge::Bearers, now).await.unwrap(), 1203);
    assert_eq!(
        cleaner.purge(Purge::Bearers, now).await.unwrap(),
        0,
        "safe to repeat"
    );
    assert_eq!(cleaner.purge(Purge::Sessions, now).await.unwrap(), 1);
    h.with_bearer("GET", "/openapi/v1/account", &live)
        .await
        .expect(200);
    owner
        .get(&h, "/console/api/account/profile")
        .await
        .expect(200);
    // Revoked yesterday: kept until its days are over.
    h.db.execute("UPDATE oauth_access_tokens SET revoked_at = created_at")
        .await;
    assert_eq!(
        cleaner
            .purge(Purge::Bearers, now + TimeDelta::days(29))
            .await
            .unwrap(),
        0
    );
    assert_eq!(
        cleaner
            .purge(Purge::Bearers, now + TimeDelta::days(31))
            .await
            .unwrap(),
        1
    );
}

#[actix_web::test]
async fn expired_invitations_are_purged_with_accounts_that_were_never_used() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let body = json!({"emails": ["guest@example.com"], "role": "normal"});
    owner
        .post(
            &h,
            "/console/api/workspaces/current/members/invite-email",
            body,
        )
        .await
        .expect(201);
    let (cleaner, now) = (h.cleaner(), h.clock.now());
    assert_eq!(
        cleaner
            .purge(Purge::Invitations, now + TimeDelta::days(32))
            .await
            .unwrap(),
        0
    );
    assert_eq!(
        cleaner
            .purge(Purge::Invitations, now + TimeDelta::days(34))
            .await
            .unwrap(),
        1
    );
    assert_eq!(h.db.query("SELECT email FROM accounts").await, [EMAIL]);
    assert_eq!(count(&h, "tenant_account_joins").await, 1);
}

#[actix_web::test]
async fn audit_trail_purged_from_its_beginning_still_verifies() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    for n in 0..3 {
        owner
            .post(
                &h,
                "/console/api/workspaces/info",
                json!({"name": format!("N{n}")}),
            )
            .await
            .expect(200);
    }
    h.clock.advance(TimeDelta::minutes(30));
    owner
        .post(&h, "/console/api/workspaces/info", json!({"name": "Young"}))
        .await
        .expect(200);
    let (cleaner, log) = (h.cleaner(), h.services().audit_log);
    let days = TimeDelta::days(400) - TimeDelta::minutes(1);
    assert_eq!(
        cleaner
            .purge(Purge::Audit, h.clock.now() + days)
            .await
            .unwrap(),
        5,
        "the sign-in among them"
    );
    let found = log.verify(&[]).await.unwrap();
    assert!(found.faults.is_empty(), "{found:?}");
    let events = owner
        .get(&h, "/console/api/workspaces/current/audit-events")
        .await
        .json();
    let actions: Vec<&str> = events["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["action"].as_str().unwrap())
        .collect();
    assert_eq!(
        actions,
        ["audit.cut", "workspace.renamed"],
        "that it was cut is an event"
    );
    h.db.execute("DELETE FROM gatewright_audit_events WHERE action = 'workspace.renamed'")
        .await;
    assert_eq!(
        log.verify(&[]).await.unwrap().faults.len(),
        1,
        "what is left is still guarded"
    );
}

#[actix_web::test]
async fn maintenance_schedules_can_be_switched_off() {
    let names = async |extra: &[(&str, &str)]| {
        let h = Harness::with(extra).await;
        let runner = h.runner(true);
        let names = runner
            .scheduler
            .schedules()
            .iter()
            .map(gatewright_jobs::Schedule::name);
        names.collect::<Vec<_>>()
    };
    let usual = [
        "clean_oauth_access_tokens_task",
        "clean_sessions",
        "clean_invitations",
        "clean_dead_letters",
        "clean_apps",
        "clean_leftovers",
        "human_input_form_timeout",
    ];
    assert_eq!(names(&[]).await, usual);
    let other = [
        ("ENABLE_CLEAN_OAUTH_ACCESS_TOKENS_TASK", "false"),
        ("GATEWRIGHT_CLEAN_AUDIT", "true"),
    ];
    assert_eq!(
        names(&other).await,
        [
            "clean_sessions",
            "clean_invitations",
            "clean_dead_letters",
            "clean_audit",
            "clean_apps",
            "clean_leftovers",
            "human_input_form_timeout"
        ]
    );
}

fn email(text: &str) -> Email {
    text.parse().unwrap()
}

async fn assert_noted(h: &Harness, action: &str) {
    let actions = h.db.audit_actions().await;
    let is_noted = actions.iter().any(|known| known == action);
    assert!(is_noted, "{action}: {actions:?}");
}

#[actix_web::test]
async fn admin_creates_accounts_that_can_sign_in_and_workspaces_for_them() {
    let h = Harness::start().await;
    h.set_up().await;
    let admin = h.services().admin;
    let new = email("New@example.com");
    let made = admin
        .create_account(&new, Some("New"), None, None)
        .await
        .unwrap();
    let password = made.password.as_deref().unwrap();
    Browser::signed_in(&h, "new@example.com", password).await;
    let twice = admin
        .create_account(&email("new@example.com"), None, None, None)
        .await;
    assert!(matches!(twice, Err(AdminError::EmailInUse)));
    let weak = admin
        .create_account(
            &email("w@example.com"),
            None,
            None,
            Some(Secret::new("weak")),
        )
        .await;
    assert!(matches!(weak, Err(AdminError::Policy(_))));
    admin
        .create_workspace(&email("new@example.com"), Some("Second"))
        .await
        .unwrap();
    let named = "SELECT count(*) FROM tenants WHERE name = 'Second'";
    assert_eq!(h.db.query(named).await, ["1"]);
    assert_noted(&h, "admin.account_created").await;
}

#[actix_web::test]
async fn admin_unlocks_an_account_locked_by_failures() {
    let h = Harness::start().await;
    h.set_up().await;
    let admin = h.services().admin;
    for _ in 0..12 {
        Browser::new().login(&h, EMAIL, "wr0ng-password").await;
    }
    Browser::new().login(&h, EMAIL, PASSWORD).await.expect(429);
    admin.unlock(&email(EMAIL)).await.unwrap();
    Browser::signed_in(&h, EMAIL, PASSWORD).await;
    assert_noted(&h, "admin.account_unlocked").await;
    let nobody = admin.unlock(&email("nobody@example.com")).await;
    assert!(matches!(nobody, Err(AdminError::NoAccount)));
}

#[actix_web::test]
async fn admin_lists_what_an_account_has_open_and_revokes_all_of_it() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let bearer = h.token(&mut owner, "laptop").await;
    Browser::signed_in(&h, EMAIL, PASSWORD).await;
    let admin = h.services().admin;
    let open = admin.list_open(&email(EMAIL)).await.unwrap();
    let kinds: Vec<&str> = open.iter().map(|one| one.kind).collect();
    assert_eq!(kinds, ["console", "console", "bearer"]);
    admin.revoke_open(&email(EMAIL)).await.unwrap();
    owner
        .get(&h, "/console/api/account/profile")
        .await
        .expect(401);
    h.clock.advance(TimeDelta::seconds(2));
    h.with_bearer("GET", "/openapi/v1/account", &bearer)
        .await
        .expect(401);
    assert_noted(&h, "admin.sessions_revoked").await;
}

#[actix_web::test]
async fn admin_resets_a_password_and_an_email_to_a_free_one() {
    let h = Harness::start().await;
    h.set_up().await;
    h.add_account("taken").await;
    let admin = h.services().admin;
    let new = Secret::new("N3w-password");
    admin.reset_password(&email(EMAIL), &new).await.unwrap();
    Browser::signed_in(&h, EMAIL, "N3w-password").await;
    let taken = admin
        .reset_email(&email(EMAIL), &email("taken@example.com"))
        .await;
    assert!(matches!(taken, Err(AdminError::EmailInUse)));
    admin
        .reset_email(&email(EMAIL), &email("Moved@example.com"))
        .await
        .unwrap();
    Browser::signed_in(&h, "moved@example.com", "N3w-password").await;
}

#[actix_web::test]
async fn admin_ban_ends_what_is_open_and_lifting_it_lets_the_account_sign_in() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let admin = h.services().admin;
    assert!(admin.set_banned(&email(EMAIL), true).await.unwrap());
    owner
        .get(&h, "/console/api/account/profile")
        .await
        .expect(401);
    assert!(admin.set_banned(&email(EMAIL), false).await.unwrap());
    Browser::signed_in(&h, EMAIL, PASSWORD).await;
}

/// Whoever was invited and never came is locked out too, and is invited again when the lock is lifted.
#[actix_web::test]
async fn admin_ban_locks_a_pending_account_out_and_lifting_it_restores_what_was() {
    let h = Harness::start().await;
    h.set_up().await;
    let admin = h.services().admin;
    let guest: Email = "guest@example.com".parse().unwrap();
    let invited = arrange::account(guest.as_str()).named("Guest").pending();
    invited.add(&h.db).await;
    let status = async || {
        h.db.query("SELECT status FROM accounts WHERE name = 'Guest'")
            .await
    };
    assert!(admin.set_banned(&guest, true).await.unwrap());
    assert_eq!(status().await, ["banned"]);
    assert!(
        !admin.set_banned(&guest, true).await.unwrap(),
        "it was already"
    );
    assert!(admin.set_banned(&guest, false).await.unwrap());
    assert_eq!(status().await, ["pending"]);
    let noted = h.db.audit_actions().await;
    for action in ["admin.sessions_revoked", "admin.account_unlocked"] {
        assert!(noted.iter().any(|known| known == action), "{noted:?}");
    }
    for state in ["uninitialized", "active", "pending"] {
        arrange::set_status(&h.db, guest.as_str(), state).await;
        assert!(admin.set_banned(&guest, true).await.unwrap(), "{state}");
        assert_eq!(status().await, ["banned"]);
        assert!(admin.set_banned(&guest, false).await.unwrap(), "{state}");
        assert_eq!(status().await, [state]);
    }
    // Of a ban that somebody else made nothing is known.
    arrange::set_status(&h.db, guest.as_str(), "banned").await;
    assert!(admin.set_banned(&guest, false).await.unwrap());
    assert_eq!(status().await, ["pending"]);
    arrange::set_status(&h.db, guest.as_str(), "closed").await;
    let closed = admin.set_banned(&guest, true).await;
    assert!(
        matches!(closed, Err(AdminError::Closed)),
        "an error, and so an exit code"
    );
}

#[actix_web::test]
async fn apps_of_a_deleted_workspace_are_purged_and_others_stay() {
    let h = Harness::start().await;
    let mut owner = crate::support::basic_account(&h).await;
    let mut other = h.add_account("other").await;
    for by in [&mut owner, &mut other] {
        let new = serde_json::json!({"name": "app", "mode": "workflow"});
        by.post(&h, "/console/api/apps", new).await.expect(201);
    }
    h.db.execute("DELETE FROM tenants WHERE name = 'other WS'")
        .await;
    let cleaner = h.cleaner();
    assert_eq!(cleaner.purge(Purge::Apps, h.clock.now()).await.unwrap(), 1);
    assert_eq!(h.db.query("SELECT 1 FROM sites").await.len(), 1);
    assert_eq!(cleaner.purge(Purge::Apps, h.clock.now()).await.unwrap(), 0);
}
