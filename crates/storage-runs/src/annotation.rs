//! `message_annotations`, with Dify's columns: answers that the owner of an app gives in its place.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    OptionalExtension as _, QueryableByName,
    sql_types::{Array, BigInt, Integer, Nullable, Text, Timestamp, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use gatewright_storage_kit::{Conn, StorageError, statement};
use uuid::Uuid;

use crate::to_column;

/// Annotations beyond this are not counted: a total says so many at most.
const MAX_COUNTED: i64 = 100_000;

/// An annotation of an app.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Annotation {
    /// Primary key of `message_annotations`.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// What is asked.
    #[diesel(sql_type = Text)]
    pub question: String,
    /// What is answered.
    #[diesel(sql_type = Text)]
    pub answer: String,
    /// How often it was answered so.
    #[diesel(sql_type = Integer)]
    pub hit_count: i32,
    /// When it was made, in UTC.
    #[diesel(sql_type = Timestamp)]
    pub created_at: NaiveDateTime,
}

/// An annotation that belongs to no message.
#[derive(Debug, Clone, Copy)]
pub struct NewAnnotation<'a> {
    /// Primary key of `message_annotations`.
    pub id: Uuid,
    /// The app that is to answer so.
    pub app_id: Uuid,
    /// The workspace of the app, whose owner it is kept under.
    pub tenant_id: Uuid,
    /// What is asked; without U+0000.
    pub question: &'a str,
    /// What is answered; without U+0000.
    pub answer: &'a str,
    /// Now, in UTC.
    pub at: DateTime<Utc>,
}

/// Inserts an annotation in the name of the owner of the workspace. None: it has no owner.
pub async fn insert(
    conn: &mut Conn,
    new: &NewAnnotation<'_>,
) -> Result<Option<Annotation>, StorageError> {
    let made = statement(
        "INSERT INTO message_annotations (id, app_id, question, content, hit_count, account_id, created_at, updated_at) \
         SELECT p.id, p.app, p.question, p.answer, 0, j.account_id, p.at, p.at \
         FROM (SELECT $1::uuid AS id, $2::uuid AS app, $3::text AS question, $4::text AS answer, $5::timestamp AS at, $6::uuid AS tenant) p \
           JOIN tenant_account_joins j ON j.tenant_id = p.tenant AND j.role = 'owner' ORDER BY j.created_at, j.id LIMIT 1 \
         RETURNING id, question, content AS answer, hit_count, created_at",
    )
    .bind::<SqlUuid, _>(new.id)
    .bind::<SqlUuid, _>(new.app_id)
    .bind::<Text, _>(new.question)
    .bind::<Text, _>(new.answer)
    .bind::<Timestamp, _>(to_column(new.at))
    .bind::<SqlUuid, _>(new.tenant_id)
    .get_result(conn.as_mut())
    .await
    .optional()?;
    Ok(made)
}

/// Changes an annotation of an app. None: the app has none of that id.
pub async fn update(
    conn: &mut Conn,
    new: &NewAnnotation<'_>,
) -> Result<Option<Annotation>, StorageError> {
    let changed = statement(
        "UPDATE message_annotations SET question = $1, content = $2, updated_at = $3 WHERE id = $4 AND app_id = $5 \
         RETURNING id, question, content AS answer, hit_count, created_at",
    )
    .bind::<Text, _>(new.question)
    .bind::<Text, _>(new.answer)
    .bind::<Timestamp, _>(to_column(new.at))
    .bind::<SqlUuid, _>(new.id)
    .bind::<SqlUuid, _>(new.app_id)
    .get_result(conn.as_mut())
    .await
    .optional()?;
    Ok(changed)
}

/// Deletes annotations of an app with the history of their answers. Returns how many the app had.
pub async fn delete(conn: &mut Conn, app: Uuid, ids: &[Uuid]) -> Result<usize, StorageError> {
    let gone = statement(
        "WITH gone AS (SELECT id FROM message_annotations WHERE id = ANY ($1) AND app_id = $2), \
         hits AS (DELETE FROM app_annotation_hit_histories h USING gone WHERE h.annotation_id = gone.id) \
         DELETE FROM message_annotations a USING gone WHERE a.id = gone.id",
    )
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<SqlUuid, _>(app)
    .execute(conn.as_mut())
    .await?;
    Ok(gone)
}

/// Which annotations of an app.
#[derive(Debug, Clone, Copy)]
pub struct AnnotationsOf<'a> {
    /// The app that answers.
    pub app: Uuid,
    /// A pattern of LIKE, in any case: in the question or the answer.
    pub pattern: Option<&'a str>,
}

macro_rules! annotations {
    ($wanted:literal, $end:literal) => {
        concat!(
            "WITH p AS (SELECT $1::uuid AS app, $2::text AS pattern) ",
            $wanted,
            " FROM p JOIN message_annotations a ON a.app_id = p.app \
             WHERE p.pattern IS NULL OR a.question ILIKE p.pattern OR a.content ILIKE p.pattern ",
            $end
        )
    };
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(embed)]
    annotation: Annotation,
    #[diesel(sql_type = BigInt)]
    total: i64,
}

/// A page of annotations, the newest first, and how many there are. A word is looked for once for both.
pub async fn list(
    conn: &mut Conn,
    which: AnnotationsOf<'_>,
    offset: i64,
    limit: i64,
) -> Result<(Vec<Annotation>, i64), StorageError> {
    let text = match which.pattern {
        Some(_) => annotations!(
            "SELECT a.id, a.question, a.content AS answer, a.hit_count, a.created_at, count(*) OVER () AS total",
            "ORDER BY a.created_at DESC, a.id DESC OFFSET $3 LIMIT $4"
        ),
        None => annotations!(
            "SELECT a.id, a.question, a.content AS answer, a.hit_count, a.created_at, 0::bigint AS total",
            "ORDER BY a.created_at DESC, a.id DESC OFFSET $3 LIMIT $4"
        ),
    };
    let found: Vec<Found> = statement(text)
        .bind::<SqlUuid, _>(which.app)
        .bind::<Nullable<Text>, _>(which.pattern)
        .bind::<BigInt, _>(offset)
        .bind::<BigInt, _>(limit)
        .load(conn.as_mut())
        .await?;
    let total = match found.as_slice().first() {
        Some(first) if which.pattern.is_some() => first.total,
        _ => count(conn, which).await?,
    };
    let rows = found.into_iter().map(|found| found.annotation);
    Ok((rows.collect(), total))
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    rows: i64,
}

/// How many annotations there are.
pub async fn count(conn: &mut Conn, which: AnnotationsOf<'_>) -> Result<i64, StorageError> {
    let found: Count = statement(concat!(
        annotations!("SELECT count(*) AS rows FROM (SELECT a.id", "LIMIT $3"),
        ") t"
    ))
    .bind::<SqlUuid, _>(which.app)
    .bind::<Nullable<Text>, _>(which.pattern)
    .bind::<BigInt, _>(MAX_COUNTED)
    .get_result(conn.as_mut())
    .await?;
    Ok(found.rows)
}
