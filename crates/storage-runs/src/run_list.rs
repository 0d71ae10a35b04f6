//! `workflow_runs` as owners of apps look at them: a part of the list from the newest back, how many there are, one with its graph.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    OptionalExtension as _, QueryableByName,
    sql_types::{BigInt, Double, Integer, Nullable, Text, Timestamp, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use gatewright_storage_kit::{Conn, StorageError, statement};
use uuid::Uuid;

use crate::{
    conversation_list::Place,
    people::{By, ByUser, account_columns, user_columns},
    run::{Run, run_columns},
    to_column,
};

/// The newest runs of an app that are counted, and among which a status is looked for.
pub const MAX_COUNTED: i64 = 100_000;

/// Which runs of an app. All conditions hold together.
#[derive(Debug, Clone, Copy)]
pub struct RunsBy<'a> {
    /// The workspace that the app belongs to.
    pub tenant: Uuid,
    /// The app that was run.
    pub app: Uuid,
    /// `app-run`, `debugging`, …
    pub triggered_from: &'a str,
    /// How the run stands; none: anyhow.
    pub status: Option<&'a str>,
}

/// A run as a list shows it.
#[derive(Debug, Clone, PartialEq, QueryableByName)]
pub struct ListedRun {
    /// Primary key of `workflow_runs`.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// The name of the version that ran.
    #[diesel(sql_type = Text)]
    pub version: String,
    /// `running`, `paused`, or how it ended.
    #[diesel(sql_type = Text)]
    pub status: String,
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
    pub created_at: NaiveDateTime,
    /// When it ended, in UTC; none while it runs.
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub finished_at: Option<NaiveDateTime>,
    /// The account that began it.
    #[diesel(embed)]
    pub by: By,
    /// The conversation that it is part of.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub conversation_id: Option<Uuid>,
    /// The message that it answers.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub message_id: Option<Uuid>,
}

/// Runs before a place, the newest first; without a place the latest. A way in which few stand is looked for among [`MAX_COUNTED`].
pub async fn list(
    conn: &mut Conn,
    which: RunsBy<'_>,
    before: Option<Place>,
    limit: i64,
) -> Result<Vec<ListedRun>, StorageError> {
    let found = statement(concat!(
        "SELECT r.id, r.version, r.status, r.elapsed_time, r.total_tokens, r.total_steps, r.exceptions_count, r.created_at, r.finished_at, \
           m.conversation_id, m.id AS message_id, ",
        account_columns!(),
        " FROM (SELECT r.id, r.version, r.status, r.elapsed_time, r.total_tokens, r.total_steps, r.exceptions_count, r.created_at, \
             r.finished_at, r.created_by_role, r.created_by FROM workflow_runs r \
             WHERE r.tenant_id = $1 AND r.app_id = $2 AND r.triggered_from = $3 \
               AND (r.created_at, r.id) < (coalesce($4, 'infinity'::timestamp), \
                 coalesce($5, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)) \
             ORDER BY r.created_at DESC, r.id DESC LIMIT $6) r LEFT JOIN accounts a ON r.created_by_role = 'account' AND a.id = r.created_by \
           LEFT JOIN LATERAL (SELECT m.id, m.conversation_id FROM messages m WHERE m.workflow_run_id = r.id \
             ORDER BY m.created_at, m.id LIMIT 1) m ON true \
         WHERE $7 IS NULL OR r.status = $7 ORDER BY r.created_at DESC, r.id DESC LIMIT $8",
    ))
    .bind::<SqlUuid, _>(which.tenant)
    .bind::<SqlUuid, _>(which.app)
    .bind::<Text, _>(which.triggered_from)
    .bind::<Nullable<Timestamp>, _>(before.map(|place| place.at))
    .bind::<Nullable<SqlUuid>, _>(before.map(|place| place.id))
    .bind::<BigInt, _>(MAX_COUNTED)
    .bind::<Nullable<Text>, _>(which.status)
    .bind::<BigInt, _>(limit)
    .load(conn.as_mut())
    .await?;
    Ok(found)
}

/// Where a run of an app stands in lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
struct Stands {
    #[diesel(sql_type = Timestamp)]
    created_at: NaiveDateTime,
}

/// Where a run of an app stands in its list.
pub async fn find_place(
    conn: &mut Conn,
    tenant: Uuid,
    app: Uuid,
    run: Uuid,
) -> Result<Option<Place>, StorageError> {
    let found: Option<Stands> = statement(
        "SELECT created_at FROM workflow_runs WHERE tenant_id = $1 AND app_id = $2 AND id = $3",
    )
    .bind::<SqlUuid, _>(tenant)
    .bind::<SqlUuid, _>(app)
    .bind::<SqlUuid, _>(run)
    .get_result(conn.as_mut())
    .await
    .optional()?;
    let place = |found: Stands| Place {
        at: found.created_at,
        id: run,
    };
    Ok(found.map(place))
}

/// How many runs stand in one way.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct StatusCount {
    /// `running`, `paused`, or how they ended.
    #[diesel(sql_type = Text)]
    pub status: String,
    /// Runs that stand so.
    #[diesel(sql_type = BigInt)]
    pub runs: i64,
}

/// How many runs of an app stand in each way, of the newest [`MAX_COUNTED`] since a time.
pub async fn count(
    conn: &mut Conn,
    which: RunsBy<'_>,
    since: Option<DateTime<Utc>>,
) -> Result<Vec<StatusCount>, StorageError> {
    let found = statement(
        "SELECT status, count(*) AS runs FROM (SELECT r.status FROM workflow_runs r \
           WHERE r.tenant_id = $1 AND r.app_id = $2 AND r.triggered_from = $3 AND r.created_at >= coalesce($4, '-infinity'::timestamp) \
           ORDER BY r.created_at DESC, r.id DESC LIMIT $5) newest WHERE status = coalesce($6, status) GROUP BY status",
    )
    .bind::<SqlUuid, _>(which.tenant)
    .bind::<SqlUuid, _>(which.app)
    .bind::<Text, _>(which.triggered_from)
    .bind::<Nullable<Timestamp>, _>(since.map(to_column))
    .bind::<BigInt, _>(MAX_COUNTED)
    .bind::<Nullable<Text>, _>(which.status)
    .load(conn.as_mut())
    .await?;
    Ok(found)
}

/// A run with everything that is known of it.
#[derive(Debug, Clone, PartialEq, QueryableByName)]
pub struct WholeRun {
    /// The run itself.
    #[diesel(embed)]
    pub run: Run,
    /// The name of the version that ran.
    #[diesel(sql_type = Text)]
    pub version: String,
    /// What ran: a JSON object; none when its version is gone.
    #[diesel(sql_type = Nullable<Text>)]
    pub graph: Option<String>,
    /// The account that began it.
    #[diesel(embed)]
    pub by: By,
    /// The end user who began it.
    #[diesel(embed)]
    pub user: ByUser,
}

/// A run of an app, whole.
pub async fn find(
    conn: &mut Conn,
    tenant: Uuid,
    app: Uuid,
    run: Uuid,
) -> Result<Option<WholeRun>, StorageError> {
    let found = statement(concat!(
        "SELECT ",
        run_columns!(),
        ", r.version, coalesce(r.graph, w.graph) AS graph, ",
        account_columns!(),
        ", ",
        user_columns!(),
        " FROM workflow_runs r LEFT JOIN workflows w ON w.id = r.workflow_id \
           LEFT JOIN accounts a ON r.created_by_role = 'account' AND a.id = r.created_by \
           LEFT JOIN end_users e ON r.created_by_role = 'end_user' AND e.id = r.created_by \
         WHERE r.tenant_id = $1 AND r.app_id = $2 AND r.id = $3",
    ))
    .bind::<SqlUuid, _>(tenant)
    .bind::<SqlUuid, _>(app)
    .bind::<SqlUuid, _>(run)
    .get_result(conn.as_mut())
    .await
    .optional()?;
    Ok(found)
}
