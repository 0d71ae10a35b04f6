//! What a graph and a run may cost. Every limit that is met fails the run with a text that names it.

use serde::{Deserialize, Serialize};

/// The limits of one run; the caller sets them from its settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Nodes in a graph.
    pub nodes: usize,
    /// Edges in a graph.
    pub edges: usize,
    /// How deeply containers may stand in containers; 1 is a container on the canvas.
    pub depth: usize,
    /// Node executions of a run outside of containers, retries included; each pass of a container counts its own.
    pub steps: u32,
    /// Wall time of a run in microseconds, pauses not counted.
    pub run_micros: u64,
    /// Bytes of one value that is assigned to a conversation or loop variable, as JSON.
    pub variable_bytes: usize,
    /// Bytes of the outputs of one node execution, as JSON.
    pub output_bytes: usize,
    /// Items that one iteration goes over, and passes of one loop.
    pub items: usize,
    /// Items of one iteration that are under way at once, whatever the node asks for.
    pub parallel: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            nodes: 1_000,
            edges: 5_000,
            depth: 5,
            steps: 500,
            run_micros: 1_200_000_000,
            variable_bytes: 200 * 1024,
            output_bytes: 10 * 1024 * 1024,
            items: 10_000,
            parallel: 10,
        }
    }
}
