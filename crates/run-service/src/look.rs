//! Runs as people look at them: one with its nodes, the latest of an app, what a run takes, what happens in one.

use gatewright_domain::ids::{AppId, WorkspaceId};
use gatewright_run_events::Reader;
use gatewright_storage_runs::{
    message,
    node::{self, Node},
    run::{self, Run, RunLine, RunsOf},
};
use gatewright_usecase_apps::App;
use gatewright_variables::inputs::InputField;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{PastRound, RunService, RunServiceError, inputs::input_fields, service::task_id};

/// A run with the nodes that it has been through.
#[derive(Debug, Clone, PartialEq)]
pub struct RunTrace {
    /// The row of the run.
    pub run: Run,
    /// Executions of nodes in their order, as far as they are.
    pub nodes: Vec<Node>,
    /// The handle by which the run is stopped.
    pub task_id: Uuid,
}

impl RunTrace {
    /// What the run began with, `sys.*` among it.
    pub fn inputs(&self) -> Map<String, Value> {
        let inputs = self.run.inputs.as_deref();
        let inputs = inputs.and_then(|text| serde_json::from_str(text).ok());
        inputs.unwrap_or_default()
    }
}

/// The conversation that a run is part of, up to its message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Talk {
    /// Primary key of `conversations`.
    pub conversation: Uuid,
    /// What was asked.
    pub question: String,
    /// What was said before, the oldest first; the beginning of a long conversation is left out.
    pub earlier: Vec<PastRound>,
}

/// Rounds of a conversation that are looked at, the one of the run among them.
const MAX_ROUNDS: i64 = 21;

impl RunService {
    /// The conversation of a run; none when it is part of none.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn talk(&self, trace: &RunTrace) -> Result<Option<Talk>, RunServiceError> {
        let inputs = trace.inputs();
        let text = |name: &str| inputs.get(name).and_then(Value::as_str).unwrap_or_default();
        let Ok(conversation) = text("sys.conversation_id").parse::<Uuid>() else {
            return Ok(None);
        };
        let mut conn = self.pool.get().await?;
        let asked = message::find_of_run(&mut conn, conversation, trace.run.id).await?;
        let Some(asked) = asked else {
            return Ok(None);
        };
        let said = message::list_back_from(&mut conn, conversation, asked.id, MAX_ROUNDS).await?;
        let before = said.into_iter().rev().filter(|one| one.id != asked.id);
        let round = |one: message::Said| PastRound {
            message_id: one.id,
            question: one.query,
            answer: one.answer,
            // Pages show what was said.
            files: vec![],
        };
        Ok(Some(Talk {
            conversation,
            question: text("sys.query").to_owned(),
            earlier: before.map(round).collect(),
        }))
    }

    /// A run of an app of this workspace, whoever began it.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn trace(
        &self,
        workspace: WorkspaceId,
        app: AppId,
        run: Uuid,
    ) -> Result<Option<RunTrace>, RunServiceError> {
        let mut conn = self.pool.get().await?;
        let Some(found) = run::find(&mut conn, workspace.0, app.0, run).await? else {
            return Ok(None);
        };
        Ok(Some(RunTrace {
            nodes: node::list(&mut conn, run, &[]).await?,
            task_id: task_id(run),
            run: found,
        }))
    }

    /// The run of a trace as it is now. Executions that had ended are not read again: what they gave may be large.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn trace_again(
        &self,
        workspace: WorkspaceId,
        app: AppId,
        seen: RunTrace,
    ) -> Result<Option<RunTrace>, RunServiceError> {
        let run = seen.run.id;
        let mut conn = self.pool.get().await?;
        let Some(found) = run::find(&mut conn, workspace.0, app.0, run).await? else {
            return Ok(None);
        };
        let mut nodes = seen.nodes;
        nodes.retain(|node| node.status != "running");
        let known: Vec<Uuid> = nodes.iter().map(|node| node.id).collect();
        nodes.extend(node::list(&mut conn, run, &known).await?);
        nodes.sort_by_key(|node| (node.index, node.id));
        Ok(Some(RunTrace {
            nodes,
            run: found,
            ..seen
        }))
    }

    /// The latest runs of an app, the newest first, at most `limit`.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn list(&self, which: RunsOf, limit: u16) -> Result<Vec<RunLine>, RunServiceError> {
        let mut conn = self.pool.get().await?;
        Ok(run::list(&mut conn, which, i64::from(limit)).await?)
    }

    /// What a run of the published version takes, in the order of its form.
    ///
    /// # Errors
    /// When there is no such app, nothing of it is published, its start node cannot be read, or PostgreSQL does not answer.
    pub async fn input_fields(&self, app: AppId) -> Result<Vec<InputField>, RunServiceError> {
        let runnable = self.apps.published(app, None).await?;
        input_fields(&runnable.content.graph)
    }

    /// The same of an app in use whose row the caller has just read.
    ///
    /// # Errors
    /// As of [`Self::input_fields`].
    pub async fn input_fields_of(&self, app: App) -> Result<Vec<InputField>, RunServiceError> {
        let runnable = self.apps.published_of(app, None).await?;
        input_fields(&runnable.content.graph)
    }

    /// What happens in a run, from its beginning on and beyond its pauses; none when the run is not under way in this process.
    pub fn watch(&self, app: AppId, run: Uuid) -> Option<Reader> {
        let handle = self.registry.find(run)?;
        (handle.plan.app_id == app.0).then(|| handle.reader(true))
    }
}
