//! `message_feedbacks`, with Dify's columns: what people say of answers. The table has no constraint that makes a feedback unique, so
//! a lock of its message does.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    QueryableByName,
    sql_types::{Array, BigInt, Nullable, Text, Timestamp, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use gatewright_storage_kit::{Conn, StorageError, Tx, statement};
use uuid::Uuid;

use crate::{run::Creator, to_column};

/// What somebody says of an answer.
#[derive(Debug, Clone, Copy)]
pub struct NewFeedback<'a> {
    /// Primary key of `message_feedbacks`, when there is none of them yet.
    pub id: Uuid,
    /// The app that answered.
    pub app_id: Uuid,
    /// The conversation of the message.
    pub conversation_id: Uuid,
    /// The message that was answered.
    pub message_id: Uuid,
    /// `like` or `dislike`.
    pub rating: &'a str,
    /// In their own words.
    pub content: Option<&'a str>,
    /// Whose it is: of an end user as `user`, of an account as `admin`.
    pub creator: Creator,
    /// Now, in UTC.
    pub at: DateTime<Utc>,
}

/// `user` or `admin`, as `from_source` names whose a feedback is.
pub fn source(creator: Creator) -> &'static str {
    match creator {
        Creator::EndUser(_) => "user",
        Creator::Account(_) => "admin",
    }
}

/// Locks a message until the transaction ends, so that two feedbacks or annotations of it come one after the other.
pub async fn lock(tx: &mut Tx, message: Uuid) -> Result<(), StorageError> {
    statement("SELECT id FROM messages WHERE id = $1 FOR NO KEY UPDATE")
        .bind::<SqlUuid, _>(message)
        .execute(tx.as_mut())
        .await?;
    Ok(())
}

/// Changes the feedback that there is of this source. `false`: there is none.
pub async fn update(tx: &mut Tx, new: &NewFeedback<'_>) -> Result<bool, StorageError> {
    let changed = statement(
        "UPDATE message_feedbacks SET rating = $1, content = $2, updated_at = $3 WHERE message_id = $4 AND from_source = $5",
    )
    .bind::<Text, _>(new.rating)
    .bind::<Nullable<Text>, _>(new.content)
    .bind::<Timestamp, _>(to_column(new.at))
    .bind::<SqlUuid, _>(new.message_id)
    .bind::<Text, _>(source(new.creator))
    .execute(tx.as_mut())
    .await?;
    Ok(changed > 0)
}

/// Inserts a feedback.
pub async fn insert(tx: &mut Tx, new: &NewFeedback<'_>) -> Result<(), StorageError> {
    statement(
        "INSERT INTO message_feedbacks (id, app_id, conversation_id, message_id, rating, content, from_source, from_end_user_id, \
           from_account_id, created_at, updated_at) SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, t.at, t.at FROM (SELECT $10::timestamp AS at) t",
    )
    .bind::<SqlUuid, _>(new.id)
    .bind::<SqlUuid, _>(new.app_id)
    .bind::<SqlUuid, _>(new.conversation_id)
    .bind::<SqlUuid, _>(new.message_id)
    .bind::<Text, _>(new.rating)
    .bind::<Nullable<Text>, _>(new.content)
    .bind::<Text, _>(source(new.creator))
    .bind::<Nullable<SqlUuid>, _>(new.creator.end_user())
    .bind::<Nullable<SqlUuid>, _>(new.creator.account())
    .bind::<Timestamp, _>(to_column(new.at))
    .execute(tx.as_mut())
    .await?;
    Ok(())
}

/// Takes the feedback of this source back. `false`: there was none.
pub async fn delete(tx: &mut Tx, message: Uuid, creator: Creator) -> Result<bool, StorageError> {
    let gone =
        statement("DELETE FROM message_feedbacks WHERE message_id = $1 AND from_source = $2")
            .bind::<SqlUuid, _>(message)
            .bind::<Text, _>(source(creator))
            .execute(tx.as_mut())
            .await?;
    Ok(gone > 0)
}

/// What a user says of a message.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Rating {
    /// The message that was answered.
    #[diesel(sql_type = SqlUuid)]
    pub message_id: Uuid,
    /// `like` or `dislike`.
    #[diesel(sql_type = Text)]
    pub rating: String,
}

/// What was said of these messages by the source that this creator is.
pub async fn list_ratings(
    conn: &mut Conn,
    messages: &[Uuid],
    creator: Creator,
) -> Result<Vec<Rating>, StorageError> {
    let found = statement(
        "SELECT message_id, rating FROM message_feedbacks WHERE message_id = ANY ($1) AND from_source = $2 ORDER BY created_at, id",
    )
    .bind::<Array<SqlUuid>, _>(messages)
    .bind::<Text, _>(source(creator))
    .load(conn.as_mut())
    .await?;
    Ok(found)
}

/// A feedback as the app's owner reads it.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Feedback {
    /// Primary key of `message_feedbacks`.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// The app that answered.
    #[diesel(sql_type = SqlUuid)]
    pub app_id: Uuid,
    /// The conversation of the message.
    #[diesel(sql_type = SqlUuid)]
    pub conversation_id: Uuid,
    /// The message that was answered.
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
    /// The end user whose it is.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub from_end_user_id: Option<Uuid>,
    /// The account whose it is.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub from_account_id: Option<Uuid>,
    /// When it was given, in UTC.
    #[diesel(sql_type = Timestamp)]
    pub created_at: NaiveDateTime,
    /// When it was last changed, in UTC.
    #[diesel(sql_type = Timestamp)]
    pub updated_at: NaiveDateTime,
}

/// A page of the feedback of an app, the newest first.
pub async fn list_of_app(
    conn: &mut Conn,
    app: Uuid,
    offset: i64,
    limit: i64,
) -> Result<Vec<Feedback>, StorageError> {
    let found = statement(
        "SELECT id, app_id, conversation_id, message_id, rating, content, from_source, from_end_user_id, from_account_id, created_at, \
           updated_at FROM message_feedbacks WHERE app_id = $1 ORDER BY created_at DESC, id DESC OFFSET $2 LIMIT $3",
    )
    .bind::<SqlUuid, _>(app)
    .bind::<BigInt, _>(offset)
    .bind::<BigInt, _>(limit)
    .load(conn.as_mut())
    .await?;
    Ok(found)
}
