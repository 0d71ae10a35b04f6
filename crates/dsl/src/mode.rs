//! The kinds of apps.

use serde::{Deserialize, Serialize};

/// The kinds of apps that can be imported, exported and run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AppMode {
    /// A graph with inputs and outputs.
    Workflow,
    /// A graph that answers in conversations (a chatflow).
    AdvancedChat,
    /// A prompt with a model, in conversations.
    Chat,
    /// A model with tools, in conversations.
    AgentChat,
    /// A prompt with a model, one answer.
    Completion,
}

impl AppMode {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Workflow => "workflow",
            Self::AdvancedChat => "advanced-chat",
            Self::Chat => "chat",
            Self::AgentChat => "agent-chat",
            Self::Completion => "completion",
        }
    }

    /// Whether a graph is what it runs.
    pub fn has_graph(self) -> bool {
        matches!(self, Self::Workflow | Self::AdvancedChat)
    }
}
