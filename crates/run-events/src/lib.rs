//! What clients see of a run. Everything that happens is one ordered list of [`RunEvent`]s, kept in a [`RunLog`];
//! streams, blocking answers and snapshots are pure functions of that list and of who reads it.

mod blocking;
mod event;
mod json;
mod log;
mod object;
mod project;
mod python_json;
mod snapshot;
mod truncate;
mod view;

pub use crate::{
    blocking::{Answer, BlockingAnswer},
    event::{
        AgentLog, Container, ContainerCompleted, ContainerNext, ContainerStarted, CreatedBy, Form,
        HumanInputFormFilled, HumanInputFormTimeout, MessageEnd, MessageMetadata, NodeExecution,
        NodeFinished, NodeRetry, NodeStarted, NodeStatus, PauseReason, ReasoningChunk, Recipient,
        RecipientKind, RunError, RunEvent, RunStatus, StartReason, TextChunk, TextReplace,
        WorkflowFinished, WorkflowPaused, WorkflowStarted,
    },
    json::Json,
    log::{Attachment, Batch, LogFull, Position, Reader, RunLog, Spill, SpillError, SpillFuture},
    project::{PING, Projection, early_error, unready_error},
    snapshot::{Snapshot, finished_only},
    truncate::truncated,
    view::{Audience, Generation, MessageIdentity, RunIdentity, View},
};
