//! `messages` as lists show them: those of one conversation, a page at a time from the newest back.

use chrono::NaiveDateTime;
use diesel::{
    OptionalExtension as _, QueryableByName,
    sql_types::{Array, BigInt, Nullable, Text, Timestamp, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use gatewright_storage_kit::{Conn, StorageError, statement};
use uuid::Uuid;

use crate::{conversation_list::Place, run::Creator};

/// A message as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Listed {
    /// Primary key of `messages`.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// The conversation that it is part of.
    #[diesel(sql_type = SqlUuid)]
    pub conversation_id: Uuid,
    /// The message that it follows; the nil id: whichever came before; none: it begins a thread.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub parent_message_id: Option<Uuid>,
    /// A JSON object.
    #[diesel(sql_type = Text)]
    pub inputs: String,
    /// What was asked.
    #[diesel(sql_type = Text)]
    pub query: String,
    /// What was answered; empty when nothing was.
    #[diesel(sql_type = Text)]
    pub answer: String,
    /// `normal`, `error`, or `paused` while the run waits for a person.
    #[diesel(sql_type = Text)]
    pub status: String,
    /// Why there is no answer.
    #[diesel(sql_type = Nullable<Text>)]
    pub error: Option<String>,
    /// A JSON object: usage, citations.
    #[diesel(sql_type = Nullable<Text>)]
    pub metadata: Option<String>,
    /// The run that answered.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub run_id: Option<Uuid>,
    /// When it was asked, in UTC.
    #[diesel(sql_type = Timestamp)]
    pub created_at: NaiveDateTime,
}

/// The columns of [`Listed`] in a statement whose `m` is `messages`.
macro_rules! listed_columns {
    () => {
        "m.id, m.conversation_id, m.parent_message_id, m.inputs::text AS inputs, m.query, m.answer, m.status, m.error, \
           m.message_metadata AS metadata, m.workflow_run_id AS run_id, m.created_at"
    };
}

pub(crate) use listed_columns;

/// The messages of a conversation before a place, the newest first; without a place the latest. Whose conversation it is is the
/// caller's business.
pub async fn list_before(
    conn: &mut Conn,
    conversation: Uuid,
    before: Option<Place>,
    limit: i64,
) -> Result<Vec<Listed>, StorageError> {
    let found = statement(concat!(
        "SELECT ",
        listed_columns!(),
        " FROM messages m WHERE m.conversation_id = $1 AND (m.created_at, m.id) < (coalesce($2, 'infinity'::timestamp), \
           coalesce($3, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)) \
         ORDER BY m.created_at DESC, m.id DESC LIMIT $4",
    ))
    .bind::<SqlUuid, _>(conversation)
    .bind::<Nullable<Timestamp>, _>(before.map(|place| place.at))
    .bind::<Nullable<SqlUuid>, _>(before.map(|place| place.id))
    .bind::<BigInt, _>(limit)
    .load(conn.as_mut())
    .await?;
    Ok(found)
}

/// Messages by their ids, in no order. Whose they are is the caller's business.
pub async fn list_by_ids(conn: &mut Conn, ids: &[Uuid]) -> Result<Vec<Listed>, StorageError> {
    let found = statement(concat!(
        "SELECT ",
        listed_columns!(),
        " FROM messages m WHERE m.id = ANY ($1)",
    ))
    .bind::<Array<SqlUuid>, _>(ids.to_vec())
    .load(conn.as_mut())
    .await?;
    Ok(found)
}

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct Found {
    /// The conversation that it is part of.
    #[diesel(sql_type = SqlUuid)]
    pub conversation_id: Uuid,
    /// When it was asked, in UTC.
    #[diesel(sql_type = Timestamp)]
    pub created_at: NaiveDateTime,
}

/// A message of an app, for the account or end user whose conversation it is part of; none of one that was deleted.
pub async fn find(
    conn: &mut Conn,
    app: Uuid,
    creator: Creator,
    id: Uuid,
) -> Result<Option<Found>, StorageError> {
    let found = statement(
        "SELECT m.conversation_id, m.created_at FROM messages m JOIN conversations c ON c.id = m.conversation_id \
         WHERE m.id = $1 AND m.app_id = $2 AND m.from_end_user_id IS NOT DISTINCT FROM $3 \
           AND m.from_account_id IS NOT DISTINCT FROM $4 AND NOT c.is_deleted",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<SqlUuid, _>(app)
    .bind::<Nullable<SqlUuid>, _>(creator.end_user())
    .bind::<Nullable<SqlUuid>, _>(creator.account())
    .get_result(conn.as_mut())
    .await
    .optional()?;
    Ok(found)
}

#[derive(QueryableByName)]
struct Query {
    #[diesel(sql_type = Text)]
    query: String,
}

/// What a conversation began with: the question of its first message.
pub async fn find_first_query(
    conn: &mut Conn,
    conversation: Uuid,
) -> Result<Option<String>, StorageError> {
    let found: Option<Query> = statement(
        "SELECT query FROM messages WHERE conversation_id = $1 ORDER BY created_at, id LIMIT 1",
    )
    .bind::<SqlUuid, _>(conversation)
    .get_result(conn.as_mut())
    .await
    .optional()?;
    Ok(found.map(|row| row.query))
}
