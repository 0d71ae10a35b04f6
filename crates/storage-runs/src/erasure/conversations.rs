//! Conversations whose messages are gone, with their variables and pins.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Timestamp, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use gatewright_storage_kit::{Conn, StorageError, Tx, statement};
use uuid::Uuid;

use super::{Id, ids};
use crate::to_column;

/// Conversations of an app.
pub async fn list_of_app(
    conn: &mut Conn,
    app: Uuid,
    limit: i64,
) -> Result<Vec<Uuid>, StorageError> {
    let found = statement("SELECT id FROM conversations WHERE app_id = $1 LIMIT $2")
        .bind::<SqlUuid, _>(app)
        .bind::<BigInt, _>(limit)
        .load::<Id>(conn.as_mut())
        .await?;
    Ok(ids(found))
}

/// Conversations of an end user with an app.
pub async fn list_of_user(
    conn: &mut Conn,
    app: Uuid,
    user: Uuid,
    limit: i64,
) -> Result<Vec<Uuid>, StorageError> {
    let found = statement(
        "SELECT id FROM conversations WHERE app_id = $1 AND from_source = 'api' AND from_end_user_id = $2 LIMIT $3",
    )
    .bind::<SqlUuid, _>(app)
    .bind::<SqlUuid, _>(user)
    .bind::<BigInt, _>(limit)
    .load::<Id>(conn.as_mut())
    .await?;
    Ok(ids(found))
}

/// Those of these conversations that have no message and did not go on since an instant, locked until the transaction ends.
pub async fn lock_empty(
    tx: &mut Tx,
    conversations: &[Uuid],
    before: DateTime<Utc>,
) -> Result<Vec<Uuid>, StorageError> {
    let found = statement(
        "SELECT c.id FROM conversations c WHERE c.id = ANY ($1) AND c.updated_at < $2 \
           AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.conversation_id = c.id) ORDER BY c.id FOR UPDATE",
    )
    .bind::<Array<SqlUuid>, _>(conversations)
    .bind::<Timestamp, _>(to_column(before))
    .load::<Id>(tx.as_mut())
    .await?;
    Ok(ids(found))
}

/// Deletes conversations with their variables and pins.
pub async fn delete(tx: &mut Tx, conversations: &[Uuid]) -> Result<usize, StorageError> {
    let gone = statement(
        "WITH gone AS (SELECT id, app_id FROM conversations WHERE id = ANY ($1)), \
           variables AS (DELETE FROM workflow_conversation_variables v USING gone WHERE v.conversation_id = gone.id), \
           pins AS (DELETE FROM pinned_conversations p USING gone WHERE p.app_id = gone.app_id AND p.conversation_id = gone.id) \
         DELETE FROM conversations c USING gone WHERE c.id = gone.id",
    )
    .bind::<Array<SqlUuid>, _>(conversations)
    .execute(tx.as_mut())
    .await?;
    Ok(gone)
}
