//! The ordered list of a run's events: one writer, any number of readers. Readers ask by position, so that a slow one
//! never holds the writer up. What is older than the limit allows goes to a [`Spill`].

mod attach;
mod merge;
mod reader;
mod spill;

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::watch;

pub use self::{
    attach::Attachment,
    reader::{Batch, Reader},
    spill::{Spill, SpillError, SpillFuture},
};
use crate::RunEvent;

/// How many events came before: 0 is the beginning.
pub type Position = u64;

/// What a log keeps in memory before it spills.
const LIMIT: usize = 8 << 20;
/// How many times the limit a log may grow to while nobody takes what it spills.
const MAX_UNSPILLED_FACTOR: usize = 4;

/// The log is full, and nobody takes its older part: the run has to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the log of this run is full")]
pub struct LogFull;

/// Tells the logs of a process apart.
static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// The events of one run.
#[derive(Debug)]
pub struct RunLog {
    id: u64,
    state: Mutex<State>,
    progress: watch::Sender<Progress>,
    spill: Option<Arc<dyn Spill>>,
    limit: usize,
}

#[derive(Debug, Default)]
struct State {
    /// The position of the first event in memory.
    base: Position,
    events: VecDeque<Arc<RunEvent>>,
    /// Weight of what is in memory.
    bytes: usize,
    part_start: Position,
    paused: bool,
}

/// What readers wait for.
#[derive(Clone, Copy, Debug, Default)]
struct Progress {
    end: Position,
    closed: bool,
}

impl RunLog {
    /// An empty log that keeps 8 MiB in memory and hands what is older to `spill`.
    #[must_use]
    pub fn new(spill: Option<Arc<dyn Spill>>) -> Self {
        Self::with_limit(LIMIT, spill)
    }

    /// An empty log with a limit of its own, in bytes.
    #[must_use]
    pub fn with_limit(limit: usize, spill: Option<Arc<dyn Spill>>) -> Self {
        Self::resumed(0, limit, spill)
    }

    /// The log of a run that another process began: `base` events are in storage.
    #[must_use]
    pub fn resumed(base: Position, limit: usize, spill: Option<Arc<dyn Spill>>) -> Self {
        let state = State {
            base,
            part_start: base,
            ..State::default()
        };
        Self {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            state: Mutex::new(state),
            progress: watch::Sender::new(Progress {
                end: base,
                closed: false,
            }),
            spill,
            limit,
        }
    }

    /// The log of a run whose past another log had, or storage has: whoever attaches is shown it as a snapshot, and what is added from now on
    /// live. It may end in a pause.
    #[must_use]
    pub fn after(past: Vec<RunEvent>, limit: usize, spill: Option<Arc<dyn Spill>>) -> Self {
        let log = Self::with_limit(limit, spill);
        log.begin_after(past);
        log
    }

    /// Adds an event and wakes readers. What ends a run, or makes it wait, is always taken.
    ///
    /// # Errors
    /// When the log holds four times its limit because nobody takes its older part; then nothing was added.
    pub fn append(&self, event: RunEvent) -> Result<Position, LogFull> {
        let mut state = self.state();
        let weight = event.weight();
        let full = state.bytes + weight > self.limit.saturating_mul(MAX_UNSPILLED_FACTOR);
        if full && !event.ends_part() {
            return Err(LogFull);
        }
        let position = state.end();
        if let RunEvent::WorkflowStarted(_) = event {
            state.part_start = position;
        }
        state.paused = matches!(event, RunEvent::WorkflowPaused(_));
        state.bytes += weight;
        state.events.push_back(Arc::new(event));
        self.make_room(&mut state);
        // Told while the list is held, so that what readers are told never goes back.
        self.progress
            .send_modify(|progress| progress.end = position + 1);
        Ok(position)
    }

    /// Which of the logs of this process it is: positions of another log of the same run mean something else.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Makes an empty log one that has a past, as [`Self::after`] does. What has events already stays as it is: `false`.
    pub fn begin_after(&self, past: Vec<RunEvent>) -> bool {
        let mut state = self.state();
        if state.end() > 0 {
            return false;
        }
        state.paused = matches!(past.last(), Some(RunEvent::WorkflowPaused(_)));
        state.bytes = past.iter().map(RunEvent::weight).sum();
        state.events = past.into_iter().map(Arc::new).collect();
        state.part_start = state.end();
        self.progress
            .send_modify(|progress| progress.end = state.end());
        true
    }

    /// Says that nothing follows. Readers end when they have read what there is.
    pub fn close(&self) {
        self.progress.send_modify(|progress| progress.closed = true);
    }

    /// Whether it was closed.
    pub fn is_closed(&self) -> bool {
        self.progress.borrow().closed
    }

    /// How many events there are.
    pub fn end(&self) -> Position {
        self.progress.borrow().end
    }

    /// Where a reader who attaches goes on from, after a snapshot of everything before: the start of what runs now,
    /// or the end while the run waits.
    pub fn attach_position(&self) -> Position {
        self.standing().0
    }

    /// The same, and whether the run waits.
    fn standing(&self) -> (Position, bool) {
        let state = self.state();
        let position = if state.paused {
            state.end()
        } else {
            state.part_start
        };
        (position, state.paused)
    }

    /// Reads from `from` on. With `continue_on_pause` the reader waits for the resumption, otherwise it ends at the pause.
    #[must_use]
    pub fn reader(self: &Arc<Self>, from: Position, continue_on_pause: bool) -> Reader {
        Reader::new(
            Arc::clone(self),
            self.progress.subscribe(),
            from,
            continue_on_pause,
        )
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands the older part over when there is too much. When it is not taken it stays.
    fn make_room(&self, state: &mut State) {
        let Some(spill) = self.spill.as_ref().filter(|_| state.bytes > self.limit) else {
            return;
        };
        let mut freed = 0;
        let old = state.events.iter().take_while(|event| {
            let more = state.bytes - freed > self.limit / 2;
            freed += event.weight();
            more
        });
        let old: Vec<_> = old.cloned().collect();
        if spill.store(state.base, &old).is_ok() {
            state.events.drain(..old.len());
            state.base += old.len() as Position;
            state.bytes -= old.iter().map(|event| event.weight()).sum::<usize>();
        }
    }

    /// Events from `from` on, from memory or from where they were spilled: at least one, at most `count` from memory.
    async fn part(&self, from: Position, count: usize) -> Result<Vec<Arc<RunEvent>>, SpillError> {
        let events = match (self.in_memory(from, count), &self.spill) {
            (Some(events), _) => events,
            (None, Some(spill)) => spill.load(from).await?,
            (None, None) => return Err(SpillError("nobody kept it".to_owned())),
        };
        if events.is_empty() {
            return Err(SpillError(format!("nothing at {from}")));
        }
        Ok(events)
    }

    /// Events in memory from `from` on, at most `count`; none when `from` is older than what is in memory.
    fn in_memory(&self, from: Position, count: usize) -> Option<Vec<Arc<RunEvent>>> {
        let state = self.state();
        let skip = usize::try_from(from.checked_sub(state.base)?).unwrap_or(usize::MAX);
        Some(
            state
                .events
                .iter()
                .skip(skip)
                .take(count)
                .cloned()
                .collect(),
        )
    }
}

impl State {
    fn end(&self) -> Position {
        self.base + self.events.len() as Position
    }
}
