//! A workflow's graph, checked and indexed: what a run walks along.
//!
//! Nodes and edges are numbered; a *level* is the canvas or the inside of one container. A run has one frame of state per level
//! that it is in, so both know their number within their level as well.

mod build;
mod error;
mod limits;
mod raw;
mod strategy;

use std::collections::HashMap;

use serde_json::{Map, Value};

pub use self::{
    error::GraphError,
    limits::Limits,
    strategy::{OnError, Retry},
};
use crate::nodes::{NodeData, NodeType};

/// A graph that can be run.
#[derive(Debug)]
pub struct Graph {
    /// All nodes, by number.
    pub nodes: Vec<Node>,
    /// All edges, by number.
    pub edges: Vec<Edge>,
    /// The canvas, and the inside of each container.
    pub levels: Vec<Level>,
    by_id: HashMap<String, usize>,
}

/// One node with everything that a run needs of it.
#[derive(Debug)]
pub struct Node {
    /// Id in the graph, unique.
    pub id: String,
    /// Title that clients see.
    pub title: String,
    /// What kind of node this is.
    pub(crate) spec: &'static NodeType,
    /// Its typed data.
    pub(crate) data: NodeData,
    /// Its data as they are stored: some nodes record them.
    pub(crate) raw: Map<String, Value>,
    /// How often it is tried again.
    pub retry: Retry,
    /// What happens when it failed for the last time.
    pub on_error: OnError,
    /// Level that the node is in.
    pub level: usize,
    /// Level inside of it, for a container.
    pub inside: Option<usize>,
    /// Its number within its level.
    pub slot: usize,
    /// Whether what comes behind it is certain only when it has ended: of branches, containers, nodes that speak, and assigners
    /// whose variables such a node reads.
    pub decides: bool,
    /// Edges that lead to it.
    pub incoming: Vec<usize>,
    /// Edges that leave it, in the order of the file.
    pub outgoing: Vec<usize>,
}

/// One edge between two nodes of a level.
#[derive(Debug)]
pub struct Edge {
    /// Where it comes from.
    pub source: usize,
    /// Where it leads to.
    pub target: usize,
    /// The way out of the source that this edge hangs on; "source" when none is said.
    pub handle: String,
    /// Its number within its level.
    pub slot: usize,
}

/// The canvas (level 0), or the inside of a container.
#[derive(Debug, Default)]
pub struct Level {
    /// The container, `None` for the canvas.
    pub container: Option<usize>,
    /// Nodes of the level by slot.
    pub nodes: Vec<usize>,
    /// Edges of the level by slot.
    pub edges: Vec<usize>,
    /// Where it may begin: the start, triggers and data sources of the canvas, the one start of a container.
    pub roots: Vec<usize>,
    /// Selectors (node and name) that templates of this level's answer and end nodes stream.
    pub streamed: Vec<(String, String)>,
    /// Whether there is an answer or end node.
    pub speaks: bool,
}

impl Graph {
    /// Reads and checks the `graph` member of a workflow.
    ///
    /// # Errors
    /// [`GraphError`], which names the node.
    pub fn parse(graph: &Value, limits: &Limits) -> Result<Self, GraphError> {
        build::build(graph, limits)
    }

    /// The node with this id.
    pub fn node(&self, id: &str) -> Option<&Node> {
        self.by_id.get(id).map(|&at| &self.nodes[at])
    }

    /// All nodes in the order of the file.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter()
    }

    /// Tells graphs apart: a stored state names nodes and edges by their numbers.
    pub fn fingerprint(&self) -> u64 {
        let mut hash = Fnv::default();
        for node in &self.nodes {
            hash.add(&node.id);
            hash.add(node.spec.name);
        }
        for edge in &self.edges {
            hash.add(&self.nodes[edge.source].id);
            hash.add(&edge.handle);
            hash.add(&self.nodes[edge.target].id);
        }
        hash.0
    }

    /// The number of a node.
    pub fn index_of(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }
}

/// FNV-1a over texts: the same on every machine and in every version.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn add(&mut self, text: &str) {
        for byte in text.bytes().chain([0]) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

impl Node {
    /// `data.type`, as clients see it.
    pub fn node_type(&self) -> &'static str {
        self.spec.name
    }

    /// Whether the node chooses among its ways out: by its type, or because its failures have a way of their own.
    pub fn is_branch(&self) -> bool {
        self.spec.branches || self.on_error == OnError::FailBranch
    }

    /// Whether it is an iteration or a loop.
    pub fn is_container(&self) -> bool {
        self.inside.is_some()
    }

    /// The node's data as they are stored.
    pub fn raw(&self) -> &Map<String, Value> {
        &self.raw
    }
}
