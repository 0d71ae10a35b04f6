//! The pool and the transaction guard, which keep diesel out of the use-cases.

use std::{
    ops::{Deref, DerefMut},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use deadpool::managed::{self, Metrics, PoolError, RecycleError, RecycleResult, Timeouts};
use diesel::ConnectionError;
use diesel_async::{AnsiTransactionManager, AsyncPgConnection, TransactionManager as _};
use futures_util::{future::join_all, stream::BoxStream};
use gatewright_domain::error::Unavailable;

use crate::{
    connection_string::Target,
    error::StorageError,
    link::{Link, Pulse},
    listen,
    settings::DbSettings,
};

/// To connect and to get a connection: together at most this long.
const TIMEOUT: Duration = Duration::from_secs(2);
/// To be answered: longer than a statement may run, so that the server's own word comes first.
const ANSWER: Duration = Duration::from_secs(3);
/// A connection that nobody used for so long is asked for a sign of life before it is given away.
const SILENT: Duration = Duration::from_secs(5);
/// The answer to that.
const PING: Duration = Duration::from_millis(500);
/// Connections that are kept ready.
const SPARES: usize = 2;
/// How often that is looked after.
const PAUSE: Duration = Duration::from_secs(1);

/// Connections to PostgreSQL, shared by everything in the process. Cheap to clone.
#[derive(Clone)]
pub struct Pool {
    connections: managed::Pool<Manager>,
    target: Arc<Target>,
    /// How often no connection came in time.
    timeouts: Arc<AtomicU64>,
}

/// How the connections stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolStatus {
    /// Connections that there may be.
    pub max: usize,
    /// Connections that somebody has.
    pub in_use: usize,
    /// How many wait for one.
    pub waiting: usize,
    /// How often none came in time, since the start.
    pub timeouts: u64,
}

/// Makes connections, and judges those that come back.
pub(crate) struct Manager {
    target: Arc<Target>,
    pulse: Arc<Pulse>,
    /// One that was asked did not answer: what was proven alive before this is not even asked.
    lost: AtomicU64,
}

impl managed::Manager for Manager {
    type Type = Link;
    type Error = ConnectionError;

    async fn create(&self) -> Result<Link, ConnectionError> {
        // Boxed: with TLS it is large, and would stand in the future of everybody who asks for a
        // connection, though it is seldom needed.
        let establishing = Link::establish(&self.target, Arc::clone(&self.pulse), ANSWER);
        Box::pin(establishing).await
    }

    async fn recycle(&self, link: &mut Link, _: &Metrics) -> RecycleResult<ConnectionError> {
        let discard = |why: &'static str| Err(RecycleError::Message(why.into()));
        if link.is_closed() || link.usage().waits_since().is_some() {
            return discard("it is closed, or its last user gave up");
        }
        if AnsiTransactionManager::is_broken_transaction_manager(&mut **link) {
            return discard("its transaction was left open");
        }
        if self.pulse.leads_astray(link.begun()) {
            return discard("its server takes no writes: there may be another one by now");
        }
        let (proven, now) = (link.usage().proven(), self.pulse.now());
        if proven < self.lost.load(Ordering::Acquire) {
            return discard("another one that was idle as long is lost");
        }
        let silent = u64::try_from(SILENT.as_millis()).unwrap_or(u64::MAX);
        let is_doubtful = self.pulse.doubts(proven);
        if (is_doubtful || now.saturating_sub(proven) > silent) && !link.ping(PING).await {
            tracing::warn!(
                event = "postgres.idle_connections_lost",
                "an idle connection to PostgreSQL was lost; the others that were idle are closed too"
            );
            self.lost.fetch_max(now, Ordering::AcqRel);
            return discard("it gives no sign of life");
        }
        Ok(())
    }
}

impl Pool {
    /// Makes a pool. Nothing is connected yet.
    pub fn new(settings: &DbSettings) -> Result<Self, Unavailable> {
        let unusable = |e: String| Unavailable::new("postgres", e);
        let target = settings.target().map_err(|e| unusable(e.to_string()))?;
        // Certificates that cannot be read are said now, not at the first request.
        target.tls.connector().map_err(unusable)?;
        let target = Arc::new(target.prepared("gatewright"));
        let manager = Manager {
            target: Arc::clone(&target),
            pulse: Pulse::begin(),
            lost: AtomicU64::new(0),
        };
        let connections = managed::Pool::builder(manager)
            .max_size(settings.pool_size as usize)
            .timeouts(timeouts(TIMEOUT))
            .runtime(deadpool::Runtime::Tokio1)
            .build()
            .map_err(|e| Unavailable::new("postgres", e))?;
        Ok(Self {
            connections,
            target,
            timeouts: Arc::default(),
        })
    }

    /// A connection for single statements.
    pub async fn get(&self) -> Result<Conn, Unavailable> {
        let unavailable =
            |e: Box<dyn std::error::Error + Send + Sync>| Unavailable::new("postgres", e);
        match tokio::time::timeout(TIMEOUT, self.connections.get()).await {
            Ok(Ok(link)) => Ok(Conn(Loan(link))),
            Ok(Err(error)) => {
                if matches!(error, PoolError::Timeout(_)) {
                    self.timeouts.fetch_add(1, Ordering::Relaxed);
                }
                Err(unavailable(error.into()))
            }
            Err(late) => {
                self.timeouts.fetch_add(1, Ordering::Relaxed);
                Err(unavailable(late.into()))
            }
        }
    }

    /// How the connections stand now.
    pub fn status(&self) -> PoolStatus {
        let status = self.connections.status();
        PoolStatus {
            max: status.max_size,
            in_use: status.size.saturating_sub(status.available),
            waiting: status.waiting,
            timeouts: self.timeouts.load(Ordering::Relaxed),
        }
    }

    /// A connection with an open transaction.
    pub async fn begin(&self) -> Result<Tx, StorageError> {
        let mut conn = self.get().await?;
        AnsiTransactionManager::begin_transaction(&mut *conn.0).await?;
        Ok(Tx { conn: Some(conn) })
    }

    /// Keeps a few connections open and proven alive, so that the first request after a pause or an
    /// outage finds one. Runs until it is dropped.
    pub async fn keep_warm(self) {
        let most = self.connections.status().max_size.div_ceil(2);
        loop {
            // Those that were idle longest come first; asking for them is what tries them.
            let spares = (0..SPARES.min(most)).map(|_| self.connections.timeout_get(&AT_ONCE));
            let spares = tokio::time::timeout(TIMEOUT, join_all(spares)).await;
            drop(spares);
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Hears of announcements on `channel`, on a connection of its own that is asked for a sign of life
    /// every `heartbeat`. Ends when the connection does.
    pub fn listen(&self, channel: &'static str, heartbeat: Duration) -> BoxStream<'static, ()> {
        listen::listen(Arc::clone(&self.target), channel, heartbeat)
    }

    /// Closes every connection.
    pub fn close(&self) {
        self.connections.close();
    }
}

/// Nobody who has a request to answer waits for this one.
const AT_ONCE: Timeouts = Timeouts {
    wait: Some(Duration::ZERO),
    create: Some(TIMEOUT),
    recycle: Some(TIMEOUT),
};

fn timeouts(each: Duration) -> Timeouts {
    Timeouts {
        wait: Some(each),
        create: Some(each),
        recycle: Some(each),
    }
}

/// A connection from the pool.
pub struct Conn(pub(crate) Loan);

/// What is lent: whoever gives it back in the middle of a statement gives back nothing.
pub(crate) struct Loan(managed::Object<Manager>);

impl Drop for Loan {
    fn drop(&mut self) {
        if self.0.usage().give_up() {
            self.0.cut();
        }
    }
}

impl Deref for Loan {
    type Target = AsyncPgConnection;

    fn deref(&self) -> &AsyncPgConnection {
        &self.0
    }
}

impl DerefMut for Loan {
    fn deref_mut(&mut self) -> &mut AsyncPgConnection {
        &mut self.0
    }
}

impl Conn {
    /// Whether its server takes writes: a standby does not, nor one that was told so. A connection to such a
    /// one is not used again.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn takes_writes(&mut self) -> Result<bool, StorageError> {
        let asked = diesel::select(diesel::dsl::sql::<diesel::sql_types::Bool>(
            "current_setting('transaction_read_only') = 'off'",
        ));
        let takes: bool = diesel_async::RunQueryDsl::get_result(asked, self.as_mut()).await?;
        if !takes {
            self.0.0.usage().demote();
        }
        Ok(takes)
    }
}

/// For the queue, which brings its own statements and joins our transactions.
impl AsMut<AsyncPgConnection> for Conn {
    fn as_mut(&mut self) -> &mut AsyncPgConnection {
        &mut self.0
    }
}

/// An open transaction: commit it, or dropping it rolls it back.
pub struct Tx {
    conn: Option<Conn>,
}

impl Tx {
    /// Makes everything that was done visible, or nothing.
    pub async fn commit(mut self) -> Result<(), StorageError> {
        let mut conn = self.take();
        AnsiTransactionManager::commit_transaction(&mut *conn.0).await?;
        Ok(())
    }

    /// Undoes everything now, instead of soon after the guard is dropped.
    pub async fn rollback(mut self) -> Result<(), StorageError> {
        let mut conn = self.take();
        AnsiTransactionManager::rollback_transaction(&mut *conn.0).await?;
        Ok(())
    }

    #[allow(
        clippy::expect_used,
        reason = "only `commit` and `rollback` take it, and both consume the guard"
    )]
    fn take(&mut self) -> Conn {
        self.conn.take().expect("the guard was not consumed")
    }
}

impl Deref for Tx {
    type Target = Conn;

    #[allow(clippy::expect_used, reason = "see `take`")]
    fn deref(&self) -> &Conn {
        self.conn.as_ref().expect("the guard was not consumed")
    }
}

impl DerefMut for Tx {
    #[allow(clippy::expect_used, reason = "see `take`")]
    fn deref_mut(&mut self) -> &mut Conn {
        self.conn.as_mut().expect("the guard was not consumed")
    }
}

impl Drop for Tx {
    /// An early return or a dropped request must not leave locks behind.
    fn drop(&mut self) {
        let (Some(mut conn), Ok(runtime)) =
            (self.conn.take(), tokio::runtime::Handle::try_current())
        else {
            return;
        };
        // In the middle of a statement: giving the connection back closes it, and the server rolls back.
        if conn.0.0.usage().waits_since().is_some() {
            return;
        }
        runtime.spawn(async move {
            let rollback = AnsiTransactionManager::rollback_transaction(&mut *conn.0);
            if !matches!(tokio::time::timeout(TIMEOUT, rollback).await, Ok(Ok(()))) {
                // Not worth keeping: closing it makes the server roll back.
                conn.0.0.cut();
            }
        });
    }
}
