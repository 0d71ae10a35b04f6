//! What happened in a run, in order: the source of every stream, answer and record.
//!
//! Happenings carry no ids. `execution` numbers node executions from 1 in the order of their start, the same in every
//! replay: an id is derived from the run's id and this number. The instant of each stands beside it ([`Happened`]);
//! where an end needs its beginning, `started_at` repeats that instant.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use gatewright_nodes::Fields;

/// Microseconds on any clock that the caller keeps to for the whole run; see [`crate::Engine::step_by`].
pub type Micros = u64;

/// Which execution of which node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NodeRef {
    /// Number of the execution in the run, from 1. Attempts of one execution share it.
    pub execution: u64,
    /// Id of the node in the graph.
    pub node_id: String,
    /// The type of the node, such as `llm`.
    pub node_type: String,
    /// The title that the author gave the node.
    pub title: String,
    /// The passes of containers that it runs in, the innermost first; empty on the canvas.
    pub within: Vec<Within>,
}

/// A pass of a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Within {
    /// What the container is.
    pub kind: ContainerKind,
    /// Id of the container in the graph.
    pub node_id: String,
    /// Item or pass, from 0.
    pub index: u32,
}

/// The two containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContainerKind {
    /// Runs its inside once per item.
    Iteration,
    /// Runs its inside until a condition holds.
    Loop,
}

/// How a node execution, or a whole run, ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It ran to its end.
    Succeeded,
    /// It ended with an error.
    Failed,
    /// Node: badly, and its strategy went on.
    Exception,
    /// Run: well, with exceptions or retries on the way.
    PartialSucceeded,
    /// Somebody ended it.
    Stopped,
}

/// Why a run starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StartReason {
    /// For the first time.
    Initial,
    /// From a stored state.
    Resumption,
}

/// The end of an attempt, or of an execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NodeEnd {
    /// The node that ended.
    pub node: NodeRef,
    /// Whether it ended well, with an error, or with one that its strategy took.
    pub status: Status,
    /// When it began.
    pub started_at: Micros,
    /// Inputs to record.
    pub inputs: Fields,
    /// Process data to record.
    pub process_data: Fields,
    /// The outputs to record and to pass on.
    pub outputs: Fields,
    /// Why it failed.
    pub error: Option<String>,
    /// Metadata to record; empty is none.
    pub metadata: Fields,
}

/// The beginning of a container.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContainerStart {
    /// The container that begins.
    pub node: NodeRef,
    /// Items, or the most passes: `metadata.iteration_length`, `metadata.loop_length`.
    pub length: u64,
    /// Inputs to record.
    pub inputs: Fields,
}

/// The next item or pass of a container.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContainerNext {
    /// The container whose next round begins.
    pub node: NodeRef,
    /// The number of the round, from 0.
    pub index: u32,
}

/// The end of a container.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContainerEnd {
    /// The container that ended.
    pub node: NodeRef,
    /// Succeeded or failed.
    pub status: Status,
    /// When it began.
    pub started_at: Micros,
    /// Inputs to record.
    pub inputs: Fields,
    /// Outputs, as far as they go.
    pub outputs: Fields,
    /// `execution_metadata` of the event.
    pub metadata: Fields,
    /// `steps` of the event.
    pub steps: u64,
    /// Tokens of everything inside.
    pub total_tokens: u64,
    /// Why it failed; the event of clients has null here.
    pub error: Option<String>,
}

/// A node waits for a person. Who asks, until when, and by which token is the caller's to decide.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FormRequired {
    /// The node that asks; its execution comes back with the answer.
    pub node: NodeRef,
    /// Content with variables rendered; `{{#$output.x#}}` stays.
    pub form_content: String,
    /// The same as the author wrote it.
    #[serde(default)]
    pub form_template: String,
    /// The form's inputs as defined, options from variables filled in.
    pub inputs: Vec<Value>,
    /// The form's actions as defined.
    pub actions: Vec<Value>,
    /// Defaults that came from variables, by input.
    pub resolved_default_values: Fields,
    /// How people are told, as defined.
    pub delivery_methods: Vec<Value>,
    /// Seconds until the node gives up waiting.
    pub timeout_seconds: u64,
}

/// A form was answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FormFilled {
    /// The node that asked.
    pub node: NodeRef,
    /// Content with everything rendered.
    pub rendered_content: String,
    /// The chosen action.
    pub action_id: String,
    /// The title of the chosen action.
    pub action_text: String,
    /// What was submitted.
    pub submitted_data: Fields,
}

/// A variable that outlives the run got a value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VariableUpdate {
    /// `conversation` and the name.
    pub selector: Vec<String>,
    /// Its type, such as `array[string]`.
    pub value_type: String,
    /// Its new value.
    pub value: gatewright_variables::Value,
}

/// The end of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunEnd {
    /// How the run ended.
    pub status: Status,
    /// Outputs of end nodes by name, or `answer` and `files`.
    pub outputs: Fields,
    /// Why it failed or was stopped.
    pub error: Option<String>,
    /// Node executions outside of containers, retries included.
    pub total_steps: u32,
    /// Tokens of all models.
    pub total_tokens: u64,
    /// Exceptions, failures and retries outside of containers.
    pub exceptions_count: u32,
    /// When the run began.
    pub started_at: Micros,
}

/// One thing that happened, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Happened {
    /// When, by the clock of the step.
    pub at: Micros,
    /// What it was that happened.
    pub what: Happening,
}

/// What can happen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "happening", rename_all = "snake_case")]
pub enum Happening {
    /// The run starts or goes on.
    RunStarted {
        /// Which of both.
        reason: StartReason,
    },
    /// A node begins. Containers tell it too, for the record: clients see their own events instead.
    NodeStarted {
        /// The node that begins.
        node: NodeRef,
    },
    /// An attempt failed, and there will be another one.
    NodeRetry {
        /// The failed attempt.
        end: Box<NodeEnd>,
        /// The number of the attempt that follows, from 1.
        retry_index: u32,
    },
    /// A node ended. Of containers see [`Happening::NodeStarted`].
    NodeFinished {
        /// How the node ended, and with what.
        end: Box<NodeEnd>,
    },
    /// An iteration begins.
    IterationStarted(Box<ContainerStart>),
    /// Its next item.
    IterationNext(ContainerNext),
    /// An iteration ends.
    IterationCompleted(Box<ContainerEnd>),
    /// A loop begins.
    LoopStarted(Box<ContainerStart>),
    /// Its next pass, from 1.
    LoopNext(ContainerNext),
    /// A loop ends.
    LoopCompleted(Box<ContainerEnd>),
    /// Text of an answer or end node.
    Text {
        /// Where it comes from: a variable, or the node itself with `answer` for what stands between variables.
        selector: Vec<String>,
        /// The text; may be empty.
        text: String,
    },
    /// Text that went out before belongs to an attempt that failed: the last `chars` characters of this source do not count.
    TextRetracted {
        /// Where it came from.
        selector: Vec<String>,
        /// How many characters (Unicode scalar values) are taken back.
        chars: u64,
    },
    /// A person is asked.
    FormRequired(Box<FormRequired>),
    /// A person answered.
    FormFilled(Box<FormFilled>),
    /// Nobody answered the form in time.
    FormTimedOut {
        /// The node that asked.
        node: NodeRef,
    },
    /// A conversation variable was written.
    VariableUpdated(VariableUpdate),
    /// Nothing goes on before somebody answers these forms.
    Paused {
        /// Executions of the waiting nodes in the order in which they asked.
        waiting: Vec<NodeRef>,
        /// Outputs so far.
        outputs: Fields,
        /// As in [`RunEnd`].
        total_steps: u32,
        /// As in [`RunEnd`].
        total_tokens: u64,
        /// When the run began.
        started_at: Micros,
    },
    /// The run is over.
    RunFinished(Box<RunEnd>),
}
