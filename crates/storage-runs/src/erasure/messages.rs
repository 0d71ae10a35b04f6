//! Messages with their files, feedback and what else hangs on them.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Timestamp, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use gatewright_storage_kit::{Conn, StorageError, Tx, statement};
use uuid::Uuid;

use super::{Aged, Id, ids};
use crate::to_column;

/// Messages from before an instant, the oldest first, behind one of them. One that a run works on, or that waits for a person, is not
/// due.
pub async fn list_before(
    conn: &mut Conn,
    before: DateTime<Utc>,
    after: Aged,
    limit: i64,
) -> Result<Vec<Aged>, StorageError> {
    let found = statement(
        "SELECT m.id, m.created_at, NOT EXISTS (SELECT 1 FROM gatewright_run_leases l WHERE l.run_id = m.workflow_run_id) AS is_due \
         FROM messages m WHERE m.created_at < $1 AND (m.created_at, m.id) > ($2, $3) ORDER BY m.created_at, m.id LIMIT $4",
    )
    .bind::<Timestamp, _>(to_column(before))
    .bind::<Timestamp, _>(after.created_at)
    .bind::<SqlUuid, _>(after.id)
    .bind::<BigInt, _>(limit)
    .load(conn.as_mut())
    .await?;
    Ok(found)
}

/// Messages of an app.
pub async fn list_of_app(
    conn: &mut Conn,
    app: Uuid,
    limit: i64,
) -> Result<Vec<Uuid>, StorageError> {
    let found = statement("SELECT id FROM messages WHERE app_id = $1 LIMIT $2")
        .bind::<SqlUuid, _>(app)
        .bind::<BigInt, _>(limit)
        .load::<Id>(conn.as_mut())
        .await?;
    Ok(ids(found))
}

/// Messages of an end user with an app.
pub async fn list_of_user(
    conn: &mut Conn,
    app: Uuid,
    user: Uuid,
    limit: i64,
) -> Result<Vec<Uuid>, StorageError> {
    let found = statement(
        "SELECT id FROM messages WHERE app_id = $1 AND from_source = 'api' AND from_end_user_id = $2 LIMIT $3",
    )
    .bind::<SqlUuid, _>(app)
    .bind::<SqlUuid, _>(user)
    .bind::<BigInt, _>(limit)
    .load::<Id>(conn.as_mut())
    .await?;
    Ok(ids(found))
}

/// The conversations that these messages are in.
pub async fn list_conversations(
    conn: &mut Conn,
    messages: &[Uuid],
) -> Result<Vec<Uuid>, StorageError> {
    let found =
        statement("SELECT DISTINCT conversation_id AS id FROM messages WHERE id = ANY ($1)")
            .bind::<Array<SqlUuid>, _>(messages)
            .load::<Id>(conn.as_mut())
            .await?;
    Ok(ids(found))
}

/// Deletes messages. What owners of the app made of them, their annotations, stays. Returns the files that came with them.
pub async fn delete(tx: &mut Tx, messages: &[Uuid]) -> Result<Vec<Uuid>, StorageError> {
    let files = statement(
        "WITH files AS (DELETE FROM message_files WHERE message_id = ANY ($1) RETURNING upload_file_id), \
           feedbacks AS (DELETE FROM message_feedbacks WHERE message_id = ANY ($1)), \
           saved AS (DELETE FROM saved_messages WHERE message_id = ANY ($1)), \
           hits AS (DELETE FROM app_annotation_hit_histories WHERE message_id = ANY ($1)), \
           contents AS (DELETE FROM execution_extra_contents WHERE message_id = ANY ($1)), \
           gone AS (DELETE FROM messages WHERE id = ANY ($1)) \
         SELECT DISTINCT upload_file_id AS id FROM files WHERE upload_file_id IS NOT NULL",
    )
    .bind::<Array<SqlUuid>, _>(messages)
    .load::<Id>(tx.as_mut())
    .await?;
    Ok(ids(files))
}

/// Deletes what owners of an app made of messages: annotations, which hold the question.
pub async fn delete_annotations(tx: &mut Tx, messages: &[Uuid]) -> Result<usize, StorageError> {
    let gone = statement("DELETE FROM message_annotations WHERE message_id = ANY ($1)")
        .bind::<Array<SqlUuid>, _>(messages)
        .execute(tx.as_mut())
        .await?;
    Ok(gone)
}
