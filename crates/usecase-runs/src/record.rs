//! What is kept of a run: in the words of its events, with what storage needs beside them.

use gatewright_engine::happening::{FormRequired, VariableUpdate};
use gatewright_run_events::{
    Form, Json, MessageEnd, NodeFinished, NodeStarted, RunEvent, WorkflowFinished, WorkflowPaused,
    WorkflowStarted,
};
use uuid::Uuid;

/// One thing to keep. Keeping it twice is keeping it once.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// The run begins, or goes on after a pause.
    Started(WorkflowStarted),
    /// A node works, or has ended.
    Node(NodeRecord),
    /// A person is asked.
    Form(Box<FormRecord>),
    /// A conversation variable has a value.
    Variable(VariableUpdate),
    /// The run waits.
    Paused(WorkflowPaused),
    /// The message is complete: its text, and what comes with it.
    Message {
        /// The whole answer.
        answer: String,
        /// Metadata and files.
        end: MessageEnd,
    },
    /// The run has ended.
    Finished(WorkflowFinished),
}

/// A node execution. Later records of one `id` replace earlier ones.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeRecord {
    /// Primary key of the row.
    pub id: Uuid,
    /// Its place in the run, from 1.
    pub number: u64,
    /// How far it is.
    pub state: NodeState,
    /// Values that are kept whole elsewhere; the state has their beginning.
    pub offloaded: Vec<Offloaded>,
}

/// A value of a node that is too large for its row.
#[derive(Clone, Debug, PartialEq)]
pub struct Offloaded {
    /// Which one: `inputs`, `process_data` or `outputs`.
    pub kind: &'static str,
    /// A new id for the file that it is: a secret, unlike the ids of executions.
    pub file: Uuid,
    /// Where the content is.
    pub key: String,
    /// In which kind of storage that is.
    pub storage_type: String,
    /// Bytes of the content.
    pub bytes: usize,
}

/// How far a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeState {
    /// It works, or waits.
    Running(NodeStarted),
    /// It has ended.
    Ended(NodeFinished),
    /// An attempt failed: a row of its own.
    Retried(NodeFinished, u32),
}

/// A form that waits.
#[derive(Clone, Debug, PartialEq)]
pub struct FormRecord {
    /// What clients see of it, recipients with their tokens included.
    pub form: Form,
    /// What the node asked for: how people are told, how long it waits, its number.
    pub required: FormRequired,
}

/// What becomes of the stored state of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checkpoint {
    /// This is the state now.
    Save(Json),
    /// The run has ended and needs none.
    Drop,
}

impl Record {
    /// Whether `other` says the same later, so that this one need not be kept.
    pub(crate) fn is_replaced_by(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Node(old), Self::Node(new)) if old.id == new.id)
    }
}

/// An event, and what is kept of it.
#[derive(Debug, Default)]
pub(crate) struct Stamped {
    pub(crate) events: Vec<RunEvent>,
    pub(crate) records: Vec<Record>,
}
