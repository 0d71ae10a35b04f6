//! What goes with an account and with a workspace: rows, files, and the contents of files.

use gatewright_domain::file::{FileName, FileOwner};
use gatewright_usecase_files::{FileError, NewFile};
use gatewright_usecase_kit::Ctx;
use serde_json::json;

use super::{files::upload, members};
use crate::support::{
    Browser, Harness, basic_account,
    files::{PNG, local},
};

/// By the owner, with the code of the mail.
async fn delete_account(h: &Harness, who: &mut Browser, name: &str) {
    let sent = who.get(h, "/console/api/account/delete/verify").await;
    let token = sent.expect(200).json()["data"].clone();
    let code = h.last_mail(&format!("{name}@example.com")).await.code();
    let body = json!({"token": token, "code": code});
    let deleted = who.post(h, "/console/api/account/delete", body).await;
    deleted.expect(200);
}

async fn files_left(h: &Harness) -> Vec<String> {
    h.db.query("SELECT name FROM upload_files ORDER BY name")
        .await
}

#[actix_web::test]
async fn account_deletion_deletes_its_files_and_their_contents() {
    let h = Harness::start().await;
    let owner = basic_account(&h).await;
    let mut leaver = h.add_account("leaver").await;
    let kept = upload(&h, &owner, "kept.txt", b"kept").await;
    let secret = upload(&h, &leaver, "secret.txt", b"secret").await;
    let picture = upload(&h, &leaver, "me.png", PNG).await;
    let body = json!({"avatar": picture["id"]});
    let set = leaver.post(&h, "/console/api/account/avatar", body).await;
    set.expect(200);
    assert_eq!(h.stored_files(3).await, 3);

    delete_account(&h, &mut leaver, "leaver").await;
    h.get(&local(&secret["source_url"])).await.expect(404);
    h.get(&local(&picture["source_url"])).await.expect(404);
    assert_eq!(files_left(&h).await, ["kept.txt"]);
    h.work().await;
    assert_eq!(h.stored_files(1).await, 1);
    h.get(&local(&kept["source_url"])).await.expect(200);
}

#[actix_web::test]
async fn account_deletion_keeps_files_used_by_a_remaining_workspace() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let mut guest = h.add_account("guest").await;
    members::invite(&h, &mut owner, "guest@example.com", "editor")
        .await
        .expect(201);
    let token = h.last_mail("guest@example.com").await.parameter("token");
    let joined = members::accept(&h, &mut guest, &token, "guest").await;
    joined.expect(200);
    for name in ["used.txt", "idle.txt"] {
        upload(&h, &guest, name, b"x").await;
    }
    h.db.execute(
        "UPDATE upload_files SET used = name = 'used.txt', tenant_id = \
         (SELECT tenant_id FROM tenant_account_joins GROUP BY tenant_id HAVING count(*) = 2)",
    )
    .await;
    delete_account(&h, &mut guest, "guest").await;
    h.work().await;
    assert_eq!(files_left(&h).await, ["used.txt"]);
    assert_eq!(h.stored_files(1).await, 1);

    delete_account_of_the_owner(&h, &mut owner).await;
    h.work().await;
    assert_eq!(
        files_left(&h).await.len(),
        0,
        "with the workspace it goes too"
    );
    assert_eq!(h.stored_files(0).await, 0);
}

async fn delete_account_of_the_owner(h: &Harness, owner: &mut Browser) {
    let name = crate::support::EMAIL
        .strip_suffix("@example.com")
        .unwrap()
        .to_owned();
    delete_account(h, owner, &name).await;
}

#[actix_web::test]
async fn avatar_that_was_replaced_is_deleted() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let mut stranger = h.add_account("stranger").await;
    let avatar = "/console/api/account/avatar";
    let [first, second] = ["first.png", "second.png"];
    let first = upload(&h, &owner, first, PNG).await["id"].clone();
    let second = upload(&h, &owner, second, PNG).await["id"].clone();
    for next in [&first, &first, &second] {
        let set = owner.post(&h, avatar, json!({"avatar": next})).await;
        set.expect(200);
    }
    assert_eq!(files_left(&h).await, ["second.png"]);

    // What is somebody else's, or in use elsewhere, stays.
    h.db.execute(&format!(
        "UPDATE accounts SET avatar = '{}' WHERE email = 'stranger@example.com'",
        second.as_str().unwrap()
    ))
    .await;
    let none = json!({"avatar": ""});
    stranger.post(&h, avatar, none.clone()).await.expect(200);
    h.db.execute("UPDATE upload_files SET used = true").await;
    owner.post(&h, avatar, none).await.expect(200);
    h.work().await;
    assert_eq!(files_left(&h).await, ["second.png"]);
    assert_eq!(h.stored_files(1).await, 1);
}

/// The kind: a folder that is away keeps the work waiting, and doing it again does no harm.
#[actix_web::test]
async fn file_contents_are_deleted_once_their_folder_is_back() {
    let h = Harness::start().await;
    basic_account(&h).await;
    let mut leaver = h.add_account("leaver").await;
    upload(&h, &leaver, "a.txt", b"x").await;
    delete_account(&h, &mut leaver, "leaver").await;
    let away = h.restarted_with(&[("OPENDAL_FS_ROOT", "/nowhere")]).await;
    away.work().await;
    let waiting =
        "SELECT kind || ' ' || attempts FROM gatewright_jobs WHERE kind = 'delete_contents'";
    assert_eq!(h.db.query(waiting).await, ["delete_contents 1"]);
    h.clock.advance_seconds(60);
    h.work().await;
    assert_eq!(h.stored_files(0).await, 0);
    assert_eq!(h.db.query(waiting).await.len(), 0);
}

#[actix_web::test]
async fn upload_ending_after_its_account_or_workspace_was_deleted_leaves_nothing() {
    let h = Harness::start().await;
    let owner = basic_account(&h).await;
    upload(&h, &owner, "there.txt", b"x").await;
    let ids =
        h.db.query("SELECT created_by || ' ' || tenant_id FROM upload_files");
    let ids = ids.await.remove(0);
    let (account, workspace) = ids.split_once(' ').unwrap();
    let nobody = uuid::Uuid::nil().to_string();
    let files = h.services().files;
    let ctx = Ctx::of_system(h.now(), "test");
    for (account, workspace) in [(nobody.as_str(), workspace), (account, nobody.as_str())] {
        let new = NewFile {
            owner: FileOwner::Account(account.parse().unwrap()),
            workspace: workspace.parse().unwrap(),
            name: FileName::parse("late.txt").unwrap(),
            media_type: "text/plain".into(),
            source_url: String::new(),
        };
        let upload = files.begin(&ctx, new).await.unwrap();
        let refused = files.finish(upload).await;
        assert!(matches!(refused, Err(FileError::NotFound)));
    }
    assert_eq!(files_left(&h).await, ["there.txt"]);
    assert_eq!(h.stored_files(1).await, 1);
}

/// The kind: no row of any table names an account or a workspace that is gone. The audit trail keeps ids,
/// and nothing else of them; what is said of it is in the threat model.
#[actix_web::test]
async fn erasure_leaves_no_row_that_names_the_account_or_workspace() {
    let h = Harness::start().await;
    basic_account(&h).await;
    let mut leaver = h.add_account("leaver").await;
    h.token(&mut leaver, "laptop").await;
    upload(&h, &leaver, "a.txt", b"x").await;
    members::invite(&h, &mut leaver, "guest@example.com", "editor")
        .await
        .expect(201);
    let tag = json!({"name": "t", "type": "app"});
    leaver.post(&h, "/console/api/tags", tag).await.expect(200);
    let ids = h.db.query(
        "SELECT a.id || ' ' || j.tenant_id FROM accounts a JOIN tenant_account_joins j ON j.account_id = a.id \
         WHERE a.email = 'leaver@example.com'",
    );
    let ids = ids.await.remove(0);
    let (account, workspace) = ids.split_once(' ').unwrap();
    delete_account(&h, &mut leaver, "leaver").await;
    let columns = h.db.query(
        "SELECT format('SELECT %L FROM %I WHERE %I IN (''$1'', ''$2'')', table_name || '.' || column_name, \
         table_name, column_name) FROM information_schema.columns JOIN information_schema.tables t \
         USING (table_schema, table_name) WHERE table_schema = current_schema() AND data_type = 'uuid' \
         AND t.table_type = 'BASE TABLE' AND table_name NOT LIKE 'gatewright_audit_%'",
    );
    let columns = columns.await;
    assert!(columns.len() > 20, "{columns:?}");
    for column in columns {
        let asked = column.replace("$1", account).replace("$2", workspace);
        let left = h.db.query(&asked).await;
        assert_eq!(left.len(), 0, "{left:?}");
    }
}
