//! Who looks on: for figures and traces. Hears of a run's beginning and end when they are in storage, of nodes at once; of a node a second time
//! when it is done again because its process died. Nothing waits for it.

use gatewright_engine::{Micros, happening::NodeEnd};
use gatewright_run_events::{NodeStatus, RunEvent, RunStatus, StartReason};

use crate::RunPlan;

/// From when until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lasted {
    /// In microseconds since 1970.
    pub from: Micros,
    /// In microseconds since 1970.
    pub until: Micros,
}

/// Hears what happens in runs.
pub trait RunObserver: Send + Sync {
    /// A run began, or goes on after a pause, and is in storage.
    fn started(&self, plan: &RunPlan, reason: StartReason);

    /// An attempt of a node ended.
    fn node_ended(&self, plan: &RunPlan, node: &NodeOutcome<'_>);

    /// A run waits for a person, and is in storage.
    fn paused(&self, plan: &RunPlan);

    /// A run has ended, and that is in storage.
    fn ended(&self, plan: &RunPlan, end: &RunOutcome);
}

/// How an attempt of a node ended.
#[derive(Clone, Copy, Debug)]
pub struct NodeOutcome<'a> {
    /// What the engine says of it.
    pub end: &'a NodeEnd,
    /// How it ended; an attempt that is followed by another one is retried.
    pub status: NodeStatus,
    /// The number of the attempt that follows, from 1; 0: none does.
    pub retry: u32,
    /// How long it took.
    pub lasted: Lasted,
}

/// How a run ended.
#[derive(Clone, Copy, Debug)]
pub struct RunOutcome {
    /// What counts: somebody may have stopped it meanwhile.
    pub status: RunStatus,
    /// How long it took, waiting for people included.
    pub lasted: Lasted,
    /// Tokens of all models.
    pub total_tokens: u64,
    /// Executions of nodes.
    pub total_steps: u64,
}

/// Tells `observer` what readers are told.
pub(crate) fn tell(
    observer: &dyn RunObserver,
    plan: &RunPlan,
    event: &RunEvent,
    lasted: Option<Lasted>,
) {
    match event {
        RunEvent::WorkflowStarted(start) => observer.started(plan, start.reason),
        RunEvent::WorkflowPaused(_) => observer.paused(plan),
        RunEvent::WorkflowFinished(end) => {
            // The end of a run comes with its times.
            let lasted = lasted.unwrap_or(Lasted { from: 0, until: 0 });
            let outcome = RunOutcome {
                status: end.status,
                lasted,
                total_tokens: end.total_tokens,
                total_steps: end.total_steps,
            };
            observer.ended(plan, &outcome);
        }
        _ => {}
    }
}
