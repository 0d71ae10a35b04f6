//! `workflow_app_logs`: what was run by whom, as owners of apps look for it, a page at a time from the newest back.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    OptionalExtension as _, QueryableByName,
    sql_types::{BigInt, Double, Integer, Nullable, Text, Timestamp, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use gatewright_storage_kit::{Conn, StorageError, statement};
use uuid::Uuid;

use crate::{
    people::{By, ByUser, account_columns, user_columns},
    to_column,
};

/// The newest logs of an app, or of a stretch of time, that are looked at: a total says so many at most.
pub const MAX_COUNTED: i64 = 50_000;
/// A word is looked for in so many logs, the newest of those that the other conditions leave.
pub const MAX_SEARCHED: i64 = 10_000;

/// Which logs of an app. All conditions hold together.
#[derive(Debug, Clone, Default)]
pub struct LogsOf<'a> {
    /// The workspace that the app belongs to.
    pub tenant: Uuid,
    /// The app that was run.
    pub app: Uuid,
    /// A pattern of LIKE, in any case: in inputs, outputs, or the name of the end user.
    pub pattern: Option<&'a str>,
    /// The run itself, which a word that is an id finds too.
    pub run: Option<Uuid>,
    /// How the run stands.
    pub status: Option<&'a str>,
    /// Not earlier than this, in UTC.
    pub from: Option<DateTime<Utc>>,
    /// Not later than this, in UTC.
    pub to: Option<DateTime<Utc>>,
    /// The caller's name for the end user who ran it.
    pub session: Option<&'a str>,
    /// The account that ran it.
    pub account: Option<Uuid>,
}

/// A log with its run.
#[derive(Debug, Clone, PartialEq, QueryableByName)]
pub struct Log {
    /// Primary key of `workflow_app_logs`.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// Which surface it came over: `service-api`, `openapi`, `web-app`, …
    #[diesel(sql_type = Text)]
    pub created_from: String,
    /// `account` or `end_user`.
    #[diesel(sql_type = Text)]
    pub created_by_role: String,
    /// The account or the end user.
    #[diesel(sql_type = SqlUuid)]
    pub created_by: Uuid,
    /// When it was written, in UTC.
    #[diesel(sql_type = Timestamp)]
    pub created_at: NaiveDateTime,
    /// Primary key of the run.
    #[diesel(sql_type = SqlUuid)]
    pub run_id: Uuid,
    /// The name of the version that ran.
    #[diesel(sql_type = Text)]
    pub version: String,
    /// `running`, `paused`, or how it ended.
    #[diesel(sql_type = Text)]
    pub status: String,
    /// `app-run`, `webhook`, `schedule`, …
    #[diesel(sql_type = Text)]
    pub triggered_from: String,
    /// Why it failed or was stopped.
    #[diesel(sql_type = Nullable<Text>)]
    pub error: Option<String>,
    /// How long it took, in seconds.
    #[diesel(sql_type = Double)]
    pub elapsed_time: f64,
    /// Of all models.
    #[diesel(sql_type = BigInt)]
    pub total_tokens: i64,
    /// Nodes that ended.
    #[diesel(sql_type = Nullable<Integer>)]
    pub total_steps: Option<i32>,
    /// Nodes that failed and were gone around.
    #[diesel(sql_type = Nullable<Integer>)]
    pub exceptions_count: Option<i32>,
    /// When it began, in UTC.
    #[diesel(sql_type = Timestamp)]
    pub run_created_at: NaiveDateTime,
    /// When it ended, in UTC; none while it runs.
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub finished_at: Option<NaiveDateTime>,
    /// The account that ran it.
    #[diesel(embed)]
    pub by: By,
    /// The end user who ran it.
    #[diesel(embed)]
    pub user: ByUser,
}

/// The logs that the conditions leave, of the newest ones. What is asked stands in each place of the text again: else the server would
/// sort all logs of the app. `$1` to `$9` are the conditions, `$10` how many are searched.
macro_rules! matching {
    ($wanted:expr) => {
        concat!(
            "WITH p AS NOT MATERIALIZED (SELECT $1::uuid AS tenant, $2::uuid AS app, $3::timestamp AS since, $4::timestamp AS until, $5::text AS status, \
               $6::text AS session, $7::uuid AS account, $8::text AS pattern, $9::uuid AS run), \
             newest AS (SELECT l.id, l.created_at, l.created_by_role, l.created_by, l.workflow_run_id \
               FROM p JOIN workflow_app_logs l ON l.tenant_id = p.tenant AND l.app_id = p.app WHERE l.created_at >= coalesce(p.since, '-infinity'::timestamp) \
               AND l.created_at <= coalesce(p.until, 'infinity'::timestamp) ORDER BY l.created_at DESC, l.id DESC LIMIT 50000), \
             found AS (SELECT l.id, l.created_at, l.created_by_role, l.created_by, l.workflow_run_id FROM p, newest l \
               WHERE (p.account IS NULL OR (l.created_by_role = 'account' AND l.created_by = p.account)) \
                 AND (p.session IS NULL OR (l.created_by_role = 'end_user' AND EXISTS (SELECT 1 FROM end_users e \
                   WHERE e.id = l.created_by AND e.session_id = p.session))) \
                 AND (p.status IS NULL OR EXISTS (SELECT 1 FROM workflow_runs r WHERE r.id = l.workflow_run_id AND r.status = p.status)) \
               ORDER BY l.created_at DESC, l.id DESC LIMIT $10), \
             m AS (SELECT f.id, f.created_at FROM p, found f WHERE p.pattern IS NULL OR EXISTS (SELECT 1 FROM workflow_runs r \
               LEFT JOIN end_users e ON f.created_by_role = 'end_user' AND e.id = f.created_by WHERE r.id = f.workflow_run_id \
                 AND (r.inputs ILIKE p.pattern OR r.outputs ILIKE p.pattern OR e.session_id ILIKE p.pattern OR r.id = p.run))) ",
            $wanted
        )
    };
}

/// A page of logs with their runs. `$11` are passed over, `$12` are wanted.
const PAGE: &str = matching!(concat!(
    "SELECT (SELECT count(*) FROM m) AS total, l.id, l.created_from, l.created_by_role, l.created_by, l.created_at, r.id AS run_id, r.version, r.status, \
               r.triggered_from, r.error, r.elapsed_time, r.total_tokens, r.total_steps, r.exceptions_count, \
               r.created_at AS run_created_at, r.finished_at, ",
    account_columns!(),
    ", ",
    user_columns!(),
    " FROM (SELECT id FROM m ORDER BY created_at DESC, id DESC OFFSET $11 LIMIT $12) w \
               JOIN workflow_app_logs l ON l.id = w.id JOIN workflow_runs r ON r.id = l.workflow_run_id \
               LEFT JOIN accounts a ON l.created_by_role = 'account' AND a.id = l.created_by \
               LEFT JOIN end_users e ON l.created_by_role = 'end_user' AND e.id = l.created_by \
             ORDER BY l.created_at DESC, l.id DESC"
));

const TOTAL: &str = matching!("SELECT count(*) AS rows FROM m");

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    rows: i64,
}

macro_rules! bound {
    ($text:expr, $which:expr, $searched:expr) => {
        statement($text)
            .bind::<SqlUuid, _>($which.tenant)
            .bind::<SqlUuid, _>($which.app)
            .bind::<Nullable<Timestamp>, _>($which.from.map(to_column))
            .bind::<Nullable<Timestamp>, _>($which.to.map(to_column))
            .bind::<Nullable<Text>, _>($which.status)
            .bind::<Nullable<Text>, _>($which.session)
            .bind::<Nullable<SqlUuid>, _>($which.account)
            .bind::<Nullable<Text>, _>($which.pattern)
            .bind::<Nullable<SqlUuid>, _>($which.run)
            .bind::<BigInt, _>($searched)
    };
}

impl LogsOf<'_> {
    /// How many logs are searched for a word; without one as many as are looked at.
    fn searched(&self) -> i64 {
        self.pattern.map_or(MAX_COUNTED, |_| MAX_SEARCHED)
    }
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(embed)]
    log: Log,
    #[diesel(sql_type = BigInt)]
    total: i64,
}

/// A page of logs, the newest first, and how many there are, [`MAX_COUNTED`] at most. A word is looked for once for both.
pub async fn list(
    conn: &mut Conn,
    which: &LogsOf<'_>,
    offset: i64,
    limit: i64,
) -> Result<(Vec<Log>, i64), StorageError> {
    // Without a word nothing behind the page is needed.
    let searched = which.searched().min(match which.pattern {
        Some(_) => MAX_SEARCHED,
        None => offset.saturating_add(limit),
    });
    let found: Vec<Found> = bound!(PAGE, which, searched)
        .bind::<BigInt, _>(offset)
        .bind::<BigInt, _>(limit)
        .load(conn.as_mut())
        .await?;
    let total = match found.as_slice().first() {
        Some(first) if which.pattern.is_some() => first.total,
        _ => count(conn, which).await?,
    };
    Ok((found.into_iter().map(|found| found.log).collect(), total))
}

async fn count(conn: &mut Conn, which: &LogsOf<'_>) -> Result<i64, StorageError> {
    let found: Count = bound!(TOTAL, which, which.searched())
        .get_result(conn.as_mut())
        .await?;
    Ok(found.rows)
}

#[derive(QueryableByName)]
struct Member {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// The member of a workspace who has this address, in any case.
pub async fn find_member(
    conn: &mut Conn,
    tenant: Uuid,
    email: &str,
) -> Result<Option<Uuid>, StorageError> {
    let found: Option<Member> = statement(
        "SELECT a.id FROM tenant_account_joins j JOIN accounts a ON a.id = j.account_id \
         WHERE j.tenant_id = $1 AND lower(a.email) = lower($2) LIMIT 1",
    )
    .bind::<SqlUuid, _>(tenant)
    .bind::<Text, _>(email)
    .get_result(conn.as_mut())
    .await
    .optional()?;
    Ok(found.map(|row| row.id))
}
