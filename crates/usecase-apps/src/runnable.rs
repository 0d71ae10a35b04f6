//! What runs get of an app. They know nothing of drafts, versions and columns.

use std::sync::Arc;

use gatewright_domain::ids::{AppId, WorkflowId, WorkspaceId};
use gatewright_engine::{Graph, GraphError, Limits};
use gatewright_storage_apps::{
    app::{self, App},
    workflow::{self, Workflow},
};

use crate::{
    AppError, Apps, WorkflowContent,
    apps::{get, require_graph},
    versions::{Parsed, Version, VersionKey},
};

/// A workflow that can be run, with its app.
#[derive(Debug, Clone)]
pub struct Runnable {
    /// The app: its workspace, mode, name, and how many runs it may have at a time.
    pub app: App,
    /// The draft or version. Versions never change, drafts do.
    pub workflow_id: WorkflowId,
    /// `draft`, or the name of the version.
    pub version: String,
    /// `workflow` or `chat`.
    pub kind: String,
    /// What it does; secrets in clear.
    pub content: Arc<WorkflowContent>,
    parsed: Parsed,
}

impl Runnable {
    fn of(app: App, workflow_id: WorkflowId, version: &Version) -> Self {
        Self {
            app,
            workflow_id,
            version: version.name.clone(),
            kind: version.kind.clone(),
            content: Arc::clone(&version.content),
            parsed: version.graph.clone(),
        }
    }

    /// Runs that the app may have at a time; none: as many as the installation allows.
    pub fn max_active_requests(&self) -> Option<u32> {
        let limit = u32::try_from(self.app.max_active_requests?).ok()?;
        (limit > 0).then_some(limit)
    }

    /// Its graph as the engine runs it: of a version that was run before it is there already.
    ///
    /// # Errors
    /// When it cannot run: why, with its node.
    pub fn graph(&self, limits: &Limits) -> Result<Arc<Graph>, GraphError> {
        self.parsed.get(&self.content, limits)
    }
}

impl Apps {
    /// What is published of an app, or a version of it. Who may run it is the caller's business.
    pub async fn published(
        &self,
        id: AppId,
        version: Option<WorkflowId>,
    ) -> Result<Runnable, AppError> {
        let mut conn = self.pool.get().await?;
        let found = app::find_anywhere(&mut conn, id).await?;
        let (app, home) = found.ok_or(AppError::NotFound)?;
        if !app.is_normal {
            return Err(AppError::NotFound);
        }
        if !home.is_normal {
            return Err(AppError::WorkspaceArchived);
        }
        drop(conn);
        self.published_of(app, version).await
    }

    /// The same of an app in use whose row the caller has just read: what is published of it is no further look-up for a version
    /// that was run before.
    pub async fn published_of(
        &self,
        app: App,
        version: Option<WorkflowId>,
    ) -> Result<Runnable, AppError> {
        let app = require_graph(app)?;
        let published = app.workflow_id.ok_or(AppError::NotPublished)?;
        let wanted = version.unwrap_or(published);
        // The one that the app's row names is there; whether another one still is, only its row says.
        let key = VersionKey {
            app: app.id,
            id: wanted,
        };
        if wanted == published
            && let Some(version) = self.versions.find(key)
        {
            return Ok(Runnable::of(app, wanted, &version));
        }
        let mut conn = self.pool.get().await?;
        let found = workflow::find(&mut conn, app.workspace, app.id, wanted).await?;
        let found = found.ok_or(AppError::VersionNotFound)?;
        if found.is_draft() {
            return Err(AppError::VersionNotFound);
        }
        let bytes = found.content.graph.len() + found.content.features.len();
        let version = Arc::new(self.version(&app, found));
        if wanted == published {
            self.versions.insert(key, Arc::clone(&version), bytes);
        }
        Ok(Runnable::of(app, wanted, &version))
    }

    /// The draft of an app, for those who edit it.
    pub async fn draft_to_run(
        &self,
        workspace: WorkspaceId,
        id: AppId,
    ) -> Result<Runnable, AppError> {
        let mut conn = self.pool.get().await?;
        let app = require_graph(get(&mut conn, workspace, id).await?)?;
        let draft = workflow::find_draft(&mut conn, workspace, id).await?;
        let draft = draft.ok_or(AppError::DraftMissing)?;
        let id = draft.id;
        let draft = self.version(&app, draft);
        Ok(Runnable::of(app, id, &draft))
    }

    fn version(&self, app: &App, workflow: Workflow) -> Version {
        let content = WorkflowContent::read(&self.secrets, app.workspace, &workflow.content);
        Version {
            name: workflow.version,
            kind: workflow.kind,
            content: Arc::new(content),
            graph: Parsed::default(),
        }
    }
}
