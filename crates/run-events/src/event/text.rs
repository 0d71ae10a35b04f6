//! The answer as it comes, and what a message ends with.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Json;

/// A piece of the answer. An empty one ends what a model streamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextChunk {
    /// The text of the piece.
    pub text: String,
    /// Where it comes from: `[node, variable, …]`.
    pub from_variable_selector: Option<Vec<String>>,
}

/// Whatever was shown so far is replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextReplace {
    /// The whole answer.
    pub text: String,
    /// Empty, or `output_moderation`. Only chatflows show it.
    pub reason: String,
}

/// A piece of what a model thought, for clients of 1.16.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasoningChunk {
    /// The piece; empty only in the last.
    pub reasoning: String,
    /// The node whose model thinks.
    pub node_id: String,
    /// Whether it is the last of that node.
    pub is_final: bool,
}

/// A chatflow's message is complete.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageEnd {
    /// What came with it.
    pub metadata: MessageMetadata,
    /// Files of the answer, an array or `null`.
    pub files: Json,
}

impl MessageEnd {
    pub(super) fn weight(&self) -> usize {
        let reasoning: usize = self.metadata.reasoning.values().map(String::len).sum();
        self.metadata.retriever_resources.as_str().len() + self.files.as_str().len() + reasoning
    }
}

/// What comes with a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageMetadata {
    /// Whether a person's annotation answered: then a chatflow's message has no such key, otherwise `null`.
    pub annotated: bool,
    /// Citations: an array.
    pub retriever_resources: Json,
    /// Tokens, prices, latency: an object.
    pub usage: Json,
    /// What models thought, by node. Newer clients only.
    pub reasoning: BTreeMap<String, String>,
}

impl Default for MessageMetadata {
    fn default() -> Self {
        Self {
            annotated: false,
            retriever_resources: Json::array(),
            usage: Json::object(),
            reasoning: BTreeMap::new(),
        }
    }
}
