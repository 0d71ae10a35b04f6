//! What happens in a run, in the words of Dify's streams: one ordered list of these is all that clients ever see.
//! Times are Unix seconds, durations are seconds; both, and all ids, come from whoever runs the graph.

mod agent;
mod container;
mod error;
mod form;
mod node;
mod text;
mod workflow;

use serde::{Deserialize, Serialize};

pub use self::{
    agent::AgentLog,
    container::{Container, ContainerCompleted, ContainerNext, ContainerStarted},
    error::RunError,
    form::{
        Form, HumanInputFormFilled, HumanInputFormTimeout, PauseReason, Recipient, RecipientKind,
    },
    node::{NodeExecution, NodeFinished, NodeRetry, NodeStarted, NodeStatus},
    text::{MessageEnd, MessageMetadata, ReasoningChunk, TextChunk, TextReplace},
    workflow::{
        CreatedBy, RunStatus, StartReason, WorkflowFinished, WorkflowPaused, WorkflowStarted,
    },
};

/// One thing that happened. Names are those of the data events; what a workflow calls `text_chunk` and
/// `text_replace` a chatflow calls `message` and `message_replace`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunEvent {
    /// The run, or a resumed part of it, begins.
    WorkflowStarted(WorkflowStarted),
    /// A node begins.
    NodeStarted(NodeStarted),
    /// A node has ended.
    NodeFinished(NodeFinished),
    /// An attempt failed; the node is tried again.
    NodeRetry(NodeRetry),
    /// An iteration begins. Containers have no node events.
    IterationStarted(ContainerStarted),
    /// The next item of an iteration.
    IterationNext(ContainerNext),
    /// An iteration has ended.
    IterationCompleted(ContainerCompleted),
    /// A loop begins.
    LoopStarted(ContainerStarted),
    /// The next round of a loop: from the second on.
    LoopNext(ContainerNext),
    /// A loop has ended.
    LoopCompleted(ContainerCompleted),
    /// A piece of the answer.
    TextChunk(TextChunk),
    /// The whole answer so far is replaced.
    TextReplace(TextReplace),
    /// A piece of a model's reasoning; only newer clients are told.
    ReasoningChunk(ReasoningChunk),
    /// The message is complete. Only chatflows show it.
    MessageEnd(MessageEnd),
    /// A step of an agent.
    AgentLog(AgentLog),
    /// A person is asked.
    HumanInputRequired(Box<Form>),
    /// A person answered.
    HumanInputFormFilled(HumanInputFormFilled),
    /// Nobody answered in time.
    HumanInputFormTimeout(HumanInputFormTimeout),
    /// The run waits.
    WorkflowPaused(WorkflowPaused),
    /// The run has ended.
    WorkflowFinished(WorkflowFinished),
    /// The run could not go on, or not begin.
    Error(RunError),
}

impl RunEvent {
    /// Whether a reader that does not wait for a resumption ends here: a run that waits, has ended, or broke.
    #[must_use]
    pub fn ends_part(&self) -> bool {
        matches!(
            self,
            Self::WorkflowPaused(_) | Self::WorkflowFinished(_) | Self::Error(_)
        )
    }

    /// About how many bytes it takes in memory: its texts, and a constant for the rest.
    #[must_use]
    pub fn weight(&self) -> usize {
        const FIXED: usize = 256;
        let texts = match self {
            Self::WorkflowStarted(event) => event.inputs.as_str().len(),
            Self::NodeStarted(event) => event.extras.as_str().len(),
            Self::NodeFinished(event) => event.weight(),
            Self::NodeRetry(event) => event.attempt.weight(),
            Self::IterationStarted(event) | Self::LoopStarted(event) => event.inputs.as_str().len(),
            Self::IterationNext(event) | Self::LoopNext(event) => {
                event.pre_loop_output.as_str().len()
            }
            Self::IterationCompleted(event) | Self::LoopCompleted(event) => event.weight(),
            Self::TextChunk(event) => event.text.len(),
            Self::TextReplace(event) => event.text.len(),
            Self::ReasoningChunk(event) => event.reasoning.len(),
            Self::MessageEnd(event) => event.weight(),
            Self::AgentLog(event) => event.data.as_str().len() + event.metadata.as_str().len(),
            Self::HumanInputRequired(form) => form.weight(),
            Self::HumanInputFormFilled(event) => {
                event.rendered_content.len() + event.submitted_data.as_str().len()
            }
            Self::HumanInputFormTimeout(_) => 0,
            Self::WorkflowPaused(event) => event.weight(),
            Self::WorkflowFinished(event) => event.outputs.as_str().len(),
            Self::Error(event) => event.message.len(),
        };
        FIXED + texts
    }
}
