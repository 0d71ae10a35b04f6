//! A database of the test's own, and ordinary rows in it.

use chrono::{DateTime, TimeDelta, Utc};
use gatewright_domain::{
    IdGen as _, RandomIds,
    ids::{AccountId, AppId, WorkflowId, WorkspaceId},
};
use gatewright_storage_apps::{
    app::{self, App, Icon},
    workflow::{self, Content, DRAFT, Workflow},
};
use gatewright_storage_kit::{Conn, DbSettings, Pool};
use gatewright_test_db::TestDb;
use uuid::Uuid;

pub(crate) struct Ground {
    pub(crate) pool: Pool,
    pub(crate) db: TestDb,
}

/// An id that nothing has.
pub(crate) fn id() -> Uuid {
    RandomIds.new_uuid()
}

/// So many minutes after the beginning of the test's time.
pub(crate) fn minutes(minutes: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000, 0).unwrap() + TimeDelta::minutes(minutes)
}

impl Ground {
    pub(crate) async fn new() -> Self {
        let db = TestDb::create().await;
        let settings = DbSettings {
            url: Some(db.database_url.clone().into()),
            ..DbSettings::default()
        };
        let pool = Pool::new(&settings).unwrap();
        Self { pool, db }
    }

    pub(crate) async fn conn(&self) -> Conn {
        self.pool.get().await.unwrap()
    }

    /// An app of a workspace, made so many minutes in.
    pub(crate) async fn app(&self, workspace: WorkspaceId, name: &str, mode: &str, at: i64) -> App {
        let app = App {
            id: AppId(id()),
            workspace,
            name: name.to_owned(),
            description: String::new(),
            mode: mode.to_owned(),
            icon: Icon::default(),
            model_config_id: None,
            workflow_id: None,
            is_normal: true,
            has_site: true,
            has_api: true,
            max_active_requests: None,
            tracing: None,
            created_by: Some(AccountId(id())),
            created_at: minutes(at),
            updated_by: None,
            updated_at: minutes(at),
        };
        app::insert(&mut self.conn().await, &app).await.unwrap();
        app
    }

    /// A draft (`draft`) or version of an app.
    pub(crate) async fn workflow(&self, app: &App, version: &str, graph: &str) -> Workflow {
        let workflow = Workflow {
            id: WorkflowId(id()),
            workspace: app.workspace,
            app: app.id,
            kind: "workflow".to_owned(),
            version: version.to_owned(),
            marked_name: String::new(),
            marked_comment: String::new(),
            content: Content {
                graph: graph.to_owned(),
                features: "{}".to_owned(),
                environment_variables: "{}".to_owned(),
                conversation_variables: "{}".to_owned(),
                rag_pipeline_variables: "{}".to_owned(),
            },
            created_by: AccountId(id()),
            created_at: minutes(0),
            updated_by: None,
            updated_at: minutes(0),
        };
        workflow::insert(&mut self.conn().await, &workflow)
            .await
            .unwrap();
        workflow
    }

    pub(crate) async fn draft(&self, app: &App, graph: &str) -> Workflow {
        self.workflow(app, DRAFT, graph).await
    }
}
