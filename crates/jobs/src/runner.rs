//! A worker: claims, runs a bounded number at a time, and on a stop finishes what it began.

use std::{future::Future, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use diesel_async::AsyncPgConnection;
use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::BoxStream};
use gatewright_domain::{Clock, IdGen, error::Unavailable};
use tokio::{sync::Notify, task::JoinSet};
use uuid::Uuid;

use crate::{
    job::{Handlers, JobError, JobId, Running},
    queue::QueueName,
    schedule::Scheduler,
    store::{self, Claim, Claimed},
};

/// Where connections come from.
pub trait Connections: Send + Sync + 'static {
    /// A connection that goes back when it is dropped.
    type Conn: AsMut<AsyncPgConnection> + Send;
    /// One of them.
    fn get(&self) -> BoxFuture<'_, Result<Self::Conn, Unavailable>>;
    /// Hears of announcements on a channel, on a connection of its own that is asked for a sign of life
    /// so often. It ends when the connection does.
    fn listen(&self, channel: &'static str, heartbeat: Duration) -> BoxStream<'static, ()>;
}

/// How a worker works.
#[derive(Debug, Clone)]
pub struct RunnerSettings {
    /// Where it takes jobs from.
    pub queues: Vec<QueueName>,
    /// Jobs at the same time.
    pub concurrency: usize,
    /// How long a job is its own without a sign of life.
    pub lease: TimeDelta,
    /// How often it looks when nothing is announced.
    pub poll: Duration,
    /// How often it asks whether announcements still reach it.
    pub heartbeat: Duration,
    /// How long it may finish what it began.
    pub timeout: Duration,
}

/// A worker: claims jobs, does them, notes the outcomes, fires schedules.
pub struct Runner<C> {
    /// Where connections come from.
    pub connections: C,
    /// Who does what.
    pub handlers: Handlers,
    /// What fires when.
    pub scheduler: Scheduler,
    /// How it works.
    pub settings: RunnerSettings,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Where the ids of workers and jobs come from.
    pub ids: Arc<dyn IdGen>,
}

/// After the n-th attempt: 2, 4, 8, … seconds, at most an hour; spread by up to a quarter, so that
/// what failed together does not come back together.
fn backoff(attempt: i32, id: Uuid) -> TimeDelta {
    let seconds = 1_i64 << attempt.clamp(1, 12);
    let spread = i64::from(id.as_bytes()[15]) * seconds * 1000 / 4 / 255;
    TimeDelta::seconds(seconds.min(3600)) + TimeDelta::milliseconds(spread)
}

impl<C: Connections> Runner<C> {
    /// Works until `stop` is ready; then finishes what runs and gives the rest back.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let worker = self.ids.new_uuid();
        let this = Arc::new(self);
        let announced = Arc::new(Notify::new());
        let listening = tokio::spawn(Arc::clone(&this).listen(Arc::clone(&announced)));
        let mut running = JoinSet::new();
        let mut stop = std::pin::pin!(stop);
        loop {
            this.fire_schedules().await;
            let has_more = this.start_due(worker, &mut running).await;
            tokio::select! {
                () = &mut stop => break,
                () = announced.notified() => {}
                Some(_) = running.join_next() => {}
                () = tokio::time::sleep(this.settings.poll), if !has_more => {}
            }
        }
        listening.abort();
        let finishing = async { while running.join_next().await.is_some() {} };
        if tokio::time::timeout(this.settings.timeout, finishing)
            .await
            .is_err()
        {
            running.abort_all();
            tracing::warn!(
                event = "worker.shutdown_timeout",
                "some jobs took too long to stop; another worker does them"
            );
        }
        this.give_back(worker).await;
    }

    /// Does everything that is due now, and returns how many attempts that were: for tests and for
    /// one-off runs.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn run_due(self: &Arc<Self>, worker: Uuid) -> Result<usize, Unavailable> {
        let mut done = 0;
        loop {
            let claimed = self.claim(worker, self.settings.concurrency).await?;
            if claimed.is_empty() {
                return Ok(done);
            }
            done += claimed.len();
            for job in claimed {
                Arc::clone(self).attempt(worker, job).await;
            }
        }
    }

    async fn fire_schedules(&self) {
        if self.scheduler.schedules().is_empty() {
            return;
        }
        let fired = async {
            let mut conn = self.connections.get().await?;
            let now = self.clock.now();
            self.scheduler
                .tick(conn.as_mut(), self.ids.as_ref(), now)
                .await
        };
        match fired.await {
            Ok(names) => {
                for schedule in names {
                    tracing::info!(event = "schedule.fired", schedule, "fired");
                }
            }
            Err(error) => {
                tracing::warn!(
                    event = "schedule.unavailable",
                    %error,
                    cause = %error.source,
                    "schedules wait"
                );
            }
        }
    }

    /// Starts as many as fit. True when there may be more.
    async fn start_due(self: &Arc<Self>, worker: Uuid, running: &mut JoinSet<()>) -> bool {
        while running.try_join_next().is_some() {}
        let room = self.settings.concurrency.saturating_sub(running.len());
        if room == 0 || self.settings.queues.is_empty() {
            return false;
        }
        match self.claim(worker, room).await {
            Ok(claimed) => {
                let has_more = claimed.len() == room;
                for job in claimed {
                    running.spawn(Arc::clone(self).attempt(worker, job));
                }
                has_more && running.len() < self.settings.concurrency
            }
            Err(error) => {
                tracing::warn!(
                    event = "job.claim_failed",
                    %error,
                    cause = %error.source,
                    "no job can be claimed; trying again"
                );
                false
            }
        }
    }

    async fn claim(&self, worker: Uuid, most: usize) -> Result<Vec<Claimed>, Unavailable> {
        let now = self.clock.now();
        let mut conn = self.connections.get().await?;
        let dead_lettered = store::dead_letter_exhausted(conn.as_mut(), now).await?;
        if dead_lettered > 0 {
            tracing::error!(
                event = "job.dead_lettered",
                dead_lettered,
                "jobs ended their workers too often; see `worker dead-letters list`"
            );
        }
        let claim = Claim {
            worker,
            queues: &self.settings.queues,
            now,
            until: now + self.settings.lease,
            most: i64::try_from(most).unwrap_or(i64::MAX),
        };
        store::claim(conn.as_mut(), &claim).await
    }

    async fn attempt(self: Arc<Self>, worker: Uuid, job: Claimed) {
        let (id, kind, attempt) = (job.id, job.kind.clone(), job.attempts);
        let outcome = self.run_one(worker, &job).await;
        self.handlers.ended(&kind, outcome.is_ok());
        let now = self.clock.now();
        let settled = async {
            let mut conn = self.connections.get().await?;
            match &outcome {
                Ok(()) => store::finish(conn.as_mut(), id, worker).await.map(drop),
                Err(error) => {
                    let again = Self::next_attempt(&job, error, now);
                    let text = error.to_string();
                    store::fail(conn.as_mut(), id, worker, &text, now, again).await
                }
            }
        };
        match (settled.await, outcome) {
            (Ok(()), Ok(())) => tracing::info!(event = "job.done", %id, kind, attempt, "done"),
            (Ok(()), Err(error)) => {
                tracing::warn!(event = "job.failed", %id, kind, attempt, %error, "failed");
            }
            // The lease ends by itself, and somebody does it again.
            (Err(error), _) => {
                tracing::warn!(
                    event = "job.outcome_lost",
                    %id,
                    kind,
                    %error,
                    "the outcome could not be noted"
                );
            }
        }
    }

    fn next_attempt(job: &Claimed, error: &JobError, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let may = matches!(error, JobError::Retry(_)) && job.attempts < job.max_attempts;
        may.then(|| now + backoff(job.attempts, job.id))
    }

    /// Runs the handler, renewing the lease meanwhile. A panic is a failure like any other.
    async fn run_one(&self, worker: Uuid, job: &Claimed) -> Result<(), JobError> {
        let handler = self.handlers.find(&job.kind).ok_or_else(|| {
            JobError::Retry(format!(
                "this worker does not know jobs of kind `{}`",
                job.kind
            ))
        })?;
        let running = Running {
            id: JobId(job.id),
            attempt: job.attempts,
            now: self.clock.now(),
        };
        let work =
            std::panic::AssertUnwindSafe(handler(running, job.payload.clone())).catch_unwind();
        let mut work = std::pin::pin!(work);
        let third = (self.settings.lease / 3)
            .to_std()
            .unwrap_or(Duration::from_secs(1));
        loop {
            tokio::select! {
                done = &mut work => {
                    return done.unwrap_or_else(|_| Err(JobError::Retry("it panicked; see the log".into())));
                }
                () = tokio::time::sleep(third) => self.renew(worker, job.id).await,
            }
        }
    }

    async fn renew(&self, worker: Uuid, id: Uuid) {
        let until = self.clock.now() + self.settings.lease;
        let renewed = async {
            let mut conn = self.connections.get().await?;
            store::renew(conn.as_mut(), id, worker, until).await
        };
        if let Err(error) = renewed.await {
            tracing::warn!(
                event = "job.lease_not_renewed",
                %id,
                %error,
                "the lease could not be renewed"
            );
        }
    }

    async fn give_back(&self, worker: Uuid) {
        let released = async {
            let mut conn = self.connections.get().await?;
            store::release(conn.as_mut(), worker).await
        };
        match released.await {
            Ok(0) => {}
            Ok(count) => tracing::info!(event = "job.released", count, "jobs given back"),
            Err(error) => {
                tracing::warn!(
                    event = "job.release_failed",
                    %error,
                    "jobs come back when their leases end"
                );
            }
        }
    }

    /// Hears of new jobs, until aborted. Whatever goes wrong, polling goes on.
    async fn listen(self: Arc<Self>, announced: Arc<Notify>) {
        loop {
            let mut news = self
                .connections
                .listen(store::CHANNEL, self.settings.heartbeat);
            while let Some(()) = news.next().await {
                announced.notify_one();
            }
            tokio::time::sleep(self.settings.poll).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn job_backoff_grows_up_to_seventy_five_minutes() {
        let (early, late) = (Uuid::from_bytes([0; 16]), Uuid::from_bytes([255; 16]));
        assert_eq!(backoff(1, early), TimeDelta::seconds(2));
        assert_eq!(backoff(3, late), TimeDelta::seconds(10));
        assert!(backoff(40, late) <= TimeDelta::seconds(3600 + 1024));
    }
}
