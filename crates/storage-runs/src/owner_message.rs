//! `messages` as owners of an app look at them: what lists for users have, what it cost, and what people say of it.

use chrono::NaiveDateTime;
use diesel::{
    OptionalExtension as _, QueryableByName,
    sql_types::{Array, Double, Integer, Nullable, Text, Timestamp, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use gatewright_storage_kit::{Conn, StorageError, statement};
use uuid::Uuid;

use crate::{
    message_list::{Listed, listed_columns},
    people::{By, account_columns},
    run::Creator,
};

/// A message, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
struct Found {
    #[diesel(embed)]
    listed: Listed,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    from_end_user_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    from_account_id: Option<Uuid>,
}

/// A message of an app, whoever's it is; none of a conversation that was deleted.
pub async fn find(
    conn: &mut Conn,
    app: Uuid,
    id: Uuid,
) -> Result<Option<(Listed, Creator)>, StorageError> {
    let found: Option<Found> = statement(concat!(
        "SELECT ",
        listed_columns!(),
        ", m.from_end_user_id, m.from_account_id FROM messages m JOIN conversations c ON c.id = m.conversation_id \
         WHERE m.id = $1 AND m.app_id = $2 AND NOT c.is_deleted",
    ))
    .bind::<SqlUuid, _>(id)
    .bind::<SqlUuid, _>(app)
    .get_result(conn.as_mut())
    .await
    .optional()?;
    let whose = |row: Found| {
        let creator = Creator::of_columns(row.from_end_user_id, row.from_account_id);
        (row.listed, creator)
    };
    Ok(found.map(whose))
}

/// What a message cost, and what was sent to a model.
#[derive(Debug, Clone, PartialEq, QueryableByName)]
pub struct MessageCost {
    /// Primary key of `messages`.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// What was sent to a model: JSON.
    #[diesel(sql_type = Text)]
    pub message: String,
    /// Tokens of it.
    #[diesel(sql_type = Integer)]
    pub message_tokens: i32,
    /// Tokens of the answer.
    #[diesel(sql_type = Integer)]
    pub answer_tokens: i32,
    /// Seconds to the end of the answer.
    #[diesel(sql_type = Double)]
    pub latency: f64,
    /// `api` or `console`.
    #[diesel(sql_type = Text)]
    pub from_source: String,
    /// The end user who asked.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub from_end_user_id: Option<Uuid>,
    /// The account who asked.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub from_account_id: Option<Uuid>,
}

/// What these messages cost, in no order.
pub async fn list_costs(
    conn: &mut Conn,
    messages: &[Uuid],
) -> Result<Vec<MessageCost>, StorageError> {
    let rows = statement(
        "SELECT id, message::text AS message, message_tokens, answer_tokens, provider_response_latency AS latency, from_source, \
           from_end_user_id, from_account_id FROM messages WHERE id = ANY ($1)",
    )
    .bind::<Array<SqlUuid>, _>(messages)
    .load(conn.as_mut())
    .await?;
    Ok(rows)
}

/// What somebody says of a message.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct MessageOpinion {
    /// The message that it is about.
    #[diesel(sql_type = SqlUuid)]
    pub message_id: Uuid,
    /// `like` or `dislike`.
    #[diesel(sql_type = Text)]
    pub rating: String,
    /// In their own words.
    #[diesel(sql_type = Nullable<Text>)]
    pub content: Option<String>,
    /// `user` or `admin`.
    #[diesel(sql_type = Text)]
    pub from_source: String,
    /// The end user who says it.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub from_end_user_id: Option<Uuid>,
    /// The account that says it.
    #[diesel(embed)]
    pub by: By,
}

/// What people say of these messages, in the order in which they said it.
pub async fn list_opinions(
    conn: &mut Conn,
    messages: &[Uuid],
) -> Result<Vec<MessageOpinion>, StorageError> {
    let rows = statement(concat!(
        "SELECT f.message_id, f.rating, f.content, f.from_source, f.from_end_user_id, ",
        account_columns!(),
        " FROM message_feedbacks f LEFT JOIN accounts a ON a.id = f.from_account_id \
         WHERE f.message_id = ANY ($1) ORDER BY f.created_at, f.id",
    ))
    .bind::<Array<SqlUuid>, _>(messages)
    .load(conn.as_mut())
    .await?;
    Ok(rows)
}

/// An annotation of a message.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct MessageAnnotation {
    /// The message that has it.
    #[diesel(sql_type = SqlUuid)]
    pub message_id: Uuid,
    /// Primary key of `message_annotations`.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// What is asked.
    #[diesel(sql_type = Nullable<Text>)]
    pub question: Option<String>,
    /// What is answered.
    #[diesel(sql_type = Text)]
    pub content: String,
    /// When it was made, in UTC.
    #[diesel(sql_type = Timestamp)]
    pub created_at: NaiveDateTime,
    /// Who made it.
    #[diesel(embed)]
    pub by: By,
}

/// The annotations of these messages, the newest first.
pub async fn list_annotations(
    conn: &mut Conn,
    messages: &[Uuid],
) -> Result<Vec<MessageAnnotation>, StorageError> {
    let rows = statement(concat!(
        "SELECT n.message_id, n.id, n.question, n.content, n.created_at, ",
        account_columns!(),
        " FROM message_annotations n LEFT JOIN accounts a ON a.id = n.account_id \
         WHERE n.message_id = ANY ($1) ORDER BY n.created_at DESC, n.id DESC",
    ))
    .bind::<Array<SqlUuid>, _>(messages)
    .load(conn.as_mut())
    .await?;
    Ok(rows)
}

/// An annotation that answered a message.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct MessageHit {
    /// The message that it answered.
    #[diesel(sql_type = SqlUuid)]
    pub message_id: Uuid,
    /// Primary key of `message_annotations`.
    #[diesel(sql_type = SqlUuid)]
    pub annotation_id: Uuid,
    /// When it answered, in UTC.
    #[diesel(sql_type = Timestamp)]
    pub created_at: NaiveDateTime,
    /// Who made it.
    #[diesel(embed)]
    pub by: By,
}

/// The annotations that answered these messages, the newest first.
pub async fn list_hits(
    conn: &mut Conn,
    messages: &[Uuid],
) -> Result<Vec<MessageHit>, StorageError> {
    let rows = statement(concat!(
        "SELECT h.message_id, h.annotation_id, h.created_at, ",
        account_columns!(),
        " FROM app_annotation_hit_histories h LEFT JOIN message_annotations n ON n.id = h.annotation_id \
           LEFT JOIN accounts a ON a.id = n.account_id \
         WHERE h.message_id = ANY ($1) ORDER BY h.created_at DESC, h.id DESC",
    ))
    .bind::<Array<SqlUuid>, _>(messages)
    .load(conn.as_mut())
    .await?;
    Ok(rows)
}
