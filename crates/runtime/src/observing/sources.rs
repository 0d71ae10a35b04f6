//! What is read when Prometheus asks. PostgreSQL is asked for the queues, for a second at most and not oftener than each five: the rest
//! stands in memory.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{FutureExt as _, future::BoxFuture};
use gatewright_domain::{Clock, error::Unavailable, interval::elapsed};
use gatewright_jobs::{JobCounts, QueueState, queue_states};
use gatewright_kv::Kv;
use gatewright_observe::{
    listener::Scrape,
    metrics::{Figure, Format, Metrics, Reading},
};
use gatewright_storage_kit::Pool;
use tokio::sync::Mutex;

use super::RunFigures;
use crate::platform::Platform;

/// PostgreSQL may take so long to say what waits.
const QUEUES: Duration = Duration::from_secs(1);
/// What it said is good for so long, however often somebody asks.
const FRESH: Duration = Duration::from_secs(5);

/// Where figures are read.
pub struct Sources {
    metrics: Arc<Metrics>,
    pool: Pool,
    kv: Kv,
    clock: Arc<dyn Clock>,
    runs: Option<RunFigures>,
    jobs: Option<Arc<JobCounts>>,
    queues: Mutex<Option<Queues>>,
}

/// What PostgreSQL said last.
struct Queues {
    at: Instant,
    readings: Vec<Reading>,
}

impl Sources {
    /// Of the connections of a process.
    pub fn of(platform: &Platform) -> Self {
        Self {
            metrics: Arc::clone(&platform.observed.metrics),
            pool: platform.pool.clone(),
            kv: platform.kv.clone(),
            clock: Arc::clone(&platform.env.clock),
            runs: None,
            jobs: None,
            queues: Mutex::default(),
        }
    }

    /// And of its runs.
    #[must_use]
    pub fn with_runs(self, runs: RunFigures) -> Self {
        Self {
            runs: Some(runs),
            ..self
        }
    }

    /// And of the jobs that it does.
    #[must_use]
    pub fn with_jobs(self, jobs: Arc<JobCounts>) -> Self {
        Self {
            jobs: Some(jobs),
            ..self
        }
    }

    fn connections(&self) -> Vec<Reading> {
        let postgres = self.pool.status();
        let redis = self.kv.status();
        let mut readings = vec![];
        for (name, [max, in_use, waiting], timeouts) in [
            (
                "postgres",
                [postgres.max, postgres.in_use, postgres.waiting],
                postgres.timeouts,
            ),
            ("redis", [1, redis.under_way, redis.waiting], redis.timeouts),
        ] {
            readings.extend([
                Reading::new(Figure::PoolMax, name, count(max)),
                Reading::new(Figure::PoolInUse, name, count(in_use)),
                Reading::new(Figure::PoolWaiting, name, count(waiting)),
                Reading::new(Figure::PoolTimeouts, name, number(timeouts)),
            ]);
        }
        let refusals = self.kv.refusals().into_iter();
        readings.extend(refusals.map(|(limit, times)| {
            let name = limit.to_owned();
            Reading::new(Figure::Refusals, name, number(times))
        }));
        let jobs = self.jobs.as_ref().map(|jobs| jobs.read());
        for (kind, ended) in jobs.into_iter().flatten() {
            readings.push(Reading::new(Figure::JobsDone, kind, number(ended.done)));
            readings.push(Reading::new(Figure::JobsFailed, kind, number(ended.failed)));
        }
        readings
    }

    async fn queues(&self) -> Vec<Reading> {
        let mut last = self.queues.lock().await;
        if let Some(known) = last.as_ref().filter(|known| known.at.elapsed() < FRESH) {
            return known.readings.clone();
        }
        let states = tokio::time::timeout(QUEUES, self.states()).await;
        let readings = match states {
            Ok(Ok(states)) => {
                let now = self.clock.now();
                let waits = |state: &QueueState| {
                    let due = state.oldest.map(|oldest| elapsed(oldest, now));
                    let due = due.and_then(Result::ok).unwrap_or_default();
                    due.as_secs_f64()
                };
                let each = states.iter().flat_map(|state| {
                    let reading = |figure, value| Reading::new(figure, &*state.queue, value);
                    [
                        reading(Figure::QueueJobs, whole(state.waiting)),
                        reading(Figure::QueueRetrying, whole(state.retrying)),
                        reading(Figure::QueueDead, whole(state.dead)),
                        reading(Figure::QueueOldest, waits(state)),
                    ]
                });
                let readable = Reading::alone(Figure::QueueReadable, 1.0);
                each.chain([readable]).collect()
            }
            // Figures of before would be lies.
            Ok(Err(_)) | Err(_) => vec![Reading::alone(Figure::QueueReadable, 0.0)],
        };
        *last = Some(Queues {
            at: Instant::now(),
            readings: readings.clone(),
        });
        readings
    }

    async fn states(&self) -> Result<Vec<QueueState>, Unavailable> {
        let mut conn = self.pool.get().await?;
        queue_states(conn.as_mut(), self.clock.now()).await
    }
}

impl Scrape for Sources {
    fn scrape(&self, format: Format) -> BoxFuture<'_, String> {
        async move {
            // What stands in memory comes first: asking for the queues takes a connection.
            let mut readings = self.connections();
            if let Some(runs) = &self.runs {
                readings.extend(runs.readings());
            }
            readings.extend(self.queues().await);
            self.metrics.encode(&readings, format)
        }
        .boxed()
    }
}

pub(super) fn count(number_of: usize) -> f64 {
    u64::try_from(number_of).map_or(f64::MAX, number)
}

#[allow(
    clippy::cast_precision_loss,
    reason = "what a figure shows need not be exact beyond 53 bits"
)]
pub(super) fn number(number_of: u64) -> f64 {
    number_of as f64
}

fn whole(number_of: i64) -> f64 {
    number(u64::try_from(number_of).unwrap_or_default())
}
