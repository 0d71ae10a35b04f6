//! `pinned_conversations` and `saved_messages`: what a user of an app keeps at hand. Dify's tables have no constraint that makes a row
//! unique, so a lock does.

use chrono::{DateTime, Utc};
use diesel::{
    OptionalExtension as _, QueryableByName,
    sql_types::{BigInt, Nullable, Text, Timestamp, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use gatewright_storage_kit::{Conn, StorageError, Tx, statement};
use uuid::Uuid;

use crate::{conversation_list::Place, run::Creator, to_column};

/// A row that may come to be.
#[derive(Debug, Clone, Copy)]
pub struct NewPin {
    /// Its primary key.
    pub id: Uuid,
    /// The app that is talked to.
    pub app_id: Uuid,
    /// The conversation or message.
    pub target: Uuid,
    /// Who keeps it.
    pub creator: Creator,
    /// When, in UTC.
    pub at: DateTime<Utc>,
}

async fn insert(
    tx: &mut Tx,
    lock: &'static str,
    insert: &'static str,
    new: &NewPin,
) -> Result<(), StorageError> {
    statement(lock)
        .bind::<SqlUuid, _>(new.target)
        .execute(tx.as_mut())
        .await?;
    statement(insert)
        .bind::<SqlUuid, _>(new.id)
        .bind::<SqlUuid, _>(new.app_id)
        .bind::<SqlUuid, _>(new.target)
        .bind::<Text, _>(new.creator.role())
        .bind::<SqlUuid, _>(new.creator.id())
        .bind::<Timestamp, _>(to_column(new.at))
        .execute(tx.as_mut())
        .await?;
    Ok(())
}

/// Pins a conversation, unless it is.
pub async fn insert_conversation(tx: &mut Tx, new: &NewPin) -> Result<(), StorageError> {
    let text = "INSERT INTO pinned_conversations (id, app_id, conversation_id, created_by_role, created_by, created_at) \
         SELECT $1, $2, $3, $4, $5, $6 WHERE NOT EXISTS (SELECT FROM pinned_conversations \
           WHERE app_id = $2 AND conversation_id = $3 AND created_by_role = $4 AND created_by = $5)";
    let lock = "SELECT id FROM conversations WHERE id = $1 FOR NO KEY UPDATE";
    insert(tx, lock, text, new).await
}

/// Keeps a message, unless it is kept.
pub async fn insert_message(tx: &mut Tx, new: &NewPin) -> Result<(), StorageError> {
    let text = "INSERT INTO saved_messages (id, app_id, message_id, created_by_role, created_by, created_at) \
         SELECT $1, $2, $3, $4, $5, $6 WHERE NOT EXISTS (SELECT FROM saved_messages \
           WHERE app_id = $2 AND message_id = $3 AND created_by_role = $4 AND created_by = $5)";
    let lock = "SELECT id FROM messages WHERE id = $1 FOR NO KEY UPDATE";
    insert(tx, lock, text, new).await
}

async fn delete(
    conn: &mut Conn,
    text: &'static str,
    app: Uuid,
    creator: Creator,
    target: Uuid,
) -> Result<(), StorageError> {
    statement(text)
        .bind::<SqlUuid, _>(app)
        .bind::<SqlUuid, _>(target)
        .bind::<Text, _>(creator.role())
        .bind::<SqlUuid, _>(creator.id())
        .execute(conn.as_mut())
        .await?;
    Ok(())
}

/// Lets a conversation take its place among the others again.
pub async fn delete_conversation(
    conn: &mut Conn,
    app: Uuid,
    creator: Creator,
    id: Uuid,
) -> Result<(), StorageError> {
    let text = "DELETE FROM pinned_conversations \
         WHERE app_id = $1 AND conversation_id = $2 AND created_by_role = $3 AND created_by = $4";
    delete(conn, text, app, creator, id).await
}

/// Keeps a message no longer.
pub async fn delete_message(
    conn: &mut Conn,
    app: Uuid,
    creator: Creator,
    id: Uuid,
) -> Result<(), StorageError> {
    let text = "DELETE FROM saved_messages \
         WHERE app_id = $1 AND message_id = $2 AND created_by_role = $3 AND created_by = $4";
    delete(conn, text, app, creator, id).await
}

#[derive(QueryableByName)]
struct Kept {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Timestamp)]
    at: chrono::NaiveDateTime,
}

/// Where a message stands among those that are kept.
pub async fn find_message(
    conn: &mut Conn,
    app: Uuid,
    creator: Creator,
    id: Uuid,
) -> Result<Option<Place>, StorageError> {
    let found: Option<Kept> = statement(
        "SELECT message_id AS id, created_at AS at FROM saved_messages \
         WHERE app_id = $1 AND message_id = $2 AND created_by_role = $3 AND created_by = $4 ORDER BY created_at LIMIT 1",
    )
    .bind::<SqlUuid, _>(app)
    .bind::<SqlUuid, _>(id)
    .bind::<Text, _>(creator.role())
    .bind::<SqlUuid, _>(creator.id())
    .get_result(conn.as_mut())
    .await
    .optional()?;
    Ok(found.map(|kept| Place {
        at: kept.at,
        id: kept.id,
    }))
}

/// The messages that somebody keeps, the last kept first, from a place on; none of conversations that were deleted.
pub async fn list_messages(
    conn: &mut Conn,
    app: Uuid,
    creator: Creator,
    after: Option<Place>,
    limit: i64,
) -> Result<Vec<Uuid>, StorageError> {
    let found: Vec<Kept> = statement(
        "SELECT s.message_id AS id, s.created_at AS at FROM saved_messages s \
           JOIN messages m ON m.id = s.message_id JOIN conversations c ON c.id = m.conversation_id \
         WHERE s.app_id = $1 AND s.created_by_role = $2 AND s.created_by = $3 AND m.app_id = $1 AND NOT c.is_deleted \
           AND (s.created_at, s.message_id) < (coalesce($4, 'infinity'::timestamp), \
             coalesce($5, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)) \
         ORDER BY s.created_at DESC, s.message_id DESC LIMIT $6",
    )
    .bind::<SqlUuid, _>(app)
    .bind::<Text, _>(creator.role())
    .bind::<SqlUuid, _>(creator.id())
    .bind::<Nullable<Timestamp>, _>(after.map(|place| place.at))
    .bind::<Nullable<SqlUuid>, _>(after.map(|place| place.id))
    .bind::<BigInt, _>(limit)
    .load(conn.as_mut())
    .await?;
    Ok(found.into_iter().map(|kept| kept.id).collect())
}
