//! `message_annotations` as owners of an app work on them: made of a message, many at once, deleted, and what each of them answered.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    OptionalExtension as _, QueryableByName,
    sql_types::{Array, BigInt, Double, Nullable, Text, Timestamp, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use gatewright_storage_kit::{Conn, StorageError, statement};
use uuid::Uuid;

use crate::{annotation::Annotation, conversation_list::Place, to_column};

/// Answers of one annotation that are counted.
const MAX_COUNTED: i64 = 10_000;

/// Annotations that somebody makes, with what all of them have in common.
#[derive(Debug, Clone, Copy)]
pub struct NewAnnotations<'a> {
    /// The app that they are for.
    pub app: Uuid,
    /// Who makes them.
    pub account: Uuid,
    /// The conversation and the message that they are made of.
    pub of: Option<Annotated>,
    /// Their primary keys, as many as there are questions.
    pub ids: &'a [Uuid],
    /// What is asked.
    pub questions: &'a [&'a str],
    /// What is answered, as many as there are questions.
    pub answers: &'a [&'a str],
    /// When they are made, in UTC.
    pub at: DateTime<Utc>,
}

/// A message that is annotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Annotated {
    /// The conversation that it is part of.
    pub conversation: Uuid,
    /// Primary key of `messages`.
    pub message: Uuid,
}

/// Inserts annotations, and returns them in no order.
pub async fn insert(
    conn: &mut Conn,
    new: &NewAnnotations<'_>,
) -> Result<Vec<Annotation>, StorageError> {
    let made = statement(
        "INSERT INTO message_annotations (id, app_id, question, content, hit_count, account_id, conversation_id, message_id, created_at, \
           updated_at) SELECT t.id, p.app, t.question, t.answer, 0, p.account, p.conversation, p.message, p.at, p.at \
         FROM (SELECT $1::uuid AS app, $2::uuid AS account, $3::uuid AS conversation, $4::uuid AS message, $5::timestamp AS at) p, \
           unnest($6, $7, $8) AS t (id, question, answer) \
         RETURNING id, question, content AS answer, hit_count, created_at",
    )
    .bind::<SqlUuid, _>(new.app)
    .bind::<SqlUuid, _>(new.account)
    .bind::<Nullable<SqlUuid>, _>(new.of.map(|of| of.conversation))
    .bind::<Nullable<SqlUuid>, _>(new.of.map(|of| of.message))
    .bind::<Timestamp, _>(to_column(new.at))
    .bind::<Array<SqlUuid>, _>(new.ids.to_vec())
    .bind::<Array<Text>, _>(new.questions.to_vec())
    .bind::<Array<Text>, _>(new.answers.to_vec())
    .load(conn.as_mut())
    .await?;
    Ok(made)
}

#[derive(QueryableByName)]
struct Key {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// The annotation of a message of an app.
pub async fn find_of_message(
    conn: &mut Conn,
    app: Uuid,
    message: Uuid,
) -> Result<Option<Uuid>, StorageError> {
    let found: Option<Key> = statement(
        "SELECT id FROM message_annotations WHERE message_id = $1 AND app_id = $2 ORDER BY created_at DESC, id DESC LIMIT 1",
    )
    .bind::<SqlUuid, _>(message)
    .bind::<SqlUuid, _>(app)
    .get_result(conn.as_mut())
    .await
    .optional()?;
    Ok(found.map(|key| key.id))
}

/// A part of the annotations of an app, the newest first, behind a place.
pub async fn list_part(
    conn: &mut Conn,
    app: Uuid,
    after: Option<Place>,
    limit: i64,
) -> Result<Vec<Annotation>, StorageError> {
    let rows = statement(
        "SELECT id, question, content AS answer, hit_count, created_at FROM message_annotations \
         WHERE app_id = $1 AND (created_at, id) < (coalesce($2, 'infinity'::timestamp), \
           coalesce($3, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)) ORDER BY created_at DESC, id DESC LIMIT $4",
    )
    .bind::<SqlUuid, _>(app)
    .bind::<Nullable<Timestamp>, _>(after.map(|place| place.at))
    .bind::<Nullable<SqlUuid>, _>(after.map(|place| place.id))
    .bind::<BigInt, _>(limit)
    .load(conn.as_mut())
    .await?;
    Ok(rows)
}

/// Deletes the first `limit` annotations of an app with what they answered. Returns how many went.
pub async fn delete_some(conn: &mut Conn, app: Uuid, limit: i64) -> Result<usize, StorageError> {
    let gone = statement(
        "WITH gone AS (SELECT id FROM message_annotations WHERE app_id = $1 LIMIT $2), \
         hits AS (DELETE FROM app_annotation_hit_histories h USING gone WHERE h.annotation_id = gone.id) \
         DELETE FROM message_annotations a USING gone WHERE a.id = gone.id",
    )
    .bind::<SqlUuid, _>(app)
    .bind::<BigInt, _>(limit)
    .execute(conn.as_mut())
    .await?;
    Ok(gone)
}

/// A question that an annotation answered.
#[derive(Debug, Clone, PartialEq, QueryableByName)]
pub struct Hit {
    /// Primary key of `app_annotation_hit_histories`.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// `api` or `console`.
    #[diesel(sql_type = Text)]
    pub source: String,
    /// How like the annotation's question it was, up to 1.
    #[diesel(sql_type = Double)]
    pub score: f64,
    /// What was asked.
    #[diesel(sql_type = Text)]
    pub question: String,
    /// When it was asked, in UTC.
    #[diesel(sql_type = Timestamp)]
    pub created_at: NaiveDateTime,
    /// The annotation's question at that time.
    #[diesel(sql_type = Text)]
    pub annotation_question: String,
    /// Its answer at that time.
    #[diesel(sql_type = Text)]
    pub annotation_content: String,
}

/// What an annotation of an app answered, the newest first.
pub async fn list_hits(
    conn: &mut Conn,
    app: Uuid,
    annotation: Uuid,
    offset: i64,
    limit: i64,
) -> Result<Vec<Hit>, StorageError> {
    let rows = statement(
        "SELECT id, source, score, question, created_at, annotation_question, annotation_content FROM app_annotation_hit_histories \
         WHERE annotation_id = $1 AND app_id = $2 ORDER BY created_at DESC, id DESC OFFSET $3 LIMIT $4",
    )
    .bind::<SqlUuid, _>(annotation)
    .bind::<SqlUuid, _>(app)
    .bind::<BigInt, _>(offset)
    .bind::<BigInt, _>(limit)
    .load(conn.as_mut())
    .await?;
    Ok(rows)
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    rows: i64,
}

/// How many questions an annotation of an app answered, as far as they are counted; none when the app has no such annotation.
pub async fn count_hits(
    conn: &mut Conn,
    app: Uuid,
    annotation: Uuid,
) -> Result<Option<i64>, StorageError> {
    let found: Option<Count> = statement(
        "SELECT (SELECT count(*) FROM (SELECT 1 FROM app_annotation_hit_histories h WHERE h.annotation_id = a.id LIMIT $1) t) AS rows \
         FROM message_annotations a WHERE a.id = $2 AND a.app_id = $3",
    )
    .bind::<BigInt, _>(MAX_COUNTED)
    .bind::<SqlUuid, _>(annotation)
    .bind::<SqlUuid, _>(app)
    .get_result(conn.as_mut())
    .await
    .optional()?;
    Ok(found.map(|count| count.rows))
}
