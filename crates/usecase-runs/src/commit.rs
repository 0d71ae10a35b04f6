//! What one step of the engine leads to, and when it has to be in storage before anybody hears of it.

use std::time::Duration;

use gatewright_engine::{CallId, Effect, Event, Happened, Happening, NodeCall, TimerId};
use gatewright_run_events::RunEvent;

use crate::{Lasted, NodeState, Record, stamp::Stamp};

/// So many records wait for a commit at most.
const WAITING: usize = 512;

/// Where a run is after a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Something is under way.
    #[default]
    Goes,
    /// More can be done at once.
    Yields,
    /// It waits for people only.
    Waits,
    /// It is over.
    Over,
}

/// What a step leads to.
#[derive(Debug, Default)]
pub(crate) struct Step {
    pub(crate) events: Vec<RunEvent>,
    pub(crate) records: Vec<Record>,
    pub(crate) cancelled: Vec<CallId>,
    pub(crate) calls: Vec<(CallId, String, NodeCall)>,
    pub(crate) timers: Vec<(TimerId, Duration)>,
    pub(crate) outcome: Outcome,
    /// Whether all this is kept before anything of it is told or begun.
    pub(crate) keep_first: bool,
    /// From when until when the run lasted, where this ends it.
    pub(crate) lasted: Option<Lasted>,
}

impl Step {
    /// Reads the next effect.
    pub(crate) fn take(&mut self, effect: Effect, stamp: &mut Stamp) {
        match effect {
            Effect::Emit(Happened { at, what }) => {
                self.keep_first |= is_kept_first(&what);
                if let Happening::RunFinished(end) = &what {
                    self.lasted = Some(Lasted {
                        from: end.started_at,
                        until: at,
                    });
                }
                let stamped = stamp.happened(what, at);
                self.events.extend(stamped.events);
                self.records.extend(stamped.records);
            }
            Effect::Call { id, node_id, call } => {
                // Whoever takes the run over must know that it may have been done.
                self.keep_first |= !call.may_be_repeated();
                self.calls.push((id, node_id, call));
            }
            Effect::Cancel(id) => self.cancelled.push(id),
            Effect::StartTimer { id, after_ms } => {
                self.timers.push((id, Duration::from_millis(after_ms)));
            }
            Effect::Yield => self.outcome = Outcome::Yields,
            Effect::Pause => self.outcome = Outcome::Waits,
            Effect::Finished => self.outcome = Outcome::Over,
        }
    }
}

/// Whether what an event leads to is kept first: what the world did once must not be asked of it again.
pub(crate) fn comes_from_the_world(event: &Event) -> bool {
    matches!(
        event,
        Event::CallDone { .. }
            | Event::CallFailed { .. }
            | Event::FormSubmitted { .. }
            | Event::FormTimedOut { .. }
    )
}

fn is_kept_first(happening: &Happening) -> bool {
    matches!(
        happening,
        Happening::RunStarted { .. }
            | Happening::FormRequired(_)
            | Happening::Paused { .. }
            | Happening::RunFinished(_)
    )
}

/// Whether the answer is kept as it is by then.
pub(crate) fn keeps_answer(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::Emit(Happened {
            what: Happening::RunFinished(_) | Happening::Paused { .. },
            ..
        })
    )
}

/// Records that wait for the next commit.
#[derive(Debug, Default)]
pub(crate) struct Waiting(Vec<Record>);

impl Waiting {
    /// Adds records; what they say anew is not kept twice.
    pub(crate) fn add(&mut self, records: Vec<Record>) {
        for record in records {
            let ended = matches!(&record, Record::Node(node) if !matches!(node.state, NodeState::Running(_)));
            let old = ended.then(|| self.0.iter().rposition(|old| old.is_replaced_by(&record)));
            if let Some(old) = old.flatten() {
                self.0.remove(old);
            }
            self.0.push(record);
        }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.0.len() >= WAITING
    }

    pub(crate) fn take(&mut self) -> Vec<Record> {
        std::mem::take(&mut self.0)
    }
}
