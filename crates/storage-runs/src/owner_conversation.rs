//! `conversations` as owners of an app look at them: everybody's, found by what was said, in the order of an index.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    OptionalExtension as _, QueryableByName,
    sql_types::{BigInt, Bool, Nullable, Text, Timestamp, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use gatewright_storage_kit::{Conn, StorageError, Tx, statement};
use uuid::Uuid;

use crate::{conversation_list::SortTime, run::Creator, to_column};

/// Conversations of an app that are looked at: a total says so many at most.
pub const MAX_COUNTED: i64 = 50_000;
/// A word is looked for in so many, the first of the order.
pub const MAX_SEARCHED: i64 = 10_000;

/// Which conversations of an app. All conditions hold together.
#[derive(Debug, Clone, Copy)]
pub struct ConversationsOf<'a> {
    /// The app that was talked to.
    pub app: Uuid,
    /// Without those that began here; none: wherever.
    pub not_from: Option<&'a str>,
    /// The IANA zone of the times.
    pub zone: &'a str,
    /// Not before this minute of the zone.
    pub from: Option<NaiveDateTime>,
    /// Not after this minute of the zone, which counts to its end.
    pub to: Option<NaiveDateTime>,
    /// With an annotation, or without; none: both.
    pub is_annotated: Option<bool>,
    /// A pattern of LIKE, in any case: in the name, the introduction, a question, an answer, or the name of the end user.
    pub pattern: Option<&'a str>,
}

/// In which order, and which page. The times of [`ConversationsOf`] are those of the order.
#[derive(Debug, Clone, Copy)]
pub struct PageOf {
    /// By which time.
    pub sort: SortTime,
    /// The latest first.
    pub newest_first: bool,
    /// Rows that are passed over.
    pub offset: i64,
    /// At most so many.
    pub limit: i64,
}

/// A conversation with what became of its messages.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct OwnerConversation {
    /// Primary key of `conversations`.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// `normal`, or another word when nobody may go on with it.
    #[diesel(sql_type = Text)]
    pub status: String,
    /// `api` or `console`.
    #[diesel(sql_type = Text)]
    pub from_source: String,
    /// The end user whose it is.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub from_end_user_id: Option<Uuid>,
    /// What the caller calls them.
    #[diesel(sql_type = Nullable<Text>)]
    pub session: Option<String>,
    /// The account whose it is.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub from_account_id: Option<Uuid>,
    /// The account's name.
    #[diesel(sql_type = Nullable<Text>)]
    pub account_name: Option<String>,
    /// What lists call it.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// What the app said before anybody asked.
    #[diesel(sql_type = Nullable<Text>)]
    pub introduction: Option<String>,
    /// The first question.
    #[diesel(sql_type = Text)]
    pub summary: String,
    /// When an owner first looked at it, in UTC.
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub read_at: Option<NaiveDateTime>,
    /// When it began, in UTC.
    #[diesel(sql_type = Timestamp)]
    pub created_at: NaiveDateTime,
    /// When its last round began, in UTC.
    #[diesel(sql_type = Timestamp)]
    pub updated_at: NaiveDateTime,
    /// Whether an answer of it was annotated.
    #[diesel(sql_type = Bool)]
    pub is_annotated: bool,
    /// The configuration that it began with: a JSON object.
    #[diesel(sql_type = Nullable<Text>)]
    pub model: Option<String>,
    /// The prompt that it began with.
    #[diesel(sql_type = Nullable<Text>)]
    pub pre_prompt: Option<String>,
    /// Questions of it.
    #[diesel(sql_type = BigInt)]
    pub messages: i64,
    /// Runs of it that succeeded.
    #[diesel(sql_type = BigInt)]
    pub succeeded: i64,
    /// Runs of it that failed.
    #[diesel(sql_type = BigInt)]
    pub failed: i64,
    /// Runs of it that went around a failure.
    #[diesel(sql_type = BigInt)]
    pub partial: i64,
    /// Runs of it that wait.
    #[diesel(sql_type = BigInt)]
    pub paused: i64,
    /// Answers that their user likes.
    #[diesel(sql_type = BigInt)]
    pub user_likes: i64,
    /// Answers that their user dislikes.
    #[diesel(sql_type = BigInt)]
    pub user_dislikes: i64,
    /// Answers that a member of the workspace likes.
    #[diesel(sql_type = BigInt)]
    pub admin_likes: i64,
    /// Answers that a member of the workspace dislikes.
    #[diesel(sql_type = BigInt)]
    pub admin_dislikes: i64,
}

/// Conversations with what hangs on them. `w` says which, `$end` in which order.
macro_rules! whole {
    ($with:expr, $total:literal, $which:expr, $end:expr) => {
        concat!(
            $with,
            "SELECT ", $total, " AS total, c.id, c.status, c.from_source, c.from_end_user_id, e.session_id AS session, c.from_account_id, a.name AS account_name, \
               c.name, c.introduction, coalesce((SELECT m.query FROM messages m WHERE m.conversation_id = c.id \
                 ORDER BY m.created_at, m.id LIMIT 1), '') AS summary, c.read_at, c.created_at, c.updated_at, \
               coalesce((SELECT true FROM message_annotations n WHERE n.conversation_id = c.id LIMIT 1), false) AS is_annotated, g.model, g.pre_prompt, \
               s.messages, s.succeeded, s.failed, s.partial, s.paused, f.user_likes, f.user_dislikes, f.admin_likes, f.admin_dislikes FROM ",
            $which,
            " LEFT JOIN end_users e ON e.id = c.from_end_user_id LEFT JOIN accounts a ON a.id = c.from_account_id \
             LEFT JOIN app_model_configs g ON g.id = c.app_model_config_id AND g.app_id = c.app_id \
             CROSS JOIN LATERAL (SELECT count(*) AS messages, count(*) FILTER (WHERE r.status = 'succeeded') AS succeeded, \
               count(*) FILTER (WHERE r.status = 'failed') AS failed, count(*) FILTER (WHERE r.status = 'partial-succeeded') AS partial, \
               count(*) FILTER (WHERE r.status = 'paused') AS paused \
               FROM messages m LEFT JOIN workflow_runs r ON r.id = m.workflow_run_id WHERE m.conversation_id = c.id) s \
             CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE f.from_source = 'user' AND f.rating = 'like') AS user_likes, \
               count(*) FILTER (WHERE f.from_source = 'user' AND f.rating = 'dislike') AS user_dislikes, \
               count(*) FILTER (WHERE f.from_source = 'admin' AND f.rating = 'like') AS admin_likes, \
               count(*) FILTER (WHERE f.from_source = 'admin' AND f.rating = 'dislike') AS admin_dislikes \
               FROM message_feedbacks f WHERE f.conversation_id = c.id) f ",
            $end
        )
    };
}

/// `$1` the app, `$2` where not, `$3` and `$5` from when to when in the zone `$4`, `$6` how many are looked at, `$7` annotated, `$8` the
/// pattern. What is asked of each row by `LIMIT 1` is looked up in an index; as `EXISTS` it would be asked of all messages there are.
macro_rules! found {
    ($time:literal, $direction:literal) => {
        concat!(
            "WITH first AS (SELECT c.id, c.", $time, " AS at, c.name, c.introduction, c.from_end_user_id FROM conversations c \
               WHERE c.app_id = $1 AND c.is_deleted IS FALSE AND ($2 IS NULL OR c.invoke_from IS DISTINCT FROM $2) \
                 AND c.", $time, " >= coalesce($3::timestamp AT TIME ZONE $4::text AT TIME ZONE 'UTC', '-infinity'::timestamp) \
                 AND c.", $time, " < coalesce($5::timestamp AT TIME ZONE $4::text AT TIME ZONE 'UTC' + interval '1 minute', 'infinity'::timestamp) \
               ORDER BY c.", $time, " ", $direction, ", c.id ", $direction, " LIMIT $6), \
             found AS (SELECT n.id, n.at FROM first n LEFT JOIN end_users e ON e.id = n.from_end_user_id \
               WHERE ($7 IS NULL OR $7 = coalesce((SELECT true FROM message_annotations a WHERE a.conversation_id = n.id LIMIT 1), false)) \
                 AND ($8 IS NULL OR n.name ILIKE $8 OR n.introduction ILIKE $8 OR e.session_id ILIKE $8 OR (SELECT true FROM messages m \
                   WHERE m.conversation_id = n.id AND (m.query ILIKE $8 OR m.answer ILIKE $8) LIMIT 1))) "
        )
    };
}

/// `$9` are passed over, `$10` are wanted.
macro_rules! page {
    ($time:literal, $direction:literal) => {
        whole!(
            found!($time, $direction),
            "(SELECT count(*) FROM found)",
            concat!(
                "(SELECT id, at FROM found ORDER BY at ",
                $direction,
                ", id ",
                $direction,
                " OFFSET $9 LIMIT $10) w JOIN conversations c ON c.id = w.id"
            ),
            concat!("ORDER BY w.at ", $direction, ", w.id ", $direction)
        )
    };
}

macro_rules! bound {
    ($text:expr, $which:expr, $looked_at:expr) => {
        statement($text)
            .bind::<SqlUuid, _>($which.app)
            .bind::<Nullable<Text>, _>($which.not_from)
            .bind::<Nullable<Timestamp>, _>($which.from)
            .bind::<Text, _>($which.zone)
            .bind::<Nullable<Timestamp>, _>($which.to)
            .bind::<BigInt, _>($looked_at)
            .bind::<Nullable<Bool>, _>($which.is_annotated)
            .bind::<Nullable<Text>, _>($which.pattern)
    };
}

impl ConversationsOf<'_> {
    /// How many are looked at: without a condition that has to be tried one by one, `enough`.
    fn looked_at(&self, enough: i64) -> i64 {
        match (self.pattern, self.is_annotated) {
            (Some(_), _) => MAX_SEARCHED,
            (None, Some(_)) => MAX_COUNTED,
            (None, None) => enough,
        }
    }
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(embed)]
    conversation: OwnerConversation,
    #[diesel(sql_type = BigInt)]
    total: i64,
}

/// A page of conversations that were not deleted, and how many there are, [`MAX_COUNTED`] at most. What has to be tried one by one is
/// tried once for both.
pub async fn list(
    conn: &mut Conn,
    which: ConversationsOf<'_>,
    page: PageOf,
) -> Result<(Vec<OwnerConversation>, i64), StorageError> {
    let text = match (page.sort, page.newest_first) {
        (SortTime::Created, true) => page!("created_at", "DESC"),
        (SortTime::Created, false) => page!("created_at", "ASC"),
        (SortTime::Updated, true) => page!("updated_at", "DESC"),
        (SortTime::Updated, false) => page!("updated_at", "ASC"),
    };
    let looked_at = which.looked_at(page.offset.saturating_add(page.limit));
    let found: Vec<Found> = bound!(text, which, looked_at)
        .bind::<BigInt, _>(page.offset)
        .bind::<BigInt, _>(page.limit)
        .load(conn.as_mut())
        .await?;
    let is_whole = which.pattern.is_some() || which.is_annotated.is_some();
    let total = match found.as_slice().first() {
        Some(first) if is_whole => first.total,
        _ => count(conn, which, page.sort).await?,
    };
    Ok((
        found.into_iter().map(|found| found.conversation).collect(),
        total,
    ))
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    rows: i64,
}

async fn count(
    conn: &mut Conn,
    which: ConversationsOf<'_>,
    sort: SortTime,
) -> Result<i64, StorageError> {
    let text = match sort {
        SortTime::Created => concat!(
            found!("created_at", "DESC"),
            "SELECT count(*) AS rows FROM found"
        ),
        SortTime::Updated => concat!(
            found!("updated_at", "DESC"),
            "SELECT count(*) AS rows FROM found"
        ),
    };
    let found: Count = bound!(text, which, which.looked_at(MAX_COUNTED))
        .get_result(conn.as_mut())
        .await?;
    Ok(found.rows)
}

/// A conversation of an app, whoever's it is; none that was deleted.
pub async fn find(
    conn: &mut Conn,
    app: Uuid,
    id: Uuid,
) -> Result<Option<OwnerConversation>, StorageError> {
    let found = statement(whole!(
        "",
        "0::bigint",
        "conversations c",
        "WHERE c.id = $1 AND c.app_id = $2 AND NOT c.is_deleted"
    ))
    .bind::<SqlUuid, _>(id)
    .bind::<SqlUuid, _>(app)
    .get_result(conn.as_mut())
    .await
    .optional()?;
    Ok(found)
}

#[derive(QueryableByName)]
struct Owner {
    #[diesel(sql_type = Nullable<SqlUuid>)]
    from_end_user_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    from_account_id: Option<Uuid>,
}

/// Whose a conversation of an app is; none of one that was deleted.
pub async fn find_creator(
    conn: &mut Conn,
    app: Uuid,
    id: Uuid,
) -> Result<Option<Creator>, StorageError> {
    let found: Option<Owner> = statement(
        "SELECT from_end_user_id, from_account_id FROM conversations WHERE id = $1 AND app_id = $2 AND NOT is_deleted",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<SqlUuid, _>(app)
    .get_result(conn.as_mut())
    .await
    .optional()?;
    Ok(found.map(|row| Creator::of_columns(row.from_end_user_id, row.from_account_id)))
}

/// The configuration that a conversation began with: JSON in texts.
#[derive(Debug, Clone, Default, PartialEq, Eq, QueryableByName)]
pub struct BegunWith {
    /// What the app says before anybody asks.
    #[diesel(sql_type = Nullable<Text>)]
    pub opening_statement: Option<String>,
    /// A list of texts.
    #[diesel(sql_type = Nullable<Text>)]
    pub suggested_questions: Option<String>,
    /// The form of the inputs.
    #[diesel(sql_type = Nullable<Text>)]
    pub user_input_form: Option<String>,
    /// Tools and strategy.
    #[diesel(sql_type = Nullable<Text>)]
    pub agent_mode: Option<String>,
}

/// The configuration that a conversation of an app began with; none of one that has a graph.
pub async fn find_config(
    conn: &mut Conn,
    app: Uuid,
    id: Uuid,
) -> Result<Option<BegunWith>, StorageError> {
    let found = statement(
        "SELECT g.opening_statement, g.suggested_questions, g.user_input_form, g.agent_mode \
         FROM conversations c JOIN app_model_configs g ON g.id = c.app_model_config_id AND g.app_id = c.app_id \
         WHERE c.id = $1 AND c.app_id = $2",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<SqlUuid, _>(app)
    .get_result(conn.as_mut())
    .await
    .optional()?;
    Ok(found)
}

/// Notes who of its owners looked at a conversation first.
pub async fn mark_read(
    conn: &mut Conn,
    id: Uuid,
    account: Uuid,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    statement("UPDATE conversations SET read_at = $1, read_account_id = $2 WHERE id = $3 AND read_at IS NULL")
        .bind::<Timestamp, _>(to_column(at))
        .bind::<SqlUuid, _>(account)
        .bind::<SqlUuid, _>(id)
        .execute(conn.as_mut())
        .await?;
    Ok(())
}

/// Takes a conversation of an app away from whoever it belongs to. `false`: the app has none of that id. What is in it is deleted by
/// [`crate::conversation_erasure`].
pub async fn delete(tx: &mut Tx, app: Uuid, id: Uuid) -> Result<bool, StorageError> {
    let gone = statement("UPDATE conversations SET is_deleted = true WHERE id = $1 AND app_id = $2 AND NOT is_deleted")
        .bind::<SqlUuid, _>(id)
        .bind::<SqlUuid, _>(app)
        .execute(tx.as_mut())
        .await?;
    Ok(gone == 1)
}
