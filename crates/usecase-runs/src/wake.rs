//! Why a run goes on that waited, or that another process had.

use gatewright_engine::Event;
use serde_json::{Map, Value};

/// Why a run goes on.
#[derive(Clone, Debug, PartialEq)]
pub enum Wake {
    /// The process that had it is gone.
    Interrupted,
    /// Somebody answered a form.
    Submitted {
        /// The execution that asked.
        execution: u64,
        /// The id of the button that was pressed.
        action: String,
        /// The answers, checked against the form.
        inputs: Map<String, Value>,
    },
    /// Nobody answered in time.
    TimedOut {
        /// The execution that asked.
        execution: u64,
    },
    /// Only to end: somebody stopped it, or it expired.
    Stopped {
        /// Becomes the run's error.
        reason: String,
    },
}

impl Wake {
    /// The execution whose form it is about; none: it is about the whole run.
    pub(crate) fn execution(&self) -> Option<u64> {
        match self {
            Self::Submitted { execution, .. } | Self::TimedOut { execution } => Some(*execution),
            Self::Interrupted | Self::Stopped { .. } => None,
        }
    }

    /// What the engine hears of it while the run is under way.
    pub(crate) fn event(self) -> Option<Event> {
        match self {
            Self::Interrupted => None,
            Self::Submitted {
                execution,
                action,
                inputs,
            } => Some(Event::FormSubmitted {
                execution,
                action,
                inputs,
            }),
            Self::TimedOut { execution } => Some(Event::FormTimedOut { execution }),
            Self::Stopped { reason } => Some(Event::Stop { reason }),
        }
    }

    /// What the engine hears of it from a stored state. A run that only ends does not say that it goes on.
    pub(crate) fn events(self) -> Vec<Event> {
        match self {
            Self::Stopped { .. } => self.event().into_iter().collect(),
            other => [Some(Event::Resume), other.event()]
                .into_iter()
                .flatten()
                .collect(),
        }
    }
}
