//! A queue of the test's own, and a worker that counts.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use chrono::TimeDelta;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};
use futures_util::{
    FutureExt as _, StreamExt as _,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use gatewright_domain::{Clock as _, IdGen as _, RandomIds, error::Unavailable};
use gatewright_jobs::{
    Connections, Handlers, Job, JobError, JobId, QueueName, Runner, RunnerSettings, Scheduler,
    enqueue,
};
use gatewright_test_db::TestDb;
use gatewright_test_support::ManualClock;

/// Fails so often, then succeeds.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct Knock {
    pub(crate) fails: usize,
}

impl Job for Knock {
    const KIND: &'static str = "knock";
    const QUEUE: QueueName = QueueName::Mail;
    const MAX_ATTEMPTS: i32 = 3;
}

/// Waits in another queue than [`Knock`].
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct Sort;

impl Job for Sort {
    const KIND: &'static str = "sort";
    const QUEUE: QueueName = QueueName::Retention;
}

/// One connection each, without a pool.
#[derive(Clone)]
pub(crate) struct Direct {
    url: String,
}

pub(crate) struct Conn(AsyncPgConnection);

impl AsMut<AsyncPgConnection> for Conn {
    fn as_mut(&mut self) -> &mut AsyncPgConnection {
        &mut self.0
    }
}

impl Connections for Direct {
    type Conn = Conn;

    fn get(&self) -> BoxFuture<'_, Result<Conn, Unavailable>> {
        let connecting = AsyncPgConnection::establish(&self.url);
        async { connecting.await.map(Conn) }
            .map(|made| made.map_err(|error| Unavailable::new("postgres", error)))
            .boxed()
    }

    /// Hears nothing: what is tested here is found by looking.
    fn listen(&self, _: &'static str, _: Duration) -> BoxStream<'static, ()> {
        stream::pending().boxed()
    }
}

pub(crate) struct Ground {
    pub(crate) db: Arc<TestDb>,
    pub(crate) clock: ManualClock,
    knocks: Arc<AtomicUsize>,
}

impl Ground {
    pub(crate) async fn new() -> Self {
        Self {
            db: Arc::new(TestDb::create().await),
            clock: ManualClock::new(),
            knocks: Arc::default(),
        }
    }

    pub(crate) async fn conn(&self) -> Conn {
        self.connections().get().await.unwrap()
    }

    pub(crate) fn connections(&self) -> Direct {
        Direct {
            url: self.db.database_url.clone(),
        }
    }

    /// How often somebody knocked.
    pub(crate) fn knocks(&self) -> usize {
        self.knocks.load(Ordering::SeqCst)
    }

    /// A worker that counts, and fails as often as a job says.
    pub(crate) fn worker(&self, queues: &[QueueName]) -> Arc<Runner<Direct>> {
        let counted = Arc::clone(&self.knocks);
        let handlers = Handlers::default().with(move |running, job: Knock| {
            counted.fetch_add(1, Ordering::SeqCst);
            async move {
                if usize::try_from(running.attempt).unwrap() <= job.fails {
                    return Err(JobError::Retry("not at home".into()));
                }
                Ok(())
            }
        });
        Arc::new(self.runner(queues, 4, handlers))
    }

    pub(crate) fn runner(
        &self,
        queues: &[QueueName],
        concurrency: usize,
        handlers: Handlers,
    ) -> Runner<Direct> {
        Runner {
            connections: self.connections(),
            handlers,
            scheduler: Scheduler::default(),
            settings: RunnerSettings {
                queues: queues.to_vec(),
                concurrency,
                lease: TimeDelta::seconds(60),
                poll: Duration::from_secs(1),
                heartbeat: Duration::from_secs(15),
                timeout: Duration::from_secs(30),
            },
            clock: Arc::new(self.clock.clone()),
            ids: Arc::new(RandomIds),
        }
    }

    /// Enqueues a job that is due in so many seconds.
    pub(crate) async fn put<J: Job>(&self, job: &J, due_in: i64) -> JobId {
        let id = JobId::generate(&RandomIds);
        let now = self.clock.now();
        let run_at = now + TimeDelta::seconds(due_in);
        let mut conn = self.conn().await;
        enqueue(conn.as_mut(), id, job, now, run_at).await.unwrap();
        id
    }

    /// Enqueues a [`Knock`] that is due.
    pub(crate) async fn knock(&self, fails: usize) -> JobId {
        self.put(&Knock { fails }, 0).await
    }

    /// What a query says, column by column, as one text per row.
    pub(crate) async fn rows(&self, columns: &str) -> Vec<String> {
        let sql = format!("SELECT {columns} FROM gatewright_jobs ORDER BY run_at, id");
        self.db.query(&sql).await
    }
}

/// Everything that is due; how many attempts that were.
pub(crate) async fn run(worker: &Arc<Runner<Direct>>) -> usize {
    worker.run_due(RandomIds.new_uuid()).await.unwrap()
}

/// A statement on a connection of the test's own.
pub(crate) async fn say(conn: &mut Conn, sql: &str) {
    conn.as_mut().batch_execute(sql).await.unwrap();
}
