//! Nodes: they begin, fail and are tried again, end.

use serde::{Deserialize, Serialize};

use crate::Json;

/// Which execution of which node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeExecution {
    /// The execution; a retry keeps it.
    pub id: String,
    /// The node in the graph.
    pub node_id: String,
    /// `llm`, `template-transform`, …
    pub node_type: String,
    /// What the author called it.
    pub title: String,
    /// 1 in live events; snapshots count 1, 2, …
    pub index: u32,
    /// The iteration that it is part of.
    pub iteration_id: Option<String>,
    /// The loop that it is part of.
    pub loop_id: Option<String>,
}

/// How a node ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeStatus {
    /// It has its outputs.
    Succeeded,
    /// It has none, and the run fails.
    Failed,
    /// It failed, and its error strategy went on.
    Exception,
    /// It failed, and is tried again.
    Retry,
    /// It waits for a person.
    Paused,
    /// The run was stopped while it worked.
    Stopped,
}

impl NodeStatus {
    /// As clients read it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Exception => "exception",
            Self::Retry => "retry",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
        }
    }
}

/// A node begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeStarted {
    /// The node that begins.
    pub node: NodeExecution,
    /// When it began, in Unix seconds.
    pub created_at: i64,
    /// `{"icon": …}` for tools, data sources and triggers, else `{}`.
    pub extras: Json,
    /// `{"name", "icon"}` for an agent node, else `null`.
    pub agent_strategy: Json,
}

/// A node has ended, or waits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeFinished {
    /// The node that ended.
    pub node: NodeExecution,
    /// What went in: an object.
    pub inputs: Json,
    /// What it keeps for people who look closer: prompts, the request.
    pub process_data: Json,
    /// What came out: an object.
    pub outputs: Json,
    /// How it ended.
    pub status: NodeStatus,
    /// Why it failed.
    pub error: Option<String>,
    /// How long it took, in seconds.
    pub elapsed_time: f64,
    /// Tokens, price, frames; `null` when there is nothing to tell.
    pub execution_metadata: Json,
    /// When it began, in Unix seconds.
    pub created_at: i64,
    /// When it ended, in Unix seconds.
    pub finished_at: i64,
    /// Files among the outputs: an array.
    pub files: Json,
}

impl NodeFinished {
    pub(super) fn weight(&self) -> usize {
        self.inputs.as_str().len()
            + self.process_data.as_str().len()
            + self.outputs.as_str().len()
            + self.execution_metadata.as_str().len()
            + self.files.as_str().len()
            + self.error.as_ref().map_or(0, String::len)
    }
}

/// An attempt failed; the node is tried again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeRetry {
    /// The attempt, with status `retry`.
    pub attempt: NodeFinished,
    /// The number of the attempt that follows, from 1.
    pub retry_index: u32,
}
