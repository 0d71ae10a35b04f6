//! What an agent node tells of its steps.

use serde::{Deserialize, Serialize};

use crate::Json;

/// A step of an agent begins, or has ended: the same `id` comes again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentLog {
    /// The node's execution.
    pub node_execution_id: String,
    /// The id of the step.
    pub id: String,
    /// What it is called: `ROUND 1`, `CALL get_time`.
    pub label: String,
    /// The step that contains it.
    pub parent_id: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
    /// `start`, `success` or `error`.
    pub status: String,
    /// What went in, or came out.
    pub data: Json,
    /// Times, provider, tokens.
    pub metadata: Json,
    /// The node in the graph.
    pub node_id: String,
}
