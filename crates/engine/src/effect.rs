//! What a step asks of its caller.

use gatewright_nodes::{CallId, NodeCall, TimerId};

use crate::happening::Happened;

/// One thing to do, in this order.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Append this to what clients and the recorder hear of the run.
    Emit(Happened),
    /// Do this, and report with [`crate::Event::CallChunk`], [`crate::Event::CallDone`] or [`crate::Event::CallFailed`].
    Call {
        /// Comes back with every report.
        id: CallId,
        /// Id of the node, for logs and traces.
        node_id: String,
        /// The request, fully resolved.
        call: NodeCall,
    },
    /// Nobody waits for this call any more: end it; reports about it are ignored.
    Cancel(CallId),
    /// Report [`crate::Event::TimerFired`] after this time.
    StartTimer {
        /// Comes back with the event.
        id: TimerId,
        /// Milliseconds from now.
        after_ms: u64,
    },
    /// More can be done at once: let others run, then send [`crate::Event::Continue`]. Always the last effect of its step.
    Yield,
    /// The run waits for people only: store its state and let it go. Always the last effect of its step.
    Pause,
    /// The run is over; every event from now on is ignored. Always the last effect of its step.
    Finished,
}
