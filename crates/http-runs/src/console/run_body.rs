//! Runs and executions of nodes as owners of apps see them.

use gatewright_conversation_service::{ListedRun, ShownNode, ShownRun, WholeRun};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    people::{SimpleAccount, SimpleEndUser},
    unix::unix,
};

/// A run in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ListedRunBody {
    id: Uuid,
    /// The name of the version that ran.
    version: String,
    /// `running`, `paused`, `succeeded`, `partial-succeeded`, `failed` or `stopped`.
    status: String,
    /// Seconds that it took.
    elapsed_time: f64,
    total_tokens: i64,
    total_steps: i32,
    #[schema(required)]
    created_by_account: Option<SimpleAccount>,
    /// When it began, in Unix seconds.
    created_at: i64,
    /// When it ended, in Unix seconds; null while it has not.
    finished_at: Option<i64>,
    /// Nodes that failed and were gone around.
    exceptions_count: i32,
    /// Always 0: attempts are rows of their own.
    retry_index: u32,
}

impl From<ListedRun> for ListedRunBody {
    fn from(run: ListedRun) -> Self {
        Self {
            id: run.id,
            version: run.version,
            status: run.status,
            elapsed_time: run.elapsed_time,
            total_tokens: run.total_tokens,
            total_steps: run.total_steps.unwrap_or_default(),
            created_by_account: SimpleAccount::of(run.by),
            created_at: unix(run.created_at),
            finished_at: run.finished_at.map(unix),
            exceptions_count: run.exceptions_count.unwrap_or_default(),
            retry_index: 0,
        }
    }
}

/// A run of a chatflow in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ListedChatRunBody {
    #[serde(flatten)]
    run: ListedRunBody,
    /// The conversation that it is part of.
    conversation_id: Option<Uuid>,
    /// The message that it answers.
    message_id: Option<Uuid>,
}

impl From<ListedRun> for ListedChatRunBody {
    fn from(run: ListedRun) -> Self {
        Self {
            conversation_id: run.conversation_id,
            message_id: run.message_id,
            run: run.into(),
        }
    }
}

/// A run, whole.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RunDetailBody {
    id: Uuid,
    /// The name of the version that ran.
    version: String,
    /// What ran; empty when its version is gone.
    #[schema(value_type = Object)]
    graph: Value,
    /// What it began with, `sys.*` among it.
    #[schema(value_type = Object)]
    inputs: Value,
    /// `running`, `paused`, `succeeded`, `partial-succeeded`, `failed` or `stopped`.
    status: String,
    #[schema(value_type = Object)]
    outputs: Value,
    error: Option<String>,
    /// Seconds that it took.
    elapsed_time: f64,
    total_tokens: i64,
    total_steps: i32,
    /// `account` or `end_user`.
    created_by_role: String,
    #[schema(required)]
    created_by_account: Option<SimpleAccount>,
    #[schema(required)]
    created_by_end_user: Option<SimpleEndUser>,
    /// When it began, in Unix seconds.
    created_at: i64,
    /// When it ended, in Unix seconds; null while it has not.
    finished_at: Option<i64>,
    /// Nodes that failed and were gone around.
    exceptions_count: i32,
}

impl From<ShownRun> for RunDetailBody {
    fn from(run: ShownRun) -> Self {
        let whole = run.row;
        let row = whole.run;
        Self {
            id: row.id,
            version: whole.version,
            graph: run.graph,
            inputs: run.inputs,
            status: row.status,
            outputs: run.outputs,
            error: row.error,
            elapsed_time: row.elapsed_time,
            total_tokens: row.total_tokens,
            total_steps: row.total_steps.unwrap_or_default(),
            created_by_role: row.created_by_role,
            created_by_account: SimpleAccount::of(whole.by),
            created_by_end_user: SimpleEndUser::of(whole.user),
            created_at: unix(row.created_at),
            finished_at: row.finished_at.map(unix),
            exceptions_count: row.exceptions_count.unwrap_or_default(),
        }
    }
}

/// Who began a run.
#[derive(Debug, Clone)]
pub(super) struct RunCreator {
    role: String,
    account: Option<SimpleAccount>,
    end_user: Option<SimpleEndUser>,
}

impl From<WholeRun> for RunCreator {
    fn from(whole: WholeRun) -> Self {
        Self {
            role: whole.run.created_by_role,
            account: SimpleAccount::of(whole.by),
            end_user: SimpleEndUser::of(whole.user),
        }
    }
}

/// An execution of a node.
#[derive(Debug, Serialize, ToSchema)]
#[allow(clippy::struct_excessive_bools, reason = "what the wire has")]
pub(crate) struct NodeExecutionBody {
    id: Uuid,
    /// Its place in the run, from 1.
    index: i32,
    predecessor_node_id: Option<String>,
    node_id: String,
    /// `llm`, `template-transform`, …
    node_type: String,
    title: String,
    #[schema(value_type = Object)]
    inputs: Value,
    #[schema(value_type = Object)]
    process_data: Value,
    #[schema(value_type = Object)]
    outputs: Value,
    /// `running`, `retry`, or how it ended.
    status: String,
    error: Option<String>,
    /// Seconds that it took.
    elapsed_time: f64,
    #[schema(value_type = Object)]
    execution_metadata: Value,
    /// Always an empty object.
    #[schema(value_type = Object)]
    extras: Value,
    /// When it began, in Unix seconds.
    created_at: i64,
    /// `account` or `end_user`.
    created_by_role: String,
    #[schema(required)]
    created_by_account: Option<SimpleAccount>,
    #[schema(required)]
    created_by_end_user: Option<SimpleEndUser>,
    /// When it ended, in Unix seconds; null while it has not.
    finished_at: Option<i64>,
    /// Whether `inputs` is the beginning of what went in.
    inputs_truncated: bool,
    /// Whether `outputs` is the beginning of what came out.
    outputs_truncated: bool,
    /// Whether `process_data` is the beginning of what it worked with.
    process_data_truncated: bool,
    /// The whole of `inputs`, where it is truncated.
    #[serde(skip_serializing_if = "Option::is_none")]
    inputs_full_content: Option<FullContent>,
    /// The whole of `outputs`, where it is truncated.
    #[serde(skip_serializing_if = "Option::is_none")]
    outputs_full_content: Option<FullContent>,
    /// The whole of `process_data`, where it is truncated.
    #[serde(skip_serializing_if = "Option::is_none")]
    process_data_full_content: Option<FullContent>,
}

/// Where the whole of a large value is: a file with its JSON.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FullContent {
    /// A signed address, good for some minutes.
    download_url: String,
}

impl FullContent {
    fn at(address: Option<String>) -> Option<Self> {
        address.map(|download_url| Self { download_url })
    }
}

impl NodeExecutionBody {
    /// Of a run that `by` began.
    pub(super) fn new(node: ShownNode, by: &RunCreator) -> Self {
        let row = node.row;
        Self {
            id: row.id,
            index: row.index,
            predecessor_node_id: row.predecessor_node_id,
            node_id: row.node_id,
            node_type: row.node_type,
            title: row.title,
            inputs: node.inputs,
            process_data: node.process_data,
            outputs: node.outputs,
            status: row.status,
            error: row.error,
            elapsed_time: row.elapsed_time,
            execution_metadata: node.metadata,
            extras: json!({}),
            created_at: unix(row.created_at),
            created_by_role: by.role.clone(),
            created_by_account: by.account.clone(),
            created_by_end_user: by.end_user.clone(),
            finished_at: row.finished_at.map(unix),
            inputs_truncated: node.whole.inputs.is_some(),
            outputs_truncated: node.whole.outputs.is_some(),
            process_data_truncated: node.whole.process_data.is_some(),
            inputs_full_content: FullContent::at(node.whole.inputs),
            outputs_full_content: FullContent::at(node.whole.outputs),
            process_data_full_content: FullContent::at(node.whole.process_data),
        }
    }
}
