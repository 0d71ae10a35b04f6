//! One level that a run is in.

use gatewright_nodes::{Graph, Totals};
use gatewright_variables::Pool;

use super::{Mark, Marks};
use crate::{
    happening::{Happened, Micros},
    release::Release,
};

/// Which container a frame belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Owner {
    /// The container's execution.
    pub(crate) execution: u64,
    /// The frame that the container runs in.
    pub(crate) frame: u32,
    /// Item or pass.
    pub(crate) index: u32,
}

/// The state of one level.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Frame {
    pub(crate) level: usize,
    pub(crate) owner: Option<Owner>,
    pub(crate) nodes: Marks,
    pub(crate) edges: Marks,
    /// Incoming edges of each node that nobody knows of yet.
    pub(crate) pending: Vec<u32>,
    /// Whether an incoming edge of each node is taken.
    pub(crate) reached: Vec<bool>,
    /// Nodes that can run or are under way.
    pub(crate) open: u32,
    pub(crate) steps: u32,
    pub(crate) started_at: Micros,
    /// All variables that nodes of this frame see.
    pub(crate) pool: Pool,
    pub(crate) release: Release,
    /// What happened and must wait until the whole item is over.
    pub(crate) held: Option<Vec<Happened>>,
    pub(crate) totals: Totals,
}

impl Frame {
    pub(crate) fn new(
        graph: &Graph,
        level: usize,
        owner: Option<Owner>,
        pool: Pool,
        now: Micros,
    ) -> Self {
        let (nodes, edges) = (
            graph.levels[level].nodes.len(),
            graph.levels[level].edges.len(),
        );
        let mut frame = Self {
            level,
            owner,
            nodes: Marks::open(nodes),
            edges: Marks::open(edges),
            pending: Vec::new(),
            reached: Vec::new(),
            open: 0,
            steps: 0,
            started_at: now,
            pool,
            release: Release::default(),
            held: None,
            totals: Totals::default(),
        };
        frame.count_edges(graph);
        frame
    }

    /// Derives `pending` and `reached` from the edges' marks.
    pub(crate) fn count_edges(&mut self, graph: &Graph) {
        let level = &graph.levels[self.level];
        self.pending = vec![0; level.nodes.len()];
        self.reached = vec![false; level.nodes.len()];
        for (slot, &edge) in level.edges.iter().enumerate() {
            let target = graph.nodes[graph.edges[edge].target].slot;
            match self.edges.get(slot) {
                Mark::Done => self.reached[target] = true,
                Mark::Skipped => {}
                Mark::Open | Mark::Active => self.pending[target] += 1,
            }
        }
    }
}
