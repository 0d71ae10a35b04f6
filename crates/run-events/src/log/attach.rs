//! A reader who comes later: where the run stands, then what happens.

use std::sync::Arc;

use super::{Position, Reader, RunLog, SpillError};
use crate::{RunEvent, Snapshot};

/// What such a reader reads.
#[derive(Debug)]
pub struct Attachment {
    /// Where the run stood when what runs now began. Those who did not ask have none, or only the pause that their stream ends with.
    pub snapshot: Option<Snapshot>,
    /// From there on.
    pub reader: Reader,
}

impl RunLog {
    /// Attaches a reader. Nothing lies between the snapshot and the first event, and nothing is in both. Whoever does not wait with a run
    /// that waits has read everything with its snapshot, and is shown the pause even when it asked for none: it would hear nothing,
    /// for as long as the run waits.
    ///
    /// # Errors
    /// When the beginning of the log is not here: the run began in another process. Then storage has the snapshot, and
    /// [`RunLog::attach_position`] says where live events begin.
    pub async fn attach(
        self: &Arc<Self>,
        with_snapshot: bool,
        continue_on_pause: bool,
    ) -> Result<Attachment, SpillError> {
        let (position, paused) = self.standing();
        let mut reader = self.reader(position, continue_on_pause);
        let ends_here = paused && !continue_on_pause;
        if !with_snapshot && !ends_here {
            return Ok(Attachment {
                snapshot: None,
                reader,
            });
        }
        let mut snapshot = Snapshot::default();
        for event in self.range(position).await? {
            snapshot.apply(&event);
        }
        if !paused {
            snapshot.resumed();
        }
        if ends_here {
            reader.end();
        }
        if !with_snapshot {
            snapshot.keep_pause();
        }
        Ok(Attachment {
            snapshot: Some(snapshot),
            reader,
        })
    }

    /// All events before a position, each by itself.
    async fn range(&self, until: Position) -> Result<Vec<Arc<RunEvent>>, SpillError> {
        let mut events = Vec::new();
        loop {
            let from = events.len() as Position;
            let missing = usize::try_from(until - from).unwrap_or(usize::MAX);
            if missing == 0 {
                return Ok(events);
            }
            let part = self.part(from, missing).await?;
            events.extend(part.into_iter().take(missing));
        }
    }
}
