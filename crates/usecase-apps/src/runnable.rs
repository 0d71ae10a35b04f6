//! What runs get of an app. They know nothing of drafts, versions and columns.

use gatewright_domain::ids::{AppId, WorkflowId, WorkspaceId};
use gatewright_storage_apps::{
    app::{self, App},
    workflow::{self, Workflow},
};

use crate::{
    AppError, Apps, WorkflowContent,
    apps::{get, require_graph},
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
    pub content: WorkflowContent,
}

impl Runnable {
    /// Runs that the app may have at a time; none: as many as the installation allows.
    pub fn max_active_requests(&self) -> Option<u32> {
        let limit = u32::try_from(self.app.max_active_requests?).ok()?;
        (limit > 0).then_some(limit)
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
        let app = require_graph(app)?;
        let published = app.workflow_id.ok_or(AppError::NotPublished)?;
        let wanted = version.unwrap_or(published);
        let found = workflow::find(&mut conn, app.workspace, id, wanted).await?;
        let found = found.ok_or(AppError::VersionNotFound)?;
        if found.is_draft() {
            return Err(AppError::VersionNotFound);
        }
        Ok(self.runnable(app, found))
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
        Ok(self.runnable(app, draft.ok_or(AppError::DraftMissing)?))
    }

    fn runnable(&self, app: App, workflow: Workflow) -> Runnable {
        let content = WorkflowContent::read(&self.secrets, app.workspace, &workflow.content);
        Runnable {
            app,
            workflow_id: workflow.id,
            version: workflow.version,
            kind: workflow.kind,
            content,
        }
    }
}
