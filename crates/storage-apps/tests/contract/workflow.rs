//! `workflow`: one draft per app, and versions that are sorted by their names.

use gatewright_domain::ids::{AccountId, AppId, WorkspaceId};
use gatewright_storage_apps::{
    app::Slice,
    workflow::{self, Change, Content, Marks, VersionFilter},
};

use crate::ground::{Ground, id, minutes};

const ALL: Slice = Slice {
    offset: 0,
    limit: 100,
};

#[tokio::test]
async fn draft_is_found_by_its_app_and_changed_in_its_workspace_alone() {
    let ground = Ground::new().await;
    let here = WorkspaceId(id());
    let app = ground.app(here, "app", "workflow", 0).await;
    let mut conn = ground.conn().await;
    assert_eq!(
        workflow::find_draft(&mut conn, here, app.id).await.unwrap(),
        None
    );
    let draft = ground.draft(&app, "{}").await;
    let version = ground.workflow(&app, "2026-01-01 00:00:00", "{}").await;
    let change = Change {
        by: AccountId(id()),
        at: minutes(1),
    };
    let content = Content {
        graph: r#"{"nodes":[]}"#.to_owned(),
        ..draft.content.clone()
    };
    let elsewhere = WorkspaceId(id());
    workflow::update_content(&mut conn, elsewhere, draft.id, &content, change)
        .await
        .unwrap();
    assert_eq!(
        workflow::find_draft(&mut conn, here, app.id).await.unwrap(),
        Some(draft.clone())
    );
    workflow::update_content(&mut conn, here, draft.id, &content, change)
        .await
        .unwrap();
    let changed = workflow::find_draft(&mut conn, here, app.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (&changed.content, changed.updated_by),
        (&content, Some(change.by))
    );
    let other = AppId(id());
    assert_eq!(
        workflow::find(&mut conn, here, other, version.id)
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        workflow::find(&mut conn, here, app.id, version.id)
            .await
            .unwrap(),
        Some(version)
    );
}

#[tokio::test]
async fn versions_are_listed_the_draft_first_then_the_newest() {
    let ground = Ground::new().await;
    let here = WorkspaceId(id());
    let app = ground.app(here, "app", "workflow", 0).await;
    for version in ["2026-01-01 00:00:00", "draft", "2026-01-02 00:00:00.000001"] {
        ground.workflow(&app, version, "{}").await;
    }
    let named = ground.workflow(&app, "2025-01-01 00:00:00", "{}").await;
    let mut conn = ground.conn().await;
    let marks = Marks {
        name: "v0",
        comment: "c",
    };
    let change = Change {
        by: AccountId(id()),
        at: minutes(1),
    };
    workflow::update_marks(&mut conn, here, named.id, marks, change)
        .await
        .unwrap();
    let mut list = async |filter: VersionFilter, slice: Slice| {
        let found = workflow::list_versions(&mut conn, here, app.id, filter, slice)
            .await
            .unwrap();
        found.into_iter().map(|one| one.version).collect::<Vec<_>>()
    };
    let all = [
        "draft",
        "2026-01-02 00:00:00.000001",
        "2026-01-01 00:00:00",
        "2025-01-01 00:00:00",
    ];
    assert_eq!(list(VersionFilter::default(), ALL).await, all);
    assert_eq!(
        list(
            VersionFilter::default(),
            Slice {
                offset: 1,
                limit: 2
            }
        )
        .await,
        all[1..3]
    );
    let only_named = VersionFilter {
        only_named: true,
        by: None,
    };
    assert_eq!(list(only_named, ALL).await, ["2025-01-01 00:00:00"]);
    let by = VersionFilter {
        only_named: false,
        by: Some(named.created_by),
    };
    assert_eq!(list(by, ALL).await, ["2025-01-01 00:00:00"]);
}

#[tokio::test]
async fn version_is_deleted_and_a_draft_is_not() {
    let ground = Ground::new().await;
    let here = WorkspaceId(id());
    let app = ground.app(here, "app", "workflow", 0).await;
    let (draft, version) = (
        ground.draft(&app, "{}").await,
        ground.workflow(&app, "2026", "{}").await,
    );
    let mut conn = ground.conn().await;
    for (workspace, one) in [(here, draft.id), (WorkspaceId(id()), version.id)] {
        workflow::delete(&mut conn, workspace, one).await.unwrap();
        assert!(
            workflow::find(&mut conn, here, app.id, one)
                .await
                .unwrap()
                .is_some()
        );
    }
    workflow::delete(&mut conn, here, version.id).await.unwrap();
    assert!(
        workflow::find(&mut conn, here, app.id, version.id)
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn draft_with_a_trigger_is_told_from_others_in_both_spellings_of_json() {
    let ground = Ground::new().await;
    let here = WorkspaceId(id());
    let mut triggered = vec![];
    for (graph, has_trigger) in [
        (r#"{"nodes":[{"data":{"type":"trigger-webhook"}}]}"#, true),
        (
            r#"{"nodes": [{"data": {"type": "trigger-schedule"}}]}"#,
            true,
        ),
        (
            r#"{"nodes":[{"data":{"type":"start","title":"trigger-webhook"}}]}"#,
            false,
        ),
    ] {
        let app = ground.app(here, "app", "workflow", 0).await;
        ground.draft(&app, graph).await;
        triggered.push((app.id, has_trigger));
    }
    let ids: Vec<AppId> = triggered.iter().map(|(id, _)| *id).collect();
    let mut conn = ground.conn().await;
    let found = workflow::list_with_draft_trigger(&mut conn, here, &ids)
        .await
        .unwrap();
    for (id, has_trigger) in triggered {
        assert_eq!(found.contains(&id), has_trigger);
    }
}
