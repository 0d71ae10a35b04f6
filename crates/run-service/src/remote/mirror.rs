//! A run of this process, written where others read it.

use std::{sync::Arc, time::Duration};

use gatewright_domain::error::Unavailable;
use gatewright_run_events::{Reader, RunEvent, RunLog};
use gatewright_usecase_runs::{RunHandle, RunKey};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};

use super::{
    RemoteRuns,
    word::{LogId, Part, Position, Word},
};

/// So long after the last request nobody reads any more.
const IDLE: Duration = Duration::from_mins(1);
/// Bytes of the events of one part; a larger event is a part by itself.
const PART_BYTES: usize = 256 << 10;

/// Writes the log of one run.
pub(super) struct Mirror {
    remote: Arc<RemoteRuns>,
    key: RunKey,
    log: Arc<RunLog>,
    reader: Reader,
    /// Where the reader goes on.
    next: u64,
}

impl Mirror {
    pub(super) fn new(remote: Arc<RemoteRuns>, run: &RunHandle, have: Option<Position>) -> Self {
        let (log, key) = (Arc::clone(&run.log), run.plan.key);
        let next = from(&log, id(&remote, &log), have);
        Self {
            reader: log.reader(next, true).unmerged(),
            remote,
            key,
            log,
            next,
        }
    }

    /// Until nobody asks any more, or the log has ended.
    pub(super) async fn run(mut self, mut requests: mpsc::Receiver<Option<Position>>) {
        let mut idle_at = Instant::now() + IDLE;
        loop {
            tokio::select! {
                request = timeout_at(idle_at, requests.recv()) => match request {
                    Ok(Some(have)) => {
                        idle_at = Instant::now() + IDLE;
                        self.rewind(have);
                    }
                    _ => return,
                },
                batch = self.reader.next() => {
                    let Ok(Some(batch)) = batch else {
                        let _ = self.write(Vec::new(), true).await;
                        return;
                    };
                    let events = batch.events.iter().map(|event| event.as_ref().clone());
                    // Those who read ask again when nothing comes.
                    if self.write(events.collect(), false).await.is_err() {
                        return;
                    }
                }
            }
        }
    }

    /// Goes back to where somebody is who has less than what was written.
    fn rewind(&mut self, have: Option<Position>) {
        let from = from(&self.log, id(&self.remote, &self.log), have);
        if from < self.next {
            self.next = from;
            self.reader = self.log.reader(from, true).unmerged();
        }
    }

    async fn write(&mut self, events: Vec<RunEvent>, closed: bool) -> Result<(), Unavailable> {
        let mut parts: Vec<Vec<RunEvent>> = vec![Vec::new()];
        let mut bytes = 0;
        for event in events {
            let weight = event.weight();
            if bytes + weight > PART_BYTES && bytes > 0 {
                parts.push(Vec::new());
                bytes = 0;
            }
            bytes += weight;
            if let Some(part) = parts.last_mut() {
                part.push(event);
            }
        }
        for events in parts {
            let part = Part {
                log: id(&self.remote, &self.log),
                epoch: self.key.epoch,
                first: self.next,
                start: self.log.attach_position(),
                end: self.log.end(),
                closed,
                events,
            };
            self.next += part.events.len() as u64;
            let text = serde_json::to_string(&part)
                .map_err(|error| Unavailable::new("a mirror", error))?;
            self.remote.wires.append(self.key.run_id, &text).await?;
        }
        let run = self.key.run_id;
        self.remote.tell(Word::More { run }).await;
        Ok(())
    }
}

fn id(remote: &RemoteRuns, log: &RunLog) -> LogId {
    LogId {
        owner: remote.owner,
        number: log.id(),
    }
}

/// Where somebody who has so much reads on. Of another log what came before the present part is enough.
fn from(log: &RunLog, id: LogId, have: Option<Position>) -> u64 {
    match have {
        None => 0,
        Some(Position { log: of, next }) if of == Some(id) => next.min(log.end()),
        Some(_) => log.attach_position(),
    }
}
