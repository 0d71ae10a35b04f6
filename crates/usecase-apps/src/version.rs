//! The versions of an app.

use gatewright_domain::ids::{AppId, WorkflowId, WorkspaceId};
use gatewright_dsl::draft::check_marks;
use gatewright_storage_apps::{
    app::Slice,
    workflow::{self, Marks, VersionFilter, Workflow},
};
use gatewright_usecase_kit::Ctx;

use crate::{
    Actor, AppError, Apps, Page, WorkflowContent, WorkflowView,
    actor::Act,
    apps::{get, get_for_update, require_graph},
    view,
};

/// What a version is to be called; none: as it is.
#[derive(Debug, Clone, Default)]
pub struct MarkChange {
    /// At most 20 characters.
    pub name: Option<String>,
    /// At most 100 characters.
    pub comment: Option<String>,
}

/// A page of versions.
#[derive(Debug, Clone)]
pub struct VersionPage {
    /// The draft first, then the versions, the newest first.
    pub versions: Vec<WorkflowView>,
    /// Whether there is another page.
    pub has_more: bool,
}

impl Apps {
    /// A page of what was published of an app, with its draft. Nothing where nothing is published.
    pub async fn versions(
        &self,
        workspace: WorkspaceId,
        id: AppId,
        filter: VersionFilter,
        page: Page,
    ) -> Result<VersionPage, AppError> {
        let mut conn = self.pool.get().await?;
        let app = require_graph(get(&mut conn, workspace, id).await?)?;
        if app.workflow_id.is_none() {
            let (versions, has_more) = (vec![], false);
            return Ok(VersionPage { versions, has_more });
        }
        let slice = Slice {
            offset: page.offset(),
            limit: i64::from(page.limit) + 1,
        };
        let mut found = workflow::list_versions(&mut conn, workspace, id, filter, slice).await?;
        let has_more = found.len() > page.limit as usize;
        found.truncate(page.limit as usize);
        let versions = view::workflows(&mut conn, &self.secrets, found).await?;
        Ok(VersionPage { versions, has_more })
    }

    /// Calls a version something else; what is not named stays.
    pub async fn mark_version(
        &self,
        ctx: &Ctx,
        actor: Actor,
        app: AppId,
        id: WorkflowId,
        change: MarkChange,
    ) -> Result<WorkflowView, AppError> {
        if change.name.is_none() && change.comment.is_none() {
            return Err(AppError::NothingToUpdate);
        }
        let mut tx = self.pool.begin().await?;
        require_graph(get_for_update(&mut tx, actor.workspace, app).await?)?;
        let found = workflow::find(&mut tx, actor.workspace, app, id).await?;
        let found = found.ok_or(AppError::VersionNotFound)?;
        let marked = Workflow {
            marked_name: change.name.unwrap_or(found.marked_name),
            marked_comment: change.comment.unwrap_or(found.marked_comment),
            updated_by: Some(actor.account),
            updated_at: ctx.now,
            ..found
        };
        let marks = Marks {
            name: &marked.marked_name,
            comment: &marked.marked_comment,
        };
        check_marks(marks.name, marks.comment)?;
        let change = Act { ctx, actor }.change();
        workflow::update_marks(&mut tx, actor.workspace, id, marks, change).await?;
        let views = view::workflows(&mut tx, &self.secrets, vec![marked]).await?;
        tx.commit().await?;
        views.into_iter().next().ok_or(AppError::VersionNotFound)
    }

    /// Deletes a version that does not run.
    pub async fn delete_version(
        &self,
        actor: Actor,
        app: AppId,
        id: WorkflowId,
    ) -> Result<(), AppError> {
        let mut tx = self.pool.begin().await?;
        let parent = get_for_update(&mut tx, actor.workspace, app).await?;
        let parent = require_graph(parent)?;
        let found = workflow::find(&mut tx, actor.workspace, app, id).await?;
        let found = found.ok_or(AppError::VersionNotFound)?;
        if found.is_draft() {
            return Err(AppError::DraftStays);
        }
        if parent.workflow_id == Some(id) {
            return Err(AppError::PublishedStays);
        }
        workflow::delete(&mut tx, actor.workspace, id).await?;
        Ok(tx.commit().await?)
    }

    /// Makes the draft what a version was.
    pub async fn restore_version(
        &self,
        ctx: &Ctx,
        actor: Actor,
        app: AppId,
        id: WorkflowId,
    ) -> Result<(Workflow, String), AppError> {
        let mut tx = self.pool.begin().await?;
        let parent = get_for_update(&mut tx, actor.workspace, app).await?;
        let parent = require_graph(parent)?;
        let found = workflow::find(&mut tx, actor.workspace, app, id).await?;
        let version = found.filter(|one| !one.is_draft());
        let version = version.ok_or(AppError::VersionNotFound)?;
        let content = WorkflowContent::read(&self.secrets, actor.workspace, &version.content);
        let stored = workflow::find_draft(&mut tx, actor.workspace, app).await?;
        let draft = self
            .write_draft(&mut tx, Act { ctx, actor }, &parent, stored, &content)
            .await?;
        tx.commit().await?;
        Ok((draft, content.hash()))
    }
}
