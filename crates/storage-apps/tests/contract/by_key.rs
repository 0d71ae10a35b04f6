//! `app::find_by_key`: which keys open which app, and how their use is noted.

use chrono::TimeDelta;
use gatewright_domain::ids::{ApiKeyId, WorkspaceId};
use gatewright_storage_apps::app;

use crate::ground::{Ground, id, minutes};

async fn key(ground: &Ground, app: Option<uuid::Uuid>, kind: &str, token: &str) -> ApiKeyId {
    let key = id();
    let app = app.map_or("NULL".to_owned(), |app| format!("'{app}'"));
    ground
        .db
        .execute(&format!(
            "INSERT INTO api_tokens (id, app_id, type, token) VALUES ('{key}', {app}, '{kind}', '{token}')"
        ))
        .await;
    ApiKeyId(key)
}

#[tokio::test]
async fn key_opens_its_app_by_any_text_that_its_row_may_hold() {
    let ground = Ground::new().await;
    let home = WorkspaceId(id());
    let tenant = format!("INSERT INTO tenants (id, name) VALUES ('{home}', 'WS')");
    ground.db.execute(&tenant).await;
    let here = ground.app(home, "here", "workflow", 0).await;
    let hashed = key(&ground, Some(here.id.0), "app", "app-0123…mnop:digest").await;
    let clear = key(&ground, Some(here.id.0), "app", "app-clear").await;
    let gone = key(&ground, Some(id()), "app", "app-gone").await;
    key(&ground, Some(here.id.0), "dataset", "ds-other").await;
    let mut conn = ground.conn().await;
    for (rows, expected) in [
        (vec!["app-0123…mnop:digest", "x"], Some((hashed, true))),
        (vec!["y:digest", "app-clear"], Some((clear, true))),
        (vec!["app-gone"], Some((gone, false))),
        (vec!["ds-other"], None),
        (vec!["app-clear "], None),
        (vec![], None),
    ] {
        let rows: Vec<String> = rows.into_iter().map(str::to_owned).collect();
        let found = app::find_by_key(&mut conn, &rows).await.unwrap();
        let seen = found.as_ref().map(|found| (found.key, found.app.is_some()));
        assert_eq!(seen, expected, "{rows:?}");
        if let Some((app, _)) = found.and_then(|found| found.app) {
            assert_eq!(app, here);
        }
    }
}

#[tokio::test]
async fn use_of_a_key_is_noted_once_a_minute() {
    let ground = Ground::new().await;
    let here = ground.app(WorkspaceId(id()), "here", "workflow", 0).await;
    let used = key(&ground, Some(here.id.0), "app", "app-clear").await;
    let mut conn = ground.conn().await;
    for (at, noted) in [
        (minutes(5), minutes(5)),
        (minutes(5) + TimeDelta::seconds(59), minutes(5)),
        (minutes(7), minutes(7)),
        (minutes(6), minutes(7)),
    ] {
        app::update_key_use(&mut conn, used, at).await.unwrap();
        let rows = ["app-clear".to_owned()];
        let found = app::find_by_key(&mut conn, &rows).await.unwrap().unwrap();
        assert_eq!(found.last_used_at, Some(noted), "{at}");
        assert!(!found.is_use_to_note(noted + TimeDelta::seconds(60)));
        assert!(found.is_use_to_note(noted + TimeDelta::seconds(61)));
    }
}
