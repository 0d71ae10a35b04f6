//! `messages`, with Dify's columns: what was asked, and what was answered.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    OptionalExtension as _, QueryableByName,
    sql_types::{Array, BigInt, Double, Integer, Nullable, Text, Timestamp, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use gatewright_storage_kit::{Conn, StorageError, statement};
use uuid::Uuid;

use crate::{run::Creator, texts, to_column};

/// A question that is about to be answered.
#[derive(Debug, Clone)]
pub struct NewMessage<'a> {
    /// Primary key of `messages`.
    pub id: Uuid,
    /// The app that is asked.
    pub app_id: Uuid,
    /// The mode of the app, such as `advanced-chat`.
    pub app_mode: &'a str,
    /// The conversation that it is part of.
    pub conversation_id: Uuid,
    /// The run that answers; none when what answers stands in the app already.
    pub run_id: Option<Uuid>,
    /// A JSON object.
    pub inputs: &'a str,
    /// What was asked.
    pub query: &'a str,
    /// The message that it follows; the nil id: whichever came before; none: it begins a thread.
    pub parent_message_id: Option<Uuid>,
    /// Which surface it came over: `service-api`, `openapi`, `web-app`, …
    pub invoke_from: &'a str,
    /// Who asks the app.
    pub creator: Creator,
    /// When it was asked, in UTC.
    pub created_at: DateTime<Utc>,
}

/// Inserts messages without an answer. One that is there already stays as it is.
pub async fn insert(conn: &mut Conn, rows: &[NewMessage<'_>]) -> Result<(), StorageError> {
    statement(
        "INSERT INTO messages (id, app_id, conversation_id, inputs, query, message, message_unit_price, answer, answer_unit_price, \
           parent_message_id, currency, invoke_from, from_source, from_end_user_id, from_account_id, created_at, updated_at, \
           workflow_run_id, app_mode) \
         SELECT t.id, t.app, t.conversation, t.inputs::json, t.query, '\"\"'::json, 0, '', 0, t.parent, 'USD', t.invoked, t.source, \
           t.end_user, t.account, t.at, t.at, t.run, t.mode \
         FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
           AS t (id, app, mode, conversation, run, inputs, query, parent, invoked, source, end_user, account, at) \
         ON CONFLICT DO NOTHING",
    )
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.id).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.app_id).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.app_mode).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.conversation_id).collect::<Vec<_>>())
    .bind::<Array<Nullable<SqlUuid>>, _>(rows.iter().map(|row| row.run_id).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.inputs).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.query).collect::<Vec<_>>())
    .bind::<Array<Nullable<SqlUuid>>, _>(rows.iter().map(|row| row.parent_message_id).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.invoke_from).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.creator.source()).collect::<Vec<_>>())
    .bind::<Array<Nullable<SqlUuid>>, _>(rows.iter().map(|row| row.creator.end_user()).collect::<Vec<_>>())
    .bind::<Array<Nullable<SqlUuid>>, _>(rows.iter().map(|row| row.creator.account()).collect::<Vec<_>>())
    .bind::<Array<Timestamp>, _>(rows.iter().map(|row| to_column(row.created_at)).collect::<Vec<_>>())
    .execute(conn.as_mut())
    .await?;
    Ok(())
}

/// What one side of a message cost.
#[derive(Debug, Clone)]
pub struct Cost {
    /// Tokens that the model counted.
    pub tokens: i32,
    /// Price of so many tokens as `price_unit` says: a decimal below a million.
    pub unit_price: String,
    /// Part of a unit that one token is: a decimal below a thousand.
    pub price_unit: String,
}

/// How far the answer of a message is.
#[derive(Debug, Clone)]
pub struct Answer<'a> {
    /// The message that is answered.
    pub id: Uuid,
    /// The text so far, or the whole one; without U+0000.
    pub answer: Cow<'a, str>,
    /// `normal`, `error`, or `paused` while the run waits for a person.
    pub status: &'a str,
    /// Why there is no answer; without U+0000.
    pub error: Option<String>,
    /// A JSON object: usage, citations.
    pub metadata: String,
    /// Of what was asked.
    pub message: Cost,
    /// Of what was answered.
    pub answered: Cost,
    /// Of both sides: a decimal below a thousand.
    pub total_price: String,
    /// Of the prices: three letters.
    pub currency: String,
    /// From the question to the end, in seconds.
    pub latency: f64,
    /// When it was written, in UTC.
    pub at: DateTime<Utc>,
}

/// Writes answers. What there is no message of any more is left alone.
pub async fn update_answers(conn: &mut Conn, rows: &[Answer<'_>]) -> Result<(), StorageError> {
    statement(
        "UPDATE messages m SET answer = t.answer, status = t.status, error = t.error, message_metadata = t.metadata, \
           message_tokens = t.asked, message_unit_price = t.asked_price::numeric, message_price_unit = t.asked_unit::numeric, \
           answer_tokens = t.answered, answer_unit_price = t.answered_price::numeric, \
           answer_price_unit = t.answered_unit::numeric, total_price = t.total::numeric, currency = t.currency, \
           provider_response_latency = t.latency, updated_at = t.at \
         FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) \
           AS t (id, answer, status, error, metadata, asked, asked_price, asked_unit, answered, answered_price, answered_unit, \
           total, currency, latency, at) WHERE m.id = t.id",
    )
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.id).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| &*row.answer).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.status).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(texts(rows, |row| row.error.as_deref()))
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.metadata.as_str()).collect::<Vec<_>>())
    .bind::<Array<Integer>, _>(rows.iter().map(|row| row.message.tokens).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.message.unit_price.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.message.price_unit.as_str()).collect::<Vec<_>>())
    .bind::<Array<Integer>, _>(rows.iter().map(|row| row.answered.tokens).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.answered.unit_price.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.answered.price_unit.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.total_price.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.currency.as_str()).collect::<Vec<_>>())
    .bind::<Array<Double>, _>(rows.iter().map(|row| row.latency).collect::<Vec<_>>())
    .bind::<Array<Timestamp>, _>(rows.iter().map(|row| to_column(row.at)).collect::<Vec<_>>())
    .execute(conn.as_mut())
    .await?;
    Ok(())
}

/// Messages whose runs go on: they wait for nobody any more.
pub async fn reopen(conn: &mut Conn, messages: &[Uuid]) -> Result<(), StorageError> {
    statement("UPDATE messages SET status = 'normal' WHERE id = ANY ($1) AND status = 'paused'")
        .bind::<Array<SqlUuid>, _>(messages)
        .execute(conn.as_mut())
        .await?;
    Ok(())
}

/// A message whose run cannot go on has failed.
pub async fn fail(conn: &mut Conn, message: Uuid, error: &str) -> Result<(), StorageError> {
    statement("UPDATE messages SET status = 'error', error = $1 WHERE id = $2")
        .bind::<Text, _>(error)
        .bind::<SqlUuid, _>(message)
        .execute(conn.as_mut())
        .await?;
    Ok(())
}

/// The message that a run answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct Answered {
    /// Primary key of `messages`.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// When it was asked, in UTC.
    #[diesel(sql_type = Timestamp)]
    pub created_at: NaiveDateTime,
}

/// The message of a conversation that a run answers.
pub async fn find_of_run(
    conn: &mut Conn,
    conversation: Uuid,
    run: Uuid,
) -> Result<Option<Answered>, StorageError> {
    let found = statement(
        "SELECT id, created_at FROM messages WHERE conversation_id = $1 AND workflow_run_id = $2 ORDER BY created_at LIMIT 1",
    )
    .bind::<SqlUuid, _>(conversation)
    .bind::<SqlUuid, _>(run)
    .get_result(conn.as_mut())
    .await
    .optional()?;
    Ok(found)
}

/// What was said once in a conversation.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Said {
    /// Primary key of `messages`.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// The message that it follows; the nil id: whichever came before; none: it begins a thread.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub parent_message_id: Option<Uuid>,
    /// What was asked.
    #[diesel(sql_type = Text)]
    pub query: String,
    /// What was answered; empty when nothing was.
    #[diesel(sql_type = Text)]
    pub answer: String,
}

/// The latest messages of a conversation, the newest first, from one of them on.
pub async fn list_back_from(
    conn: &mut Conn,
    conversation: Uuid,
    message: Uuid,
    limit: i64,
) -> Result<Vec<Said>, StorageError> {
    let found = statement(
        "SELECT m.id, m.parent_message_id, m.query, m.answer FROM messages m, messages last \
         WHERE m.conversation_id = $1 AND last.id = $2 AND (m.created_at, m.id) <= (last.created_at, last.id) \
         ORDER BY m.created_at DESC, m.id DESC LIMIT $3",
    )
    .bind::<SqlUuid, _>(conversation)
    .bind::<SqlUuid, _>(message)
    .bind::<BigInt, _>(limit)
    .load(conn.as_mut())
    .await?;
    Ok(found)
}
