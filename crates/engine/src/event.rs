//! What happens to a run from outside.

use gatewright_nodes::{CallId, CallResult, Failure, TimerId};
use serde_json::{Map, Value};

/// One thing that happened; see [`crate::Engine::step`].
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The run begins. Once, and first.
    Start(Start),
    /// An effectful node has a piece of streamed text. Pieces of one call come in order; those of an attempt that is over are ignored.
    CallChunk {
        /// The call that gave a piece.
        call: CallId,
        /// The piece; may be empty.
        text: String,
    },
    /// A call ended well. Ignored when its attempt is over already.
    CallDone {
        /// The call that gave its result.
        call: CallId,
        /// What came back.
        result: CallResult,
    },
    /// A call failed.
    CallFailed {
        /// The call that failed.
        call: CallId,
        /// Why, and what is known nevertheless.
        failure: Failure,
    },
    /// A timer that [`crate::Effect::StartTimer`] asked for went off.
    TimerFired(TimerId),
    /// Somebody answered a form. The caller has checked the answer against the form.
    FormSubmitted {
        /// Execution of the node that asked: [`crate::happening::FormRequired`] told it.
        execution: u64,
        /// Id of the chosen action.
        action: String,
        /// One value per input of the form; files as file objects.
        inputs: Map<String, Value>,
    },
    /// Nobody answered in time: the node leaves by `__timeout`.
    FormTimedOut {
        /// Execution of the node that asked.
        execution: u64,
    },
    /// The run shall end as it is.
    Stop {
        /// Becomes `error` of the run.
        reason: String,
    },
    /// The state comes from a checkpoint ([`crate::Engine::restore`]): calls and timers in flight are asked for again, calls that
    /// must not be repeated fail as `interrupted`. The first event after a restore.
    Resume,
    /// Goes on after [`crate::Effect::Yield`].
    Continue,
}

/// What a run begins with. Names are bare: `query`, not `sys.query`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Start {
    /// The start node's inputs as the caller sent them; they are checked against its variables by the engine.
    pub inputs: Map<String, Value>,
    /// `sys.*`.
    pub system: Map<String, Value>,
    /// `env.*`, by their declared types.
    pub environment: Vec<Declared>,
    /// `conversation.*`, by their declared types.
    pub conversation: Vec<Declared>,
    /// The root that is active; without one the first start node of the graph.
    pub root: Option<String>,
    /// Run this node alone, whatever kind it is and wherever it stands: a step of a builder who tries it out. What it reads of others is in
    /// `variables`.
    pub only: Option<String>,
    /// Outputs of nodes that did not run.
    pub variables: Vec<Preset>,
}

/// A variable of a node that did not run.
#[derive(Debug, Clone, PartialEq)]
pub struct Preset {
    /// Id of the node.
    pub node: String,
    /// Name of the output.
    pub name: String,
    /// Its type, when the value does not tell it.
    pub value_type: Option<String>,
    /// The value that the variable has from the start.
    pub value: Value,
}

/// A variable with a declared type.
#[derive(Debug, Clone, PartialEq)]
pub struct Declared {
    /// Name without namespace.
    pub name: String,
    /// `value_type` as stored: `string`, `array[object]`, `secret`, …
    pub value_type: String,
    /// The value that the variable has from the start.
    pub value: Value,
}
