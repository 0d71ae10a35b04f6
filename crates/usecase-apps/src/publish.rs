//! Publishing: the draft as it is becomes a version, and the version is what runs.

use chrono::{DateTime, Timelike as _, Utc};
use gatewright_domain::{
    audit::{AuditAction, AuditEvent},
    ids::{AppId, WorkflowId, WorkspaceId},
};
use gatewright_dsl::draft::{check_marks, check_publish};
use gatewright_engine::{Graph, Limits};
use gatewright_storage_apps::{
    app,
    workflow::{self, Workflow},
};
use gatewright_usecase_kit::{Ctx, record};
use serde_json::{Map, Value};

use crate::{
    Actor, AppError, Apps, WorkflowContent, WorkflowView,
    apps::{get, get_for_update, require_graph},
    view,
};

/// What people call a version and say of it.
#[derive(Debug, Clone, Default)]
pub struct Marks {
    /// At most 20 characters.
    pub name: String,
    /// At most 100 characters.
    pub comment: String,
}

impl Apps {
    /// The version that runs, if one was published.
    pub async fn published_version(
        &self,
        workspace: WorkspaceId,
        id: AppId,
    ) -> Result<Option<WorkflowView>, AppError> {
        let mut conn = self.pool.get().await?;
        let app = require_graph(get(&mut conn, workspace, id).await?)?;
        let Some(version) = app.workflow_id else {
            return Ok(None);
        };
        let found = workflow::find(&mut conn, workspace, id, version).await?;
        let found = found.into_iter().collect();
        let views = view::workflows(&mut conn, &self.secrets, found).await?;
        Ok(views.into_iter().next())
    }

    /// Makes a version of the draft, and lets it run.
    pub async fn publish(
        &self,
        ctx: &Ctx,
        actor: Actor,
        id: AppId,
        marks: Marks,
    ) -> Result<Workflow, AppError> {
        check_marks(&marks.name, &marks.comment)?;
        let mut tx = self.pool.begin().await?;
        let app = get_for_update(&mut tx, actor.workspace, id).await?;
        let mut app = require_graph(app)?;
        let draft = workflow::find_draft(&mut tx, actor.workspace, id).await?;
        let content = draft
            .as_ref()
            .map(|draft| WorkflowContent::read(&self.secrets, actor.workspace, &draft.content));
        let graph = content.map(|content| content.graph);
        check_publish(graph.as_ref())?;
        check_runs(graph.unwrap_or_default())?;
        let draft = draft.ok_or(AppError::DraftMissing)?;
        let version = Workflow {
            id: WorkflowId::generate(self.env.ids.as_ref()),
            version: version_name(ctx.now),
            marked_name: marks.name,
            marked_comment: marks.comment,
            created_by: actor.account,
            created_at: ctx.now,
            updated_by: None,
            updated_at: ctx.now,
            ..draft
        };
        workflow::insert(&mut tx, &version).await?;
        app.workflow_id = Some(version.id);
        app.updated_by = Some(actor.account);
        app.updated_at = ctx.now;
        app::update(&mut tx, &app).await?;
        let event = AuditEvent::new(AuditAction::AppPublished)
            .by(actor.account)
            .within(Some(actor.workspace))
            .with("app", id)
            .with("version", version.id);
        record(&mut tx, &self.env, ctx, event).await?;
        tx.commit().await?;
        Ok(version)
    }
}

/// That the engine can run a graph. An empty one may be published: its app does nothing yet.
fn check_runs(graph: Map<String, Value>) -> Result<(), AppError> {
    let nodes = graph.get("nodes").and_then(Value::as_array);
    if nodes.is_none_or(Vec::is_empty) {
        return Ok(());
    }
    Graph::parse(&Value::Object(graph), &Limits::default())?;
    Ok(())
}

/// The time of a publication as Python prints it: with microseconds, unless there are none.
fn version_name(at: DateTime<Utc>) -> String {
    let whole = at.format("%Y-%m-%d %H:%M:%S");
    match at.nanosecond() / 1000 {
        0 => whole.to_string(),
        micros => format!("{whole}.{micros:06}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_is_named_after_its_time_as_python_prints_it() {
        for (time, name) in [
            ("2026-11-28T09:39:00.987621Z", "2026-11-28 09:39:00.987621"),
            ("2026-11-28T09:39:00.000100Z", "2026-11-28 09:39:00.000100"),
            ("2026-11-28T09:39:00Z", "2026-11-28 09:39:00"),
        ] {
            assert_eq!(version_name(time.parse().unwrap()), name);
        }
    }
}
