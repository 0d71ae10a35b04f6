//! `message_feedbacks` with what they are about, for a file: a part at a time, the newest first, in the order of an index.

use chrono::NaiveDateTime;
use diesel::{
    QueryableByName,
    sql_types::{BigInt, Bool, Nullable, Text, Timestamp, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use gatewright_storage_kit::{Conn, StorageError, statement};
use uuid::Uuid;

use crate::conversation_list::Place;

/// Which feedback of an app. All conditions hold together.
#[derive(Debug, Clone, Copy)]
pub struct FeedbackOf<'a> {
    /// The app whose answers it is about.
    pub app: Uuid,
    /// `user` or `admin`.
    pub source: Option<&'a str>,
    /// `like` or `dislike`.
    pub rating: Option<&'a str>,
    /// With words, or without.
    pub has_comment: Option<bool>,
    /// The IANA zone of the days.
    pub zone: &'a str,
    /// Not before this time of the zone.
    pub from: Option<NaiveDateTime>,
    /// Before this time of the zone.
    pub before: Option<NaiveDateTime>,
}

/// What somebody says of an answer, and of which.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ExportedFeedback {
    /// Primary key of `message_feedbacks`.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// The conversation that the message is part of.
    #[diesel(sql_type = SqlUuid)]
    pub conversation_id: Uuid,
    /// What lists call it.
    #[diesel(sql_type = Text)]
    pub conversation_name: String,
    /// The message that it is about.
    #[diesel(sql_type = SqlUuid)]
    pub message_id: Uuid,
    /// What was asked.
    #[diesel(sql_type = Text)]
    pub query: String,
    /// What was answered.
    #[diesel(sql_type = Text)]
    pub answer: String,
    /// `like` or `dislike`.
    #[diesel(sql_type = Text)]
    pub rating: String,
    /// In their own words.
    #[diesel(sql_type = Nullable<Text>)]
    pub content: Option<String>,
    /// `user` or `admin`.
    #[diesel(sql_type = Text)]
    pub source: String,
    /// What the caller calls the end user.
    #[diesel(sql_type = Nullable<Text>)]
    pub session: Option<String>,
    /// The account's name.
    #[diesel(sql_type = Nullable<Text>)]
    pub account_name: Option<String>,
    /// When it was said, in UTC.
    #[diesel(sql_type = Timestamp)]
    pub created_at: NaiveDateTime,
    /// When it was asked, in UTC.
    #[diesel(sql_type = Timestamp)]
    pub asked_at: NaiveDateTime,
}

/// A part of it, the newest first, behind a place.
pub async fn list(
    conn: &mut Conn,
    which: FeedbackOf<'_>,
    after: Option<Place>,
    limit: i64,
) -> Result<Vec<ExportedFeedback>, StorageError> {
    let rows = statement(
        "SELECT f.id, f.conversation_id, c.name AS conversation_name, f.message_id, m.query, m.answer, f.rating, f.content, \
           f.from_source AS source, e.session_id AS session, a.name AS account_name, f.created_at, m.created_at AS asked_at \
         FROM message_feedbacks f JOIN messages m ON m.id = f.message_id JOIN conversations c ON c.id = f.conversation_id \
           LEFT JOIN end_users e ON e.id = f.from_end_user_id LEFT JOIN accounts a ON a.id = f.from_account_id \
         WHERE f.app_id = $1 AND ($2 IS NULL OR f.from_source = $2) AND ($3 IS NULL OR f.rating = $3) \
           AND ($4 IS NULL OR $4 = (coalesce(f.content, '') <> '')) \
           AND f.created_at >= coalesce($5::timestamp AT TIME ZONE $6::text AT TIME ZONE 'UTC', '-infinity'::timestamp) \
           AND f.created_at < coalesce($7::timestamp AT TIME ZONE $6::text AT TIME ZONE 'UTC', 'infinity'::timestamp) \
           AND (f.created_at, f.id) < (coalesce($8, 'infinity'::timestamp), coalesce($9, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)) \
           AND NOT c.is_deleted ORDER BY f.created_at DESC, f.id DESC LIMIT $10",
    )
    .bind::<SqlUuid, _>(which.app)
    .bind::<Nullable<Text>, _>(which.source)
    .bind::<Nullable<Text>, _>(which.rating)
    .bind::<Nullable<Bool>, _>(which.has_comment)
    .bind::<Nullable<Timestamp>, _>(which.from)
    .bind::<Text, _>(which.zone)
    .bind::<Nullable<Timestamp>, _>(which.before)
    .bind::<Nullable<Timestamp>, _>(after.map(|place| place.at))
    .bind::<Nullable<SqlUuid>, _>(after.map(|place| place.id))
    .bind::<BigInt, _>(limit)
    .load(conn.as_mut())
    .await?;
    Ok(rows)
}
