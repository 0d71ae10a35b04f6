//! The question that a conversation began with; conversations of apps that answer one question at a time have no other.

use diesel::{
    QueryableByName,
    sql_types::{Array, Text, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use gatewright_storage_kit::{Conn, StorageError, statement};
use uuid::Uuid;

/// The first question of a conversation, and its answer.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct FirstMessage {
    /// Primary key of `messages`.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// The conversation that began with it.
    #[diesel(sql_type = SqlUuid)]
    pub conversation_id: Uuid,
    /// The caller's inputs: a JSON object.
    #[diesel(sql_type = Text)]
    pub inputs: String,
    /// What was asked.
    #[diesel(sql_type = Text)]
    pub query: String,
    /// What was sent to a model: JSON.
    #[diesel(sql_type = Text)]
    pub message: String,
    /// What was answered.
    #[diesel(sql_type = Text)]
    pub answer: String,
}

/// The first messages of these conversations, in no order; none of a conversation without any.
pub async fn list(
    conn: &mut Conn,
    conversations: &[Uuid],
) -> Result<Vec<FirstMessage>, StorageError> {
    let rows = statement(
        "SELECT m.id, m.conversation_id, m.inputs, m.query, m.message, m.answer FROM unnest($1) AS c (id) \
         CROSS JOIN LATERAL (SELECT m.id, m.conversation_id, m.inputs::text AS inputs, m.query, m.message::text AS message, m.answer \
           FROM messages m WHERE m.conversation_id = c.id ORDER BY m.created_at, m.id LIMIT 1) m",
    )
    .bind::<Array<SqlUuid>, _>(conversations)
    .load(conn.as_mut())
    .await?;
    Ok(rows)
}
