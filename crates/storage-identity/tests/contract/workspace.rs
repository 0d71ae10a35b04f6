//! `workspace`: whose workspaces there are, which is the current one, and the lock for changes of members.

use gatewright_domain::{
    ids::WorkspaceId,
    workspace::{Role, WorkspaceStatus},
};
use gatewright_storage_identity::workspace;
use gatewright_storage_kit::Tx;

use crate::ground::{Ground, id};

async fn archive(ground: &Ground, workspace: WorkspaceId) {
    let set = format!("UPDATE tenants SET status = 'archive' WHERE id = '{workspace}'");
    ground.db.execute(&set).await;
}

#[tokio::test]
async fn workspace_list_is_of_one_account_oldest_first_archived_ones_too() {
    let ground = Ground::new().await;
    let (ann, bob) = (ground.account("ann").await, ground.account("bob").await);
    let younger = ground.workspace(ann, 5).await;
    let older = ground.workspace(bob, 0).await;
    ground.member(older, ann, Role::Editor, 9).await;
    archive(&ground, older).await;
    let mut conn = ground.conn().await;
    let listed = workspace::list_for_account(&mut conn, ann).await.unwrap();
    let facts: Vec<_> = listed
        .iter()
        .map(|one| (one.id, one.role, one.status, one.is_current))
        .collect();
    let expected = [
        (older, Role::Editor, WorkspaceStatus::Archive, false),
        (younger, Role::Owner, WorkspaceStatus::Normal, true),
    ];
    assert_eq!(facts, expected);
    assert_eq!(listed[1].created_at, ground.minutes(5));
    assert_eq!(listed[1].plan, "basic");
    let of_bob = workspace::list_for_account(&mut conn, bob).await.unwrap();
    assert_eq!(of_bob.len(), 1);
}

#[tokio::test]
async fn workspace_switch_makes_one_current_and_answers_false_where_one_cannot_go() {
    let ground = Ground::new().await;
    let (ann, bob) = (ground.account("ann").await, ground.account("bob").await);
    let first = ground.workspace(ann, 0).await;
    let second = ground.workspace(bob, 1).await;
    let archived = ground.workspace(bob, 2).await;
    for workspace in [second, archived] {
        ground.member(workspace, ann, Role::Normal, 3).await;
    }
    archive(&ground, archived).await;
    let foreign = ground.workspace(bob, 4).await;
    let mut conn = ground.conn().await;
    for (to, expected, current) in [
        (second, true, second),
        (archived, false, second),
        (foreign, false, second),
        (second, true, second),
        (first, true, first),
    ] {
        let switched = workspace::switch_current(&mut conn, ann, to, ground.now()).await;
        assert_eq!(switched.unwrap(), expected);
        let listed = workspace::list_for_account(&mut conn, ann).await.unwrap();
        let flagged = listed.iter().filter(|one| one.is_current);
        assert_eq!(flagged.map(|one| one.id).collect::<Vec<_>>(), [current]);
    }
    let of_bob = workspace::list_for_account(&mut conn, bob).await.unwrap();
    let current = of_bob.iter().filter(|one| one.is_current).count();
    assert_eq!(current, 3, "as they were");
}

#[tokio::test]
async fn workspace_is_found_and_renamed_by_its_id() {
    let ground = Ground::new().await;
    let ann = ground.account("ann").await;
    let (first, second) = (
        ground.workspace(ann, 0).await,
        ground.workspace(ann, 1).await,
    );
    let mut conn = ground.conn().await;
    workspace::update_name(&mut conn, first, "Renamed", ground.now())
        .await
        .unwrap();
    archive(&ground, second).await;
    for (id, expected) in [
        (first, Some(("Renamed", WorkspaceStatus::Normal))),
        (second, Some(("made in 1", WorkspaceStatus::Archive))),
        (WorkspaceId(id()), None),
    ] {
        let found = workspace::find(&mut conn, id).await.unwrap();
        let found = found.as_ref().map(|one| (one.name.as_str(), one.status));
        assert_eq!(found, expected);
    }
}

#[tokio::test]
async fn workspace_find_for_update_blocks_changes_of_that_workspace() {
    let ground = Ground::new().await;
    let ann = ground.account("ann").await;
    let (first, second) = (
        ground.workspace(ann, 0).await,
        ground.workspace(ann, 1).await,
    );
    let mut holder = ground.begin().await;
    let found = workspace::find_for_update(&mut holder, first).await;
    assert_eq!(found.unwrap().unwrap().name, "made in 0");
    for (workspace, expected) in [(first, true), (second, false)] {
        let locks = async |tx: &mut Tx| workspace::find_for_update(tx, workspace).await;
        assert_eq!(ground.is_blocked(locks).await, expected);
    }
    let none = workspace::find_for_update(&mut holder, WorkspaceId(id())).await;
    assert!(none.unwrap().is_none());
}
