//! Who migrates: one at a time. The lock is taken inside the transaction that it protects, so it cannot
//! stay behind on a server connection that a pooler hands to somebody else.

use std::time::Duration;

use diesel::{
    QueryableByName,
    sql_types::{BigInt, Text},
};
use diesel_async::{
    AnsiTransactionManager, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection as _,
    TransactionManager as _,
};

use super::{MigrateError, longest};
use crate::settings::DbSettings;

/// Any number; it only has to be the same in every process.
const LOCK: i64 = 0x6761_7465_6d69_6772;
const RETRY: Duration = Duration::from_millis(500);

/// Begins a transaction that holds the lock.
pub(super) async fn begin_locked(
    conn: &mut AsyncPgConnection,
    settings: &DbSettings,
) -> Result<(), MigrateError> {
    let seconds = settings.migration_lock_seconds;
    let attempts = u64::from(seconds) * 1000 / u64::try_from(RETRY.as_millis()).unwrap_or(1);
    for attempt in 0..=attempts {
        AnsiTransactionManager::begin_transaction(&mut *conn).await?;
        if try_lock(conn).await? {
            conn.batch_execute(&limits(settings)).await?;
            return Ok(());
        }
        AnsiTransactionManager::rollback_transaction(&mut *conn).await?;
        if attempt < attempts {
            tokio::time::sleep(RETRY).await;
        }
    }
    Err(MigrateError::Locked {
        owner: owner(conn).await,
        seconds,
    })
}

/// Of this transaction only: index builds take longer than a request may; a table that is in use is not
/// waited for longer than its users can wait for us; and when nobody hears from us any more, the server
/// gives up, and with it the lock.
fn limits(settings: &DbSettings) -> String {
    format!(
        "SET LOCAL statement_timeout = '{}s'; SET LOCAL lock_timeout = 10000; \
         SET LOCAL idle_in_transaction_session_timeout = 10000",
        longest(settings).as_secs()
    )
}

async fn try_lock(conn: &mut AsyncPgConnection) -> diesel::QueryResult<bool> {
    #[derive(QueryableByName)]
    struct Locked {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        locked: bool,
    }
    let answer: Locked = diesel::sql_query("SELECT pg_try_advisory_xact_lock($1) AS locked")
        .bind::<BigInt, _>(LOCK)
        .get_result(conn)
        .await?;
    Ok(answer.locked)
}

async fn owner(conn: &mut AsyncPgConnection) -> String {
    #[derive(QueryableByName)]
    struct Owner {
        #[diesel(sql_type = Text)]
        owner: String,
    }
    let query = "SELECT a.application_name || ' from ' || coalesce(host(a.client_addr), 'this machine') AS owner \
                 FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid \
                 WHERE l.locktype = 'advisory' AND l.granted AND a.datname = current_database() \
                 AND ((l.classid::bigint << 32) | l.objid::bigint) = $1";
    let owner: Result<Owner, _> = diesel::sql_query(query)
        .bind::<BigInt, _>(LOCK)
        .get_result(conn)
        .await;
    owner.map_or_else(|_| "owner unknown".into(), |owner| owner.owner)
}
