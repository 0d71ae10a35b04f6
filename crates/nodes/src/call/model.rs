//! A question to a model.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How the model is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelMode {
    /// A list of messages.
    Chat,
    /// One text that the model goes on with.
    Completion,
}

/// Who says a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The instructions that stand before a conversation.
    System,
    /// What the person said.
    User,
    /// What the model said.
    Assistant,
}

/// One message: text, then the files that belong to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PromptMessage {
    /// Who says it.
    pub role: Role,
    /// Its text; may be empty when there are files.
    pub text: String,
    /// Its files. In a message with both, files come first on the wire.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FilePart>,
}

/// A file of a message. The performer drops what the model's features do not cover.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FilePart {
    /// The file object.
    pub file: Value,
    /// `high` or `low`, for pictures.
    pub detail: String,
}

/// A part of the prompt: a message, or the place where the conversation so far goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "part", rename_all = "snake_case")]
pub enum PromptPart {
    /// One message of the prompt.
    Message(PromptMessage),
    /// The history, cut by `Memory::window` and by the model's context.
    History(Memory),
}

/// Which past messages belong into a prompt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// Rounds of question and answer at most, as the node says; `None` = as many as fit.
    pub window: Option<u32>,
    /// How lines of the history begin for a completion model.
    pub prefixes: Option<RolePrefix>,
}

/// `Human`, `Assistant` and the like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RolePrefix {
    /// Before what the person said.
    pub user: String,
    /// Before what the model said.
    pub assistant: String,
}

/// What shape the answer must have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StructuredOutput {
    /// A JSON schema, an object. How the model is told of it is the performer's, by the model's features.
    pub schema: Value,
}

/// A tool that the model may call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolSpec {
    /// The name by which the model calls it.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// JSON schema of its arguments.
    pub parameters: Value,
}

/// A tool that the model called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCall {
    /// The vendor's id of the call.
    pub id: String,
    /// Name of the tool.
    pub name: String,
    /// Its arguments as the model wrote them.
    pub arguments: String,
}

impl ToolCall {
    /// As records show it.
    pub(crate) fn recorded(&self) -> Value {
        serde_json::json!({"id": self.id, "type": "function", "function": {"name": self.name, "arguments": self.arguments}})
    }
}

/// A question with every template rendered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelCall {
    /// Provider as the node names it.
    pub provider: String,
    /// Model as the node names it.
    pub model: String,
    /// How it is spoken to.
    pub mode: ModelMode,
    /// `completion_params` with templates rendered, `stop` included.
    pub parameters: Map<String, Value>,
    /// The prompt. For a completion model one user message; a `#histories#` in it is the history's place (without one it is prepended).
    pub prompt: Vec<PromptPart>,
    /// Tools, for models that can call them; the prompt says what to do without. Dropped for others.
    pub tools: Vec<ToolSpec>,
    /// Set when the answer must be an object.
    pub structured_output: Option<StructuredOutput>,
    /// Whether chunks of text are wanted.
    pub stream: bool,
    /// Whether chunks of reasoning are wanted by themselves, besides: the node keeps it apart from its text.
    #[serde(default)]
    pub reasoning_apart: bool,
}

/// What a model answered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelAnswer {
    /// The whole text, reasoning tags included.
    pub text: String,
    /// Reasoning that the model gave beside its text.
    #[serde(default)]
    pub reasoning: String,
    /// The first tool call, when there was one.
    #[serde(default)]
    pub tool_call: Option<ToolCall>,
    /// Whether the tools were told to the model: it may have no way to call any.
    #[serde(default)]
    pub tools_offered: bool,
    /// Why it ended.
    #[serde(default)]
    pub finish_reason: Option<String>,
    /// What it cost.
    #[serde(default)]
    pub usage: Usage,
    /// Prompts as they are recorded: `[{role, text, files}]`.
    #[serde(default)]
    pub prompts: Value,
    /// File objects that the model made.
    #[serde(default)]
    pub files: Vec<Value>,
}

/// What a call to a model cost: what totals need, and the whole object as clients see it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens of prompt and answer.
    pub total_tokens: u64,
    /// Price as a decimal text, as it is printed.
    pub total_price: String,
    /// The currency, by ISO 4217.
    pub currency: String,
    /// The usage object, in the order of keys that clients see.
    pub object: Value,
}
