//! Iterations and loops: they begin, go on, end.

use serde::{Deserialize, Serialize};

use crate::{Json, NodeStatus};

/// The iteration or loop that the events belong to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Container {
    /// The node in the graph; clients get it as `id` too.
    pub node_id: String,
    /// `iteration` or `loop`.
    pub node_type: String,
    /// What the author called it.
    pub title: String,
}

/// An iteration or a loop begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerStarted {
    /// The container that begins.
    pub container: Container,
    /// When it began, in Unix seconds.
    pub created_at: i64,
    /// Items of the list; rounds that a loop may take at most.
    pub length: u64,
    /// `{"iterator_selector": […]}`, or a loop's `loop_count` and variables.
    pub inputs: Json,
}

/// The next item or round begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerNext {
    /// The container whose next round begins.
    pub container: Container,
    /// From 0 in an iteration; a loop tells from 1 on.
    pub index: u64,
    /// When the round began, in Unix seconds.
    pub created_at: i64,
    /// Outputs of a loop so far; an iteration does not show it.
    pub pre_loop_output: Json,
}

/// It has ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContainerCompleted {
    /// The container that ended.
    pub container: Container,
    /// `{"output": […]}`, or a loop's variables and `loop_round`.
    pub outputs: Json,
    /// When it began, in Unix seconds.
    pub created_at: i64,
    /// As at the start.
    pub inputs: Json,
    /// `succeeded` or `failed`. Why it failed is told by the run's end, not here.
    pub status: NodeStatus,
    /// How long it took, in seconds.
    pub elapsed_time: f64,
    /// Of all models within.
    pub total_tokens: u64,
    /// Tokens, price, durations.
    pub execution_metadata: Json,
    /// When it ended, in Unix seconds.
    pub finished_at: i64,
    /// Items, or rounds.
    pub steps: u64,
}

impl ContainerCompleted {
    pub(super) fn weight(&self) -> usize {
        self.outputs.as_str().len()
            + self.inputs.as_str().len()
            + self.execution_metadata.as_str().len()
    }
}
