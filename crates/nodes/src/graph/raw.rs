//! The `graph` member of a workflow as it is stored: what the engine reads of it, and nothing of its looks.
//!
//! Positions, colours and the viewport belong to the editor; unknown members are passed over.

use serde::Deserialize;
use serde_json::{Map, Value};

/// `{nodes, edges, viewport}`.
#[derive(Debug, Deserialize)]
pub(crate) struct RawGraph {
    #[serde(default)]
    pub(crate) nodes: Vec<RawNode>,
    #[serde(default)]
    pub(crate) edges: Vec<RawEdge>,
}

/// One node: `type` says how the editor draws it, `data.type` what it does.
#[derive(Debug, Deserialize)]
pub(crate) struct RawNode {
    pub(crate) id: String,
    #[serde(default, rename = "type")]
    pub(crate) drawn_as: String,
    #[serde(default)]
    pub(crate) data: Map<String, Value>,
    #[serde(default, rename = "parentId")]
    pub(crate) parent: Option<String>,
}

/// One edge; of its members only these decide anything.
#[derive(Debug, Deserialize)]
pub(crate) struct RawEdge {
    pub(crate) source: String,
    pub(crate) target: String,
    #[serde(default, rename = "sourceHandle")]
    pub(crate) handle: Option<String>,
}

impl RawNode {
    /// A note on the canvas is no node: it is dropped before anything is checked.
    pub(crate) fn is_note(&self) -> bool {
        self.drawn_as == "custom-note" || self.kind() == "custom-note"
    }

    /// `data.type`, or "" when it is missing.
    pub(crate) fn kind(&self) -> &str {
        self.data
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// `data.title`, or "".
    pub(crate) fn title(&self) -> &str {
        self.data
            .get("title")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// The container that the node is in: `parentId`, or what the data say for files written by hand.
    pub(crate) fn container(&self) -> Option<&str> {
        let named = |key: &str| {
            self.data
                .get(key)
                .and_then(Value::as_str)
                .filter(|id| !id.is_empty())
        };
        self.parent
            .as_deref()
            .filter(|id| !id.is_empty())
            .or_else(|| named("iteration_id"))
            .or_else(|| named("loop_id"))
    }
}
