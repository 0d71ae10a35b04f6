//! From what a run keeps to rows.

use chrono::{DateTime, Utc};
use gatewright_run_events::{CreatedBy, Json, NodeExecution, NodeFinished, RunStatus};
use gatewright_storage_runs::{
    node::NodeRow,
    run::{Creator, NewRun, RunState},
};
use gatewright_usecase_runs::{NodeRecord, NodeState, Record, RunPlan, Surface};
use uuid::Uuid;

/// Who began a run.
pub(crate) fn creator(plan: &RunPlan) -> Creator {
    creator_of(&plan.created_by)
}

/// The same, as rows name them.
pub(crate) fn creator_of(created_by: &CreatedBy) -> Creator {
    let id = |text: &String| text.parse().unwrap_or_default();
    match created_by {
        CreatedBy::Account { id: account, .. } => Creator::Account(id(account)),
        CreatedBy::EndUser { id: end_user, .. } => Creator::EndUser(id(end_user)),
    }
}

/// The row of a run that begins. Its log has an id that a replay repeats.
pub(crate) fn new_run(plan: &RunPlan, created_at: i64) -> NewRun<'_> {
    let creator = creator(plan);
    NewRun {
        id: plan.key.run_id,
        tenant_id: plan.tenant_id,
        app_id: plan.app_id,
        workflow_id: plan.workflow_id,
        inputs: plan.stored_inputs.as_str(),
        creator,
        created_from: Some(created_from(plan.surface)),
        log_id: gatewright_usecase_runs::execution_id(plan.key.run_id, 0),
        created_at: at(created_at),
    }
}

/// Where a run was begun, as its log names it. Members who run an app of theirs do what they do in Dify's "Explore".
fn created_from(surface: Surface) -> &'static str {
    match surface {
        Surface::Service => "service-api",
        Surface::WebApp => "web-app",
        Surface::Programs => "openapi",
        Surface::People => "installed-app",
    }
}

/// The same, as conversations and messages name it.
pub(crate) fn invoked_from(surface: Surface) -> &'static str {
    match surface {
        Surface::People => "explore",
        other => created_from(other),
    }
}

/// The row of a node, as far as it is.
pub(crate) fn node<'a>(plan: &RunPlan, record: &'a NodeRecord) -> NodeRow<'a> {
    match &record.state {
        NodeState::Running(started) => {
            let empty = row(plan, record, &started.node, "running");
            NodeRow {
                created_at: at(started.created_at),
                ..empty
            }
        }
        NodeState::Ended(end) => ended(plan, record, end),
        NodeState::Retried(end, _) => NodeRow {
            status: "retry",
            ..ended(plan, record, end)
        },
    }
}

fn ended<'a>(plan: &RunPlan, record: &'a NodeRecord, end: &'a NodeFinished) -> NodeRow<'a> {
    NodeRow {
        inputs: text(&end.inputs),
        process_data: text(&end.process_data),
        outputs: text(&end.outputs),
        error: end.error.as_deref(),
        execution_metadata: text(&end.execution_metadata),
        elapsed_time: end.elapsed_time,
        created_at: at(end.created_at),
        finished_at: Some(at(end.finished_at)),
        ..row(plan, record, &end.node, end.status.as_str())
    }
}

fn row<'a>(
    plan: &RunPlan,
    record: &NodeRecord,
    node: &'a NodeExecution,
    status: &'a str,
) -> NodeRow<'a> {
    NodeRow {
        id: record.id,
        tenant_id: plan.tenant_id,
        app_id: plan.app_id,
        workflow_id: plan.workflow_id,
        run_id: plan.key.run_id,
        index: i32::try_from(record.number).unwrap_or(i32::MAX),
        node_id: &node.node_id,
        node_type: &node.node_type,
        title: &node.title,
        status,
        inputs: None,
        process_data: None,
        outputs: None,
        error: None,
        execution_metadata: None,
        elapsed_time: 0.0,
        creator: creator(plan),
        created_at: DateTime::default(),
        finished_at: None,
    }
}

/// How a run ended or that it waits, when this record says so.
pub(crate) fn state<'a>(
    run: Uuid,
    record: &'a Record,
    stopped: Option<&'static str>,
) -> Option<RunState<'a>> {
    let count = |number: u64| i32::try_from(number).unwrap_or(i32::MAX);
    let tokens = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    match record {
        Record::Finished(end) => Some(RunState {
            id: run,
            status: if stopped.is_some() {
                "stopped"
            } else {
                status(end.status)
            },
            outputs: end.outputs.as_str(),
            error: stopped.or(end.error.as_deref()),
            elapsed_time: end.elapsed_time,
            total_tokens: tokens(end.total_tokens),
            total_steps: count(end.total_steps),
            exceptions_count: count(end.exceptions_count),
            finished_at: Some(at(end.finished_at)),
        }),
        Record::Paused(pause) => Some(RunState {
            id: run,
            status: "paused",
            outputs: pause.outputs.as_str(),
            error: None,
            elapsed_time: pause.elapsed_time,
            total_tokens: tokens(pause.total_tokens),
            total_steps: count(pause.total_steps),
            exceptions_count: 0,
            finished_at: None,
        }),
        _ => None,
    }
}

fn status(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Succeeded => "succeeded",
        RunStatus::Failed => "failed",
        RunStatus::Stopped => "stopped",
        RunStatus::PartialSucceeded => "partial-succeeded",
    }
}

/// `null` is no value.
fn text(json: &Json) -> Option<&str> {
    Some(json.as_str()).filter(|text| *text != "null")
}

pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default()
}
