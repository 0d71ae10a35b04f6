//! A log here that is filled from the mirror of a run elsewhere, as long as somebody reads it.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use gatewright_domain::error::Unavailable;
use gatewright_run_events::{RunError, RunEvent, RunLog};
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep_until, timeout},
};
use uuid::Uuid;

use super::{
    RemoteRuns,
    word::{LogId, Part, Position, Word},
};

/// A mirror is looked at so often without a word.
const LOOK: Duration = Duration::from_millis(500);
/// Whoever mirrors is told so often that somebody reads; it stops after three times that.
const ASK: Duration = Duration::from_secs(20);
/// So long an owner has to answer before storage stands in for it.
const ANSWER: Duration = Duration::from_millis(800);

/// How far a feeder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    Asking,
    CaughtUp,
    /// Redis does not answer.
    Failed,
}

/// A feeder as others reach it.
#[derive(Clone, Debug)]
pub(super) struct FeederHandle {
    progress: watch::Receiver<Progress>,
    look: Arc<Notify>,
    ask: Arc<Notify>,
    alive: Weak<()>,
}

impl FeederHandle {
    /// Its mirror has more.
    pub(super) fn look(&self) {
        self.look.notify_one();
    }

    /// Its run goes on somewhere.
    pub(super) fn ask(&self) {
        self.ask.notify_one();
    }

    pub(super) fn is_over(&self) -> bool {
        self.alive.strong_count() == 0
    }

    /// Waits until its log has what there was when it was asked for.
    pub(super) async fn caught_up(mut self) -> Result<(), Unavailable> {
        let progress = self.progress.wait_for(|now| *now != Progress::Asking);
        match progress.await.map(|now| *now) {
            Ok(Progress::CaughtUp) => Ok(()),
            _ => Err(Unavailable::new("redis", "the run is in another process")),
        }
    }
}

/// Fills one log.
pub(super) struct Feeder {
    remote: Arc<RemoteRuns>,
    run: Uuid,
    log: Weak<RunLog>,
    /// What stands in when nobody answers; none: the log has a past.
    past: Option<Vec<RunEvent>>,
    have: Option<Position>,
    epoch: i64,
    /// Whether the run has ended.
    is_over: bool,
    /// The last part that was read.
    read: Option<String>,
    progress: watch::Sender<Progress>,
    look: Arc<Notify>,
    ask: Arc<Notify>,
    /// Says to those who have a handle that this is there.
    _alive: Arc<()>,
}

impl Feeder {
    pub(super) fn new(
        remote: Arc<RemoteRuns>,
        run: Uuid,
        log: &Arc<RunLog>,
        past: Option<Vec<RunEvent>>,
    ) -> (Self, FeederHandle) {
        let has_past = log.end() > 0;
        let first = match past {
            Some(_) => Progress::Asking,
            None => Progress::CaughtUp,
        };
        let (progress, receiver) = watch::channel(first);
        let (look, ask) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let alive = Arc::new(());
        let handle = FeederHandle {
            progress: receiver,
            look: Arc::clone(&look),
            ask: Arc::clone(&ask),
            alive: Arc::downgrade(&alive),
        };
        let feeder = Self {
            remote,
            run,
            log: Arc::downgrade(log),
            past,
            have: has_past.then_some(Position { log: None, next: 0 }),
            epoch: 0,
            is_over: false,
            read: None,
            progress,
            look,
            ask,
            _alive: alive,
        };
        (feeder, handle)
    }

    /// Until nobody reads, the run waits or has ended, or it goes on in this process.
    pub(super) async fn run(mut self) {
        if self.first().await.is_err() {
            let _ = self.progress.send(Progress::Failed);
            return;
        }
        let mut asked = Instant::now();
        loop {
            tokio::select! {
                () = self.look.notified() => {}
                () = self.ask.notified() => {
                    asked = Instant::now();
                    let _ = self.request().await;
                }
                () = sleep_until(asked + ASK) => {
                    asked = Instant::now();
                    let _ = self.request().await;
                }
                () = tokio::time::sleep(LOOK) => {}
            }
            match self.fill().await {
                Ok(true) | Err(_) => {}
                Ok(false) => return,
            }
        }
    }

    /// Asks, and waits for an answer; storage stands in for one that does not come.
    async fn first(&mut self) -> Result<(), Unavailable> {
        // What stands there was written for others, and may be of another time.
        self.read = self.remote.wires.last(self.run).await?;
        self.request().await?;
        let look = Arc::clone(&self.look);
        let answered = timeout(ANSWER, async {
            while *self.progress.borrow() == Progress::Asking {
                if !self.fill().await? {
                    break;
                }
                let _ = timeout(LOOK, look.notified()).await;
            }
            Ok::<_, Unavailable>(())
        });
        answered.await.unwrap_or(Ok(()))?;
        let log = self.log.upgrade();
        if let Some((past, log)) = self.past.take().zip(log) {
            // Of an answer that began to come the rest will come.
            if log.begin_after(past) {
                self.have = Some(Position { log: None, next: 0 });
            }
        }
        let _ = self.progress.send(Progress::CaughtUp);
        Ok(())
    }

    /// Asks whoever has the run for what is not here.
    async fn request(&self) -> Result<(), Unavailable> {
        let word = Word::Mirror {
            run: self.run,
            have: self.have,
        };
        let text = serde_json::to_string(&word).unwrap_or_default();
        self.remote.wires.publish(&text).await
    }

    /// Takes what the mirror has. `false` when there is nothing more to do.
    async fn fill(&mut self) -> Result<bool, Unavailable> {
        loop {
            let Some(log) = self.log.upgrade().filter(|log| !log.is_closed()) else {
                return Ok(false);
            };
            if self.remote.registry.has(self.run) {
                return Ok(false);
            }
            let parts = self.remote.wires.read(self.run, self.read.as_deref());
            let parts = parts.await?;
            if parts.is_empty() {
                return Ok(true);
            }
            let mut is_incomplete = false;
            for part in parts {
                self.read = Some(part.id);
                let Ok(part) = serde_json::from_str::<Part>(&part.text) else {
                    continue;
                };
                match fits(self.have, self.epoch, &part) {
                    Fit::Ignored => {}
                    Fit::Gap => is_incomplete = true,
                    Fit::After(known) if self.take(&log, part, known) => {}
                    Fit::After(_) => return Ok(false),
                }
            }
            if is_incomplete {
                self.request().await?;
            }
        }
    }

    /// Takes a part, of which so many events are known. `false` when nothing follows it for this feeder.
    fn take(&mut self, log: &RunLog, part: Part, known: usize) -> bool {
        let next = part.first + part.events.len() as u64;
        self.epoch = part.epoch;
        self.have = Some(Position {
            log: Some(part.log),
            next,
        });
        let mut waits = false;
        for event in part.events.into_iter().skip(known) {
            waits = matches!(event, RunEvent::WorkflowPaused(_));
            self.is_over |= matches!(event, RunEvent::WorkflowFinished(_) | RunEvent::Error(_));
            if log.append(event).is_err() {
                // Whoever reads sees that something is missing, and comes again.
                let _ = log.append(RunEvent::Error(RunError::internal().after_start()));
                log.close();
                return false;
            }
        }
        if next >= part.end {
            let _ = self.progress.send(Progress::CaughtUp);
        }
        // A log that ends before its run does goes on in another process.
        let has_ended = part.closed && self.is_over;
        if has_ended {
            log.close();
        }
        !waits && !has_ended
    }
}

/// What a part is to somebody who has so much.
#[derive(Debug, PartialEq, Eq)]
enum Fit {
    /// Of another time, or known.
    Ignored,
    /// Something between is missing.
    Gap,
    /// It goes on where they are, behind so many events that they know.
    After(usize),
}

fn fits(have: Option<Position>, epoch: i64, part: &Part) -> Fit {
    let of = |log: LogId| log == part.log;
    match have {
        _ if part.epoch < epoch => Fit::Ignored,
        None if part.first == 0 => Fit::After(0),
        Some(Position {
            log: Some(log),
            next,
        }) if of(log) => {
            let known = usize::try_from(next.saturating_sub(part.first)).unwrap_or(usize::MAX);
            if part.first > next {
                Fit::Gap
            } else if known > part.events.len() {
                Fit::Ignored
            } else {
                Fit::After(known)
            }
        }
        // Another process goes on with the run: from the beginning of its part.
        Some(_) if part.first == part.start && !part.events.is_empty() => Fit::After(0),
        None | Some(_) => Fit::Ignored,
    }
}

#[cfg(test)]
mod tests {
    use gatewright_run_events::{RunEvent, TextChunk};

    use super::*;

    fn log(number: u64) -> LogId {
        LogId {
            owner: Uuid::from_u128(1),
            number,
        }
    }

    /// Part of log 1 with events `first..first + 3`; the present part begins at 4.
    fn part(first: u64) -> Part {
        let text = |_| {
            RunEvent::TextChunk(TextChunk {
                text: "a".to_owned(),
                from_variable_selector: None,
            })
        };
        Part {
            log: log(1),
            epoch: 2,
            first,
            start: 4,
            end: 9,
            closed: false,
            events: (0..3).map(text).collect(),
        }
    }

    #[test]
    fn part_goes_on_where_a_reader_is_or_where_another_owner_begins() {
        let at = |number: u64, next| {
            Some(Position {
                log: (number > 0).then(|| log(number)),
                next,
            })
        };
        for (have, first, expected) in [
            (None, 0, Fit::After(0)),
            (None, 4, Fit::Ignored),
            (at(1, 4), 4, Fit::After(0)),
            (at(1, 5), 4, Fit::After(1)),
            (at(1, 7), 4, Fit::After(3)),
            (at(1, 8), 4, Fit::Ignored),
            (at(1, 3), 4, Fit::Gap),
            (at(2, 9), 4, Fit::After(0)),
            (at(2, 4), 5, Fit::Ignored),
            (at(0, 0), 4, Fit::After(0)),
            (at(0, 0), 0, Fit::Ignored),
        ] {
            assert_eq!(fits(have, 2, &part(first)), expected, "{have:?} {first}");
        }
        assert_eq!(
            fits(at(1, 4), 3, &part(4)),
            Fit::Ignored,
            "a former owner's"
        );
    }
}
