//! `workflow_conversation_variables`, with Dify's columns: what an app remembers of a conversation.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    OptionalExtension as _, QueryableByName,
    sql_types::{Array, BigInt, Nullable, Text, Timestamp, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use gatewright_storage_kit::{Conn, StorageError, Tx, statement};
use uuid::Uuid;

use crate::{conversation_list::Place, to_column};

/// A variable of a conversation.
#[derive(Debug, Clone)]
pub struct VariableRow {
    /// The variable as the app declares it; each conversation has one of it.
    pub id: Uuid,
    /// The conversation that it belongs to.
    pub conversation_id: Uuid,
    /// The app of the conversation.
    pub app_id: Uuid,
    /// A JSON object: the variable with its name, type and value.
    pub data: String,
    /// When it was written, in UTC.
    pub at: DateTime<Utc>,
}

/// Inserts variables. One that is there already keeps its value.
pub async fn insert(conn: &mut Conn, rows: &[VariableRow]) -> Result<(), StorageError> {
    write(
        conn,
        rows,
        "INSERT INTO workflow_conversation_variables (id, conversation_id, app_id, data, created_at, updated_at) \
         SELECT t.id, t.conversation, t.app, t.data, t.at, t.at FROM unnest($1, $2, $3, $4, $5) \
           AS t (id, conversation, app, data, at) ON CONFLICT DO NOTHING",
    )
    .await
}

/// Gives variables new values, each once. What is gone with its conversation does not come back.
pub async fn update(conn: &mut Conn, rows: &[VariableRow]) -> Result<(), StorageError> {
    write(
        conn,
        rows,
        "UPDATE workflow_conversation_variables v SET data = t.data, updated_at = t.at FROM unnest($1, $2, $3, $4, $5) \
           AS t (id, conversation, app, data, at) WHERE v.id = t.id AND v.conversation_id = t.conversation AND v.app_id = t.app",
    )
    .await
}

async fn write(
    conn: &mut Conn,
    rows: &[VariableRow],
    text: &'static str,
) -> Result<(), StorageError> {
    statement(text)
        .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.id).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(
            rows.iter()
                .map(|row| row.conversation_id)
                .collect::<Vec<_>>(),
        )
        .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.app_id).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(rows.iter().map(|row| row.data.as_str()).collect::<Vec<_>>())
        .bind::<Array<Timestamp>, _>(rows.iter().map(|row| to_column(row.at)).collect::<Vec<_>>())
        .execute(conn.as_mut())
        .await?;
    Ok(())
}

/// A variable as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct StoredVariable {
    /// The variable as the app declares it.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// A JSON object: the variable with its name, type and value.
    #[diesel(sql_type = Text)]
    pub data: String,
}

/// All variables of a conversation, in the order in which they were made.
pub async fn list(
    conn: &mut Conn,
    conversation: Uuid,
) -> Result<Vec<StoredVariable>, StorageError> {
    let found = statement(
        "SELECT id, data FROM workflow_conversation_variables WHERE conversation_id = $1 ORDER BY created_at, id",
    )
    .bind::<SqlUuid, _>(conversation)
    .load(conn.as_mut())
    .await?;
    Ok(found)
}

/// A variable with its times.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct TimedVariable {
    /// The variable as the app declares it.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// A JSON object: the variable with its name, type and value.
    #[diesel(sql_type = Text)]
    pub data: String,
    /// When the conversation got it, in UTC.
    #[diesel(sql_type = Timestamp)]
    pub created_at: NaiveDateTime,
    /// When it was last written, in UTC.
    #[diesel(sql_type = Timestamp)]
    pub updated_at: NaiveDateTime,
}

/// The variables of a conversation behind a place, in the order in which they were made.
pub async fn list_part(
    conn: &mut Conn,
    conversation: Uuid,
    after: Option<Place>,
    limit: i64,
) -> Result<Vec<TimedVariable>, StorageError> {
    let found = statement(
        "SELECT id, data, created_at, updated_at FROM workflow_conversation_variables \
         WHERE conversation_id = $1 AND (created_at, id) > (coalesce($2, '-infinity'::timestamp), \
           coalesce($3, '00000000-0000-0000-0000-000000000000'::uuid)) ORDER BY created_at, id LIMIT $4",
    )
    .bind::<SqlUuid, _>(conversation)
    .bind::<Nullable<Timestamp>, _>(after.map(|place| place.at))
    .bind::<Nullable<SqlUuid>, _>(after.map(|place| place.id))
    .bind::<BigInt, _>(limit)
    .load(conn.as_mut())
    .await?;
    Ok(found)
}

/// A variable of a conversation.
pub async fn find(
    conn: &mut Conn,
    conversation: Uuid,
    id: Uuid,
) -> Result<Option<TimedVariable>, StorageError> {
    let found = statement(
        "SELECT id, data, created_at, updated_at FROM workflow_conversation_variables WHERE conversation_id = $1 AND id = $2",
    )
    .bind::<SqlUuid, _>(conversation)
    .bind::<SqlUuid, _>(id)
    .get_result(conn.as_mut())
    .await
    .optional()?;
    Ok(found)
}

/// The same, locked until the transaction ends.
pub async fn find_for_update(
    tx: &mut Tx,
    conversation: Uuid,
    id: Uuid,
) -> Result<Option<TimedVariable>, StorageError> {
    let found = statement(
        "SELECT id, data, created_at, updated_at FROM workflow_conversation_variables WHERE conversation_id = $1 AND id = $2 FOR UPDATE",
    )
    .bind::<SqlUuid, _>(conversation)
    .bind::<SqlUuid, _>(id)
    .get_result(tx.as_mut())
    .await
    .optional()?;
    Ok(found)
}
