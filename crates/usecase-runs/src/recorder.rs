//! Group commit: what many runs have to keep at the same time goes into storage together. While one batch is written
//! the next one gathers, so a busy process writes few large transactions and an idle one waits for nobody. While storage is gone, what runs have
//! to keep waits for some minutes; a run that is about to begin is refused at once.

use std::{sync::Arc, time::Duration};

use gatewright_run_events::StartReason;
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};

use crate::{Commit, Committed, PortFuture, Record, RunStore, StoreError};

/// Commits of one batch at most.
const BATCH: usize = 64;
/// Commits that wait for the next batches at most; whoever has more waits.
const QUEUE: usize = 1_024;
/// Between two tries while storage is gone.
const RETRY: Duration = Duration::from_millis(200);
/// So long a commit waits for storage to come back. A run that is another process's by then is told so: the store compares ownerships.
const HOLD: Duration = Duration::from_mins(2);
/// The same, of a commit that storage is there for and fails at.
const HOLD_FAILED: Duration = Duration::from_secs(8);

/// Writes several runs in one transaction.
pub trait BatchStore: Send + Sync {
    /// Writes all or nothing; each run comes once in a batch. A run that another process owns changes nothing and does not fail the
    /// others: it is told so in its place of the answer, which has the order of the batch. What was kept before, though nobody heard of it,
    /// is answered as kept.
    fn write<'a>(
        &'a self,
        batch: &'a [Commit],
    ) -> PortFuture<'a, Result<Vec<Result<Committed, StoreError>>, BatchError>>;
}

/// Why nothing of a batch was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// Storage is gone.
    #[error("storage is not available")]
    Unavailable,
    /// Storage is there and did not keep it, for something in it or for a reason that may pass.
    #[error("storage did not keep it")]
    Failed,
    /// Something in it cannot be kept: why.
    #[error("{0}")]
    Refused(String),
}

/// Hands commits of all runs to one writer.
#[derive(Clone, Debug)]
pub struct Recorder {
    queue: mpsc::Sender<Pending>,
}

#[derive(Debug)]
struct Pending {
    commit: Commit,
    done: oneshot::Sender<Result<Committed, StoreError>>,
    /// Since when storage is gone, when it was tried before.
    since: Option<Instant>,
}

/// What storage did not take and may take later.
#[derive(Debug, Default)]
struct Unwritten {
    commits: Vec<Pending>,
    /// Whether storage itself is gone, so that nothing else is worth a try now.
    is_gone: bool,
}

impl Recorder {
    /// Begins to write on a task of its own, which ends when nobody can hand it anything any more.
    #[must_use]
    pub fn start(store: Arc<dyn BatchStore>) -> Self {
        let (queue, pending) = mpsc::channel(QUEUE);
        tokio::spawn(write_all(store, pending));
        Self { queue }
    }
}

impl RunStore for Recorder {
    fn commit(&self, commit: Commit) -> PortFuture<'_, Result<Committed, StoreError>> {
        Box::pin(async {
            let (done, is_done) = oneshot::channel();
            let handed = self
                .queue
                .send(Pending {
                    commit,
                    done,
                    since: None,
                })
                .await;
            handed.map_err(|_| StoreError::Unavailable)?;
            is_done.await.unwrap_or(Err(StoreError::Unavailable))
        })
    }
}

async fn write_all(store: Arc<dyn BatchStore>, mut queue: mpsc::Receiver<Pending>) {
    let mut pending = Vec::with_capacity(BATCH);
    loop {
        if pending.is_empty() {
            if queue.recv_many(&mut pending, BATCH).await == 0 {
                return;
            }
        } else {
            // Storage is gone. Whoever comes meanwhile is not told later than those who wait.
            tokio::time::sleep(RETRY).await;
            while let Ok(more) = queue.try_recv() {
                pending.push(more);
            }
        }
        pending = write_or_hold(store.as_ref(), pending).await;
    }
}

/// Writes what it can. What storage did not take for being gone is given back, to be written later; of that whoever need not wait is told.
async fn write_or_hold(store: &dyn BatchStore, mut pending: Vec<Pending>) -> Vec<Pending> {
    let mut held = Vec::new();
    let mut longest = HOLD_FAILED;
    while !pending.is_empty() {
        let rest = pending.split_off(pending.len().min(BATCH));
        let batch = std::mem::replace(&mut pending, rest);
        let unwritten = write(store, batch).await;
        held.extend(unwritten.commits);
        if unwritten.is_gone {
            longest = HOLD;
            held.append(&mut pending);
        }
    }
    let now = Instant::now();
    held.into_iter()
        .filter_map(|one| one.held(now, longest))
        .collect()
}

impl Pending {
    /// The same, to be tried again. A run that is about to begin does not wait.
    fn held(self, now: Instant, longest: Duration) -> Option<Self> {
        let since = self.since.unwrap_or(now);
        if begins(&self.commit) || now.duration_since(since) >= longest {
            let _ = self.done.send(Err(StoreError::Unavailable));
            return None;
        }
        Some(Self {
            since: Some(since),
            ..self
        })
    }

    /// Tells whoever waits.
    fn tell(self, answer: Result<Committed, StoreError>) {
        // Whoever does not wait any more was told otherwise.
        let _ = self.done.send(answer);
    }
}

fn begins(commit: &Commit) -> bool {
    let is_first = |record: &Record| matches!(record, Record::Started(start) if start.reason == StartReason::Initial);
    commit.records.iter().any(is_first)
}

/// Writes one batch. One that is refused is halved until what cannot be kept stands alone, and fails alone. What storage did not take
/// for being gone, or for what may pass, is given back.
async fn write(store: &dyn BatchStore, batch: Vec<Pending>) -> Unwritten {
    let mut parts = vec![batch];
    let mut unwritten = Unwritten::default();
    while let Some(mut part) = parts.pop() {
        let (commits, waiting): (Vec<_>, Vec<_>) = part
            .drain(..)
            .map(|pending| (pending.commit, (pending.done, pending.since)))
            .unzip();
        let written = store.write(&commits).await;
        let mut pending = commits
            .into_iter()
            .zip(waiting)
            .map(|(commit, (done, since))| Pending {
                commit,
                done,
                since,
            });
        match written {
            Ok(answers) => {
                // Without an answer of their own they hear that storage is gone.
                let gone = std::iter::repeat_with(|| Err(StoreError::Unavailable));
                pending
                    .zip(answers.into_iter().chain(gone))
                    .for_each(|(one, answer)| one.tell(answer));
            }
            Err(BatchError::Refused(_) | BatchError::Failed) if pending.len() > 1 => {
                let half = pending.len() / 2;
                let first = pending.by_ref().take(half).collect();
                parts.push(pending.collect());
                parts.push(first);
            }
            Err(BatchError::Refused(reason)) => {
                pending.for_each(|one| one.tell(Err(StoreError::Rejected(reason.clone()))));
            }
            Err(BatchError::Failed) => unwritten.commits.extend(pending),
            Err(BatchError::Unavailable) => {
                unwritten.is_gone = true;
                unwritten.commits.extend(pending);
                unwritten.commits.extend(parts.drain(..).flatten());
            }
        }
    }
    unwritten
}
