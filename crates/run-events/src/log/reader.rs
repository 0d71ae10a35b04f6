//! One reader of a log: knows only how far it has read.

use std::sync::Arc;

use tokio::sync::watch;

use super::{Position, Progress, RunLog, SpillError, merge};
use crate::RunEvent;

/// How many events a reader takes at once.
const BATCH: usize = 256;
/// A reader this far behind is late: it gets pieces of text that follow each other as one.
const LATE: Position = 64;

/// Events that a reader takes at once.
#[derive(Clone, Debug)]
pub struct Batch {
    /// In order, at least one.
    pub events: Vec<Arc<RunEvent>>,
    /// Where to go on.
    pub next: Position,
}

/// Reads a log from a position on, then live.
#[derive(Debug)]
pub struct Reader {
    log: Arc<RunLog>,
    progress: watch::Receiver<Progress>,
    next: Position,
    continue_on_pause: bool,
    /// Whether pieces of text that follow each other may come as one.
    merges: bool,
    ended: bool,
}

impl Reader {
    pub(super) fn new(
        log: Arc<RunLog>,
        progress: watch::Receiver<Progress>,
        next: Position,
        continue_on_pause: bool,
    ) -> Self {
        Self {
            log,
            progress,
            next,
            continue_on_pause,
            merges: true,
            ended: false,
        }
    }

    /// The next events, as soon as there are some; none after the last. Dropping the future loses nothing.
    ///
    /// # Errors
    /// When the older part of the log cannot be read back.
    pub async fn next(&mut self) -> Result<Option<Batch>, SpillError> {
        loop {
            let progress = *self.progress.borrow_and_update();
            if self.ended {
                return Ok(None);
            }
            if self.next < progress.end {
                return self.take(progress.end).await.map(Some);
            }
            if progress.closed || self.progress.changed().await.is_err() {
                return Ok(None);
            }
        }
    }

    /// The same, and each event comes by itself, so that their number says where they are.
    #[must_use]
    pub fn unmerged(self) -> Self {
        Self {
            merges: false,
            ..self
        }
    }

    /// Where it goes on.
    pub fn position(&self) -> Position {
        self.next
    }

    /// It has read everything that it is to read.
    pub(super) fn end(&mut self) {
        self.ended = true;
    }

    async fn take(&mut self, end: Position) -> Result<Batch, SpillError> {
        let late = self.merges && end - self.next > LATE;
        let mut events = self.log.part(self.next, BATCH).await?;
        if !self.continue_on_pause {
            self.end_at_pause(&mut events);
        }
        self.next += events.len() as Position;
        let events = if late { merge::texts(events) } else { events };
        Ok(Batch {
            events,
            next: self.next,
        })
    }

    /// Leaves out what comes behind the first pause.
    fn end_at_pause(&mut self, events: &mut Vec<Arc<RunEvent>>) {
        let pause = |event: &Arc<RunEvent>| matches!(event.as_ref(), RunEvent::WorkflowPaused(_));
        if let Some(index) = events.iter().position(pause) {
            events.truncate(index + 1);
            self.ended = true;
        }
    }
}
