//! What effectful nodes ask for, fully resolved: whoever performs a call needs neither the graph nor the variables.
//!
//! One file per kind of call, with its request and its answer. A call says whether it may be done twice, so that a run can go on after
//! its process died.

mod code;
mod documents;
mod http;
mod model;

use serde::{Deserialize, Serialize};

pub use self::{
    code::{CodeAnswer, CodeCall, CodeLanguage},
    documents::{DocumentsAnswer, DocumentsCall},
    http::{HttpAnswer, HttpBody, HttpCall, HttpField, HttpMethod},
    model::{
        FilePart, Memory, ModelAnswer, ModelCall, ModelMode, PromptMessage, PromptPart, Role,
        RolePrefix, StructuredOutput, ToolCall, ToolSpec, Usage,
    },
};

/// Names one attempt of one node execution; unique within a run, and the same after a restore.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CallId {
    /// The node execution.
    pub execution: u64,
    /// 0 for the first attempt.
    pub attempt: u32,
}

/// Names the pause before an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TimerId {
    /// The node execution.
    pub execution: u64,
    /// The attempt that begins when the timer goes off.
    pub attempt: u32,
}

/// A request of an effectful node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum NodeCall {
    /// A model is asked; its text is streamed when `stream` says so.
    Model(Box<ModelCall>),
    /// An HTTP request.
    Http(Box<HttpCall>),
    /// A program in the sandbox.
    Code(Box<CodeCall>),
    /// The text of documents.
    Documents(Box<DocumentsCall>),
}

/// The answer to a [`NodeCall`] of the same kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CallResult {
    /// Of [`NodeCall::Model`].
    Model(Box<ModelAnswer>),
    /// Of [`NodeCall::Http`].
    Http(Box<HttpAnswer>),
    /// Of [`NodeCall::Code`].
    Code(Box<CodeAnswer>),
    /// Of [`NodeCall::Documents`].
    Documents(Box<DocumentsAnswer>),
}

impl NodeCall {
    /// Whether doing it a second time does no harm: what nobody knows the end of is repeated only then.
    pub fn may_be_repeated(&self) -> bool {
        match self {
            Self::Model(_) | Self::Code(_) | Self::Documents(_) => true,
            Self::Http(call) => matches!(call.method, HttpMethod::Get | HttpMethod::Head),
        }
    }
}
