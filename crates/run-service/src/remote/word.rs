//! What is said between processes, as JSON.

use gatewright_run_events::RunEvent;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A word to all processes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "word", rename_all = "snake_case")]
pub(super) enum Word {
    /// A run is to stop; its row says so.
    Stop {
        /// Primary key of the run.
        run: Uuid,
    },
    /// A process that leaves has given its runs back.
    GivenBack,
    /// Somebody reads a run.
    Mirror {
        /// Primary key of the run.
        run: Uuid,
        /// How far they have it; nothing: from the beginning.
        have: Option<Position>,
    },
    /// A mirror has more.
    More {
        /// Primary key of the run.
        run: Uuid,
    },
    /// A run that waited, or whose process is gone, goes on.
    GoesOn {
        /// Primary key of the run.
        run: Uuid,
    },
}

/// A place in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    /// In which log; none: what came before the present part is known, from storage.
    pub(super) log: Option<LogId>,
    /// How many of its events are known.
    pub(super) next: u64,
}

/// One log of one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LogId {
    /// What the process calls itself.
    pub(super) owner: Uuid,
    /// Which of its logs, as the process counts them.
    pub(super) number: u64,
}

/// A part of a mirrored log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Part {
    /// Of which log.
    pub(super) log: LogId,
    /// Under which ownership of the run: a former owner may still write.
    pub(super) epoch: i64,
    /// The position of the first event.
    pub(super) first: u64,
    /// Where the present part of the run begins.
    pub(super) start: u64,
    /// How many events there were when this was written.
    pub(super) end: u64,
    /// Whether nothing follows in this log.
    pub(super) closed: bool,
    /// The events in their order.
    pub(super) events: Vec<RunEvent>,
}
