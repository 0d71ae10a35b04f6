//! `tag`: every statement is bound to a workspace.

use gatewright_domain::ids::{AccountId, TagId, WorkspaceId};
use gatewright_storage_identity::tag::{self, Actor};
use gatewright_storage_kit::Tx;
use uuid::Uuid;

use crate::ground::{Ground, id};

fn actor() -> Actor {
    Actor {
        workspace: WorkspaceId(id()),
        account: AccountId(id()),
    }
}

async fn insert(ground: &Ground, actor: Actor, kind: &str, name: &str, made_in: i64) -> TagId {
    let (tag, at) = (TagId(id()), ground.minutes(made_in));
    let mut conn = ground.conn().await;
    tag::insert(&mut conn, actor, tag, kind, name, at)
        .await
        .unwrap();
    tag
}

/// Puts tags on a thing of a kind.
async fn bind(ground: &Ground, actor: Actor, kind: &str, target: Uuid, tags: &[TagId]) {
    let bindings: Vec<_> = tags.iter().map(|tag| (id(), tag.0)).collect();
    let mut conn = ground.conn().await;
    tag::bind(&mut conn, actor, kind, target, &bindings, ground.now())
        .await
        .unwrap();
}

async fn binding_count(ground: &Ground, actor: Actor, tag: TagId) -> i64 {
    let mut conn = ground.conn().await;
    let found = tag::find(&mut conn, actor.workspace, tag).await.unwrap();
    found.unwrap().binding_count
}

#[tokio::test]
async fn tag_list_is_of_a_workspace_and_kind_newest_first_and_finds_parts_of_names() {
    let ground = Ground::new().await;
    let (here, there) = (actor(), actor());
    for (actor, kind, name, made_in) in [
        (here, "app", "Alpha", 0),
        (here, "app", "beta", 1),
        (here, "app", "100%", 2),
        (here, "knowledge", "alpha", 3),
        (there, "app", "alpha", 4),
    ] {
        insert(&ground, actor, kind, name, made_in).await;
    }
    let mut conn = ground.conn().await;
    for (kind, keyword, expected) in [
        ("app", None, vec!["100%", "beta", "Alpha"]),
        ("app", Some("ALPH"), vec!["Alpha"]),
        ("app", Some("a"), vec!["beta", "Alpha"]),
        ("app", Some("%"), vec!["100%"]),
        ("app", Some("_"), vec![]),
        ("knowledge", None, vec!["alpha"]),
        ("snippet", None, vec![]),
    ] {
        let tags = tag::list(&mut conn, here.workspace, kind, keyword).await;
        let tags = tags.unwrap();
        let names: Vec<_> = tags.iter().map(|tag| tag.name.as_str()).collect();
        assert_eq!(names, expected, "{kind} {keyword:?}");
    }
}

#[tokio::test]
async fn tag_find_and_rename_are_bound_to_the_workspace() {
    let ground = Ground::new().await;
    let (here, there) = (actor(), actor());
    let alpha = insert(&ground, here, "app", "alpha", 0).await;
    let mut conn = ground.conn().await;
    for (workspace, name, expected) in [
        (there.workspace, "theirs", "alpha"),
        (here.workspace, "ours", "ours"),
    ] {
        tag::update_name(&mut conn, workspace, alpha, name)
            .await
            .unwrap();
        let found = tag::find(&mut conn, here.workspace, alpha).await.unwrap();
        let found = found.unwrap();
        assert_eq!(
            (found.name.as_str(), found.kind.as_str()),
            (expected, "app")
        );
    }
    let none = tag::find(&mut conn, there.workspace, alpha).await.unwrap();
    assert!(none.is_none());
}

#[tokio::test]
async fn tag_name_is_taken_in_its_workspace_and_kind_by_another_tag() {
    let ground = Ground::new().await;
    let (here, there) = (actor(), actor());
    let alpha = insert(&ground, here, "app", "alpha", 0).await;
    let mut conn = ground.conn().await;
    for (workspace, tag, except, expected) in [
        (here, ("app", "alpha"), None, true),
        (here, ("app", "alpha"), Some(alpha), false),
        (here, ("app", "alpha"), Some(TagId(id())), true),
        (here, ("app", "Alpha"), None, false),
        (here, ("knowledge", "alpha"), None, false),
        (there, ("app", "alpha"), None, false),
    ] {
        let taken = tag::is_name_taken(&mut conn, workspace.workspace, tag.0, tag.1, except).await;
        assert_eq!(taken.unwrap(), expected, "{tag:?} {except:?}");
    }
}

#[tokio::test]
async fn tag_lock_names_blocks_the_same_kind_of_the_workspace() {
    let ground = Ground::new().await;
    let (here, there) = (actor().workspace, actor().workspace);
    let mut holder = ground.begin().await;
    tag::lock_names(&mut holder, here, "app").await.unwrap();
    for (workspace, kind, expected) in [
        (here, "app", true),
        (here, "knowledge", false),
        (there, "app", false),
    ] {
        let locks = async |tx: &mut Tx| tag::lock_names(tx, workspace, kind).await;
        assert_eq!(ground.is_blocked(locks).await, expected, "{kind}");
    }
}

#[tokio::test]
async fn tag_bind_passes_over_other_kinds_other_workspaces_and_what_is_bound() {
    let ground = Ground::new().await;
    let (here, there, target) = (actor(), actor(), id());
    let ours = insert(&ground, here, "app", "ours", 0).await;
    let other_kind = insert(&ground, here, "knowledge", "other", 0).await;
    let theirs = insert(&ground, there, "app", "theirs", 0).await;
    let all = [ours, other_kind, theirs, TagId(id())];
    for _ in 0..2 {
        bind(&ground, here, "app", target, &all).await;
    }
    for (actor, tag, expected) in [(here, ours, 1), (here, other_kind, 0), (there, theirs, 0)] {
        assert_eq!(binding_count(&ground, actor, tag).await, expected);
    }
    bind(&ground, here, "app", id(), &[ours]).await;
    assert_eq!(binding_count(&ground, here, ours).await, 2);
}

#[tokio::test]
async fn tag_unbind_takes_the_named_tags_off_one_thing_of_the_workspace() {
    let ground = Ground::new().await;
    let (here, there, target) = (actor(), actor(), id());
    let first = insert(&ground, here, "app", "first", 0).await;
    let second = insert(&ground, here, "app", "second", 0).await;
    bind(&ground, here, "app", target, &[first, second]).await;
    bind(&ground, here, "app", id(), &[first]).await;
    let mut conn = ground.conn().await;
    let both = [first.0, id()];
    for (workspace, target, expected) in [
        (there.workspace, target, 0),
        (here.workspace, id(), 0),
        (here.workspace, target, 1),
        (here.workspace, target, 0),
    ] {
        let gone = tag::unbind(&mut conn, workspace, target, &both).await;
        assert_eq!(gone.unwrap(), expected);
    }
    assert_eq!(binding_count(&ground, here, first).await, 1);
    assert_eq!(binding_count(&ground, here, second).await, 1);
}

#[tokio::test]
async fn tag_delete_takes_its_bindings_along_and_answers_false_elsewhere() {
    let ground = Ground::new().await;
    let (here, there) = (actor(), actor());
    let tag = insert(&ground, here, "app", "first", 0).await;
    bind(&ground, here, "app", id(), &[tag]).await;
    let mut conn = ground.conn().await;
    for (workspace, expected, left) in [
        (there.workspace, false, 1),
        (here.workspace, true, 0),
        (here.workspace, false, 0),
    ] {
        let gone = tag::delete(&mut conn, workspace, tag).await;
        assert_eq!(gone.unwrap(), expected);
        assert_eq!(
            ground.count("SELECT count(*) FROM tag_bindings").await,
            left
        );
    }
}

#[tokio::test]
async fn tag_target_is_there_when_its_table_holds_it_in_the_workspace() {
    let ground = Ground::new().await;
    let (here, there, app) = (actor().workspace, actor().workspace, id());
    let mut conn = ground.conn().await;
    let missing = tag::is_target_there(&mut conn, here, "snippet", app).await;
    assert!(!missing.unwrap(), "of no kind that has a table");
    let tables = "CREATE TABLE IF NOT EXISTS datasets (id uuid, tenant_id uuid)";
    ground.db.execute(tables).await;
    let insert = format!("INSERT INTO datasets (id, tenant_id) VALUES ('{app}', '{here}')");
    ground.db.execute(&insert).await;
    for (workspace, kind, target, expected) in [
        (here, "knowledge", app, true),
        (there, "knowledge", app, false),
        (here, "knowledge", id(), false),
        (here, "app", app, false),
    ] {
        let is_there = tag::is_target_there(&mut conn, workspace, kind, target).await;
        assert_eq!(is_there.unwrap(), expected, "{kind}");
    }
}
