//! `api_key`: bound to a workspace and a scope; what a key opens with is never read.

use gatewright_domain::ids::{ApiKeyId, WorkspaceId};
use gatewright_storage_identity::api_key::{self, KeyScope};

use crate::ground::{Ground, id};

#[tokio::test]
async fn api_key_list_holds_the_keys_of_a_workspace_and_scope_newest_first() {
    let ground = Ground::new().await;
    let (here, there) = (WorkspaceId(id()), WorkspaceId(id()));
    let (app, other_app) = (KeyScope::App(id()), KeyScope::App(id()));
    let knowledge = KeyScope::Knowledge;
    let mut conn = ground.conn().await;
    for (workspace, scope, masked, made_in) in [
        (here, app, "older", 0),
        (here, app, "newer", 1),
        (here, other_app, "of another app", 2),
        (here, knowledge, "of knowledge", 3),
        (there, app, "elsewhere", 4),
    ] {
        let (stored, at) = (format!("{masked}:digest"), ground.minutes(made_in));
        let key = (ApiKeyId(id()), stored.as_str());
        api_key::insert(&mut conn, workspace, scope, key.0, key.1, at)
            .await
            .unwrap();
    }
    for (workspace, scope, expected) in [
        (here, app, vec!["newer", "older"]),
        (here, knowledge, vec!["of knowledge"]),
        (there, app, vec!["elsewhere"]),
        (there, knowledge, vec![]),
    ] {
        let keys = api_key::list(&mut conn, workspace, scope).await.unwrap();
        let masked: Vec<_> = keys.iter().map(|key| key.masked.as_str()).collect();
        assert_eq!(masked, expected, "{scope:?}");
    }
}

/// Of a database that was switched over.
#[tokio::test]
async fn api_key_stored_in_clear_is_listed_masked() {
    let ground = Ground::new().await;
    let (workspace, app) = (WorkspaceId(id()), id());
    let insert = format!(
        "INSERT INTO api_tokens (app_id, type, token, tenant_id) \
         VALUES ('{app}', 'app', 'app-0123456789abcdef', '{workspace}')"
    );
    ground.db.execute(&insert).await;
    let mut conn = ground.conn().await;
    let keys = api_key::list(&mut conn, workspace, KeyScope::App(app)).await;
    assert_eq!(keys.unwrap()[0].masked, "app-0123…cdef");
}

#[tokio::test]
async fn api_key_delete_answers_false_outside_of_its_workspace_and_scope() {
    let ground = Ground::new().await;
    let (here, there, key) = (WorkspaceId(id()), WorkspaceId(id()), ApiKeyId(id()));
    let app = KeyScope::App(id());
    let mut conn = ground.conn().await;
    let stored = (key, "masked:digest");
    api_key::insert(&mut conn, here, app, stored.0, stored.1, ground.now())
        .await
        .unwrap();
    for (workspace, scope, expected) in [
        (there, app, false),
        (here, KeyScope::Knowledge, false),
        (here, KeyScope::App(id()), false),
        (here, app, true),
        (here, app, false),
    ] {
        let gone = api_key::delete(&mut conn, workspace, scope, key).await;
        assert_eq!(gone.unwrap(), expected, "{scope:?}");
    }
}
