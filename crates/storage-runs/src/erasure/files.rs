//! Files that end users uploaded and that their runs made: `upload_files` and `tool_files`, whose contents are elsewhere. Files of accounts
//! are those of people, and stay.

use chrono::{DateTime, Utc};
use diesel::{
    OptionalExtension as _, QueryableByName,
    sql_types::{Array, BigInt, Text, Timestamp, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use gatewright_storage_kit::{Conn, StorageError, Tx, statement};
use uuid::Uuid;

use super::{Aged, Key, keys};
use crate::to_column;

/// Deletes those of these files that end users uploaded, or that their runs made, and that no message has any more.
pub async fn delete_unattached(tx: &mut Tx, files: &[Uuid]) -> Result<Vec<String>, StorageError> {
    let gone = statement(
        "WITH free AS (SELECT t.id FROM unnest($1) AS t (id) \
             WHERE NOT EXISTS (SELECT 1 FROM message_files f WHERE f.upload_file_id = t.id)), \
           uploads AS (DELETE FROM upload_files u USING free WHERE u.id = free.id AND u.created_by_role = 'end_user' RETURNING u.key), \
           made AS (DELETE FROM tool_files t USING free \
             WHERE t.id = free.id AND EXISTS (SELECT 1 FROM end_users e WHERE e.id = t.user_id) RETURNING t.file_key AS key) \
         SELECT key FROM uploads UNION SELECT key FROM made",
    )
    .bind::<Array<SqlUuid>, _>(files)
    .load::<Key>(tx.as_mut())
    .await?;
    Ok(keys(gone))
}

/// Deletes files that held values of nodes too large for a row.
pub async fn delete_of_nodes(tx: &mut Tx, files: &[Uuid]) -> Result<Vec<String>, StorageError> {
    let gone = statement("DELETE FROM upload_files WHERE id = ANY ($1) RETURNING key")
        .bind::<Array<SqlUuid>, _>(files)
        .load::<Key>(tx.as_mut())
        .await?;
    Ok(keys(gone))
}

/// Deletes at most `limit` files of each kind that are of these end users.
pub async fn delete_of_users(
    tx: &mut Tx,
    users: &[Uuid],
    limit: i64,
) -> Result<Vec<String>, StorageError> {
    let gone = statement(
        "WITH uploads AS (DELETE FROM upload_files WHERE id IN \
             (SELECT id FROM upload_files WHERE created_by = ANY ($1) AND created_by_role = 'end_user' LIMIT $2) RETURNING key), \
           made AS (DELETE FROM tool_files WHERE id IN (SELECT id FROM tool_files WHERE user_id = ANY ($1) LIMIT $2) \
             RETURNING file_key AS key) \
         SELECT key FROM uploads UNION ALL SELECT key FROM made",
    )
    .bind::<Array<SqlUuid>, _>(users)
    .bind::<BigInt, _>(limit)
    .load::<Key>(tx.as_mut())
    .await?;
    Ok(keys(gone))
}

/// What end users uploaded before an instant, the oldest first, behind one of them. What a message has is not due.
pub async fn list_before(
    conn: &mut Conn,
    before: DateTime<Utc>,
    after: Aged,
    limit: i64,
) -> Result<Vec<Aged>, StorageError> {
    let found = statement(
        "SELECT u.id, u.created_at, NOT EXISTS (SELECT 1 FROM message_files f WHERE f.upload_file_id = u.id) AS is_due \
         FROM upload_files u WHERE u.created_by_role = 'end_user' AND u.created_at < $1 AND (u.created_at, u.id) > ($2, $3) \
         ORDER BY u.created_at, u.id LIMIT $4",
    )
    .bind::<Timestamp, _>(to_column(before))
    .bind::<Timestamp, _>(after.created_at)
    .bind::<SqlUuid, _>(after.id)
    .bind::<BigInt, _>(limit)
    .load(conn.as_mut())
    .await?;
    Ok(found)
}

/// A file of an end user, and where its content is.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct KeptFile {
    /// Primary key of `upload_files` or `tool_files`.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// The key in the object store.
    #[diesel(sql_type = Text)]
    pub key: String,
    /// The name that it came with.
    #[diesel(sql_type = Text)]
    pub name: String,
}

/// The first file of an end user behind one, in the order of ids.
pub async fn find_of_user(
    conn: &mut Conn,
    user: Uuid,
    after: Uuid,
) -> Result<Option<KeptFile>, StorageError> {
    let found = statement(
        "(SELECT id, key, name FROM upload_files WHERE created_by = $1 AND created_by_role = 'end_user' AND id > $2 ORDER BY id LIMIT 1) \
         UNION ALL (SELECT id, file_key AS key, name FROM tool_files WHERE user_id = $1 AND id > $2 ORDER BY id LIMIT 1) \
         ORDER BY id LIMIT 1",
    )
    .bind::<SqlUuid, _>(user)
    .bind::<SqlUuid, _>(after)
    .get_result(conn.as_mut())
    .await
    .optional()?;
    Ok(found)
}
