//! Group commit: what many runs have to keep at the same time goes into storage together. While one batch is written
//! the next one gathers, so a busy process writes few large transactions and an idle one waits for nobody.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use crate::{Commit, Committed, PortFuture, RunStore, StoreError};

/// Commits of one batch at most.
const BATCH: usize = 64;
/// Commits that wait for the next batches at most; whoever has more waits.
const QUEUE: usize = 1_024;

/// Writes several runs in one transaction.
pub trait BatchStore: Send + Sync {
    /// Writes all or nothing; each run comes once in a batch. A run that another process owns changes nothing and does not fail the
    /// others: it is told so in its place of the answer, which has the order of the batch.
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
            let handed = self.queue.send(Pending { commit, done }).await;
            handed.map_err(|_| StoreError::Unavailable)?;
            is_done.await.unwrap_or(Err(StoreError::Unavailable))
        })
    }
}

async fn write_all(store: Arc<dyn BatchStore>, mut queue: mpsc::Receiver<Pending>) {
    let mut batch = Vec::with_capacity(BATCH);
    while queue.recv_many(&mut batch, BATCH).await > 0 {
        write(store.as_ref(), std::mem::take(&mut batch)).await;
    }
}

/// Writes one batch. One that is refused is halved until what cannot be kept stands alone, and fails alone.
async fn write(store: &dyn BatchStore, batch: Vec<Pending>) {
    let mut parts = vec![batch];
    while let Some(mut part) = parts.pop() {
        let (commits, waiting): (Vec<_>, Vec<_>) = part
            .drain(..)
            .map(|pending| (pending.commit, pending.done))
            .unzip();
        match store.write(&commits).await {
            Ok(answers) => tell(waiting, answers),
            Err(BatchError::Refused(_)) if commits.len() > 1 => {
                let mut pending = commits
                    .into_iter()
                    .zip(waiting)
                    .map(|(commit, done)| Pending { commit, done });
                let half = pending.len() / 2;
                let first = pending.by_ref().take(half).collect();
                parts.push(pending.collect());
                parts.push(first);
            }
            Err(BatchError::Refused(reason)) => {
                tell(waiting, vec![Err(StoreError::Rejected(reason))]);
            }
            Err(BatchError::Unavailable) => tell(waiting, Vec::new()),
        }
    }
}

/// Tells each who waits. Without an answer of their own they hear that storage is gone.
fn tell(
    waiting: Vec<oneshot::Sender<Result<Committed, StoreError>>>,
    answers: Vec<Result<Committed, StoreError>>,
) {
    let gone = std::iter::repeat_with(|| Err(StoreError::Unavailable));
    for (done, answer) in waiting.into_iter().zip(answers.into_iter().chain(gone)) {
        // Whoever does not wait any more was told otherwise.
        let _ = done.send(answer);
    }
}
