//! `dify_setups`: whether the installation was set up.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::schema::{dify_setups, tenants};
use crate::to_column;
use gatewright_storage_kit::{Conn, StorageError};

/// Any number; it only has to be the same in every process.
const SETUP_LOCK: i64 = 0x6761_7465_7365_7475;

/// When it was set up, if it was.
pub async fn find_setup(conn: &mut Conn) -> Result<Option<DateTime<Utc>>, StorageError> {
    let at: Option<NaiveDateTime> = dify_setups::table
        .select(dify_setups::setup_at)
        .order(dify_setups::setup_at.asc())
        .first(conn.as_mut())
        .await
        .optional()?;
    Ok(at.map(|at| at.and_utc()))
}

/// Whether any workspace exists.
pub async fn has_workspace(conn: &mut Conn) -> Result<bool, StorageError> {
    Ok(
        diesel::select(diesel::dsl::exists(tenants::table.select(tenants::id)))
            .get_result(conn.as_mut())
            .await?,
    )
}

/// Waits until this transaction is the only one that sets up. Released with the transaction.
pub async fn lock_setup(conn: &mut Conn) -> Result<(), StorageError> {
    diesel::sql_query("SELECT pg_advisory_xact_lock($1)")
        .bind::<diesel::sql_types::BigInt, _>(SETUP_LOCK)
        .execute(conn.as_mut())
        .await?;
    Ok(())
}

/// Notes that it was set up.
pub async fn insert_setup(
    conn: &mut Conn,
    version: &str,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    diesel::insert_into(dify_setups::table)
        .values((
            dify_setups::version.eq(version),
            dify_setups::setup_at.eq(to_column(at)),
        ))
        .execute(conn.as_mut())
        .await?;
    Ok(())
}

/// What the database says about itself.
#[derive(Debug, Clone, QueryableByName)]
pub struct Facts {
    /// As the server counts: 160002 is 16.2.
    #[diesel(sql_type = diesel::sql_types::Int4)]
    pub version: i32,
    /// What time the server believes it is.
    #[diesel(sql_type = diesel::sql_types::Timestamptz)]
    pub now: DateTime<Utc>,
    /// Whether it is a replica, or takes no writes.
    #[diesel(sql_type = diesel::sql_types::Bool)]
    pub is_read_only: bool,
    /// How many connections it takes.
    #[diesel(sql_type = diesel::sql_types::Int4)]
    pub max_connections: i32,
}

/// Asks the server for its facts, in one query.
pub async fn find_facts(conn: &mut Conn) -> Result<Facts, StorageError> {
    Ok(diesel::sql_query(
        "SELECT current_setting('server_version_num')::int4 AS version, clock_timestamp() AS now, \
         (pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on') AS is_read_only, \
         current_setting('max_connections')::int4 AS max_connections",
    )
    .get_result(conn.as_mut())
    .await?)
}
