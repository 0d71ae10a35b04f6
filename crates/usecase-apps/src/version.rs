//! The versions of an app.

use gatewright_domain::ids::{AppId, WorkflowId, WorkspaceId};
use gatewright_dsl::draft::check_marks;
use gatewright_storage_apps::{
    app::Slice,
    workflow::{self, VersionFilter, Workflow},
};
use gatewright_usecase_kit::Ctx;

use crate::{
    Actor, AppError, Apps, WorkflowContent, WorkflowView,
    apps::{get, get_for_update, require_graph},
    view,
};

/// A page of versions.
#[derive(Debug, Clone)]
pub struct VersionPage {
    /// The draft first, then the versions, the newest first.
    pub versions: Vec<WorkflowView>,
    /// Whether there is another page.
    pub has_more: bool,
}

impl Apps {
    /// A page of what was published of an app, with its draft. Pages count from 1. Nothing where nothing is published.
    pub async fn versions(
        &self,
        workspace: WorkspaceId,
        id: AppId,
        filter: VersionFilter,
        (page, limit): (u32, u32),
    ) -> Result<VersionPage, AppError> {
        let mut conn = self.pool.get().await?;
        let app = require_graph(get(&mut conn, workspace, id).await?)?;
        if app.workflow_id.is_none() {
            let (versions, has_more) = (vec![], false);
            return Ok(VersionPage { versions, has_more });
        }
        let slice = Slice {
            offset: i64::from(page.saturating_sub(1)) * i64::from(limit),
            limit: i64::from(limit) + 1,
        };
        let mut found = workflow::list_versions(&mut conn, (workspace, id), filter, slice).await?;
        let has_more = found.len() > limit as usize;
        found.truncate(limit as usize);
        let versions = view::workflows(&mut conn, &self.secrets, found).await?;
        Ok(VersionPage { versions, has_more })
    }

    /// Calls a version something else; what is not named stays.
    pub async fn mark_version(
        &self,
        ctx: &Ctx,
        actor: Actor,
        (app, id): (AppId, WorkflowId),
        (name, comment): (Option<String>, Option<String>),
    ) -> Result<WorkflowView, AppError> {
        if name.is_none() && comment.is_none() {
            return Err(AppError::NothingToUpdate);
        }
        let mut tx = self.pool.begin().await?;
        require_graph(get_for_update(&mut tx, actor.workspace, app).await?)?;
        let found = workflow::find(&mut tx, actor.workspace, app, id).await?;
        let found = found.ok_or(AppError::VersionNotFound)?;
        let marked = Workflow {
            marked_name: name.unwrap_or(found.marked_name),
            marked_comment: comment.unwrap_or(found.marked_comment),
            updated_by: Some(actor.account),
            updated_at: ctx.now,
            ..found
        };
        let marks = (marked.marked_name.as_str(), marked.marked_comment.as_str());
        check_marks(marks.0, marks.1)?;
        let place = (actor.workspace, id);
        workflow::update_marks(&mut tx, place, marks, (actor.account, ctx.now)).await?;
        let views = view::workflows(&mut tx, &self.secrets, vec![marked]).await?;
        tx.commit().await?;
        views.into_iter().next().ok_or(AppError::VersionNotFound)
    }

    /// Deletes a version that does not run.
    pub async fn delete_version(
        &self,
        actor: Actor,
        (app, id): (AppId, WorkflowId),
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
        (app, id): (AppId, WorkflowId),
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
            .write_draft(&mut tx, (ctx, actor), (&parent, stored), &content)
            .await?;
        tx.commit().await?;
        Ok((draft, content.hash()))
    }
}
