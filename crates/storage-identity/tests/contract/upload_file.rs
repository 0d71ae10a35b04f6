//! `upload_file`: whose file it is, who may delete it, and that no row outlives its account or workspace unnoticed.

use gatewright_domain::{
    file::{FileOwner, UploadedFile},
    ids::{AccountId, EndUserId, FileId, WorkspaceId},
};
use gatewright_storage_identity::upload_file as files;

use crate::ground::{Ground, id};

fn file(ground: &Ground, workspace: WorkspaceId, account: AccountId, name: &str) -> UploadedFile {
    UploadedFile {
        id: FileId(id()),
        workspace,
        key: format!("upload_files/{}", id()),
        name: name.into(),
        size: 7,
        extension: name.rsplit('.').next().unwrap().into(),
        mime_type: Some("text/plain".into()),
        created_by: FileOwner::Account(account),
        created_at: ground.now(),
        hash: Some("3a98".into()),
        source_url: "https://example.com/a".into(),
    }
}

async fn insert(ground: &Ground, file: &UploadedFile) -> bool {
    let mut conn = ground.conn().await;
    files::insert(&mut conn, file, "local").await.unwrap()
}

#[tokio::test]
async fn file_insert_answers_false_when_its_account_or_workspace_is_gone() {
    let ground = Ground::new().await;
    let ann = ground.account("ann").await;
    let workspace = ground.workspace(ann, 0).await;
    for (workspace, account, expected) in [
        (workspace, ann, true),
        (WorkspaceId(id()), ann, false),
        (workspace, AccountId(id()), false),
    ] {
        let file = file(&ground, workspace, account, "a.txt");
        assert_eq!(insert(&ground, &file).await, expected);
        let mut conn = ground.conn().await;
        let found = files::find(&mut conn, file.id).await.unwrap();
        assert_eq!(found, expected.then_some(file));
    }
}

#[tokio::test]
async fn file_insert_keeps_account_and_workspace_until_the_transaction_ends() {
    let ground = Ground::new().await;
    let ann = ground.account("ann").await;
    let workspace = ground.workspace(ann, 0).await;
    let mut holder = ground.begin().await;
    let file = file(&ground, workspace, ann, "a.txt");
    assert!(files::insert(&mut holder, &file, "local").await.unwrap());
    for statement in [
        format!("DELETE FROM accounts WHERE id = '{ann}'"),
        format!("DELETE FROM tenants WHERE id = '{workspace}'"),
    ] {
        let deletes = async |tx: &mut gatewright_storage_kit::Tx| {
            let query = diesel::sql_query(&statement);
            let done = diesel_async::RunQueryDsl::execute(query, tx.as_mut()).await;
            done.map_err(gatewright_storage_kit::StorageError::from)
        };
        assert!(ground.is_blocked(deletes).await, "{statement}");
    }
}

#[tokio::test]
async fn file_is_own_for_the_account_that_uploaded_it_and_no_end_user() {
    let ground = Ground::new().await;
    let (ann, bob) = (ground.account("ann").await, ground.account("bob").await);
    let workspace = ground.workspace(ann, 0).await;
    let picture = file(&ground, workspace, ann, "a.png");
    let text = file(&ground, workspace, ann, "a.txt");
    // An end user may have any id.
    let end_user = FileOwner::EndUser(EndUserId(ann.0));
    let of_end_user = UploadedFile {
        created_by: end_user,
        ..file(&ground, workspace, ann, "b.png")
    };
    for file in [&picture, &text, &of_end_user] {
        assert!(insert(&ground, file).await);
    }
    let mut conn = ground.conn().await;
    for (file, found) in [(&of_end_user, true), (&picture, false)] {
        let own = files::find_own(&mut conn, file.id, end_user).await.unwrap();
        assert_eq!(own.as_ref(), found.then_some(file));
    }
    for (file, account, is_own, is_picture) in [
        (&picture, ann, true, true),
        (&text, ann, true, false),
        (&picture, bob, false, false),
        (&of_end_user, ann, false, false),
    ] {
        let owner = FileOwner::Account(account);
        let own = files::find_own(&mut conn, file.id, owner).await.unwrap();
        assert_eq!(own.is_some(), is_own, "{}", file.name);
        let picture = files::is_own_picture(&mut conn, file.id, account).await;
        assert_eq!(picture.unwrap(), is_picture, "{}", file.name);
    }
}

#[tokio::test]
async fn file_delete_own_leaves_files_of_others_and_used_ones() {
    let ground = Ground::new().await;
    let (ann, bob) = (ground.account("ann").await, ground.account("bob").await);
    let workspace = ground.workspace(ann, 0).await;
    let own = file(&ground, workspace, ann, "own.txt");
    let used = file(&ground, workspace, ann, "used.txt");
    for file in [&own, &used] {
        assert!(insert(&ground, file).await);
    }
    let set = format!(
        "UPDATE upload_files SET used = true WHERE id = '{}'",
        used.id
    );
    ground.db.execute(&set).await;
    let mut conn = ground.conn().await;
    for (file, account, expected) in [
        (&own, bob, vec![]),
        (&used, ann, vec![]),
        (&own, ann, vec![own.key.clone()]),
        (&own, ann, vec![]),
    ] {
        let orphans = files::delete_own(&mut conn, file.id, account).await;
        assert_eq!(orphans.unwrap().into_keys(), expected, "{}", file.name);
    }
}

#[tokio::test]
async fn file_keys_are_known_while_a_row_stands_for_them() {
    let ground = Ground::new().await;
    let ann = ground.account("ann").await;
    let workspace = ground.workspace(ann, 0).await;
    let known = file(&ground, workspace, ann, "a.txt");
    assert!(insert(&ground, &known).await);
    let mut conn = ground.conn().await;
    let asked = [known.key.clone(), "upload_files/unknown".to_owned()];
    let found = files::list_known_keys(&mut conn, &asked).await.unwrap();
    assert_eq!(found, [known.key]);
    let none = files::list_known_keys(&mut conn, &[]).await.unwrap();
    assert!(none.is_empty());
}

#[tokio::test]
async fn file_is_found_in_its_own_workspace_whoever_uploaded_it() {
    let ground = Ground::new().await;
    let ann = ground.account("ann").await;
    let workspace = ground.workspace(ann, 0).await;
    let file = file(&ground, workspace, ann, "a.txt");
    assert!(insert(&ground, &file).await);
    let mut conn = ground.conn().await;
    for (workspace, is_there) in [(workspace, true), (WorkspaceId(id()), false)] {
        let found = files::find_in(&mut conn, workspace, file.id).await.unwrap();
        assert_eq!(found.as_ref(), is_there.then_some(&file));
    }
}
