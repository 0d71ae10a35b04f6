//! The pool and the transaction guard, which keep diesel out of the use-cases.

use std::{
    ops::{Deref, DerefMut},
    time::Duration,
};

use deadpool::managed::Timeouts;
use diesel_async::{
    AnsiTransactionManager, AsyncPgConnection, TransactionManager as _,
    pooled_connection::{
        AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
        deadpool::{self as diesel_deadpool},
    },
};
use futures_util::FutureExt as _;
use gatewright_domain::error::Unavailable;

use crate::{connect::connect, error::StorageError, settings::DbSettings};

/// To connect, to get a connection, and to be answered: each at most this long.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Connections to PostgreSQL, shared by everything in the process. Cheap to clone.
#[derive(Clone)]
pub struct Pool(diesel_deadpool::Pool<AsyncPgConnection>);

impl Pool {
    /// Makes a pool. Nothing is connected yet.
    pub fn new(settings: &DbSettings) -> Result<Self, Unavailable> {
        let config = settings
            .config()
            .map_err(|e| Unavailable::new("postgres", e))?;
        let mut manager = ManagerConfig::default();
        manager.recycling_method = RecyclingMethod::Fast;
        manager.custom_setup = Box::new(move |_| connect(config.clone()).boxed());
        let manager = AsyncDieselConnectionManager::new_with_config("", manager);
        let pool = diesel_deadpool::Pool::builder(manager)
            .max_size(settings.pool_size as usize)
            .timeouts(Timeouts {
                wait: Some(TIMEOUT),
                create: Some(TIMEOUT),
                recycle: Some(TIMEOUT),
            })
            .runtime(deadpool::Runtime::Tokio1)
            .build()
            .map_err(|e| Unavailable::new("postgres", e))?;
        Ok(Self(pool))
    }

    /// A connection for single statements.
    pub async fn get(&self) -> Result<Conn, Unavailable> {
        self.0
            .get()
            .await
            .map(Conn)
            .map_err(|e| Unavailable::new("postgres", e))
    }

    /// A connection with an open transaction.
    pub async fn begin(&self) -> Result<Tx, StorageError> {
        let mut conn = self.get().await?;
        AnsiTransactionManager::begin_transaction(&mut *conn.0).await?;
        Ok(Tx { conn: Some(conn) })
    }

    /// Closes every connection.
    pub fn close(&self) {
        self.0.close();
    }
}

/// A connection from the pool.
pub struct Conn(pub(crate) diesel_deadpool::Object<AsyncPgConnection>);

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
        runtime.spawn(async move {
            let rollback = AnsiTransactionManager::rollback_transaction(&mut *conn.0);
            if !matches!(tokio::time::timeout(TIMEOUT, rollback).await, Ok(Ok(()))) {
                // Not worth keeping: closing it makes the server roll back.
                drop(deadpool::managed::Object::take(conn.0));
            }
        });
    }
}
