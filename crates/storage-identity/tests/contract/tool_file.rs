//! `tool_file`: whose run it was of, and that it goes with its workspace.

use gatewright_domain::{
    file::ToolFile,
    ids::{ToolFileId, WorkspaceId},
};
use gatewright_storage_identity::{erasure, tool_file as files, upload_file};

use crate::ground::{Ground, id};

fn file(workspace: WorkspaceId, owner: uuid::Uuid) -> ToolFile {
    ToolFile {
        id: ToolFileId(id()),
        owner,
        workspace,
        key: format!("tools/{workspace}/{}.png", id()),
        mime_type: "image/png".into(),
        name: "red.png".into(),
        size: 73,
    }
}

#[tokio::test]
async fn tool_file_is_found_by_its_owner_in_its_workspace_only() {
    let ground = Ground::new().await;
    let ann = ground.account("ann").await;
    let workspace = ground.workspace(ann, 0).await;
    let file = file(workspace, ann.0);
    assert_eq!(file.extension(), "png");
    let mut conn = ground.conn().await;
    assert!(files::insert(&mut conn, &file).await.unwrap());
    let found = files::find(&mut conn, file.id).await.unwrap();
    assert_eq!(found.as_ref(), Some(&file));
    for (workspace, owner, is_own) in [
        (workspace, ann.0, true),
        (workspace, id(), false),
        (WorkspaceId(id()), ann.0, false),
    ] {
        let own = files::find_own(&mut conn, file.id, workspace, owner).await;
        assert_eq!(own.unwrap().is_some(), is_own);
    }
}

#[tokio::test]
async fn tool_file_goes_with_its_workspace_and_comes_into_none_that_is_gone() {
    let ground = Ground::new().await;
    let ann = ground.account("ann").await;
    let workspace = ground.workspace(ann, 0).await;
    let file = file(workspace, ann.0);
    let mut conn = ground.conn().await;
    assert!(files::insert(&mut conn, &file).await.unwrap());
    let keys = [file.key.clone()];
    let known = upload_file::list_known_keys(&mut conn, &keys)
        .await
        .unwrap();
    assert_eq!(known, keys);
    let orphans = erasure::delete_workspace(&mut conn, workspace).await;
    assert_eq!(orphans.unwrap().into_keys(), keys);
    assert_eq!(files::find(&mut conn, file.id).await.unwrap(), None);
    assert!(!files::insert(&mut conn, &file).await.unwrap());
}
