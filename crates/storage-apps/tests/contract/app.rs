//! `app`: every look-up but one is bound to a workspace.

use gatewright_domain::ids::{AccountId, TagId, WorkspaceId};
use gatewright_storage_apps::app::{self, Filter, Order, Slice};

use crate::ground::{Ground, id, minutes};

const ALL: Slice = Slice {
    offset: 0,
    limit: 100,
};

async fn names(ground: &Ground, workspace: WorkspaceId, filter: &Filter) -> Vec<String> {
    let mut conn = ground.conn().await;
    let found = app::list(&mut conn, workspace, filter, ALL).await.unwrap();
    let count = app::count(&mut conn, workspace, filter).await.unwrap();
    assert_eq!(count, found.len() as u64, "the count is of the same apps");
    found.into_iter().map(|app| app.name).collect()
}

#[tokio::test]
async fn app_list_is_of_a_workspace_in_order_and_each_filter_narrows_it() {
    let ground = Ground::new().await;
    let (here, there) = (WorkspaceId(id()), WorkspaceId(id()));
    let alpha = ground.app(here, "Alpha", "workflow", 0).await;
    let beta = ground.app(here, "beta_100%", "chat", 1).await;
    ground.app(there, "alpha", "workflow", 2).await;
    let (red, tag) = (TagId(id()), id());
    ground
        .db
        .execute(&format!(
            "INSERT INTO tags (id, tenant_id, type, name, created_by) VALUES ('{red}', '{here}', 'app', 'red', '{tag}'); \
             INSERT INTO tag_bindings (tenant_id, tag_id, target_id, created_by) VALUES ('{here}', '{red}', '{}', '{tag}'); \
             UPDATE apps SET enable_api = false WHERE id = '{}'",
            alpha.id, beta.id
        ))
        .await;
    let by_name = |name: &str| Filter {
        name: Some(name.to_owned()),
        ..Filter::default()
    };
    let all = Filter::default();
    for (filter, expected) in [
        (all.clone(), vec!["beta_100%", "Alpha"]),
        (
            Filter {
                order: Order::OldestFirst,
                ..all.clone()
            },
            vec!["Alpha", "beta_100%"],
        ),
        (
            Filter {
                modes: vec!["workflow"],
                ..all.clone()
            },
            vec!["Alpha"],
        ),
        (
            Filter {
                tags: vec![red],
                ..all.clone()
            },
            vec!["Alpha"],
        ),
        (
            Filter {
                tags: vec![red, TagId(id())],
                ..all.clone()
            },
            vec![],
        ),
        (
            Filter {
                tag_name: Some("red".into()),
                ..all.clone()
            },
            vec!["Alpha"],
        ),
        (
            Filter {
                tag_name: Some("blue".into()),
                ..all.clone()
            },
            vec![],
        ),
        (
            Filter {
                creators: vec![beta.created_by.unwrap()],
                ..all.clone()
            },
            vec!["beta_100%"],
        ),
        (
            Filter {
                only_with_api: true,
                ..all
            },
            vec!["Alpha"],
        ),
        (by_name("ALPH"), vec!["Alpha"]),
        (by_name("%"), vec!["beta_100%"]),
        (by_name("_"), vec!["beta_100%"]),
        (by_name("\\"), vec![]),
    ] {
        assert_eq!(names(&ground, here, &filter).await, expected, "{filter:?}");
    }
}

#[tokio::test]
async fn app_is_found_and_changed_in_its_workspace_alone() {
    let ground = Ground::new().await;
    let (here, there) = (WorkspaceId(id()), WorkspaceId(id()));
    let made = ground.app(here, "app", "workflow", 0).await;
    let mut conn = ground.conn().await;
    assert_eq!(
        app::find(&mut conn, here, made.id).await.unwrap(),
        Some(made.clone())
    );
    assert_eq!(app::find(&mut conn, there, made.id).await.unwrap(), None);
    assert_eq!(
        app::find_for_update(&mut conn, there, made.id)
            .await
            .unwrap(),
        None
    );
    let mut elsewhere = made.clone();
    elsewhere.workspace = there;
    elsewhere.name = "stolen".to_owned();
    app::update(&mut conn, &elsewhere).await.unwrap();
    let mut changed = made;
    changed.name = "renamed".to_owned();
    changed.max_active_requests = Some(3);
    changed.updated_by = Some(AccountId(id()));
    changed.updated_at = minutes(5);
    app::update(&mut conn, &changed).await.unwrap();
    assert_eq!(
        app::find(&mut conn, here, changed.id).await.unwrap(),
        Some(changed.clone())
    );
    ground
        .db
        .execute("UPDATE apps SET status = 'archived'")
        .await;
    assert_eq!(app::find(&mut conn, here, changed.id).await.unwrap(), None);
}

#[tokio::test]
async fn app_is_found_anywhere_with_its_workspace() {
    let ground = Ground::new().await;
    let here = WorkspaceId(id());
    let made = ground.app(here, "app", "workflow", 0).await;
    let mut conn = ground.conn().await;
    let found = app::find_anywhere(&mut conn, made.id).await.unwrap();
    assert!(found.is_none(), "an app without a workspace is nobody's");
    ground
        .db
        .execute(&format!(
            "INSERT INTO tenants (id, name, status) VALUES ('{here}', 'WS', 'archive')"
        ))
        .await;
    let (app, home) = app::find_anywhere(&mut conn, made.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (app, home.name.as_str(), home.is_normal),
        (made, "WS", false)
    );
}

#[tokio::test]
async fn workspaces_in_use_are_listed_by_name_and_archived_ones_are_not() {
    let ground = Ground::new().await;
    let (beta, alpha, gone) = (id(), id(), id());
    ground
        .db
        .execute(&format!(
            "INSERT INTO tenants (id, name, status) VALUES ('{beta}', 'beta', 'normal'), ('{alpha}', 'alpha', 'normal'), \
             ('{gone}', 'aardvark', 'archive')"
        ))
        .await;
    let mut conn = ground.conn().await;
    let listed = app::list_homes(&mut conn, 10).await.unwrap();
    let expected = [(alpha, "alpha"), (beta, "beta")];
    assert_eq!(
        listed,
        expected.map(|(id, name)| (WorkspaceId(id), name.to_owned()))
    );
    assert_eq!(app::list_homes(&mut conn, 1).await.unwrap().len(), 1);
}
