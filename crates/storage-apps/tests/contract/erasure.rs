//! `erasure`: an app goes with whatever finds it, and nothing of another goes with it.

use gatewright_domain::ids::{AppId, WorkspaceId};
use gatewright_storage_apps::{erasure, installed_app};

use crate::ground::{Ground, id, minutes};

/// A row in each table by which an app is found, by its insertion.
fn rows(app: AppId, home: WorkspaceId) -> String {
    let (nobody, token) = (id(), id().simple().to_string());
    format!(
        "INSERT INTO api_tokens (app_id, tenant_id, type, token) VALUES ('{app}', '{home}', 'app', '{token}'); \
         INSERT INTO tag_bindings (tenant_id, tag_id, target_id, created_by) VALUES ('{home}', '{nobody}', '{app}', '{nobody}'); \
         INSERT INTO gatewright_app_dependencies (app_id, tenant_id, dependencies, expires_at) VALUES ('{app}', '{home}', '[]', now());"
    )
}

const TABLES: [&str; 6] = [
    "apps",
    "installed_apps",
    "api_tokens",
    "tag_bindings",
    "gatewright_app_dependencies",
    "sites",
];

#[tokio::test]
async fn app_goes_with_whatever_finds_it_and_nothing_of_another_with_it() {
    let ground = Ground::new().await;
    let home = WorkspaceId(id());
    let mut apps = vec![];
    for name in ["goes", "stays"] {
        let app = ground.app(home, name, "workflow", 0).await;
        ground.draft(&app, "{}").await;
        let mut conn = ground.conn().await;
        installed_app::insert_own(&mut conn, id(), home, app.id, minutes(0))
            .await
            .unwrap();
        ground.db.execute(&rows(app.id, home)).await;
        let site = "INSERT INTO sites (app_id, title, default_language, customize_token_strategy, custom_disclaimer) VALUES";
        ground
            .db
            .execute(&format!(
                "{site} ('{}', 'T', 'en-US', 'not_allow', '')",
                app.id
            ))
            .await;
        apps.push(app.id);
    }
    let mut conn = ground.conn().await;
    let elsewhere = WorkspaceId(id());
    assert!(
        !erasure::delete_app(&mut conn, elsewhere, apps[0])
            .await
            .unwrap()
    );
    for table in TABLES {
        let rows = ground.db.query(&format!("SELECT 1 FROM {table}")).await;
        assert_eq!(rows.len(), 2, "{table}");
    }
    assert!(erasure::delete_app(&mut conn, home, apps[0]).await.unwrap());
    for table in TABLES {
        let rows = ground.db.query(&format!("SELECT 1 FROM {table}")).await;
        assert_eq!(rows.len(), 1, "{table}");
    }
}

#[tokio::test]
async fn app_whose_workspace_is_gone_is_an_orphan() {
    let ground = Ground::new().await;
    let (home, gone) = (WorkspaceId(id()), WorkspaceId(id()));
    let tenant = format!("INSERT INTO tenants (id, name) VALUES ('{home}', 'WS')");
    ground.db.execute(&tenant).await;
    ground.app(home, "at home", "workflow", 0).await;
    let orphan = ground.app(gone, "orphan", "workflow", 0).await;
    let mut conn = ground.conn().await;
    let found = erasure::list_orphans(&mut conn, 10).await.unwrap();
    let (workspace, app) = (gone, orphan.id);
    assert_eq!(found, [erasure::Orphan { workspace, app }]);
    assert_eq!(erasure::list_orphans(&mut conn, 0).await.unwrap(), []);
}
