//! Why a graph cannot be run: each reason names the node.

use thiserror::Error;

/// A graph that the engine refuses. The text is for the person who built the graph.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GraphError {
    /// The JSON is not `{nodes, edges}`.
    #[error("the graph cannot be read: {0}")]
    Unreadable(String),
    /// More nodes or edges than [`super::Limits`] allows.
    #[error("the graph has {found} {what}, more than {limit}")]
    TooLarge {
        /// "nodes" or "edges".
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there may be.
        limit: usize,
    },
    /// More values in the data of a node than one may have.
    #[error("node {node} has {found} values in its data, more than {limit}")]
    NodeTooLarge {
        /// Id of the node.
        node: String,
        /// How many there are.
        found: usize,
        /// How many there may be.
        limit: usize,
    },
    /// Two nodes have one id.
    #[error("node {0} comes twice")]
    DuplicateNode(String),
    /// `data.type` is none that this engine knows.
    #[error("node {node} has the type {node_type:?}, which is unknown")]
    UnknownType {
        /// Id of the node.
        node: String,
        /// What stands in its data.
        node_type: String,
    },
    /// The type is known, and not at work.
    #[error("node {node} ({node_type}) cannot be run: {reason}")]
    NotSupported {
        /// Id of the node.
        node: String,
        /// The type of the node.
        node_type: &'static str,
        /// Why not, in words for the builder.
        reason: &'static str,
    },
    /// The data of a node do not have the shape of its type.
    #[error("node {node} ({node_type}): {reason}")]
    BadNode {
        /// Id of the node.
        node: String,
        /// The type of the node.
        node_type: &'static str,
        /// What is wrong with its data.
        reason: String,
    },
    /// An edge names a node that is not there.
    #[error("an edge from {from} to {to} names a node that does not exist: {missing}")]
    UnknownEnd {
        /// Source of the edge.
        from: String,
        /// Target of the edge.
        to: String,
        /// Which of both is missing.
        missing: String,
    },
    /// An edge goes into or out of a container.
    #[error("the edge from {from} to {to} crosses the border of a container")]
    CrossesBorder {
        /// Source of the edge.
        from: String,
        /// Target of the edge.
        to: String,
    },
    /// Edges lead back to where they began.
    #[error("node {0} is part of a cycle")]
    Cycle(String),
    /// No start, trigger or data source outside of containers.
    #[error("the graph has no start node")]
    NoRoot,
    /// `parentId` names no container.
    #[error("node {node} is said to be inside {container}, which is no container")]
    NoContainer {
        /// Id of the node.
        node: String,
        /// What it names.
        container: String,
    },
    /// A container without a start of its own.
    #[error("container {0} has no start node inside")]
    NoInnerRoot(String),
    /// Containers in containers beyond the limit, or in themselves.
    #[error("node {0} is nested too deeply")]
    TooDeep(String),
}
