//! What storage has of a run, as the events that it is shown by to whoever comes later.

use chrono::NaiveDateTime;
use gatewright_auth::form_token::FormKeys;
use gatewright_run_events::{
    Json, NodeExecution, NodeFinished, NodeStarted, NodeStatus, RunEvent, RunStatus, StartReason,
    WorkflowFinished, WorkflowStarted,
};
use gatewright_storage_kit::Pool;
use gatewright_storage_runs::{
    checkpoint,
    node::{self, Outline},
    run::{self, Run},
};
use gatewright_usecase_runs::{PastRuns, PortFuture, RunPlan, StoreError, Waits, add_stored};
use serde_json::Value;
use uuid::Uuid;

use crate::{RunServiceError, stored_forms::with_tokens, takeover};

/// Reads what runs did before this process had them.
pub struct StoredPast {
    pool: Pool,
}

impl StoredPast {
    /// From this database.
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    async fn read(&self, run_id: Uuid) -> Result<Vec<RunEvent>, RunServiceError> {
        let mut conn = self.pool.get().await?;
        let Some(begun) = run::find_begun(&mut conn, run_id).await? else {
            return Ok(Vec::new());
        };
        let nodes = node::list_outlines(&mut conn, run_id).await?;
        let plan = takeover::plan(run_id, 0, &begun)?;
        Ok(events(&plan, begun.created_at, nodes))
    }
}

impl PastRuns for StoredPast {
    fn load(&self, run_id: Uuid) -> PortFuture<'_, Result<Vec<RunEvent>, StoreError>> {
        Box::pin(async move {
            self.read(run_id).await.map_err(|error| match error {
                RunServiceError::Unavailable(_) => StoreError::Unavailable,
                other => StoreError::Rejected(other.to_string()),
            })
        })
    }
}

/// Everything that a snapshot of a run that has not ended is made of.
pub(crate) async fn load(
    conn: &mut gatewright_storage_kit::Conn,
    plan: &RunPlan,
    run: &Run,
    keys: &FormKeys,
) -> Result<Vec<RunEvent>, RunServiceError> {
    let nodes = node::list_outlines(conn, run.id).await?;
    let mut events = events(plan, run.created_at, nodes);
    let waits = (run.status == "paused").then(|| Waits {
        created_at: unix(run.created_at),
        total_tokens: u64::try_from(run.total_tokens).unwrap_or_default(),
        total_steps: steps(run),
    });
    if let Some(state) = checkpoint::find(conn, run.id).await? {
        let state = with_tokens(conn, run.id, state, keys).await?;
        add_stored(&mut events, &state, waits).map_err(RunServiceError::Graph)?;
    }
    Ok(events)
}

/// The start of a run and its nodes.
fn events(plan: &RunPlan, began: NaiveDateTime, nodes: Vec<Outline>) -> Vec<RunEvent> {
    let mut events = Vec::with_capacity(1 + 2 * nodes.len());
    events.push(RunEvent::WorkflowStarted(WorkflowStarted {
        workflow_id: plan.workflow_id.to_string(),
        inputs: plan.inputs.clone(),
        stored_inputs: plan.stored_inputs.clone(),
        created_at: unix(began),
        reason: StartReason::Initial,
    }));
    for row in nodes {
        let (started, finished) = executed(row);
        events.push(RunEvent::NodeStarted(started));
        events.extend(finished.map(RunEvent::NodeFinished));
    }
    events
}

/// An execution, without its insides: no snapshot shows them.
fn executed(row: Outline) -> (NodeStarted, Option<NodeFinished>) {
    let metadata: Value = row
        .execution_metadata
        .as_deref()
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    let frame = |name: &str| metadata[name].as_str().map(str::to_owned);
    let node = NodeExecution {
        id: row.id.to_string(),
        node_id: row.node_id,
        node_type: row.node_type,
        title: row.title,
        index: 1,
        iteration_id: frame("iteration_id"),
        loop_id: frame("loop_id"),
    };
    let created_at = unix(row.created_at);
    let started = NodeStarted {
        node: node.clone(),
        created_at,
        extras: Json::object(),
        agent_strategy: Json::null(),
    };
    let ended = row.finished_at.zip(node_status(&row.status));
    let finished = ended.map(|(finished_at, status)| NodeFinished {
        node,
        inputs: Json::null(),
        process_data: Json::null(),
        outputs: Json::null(),
        status,
        error: None,
        elapsed_time: row.elapsed_time,
        execution_metadata: Json::null(),
        created_at,
        finished_at: unix(finished_at),
        files: Json::array(),
    });
    (started, finished)
}

fn node_status(text: &str) -> Option<NodeStatus> {
    Some(match text {
        "succeeded" => NodeStatus::Succeeded,
        "failed" => NodeStatus::Failed,
        "exception" => NodeStatus::Exception,
        "stopped" => NodeStatus::Stopped,
        "paused" => NodeStatus::Paused,
        _ => return None,
    })
}

/// How a run ended; none while it has not.
pub(crate) fn end(plan: &RunPlan, run: &Run) -> Option<WorkflowFinished> {
    let status = match run.status.as_str() {
        "succeeded" => RunStatus::Succeeded,
        "failed" => RunStatus::Failed,
        "stopped" => RunStatus::Stopped,
        "partial-succeeded" => RunStatus::PartialSucceeded,
        _ => return None,
    };
    let outputs = run.outputs.as_deref().unwrap_or("{}");
    let outputs = serde_json::from_str::<Value>(outputs).unwrap_or_default();
    Some(WorkflowFinished {
        workflow_id: run.workflow_id.to_string(),
        status,
        files: gatewright_usecase_runs::files_among(&outputs),
        outputs: Json::from(outputs),
        error: run.error.clone(),
        elapsed_time: run.elapsed_time,
        total_tokens: u64::try_from(run.total_tokens).unwrap_or_default(),
        total_steps: steps(run),
        created_by: plan.created_by.clone(),
        created_at: unix(run.created_at),
        finished_at: unix(run.finished_at.unwrap_or(run.created_at)),
        exceptions_count: run
            .exceptions_count
            .and_then(|count| u64::try_from(count).ok())
            .unwrap_or_default(),
    })
}

fn steps(run: &Run) -> u64 {
    let steps = run.total_steps.unwrap_or_default();
    u64::try_from(steps).unwrap_or_default()
}

fn unix(at: NaiveDateTime) -> i64 {
    at.and_utc().timestamp()
}
