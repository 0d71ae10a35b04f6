//! `gatewright_pending_contents`: keys of contents that are being written. One whose file got its row is not pending any more; what is left
//! belongs to no file, because its server ended in between.

use chrono::{DateTime, Utc};
use diesel::{
    QueryableByName,
    sql_types::{BigInt, Text, Timestamptz},
};
use diesel_async::RunQueryDsl;
use gatewright_storage_kit::{Conn, StorageError, Tx, statement};

#[derive(QueryableByName)]
struct Key {
    #[diesel(sql_type = Text)]
    key: String,
}

/// Notes that content is about to be written.
pub async fn insert(conn: &mut Conn, key: &str, at: DateTime<Utc>) -> Result<(), StorageError> {
    statement(
        "INSERT INTO gatewright_pending_contents (key, begun_at) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING",
    )
    .bind::<Text, _>(key)
    .bind::<Timestamptz, _>(at)
    .execute(conn.as_mut())
    .await?;
    Ok(())
}

/// The content has its row.
pub(crate) async fn settle(conn: &mut Conn, key: &str) -> Result<(), StorageError> {
    statement("DELETE FROM gatewright_pending_contents WHERE key = $1")
        .bind::<Text, _>(key)
        .execute(conn.as_mut())
        .await?;
    Ok(())
}

/// Forgets at most `limit` keys of contents that were begun before an instant and never got a row. The caller has them deleted.
pub async fn delete_begun_before(
    tx: &mut Tx,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<String>, StorageError> {
    let gone = statement(
        "DELETE FROM gatewright_pending_contents WHERE key IN \
           (SELECT key FROM gatewright_pending_contents WHERE begun_at < $1 ORDER BY begun_at LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING key",
    )
    .bind::<Timestamptz, _>(before)
    .bind::<BigInt, _>(limit)
    .load::<Key>(tx.as_mut())
    .await?;
    Ok(gone.into_iter().map(|row| row.key).collect())
}
