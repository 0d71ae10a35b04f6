//! `erasure`: an account or a workspace goes with everything that hangs on it, and with nothing else.

use gatewright_domain::{ids::WorkspaceId, workspace::Role};
use gatewright_storage_identity::erasure;

use crate::ground::{Ground, id};

/// Rows of an account and of a workspace in each table that names one.
async fn rows_of(ground: &Ground, name: &str) -> (String, WorkspaceId) {
    let account = ground.account(name).await;
    let workspace = ground.workspace(account, 0).await;
    let (until, nobody) = (ground.minutes(60), uuid::Uuid::nil());
    let sql = format!(
        "INSERT INTO gatewright_bans VALUES ('{account}', 'active');
         INSERT INTO gatewright_invitations (id, tenant_id, account_id, email, invited_by, created_at, expires_at)
           VALUES ('{}', '{workspace}', '{nobody}', 'x@example.test', '{account}', '{until}', '{until}');
         INSERT INTO gatewright_external_identities (issuer, subject, account_id, created_at)
           VALUES ('idp', '{name}', '{account}', '{until}');
         INSERT INTO account_integrates (account_id, provider, open_id, encrypted_token)
           VALUES ('{account}', 'github', '{name}', '');
         INSERT INTO gatewright_console_sessions (id, account_id, refresh_salt, created_at, rotated_at, idle_expires_at, absolute_expires_at)
           VALUES ('{}', '{account}', '', '{until}', '{until}', '{until}', '{until}');
         INSERT INTO oauth_access_tokens (subject_email, account_id, client_id, device_label, prefix, expires_at)
           VALUES ('{name}', '{account}', 'difyctl', 'x', 'dfoa_', '{until}');
         INSERT INTO tags (tenant_id, type, name, created_by) VALUES ('{workspace}', 'app', 'x', '{account}');
         INSERT INTO tag_bindings (tenant_id, created_by) VALUES ('{workspace}', '{account}');
         INSERT INTO api_tokens (tenant_id, type, token) VALUES ('{workspace}', 'dataset', 'x');
         INSERT INTO upload_files (tenant_id, storage_type, key, name, size, extension, created_by, used)
           VALUES ('{workspace}', 'local', '{name}/own', 'x', 1, 'txt', '{account}', false),
                  ('{workspace}', 'local', '{name}/used', 'x', 1, 'txt', '{account}', true)",
        id(),
        id()
    );
    ground.db.execute(&sql).await;
    (account.to_string(), workspace)
}

async fn counts(ground: &Ground, tables: &[&str], column: &str, id: &str) -> Vec<u64> {
    let mut counts = vec![];
    for table in tables {
        let sql = format!("SELECT count(*) FROM {table} WHERE {column} = '{id}'");
        counts.push(ground.count(&sql).await);
    }
    counts
}

const OF_ACCOUNT: [&str; 6] = [
    "gatewright_bans",
    "gatewright_external_identities",
    "account_integrates",
    "gatewright_console_sessions",
    "oauth_access_tokens",
    "tenant_account_joins",
];
const OF_WORKSPACE: [&str; 6] = [
    "gatewright_invitations",
    "tags",
    "tag_bindings",
    "api_tokens",
    "tenant_account_joins",
    "upload_files",
];

#[tokio::test]
async fn account_goes_with_what_hangs_on_it_and_unused_files_and_nobody_else_does() {
    let ground = Ground::new().await;
    let (ann, workspace) = rows_of(&ground, "ann").await;
    let (bob, _) = rows_of(&ground, "bob").await;
    let mut conn = ground.conn().await;
    let orphans = erasure::delete_account(&mut conn, ann.parse().unwrap()).await;
    assert_eq!(orphans.unwrap().into_keys(), ["ann/own"]);
    for (account, expected) in [(&ann, 0), (&bob, 1)] {
        let left = counts(&ground, &OF_ACCOUNT, "account_id", account).await;
        assert_eq!(left, [expected; OF_ACCOUNT.len()], "{OF_ACCOUNT:?}");
        let invited = counts(&ground, &["gatewright_invitations"], "invited_by", account).await;
        assert_eq!(invited, [expected]);
        let accounts = counts(&ground, &["accounts"], "id", account).await;
        assert_eq!(accounts, [expected]);
    }
    let workspaces = counts(&ground, &["tenants"], "id", &workspace.to_string()).await;
    assert_eq!(workspaces, [1], "whoever else is in it");
}

#[tokio::test]
async fn workspace_goes_with_what_hangs_on_it_and_all_its_files_and_its_members_stay() {
    let ground = Ground::new().await;
    let (ann, of_ann) = rows_of(&ground, "ann").await;
    let (bob, of_bob) = rows_of(&ground, "bob").await;
    let member = bob.parse().unwrap();
    ground.member(of_ann, member, Role::Normal, 0).await;
    let mut conn = ground.conn().await;
    let orphans = erasure::delete_workspace(&mut conn, of_ann).await;
    let mut keys = orphans.unwrap().into_keys();
    keys.sort();
    assert_eq!(keys, ["ann/own", "ann/used"]);
    let left = counts(&ground, &OF_WORKSPACE, "tenant_id", &of_ann.to_string()).await;
    assert_eq!(left, [0; OF_WORKSPACE.len()]);
    let other = counts(&ground, &OF_WORKSPACE, "tenant_id", &of_bob.to_string()).await;
    assert_eq!(other, [1, 1, 1, 1, 1, 2]);
    for account in [ann, bob] {
        assert_eq!(counts(&ground, &["accounts"], "id", &account).await, [1]);
    }
}
