//! `workflow_runs` and `workflow_app_logs`, with Dify's columns. The graph is not copied into each run: its version has it.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    OptionalExtension as _, QueryableByName,
    sql_types::{Array, BigInt, Double, Integer, Nullable, Text, Timestamp, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use gatewright_storage_kit::{Conn, StorageError, statement};
use uuid::Uuid;

use crate::{texts, to_column};

/// Who began a run, as `created_by_role` names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Creator {
    /// A member of the workspace.
    Account(Uuid),
    /// A user of the app.
    EndUser(Uuid),
}

impl Creator {
    /// Whoever the two columns of a row name.
    pub fn of_columns(end_user: Option<Uuid>, account: Option<Uuid>) -> Self {
        match (end_user, account) {
            (Some(user), _) => Self::EndUser(user),
            (None, account) => Self::Account(account.unwrap_or(Uuid::nil())),
        }
    }

    /// `account` or `end_user`.
    pub fn role(self) -> &'static str {
        match self {
            Self::Account(_) => "account",
            Self::EndUser(_) => "end_user",
        }
    }

    /// The account or the end user.
    pub fn id(self) -> Uuid {
        match self {
            Self::Account(id) | Self::EndUser(id) => id,
        }
    }

    /// `console` or `api`, as `from_source` of conversations and messages names them.
    pub fn source(self) -> &'static str {
        match self {
            Self::Account(_) => "console",
            Self::EndUser(_) => "api",
        }
    }

    /// The account, when it is one.
    pub fn account(self) -> Option<Uuid> {
        match self {
            Self::Account(id) => Some(id),
            Self::EndUser(_) => None,
        }
    }

    /// The end user, when it is one.
    pub fn end_user(self) -> Option<Uuid> {
        match self {
            Self::Account(_) => None,
            Self::EndUser(id) => Some(id),
        }
    }
}

/// A run that begins.
#[derive(Debug, Clone)]
pub struct NewRun<'a> {
    /// Primary key of `workflow_runs`.
    pub id: Uuid,
    /// The workspace that the run belongs to.
    pub tenant_id: Uuid,
    /// The app that is run.
    pub app_id: Uuid,
    /// The version that runs.
    pub workflow_id: Uuid,
    /// A JSON object.
    pub inputs: &'a str,
    /// Who began it.
    pub creator: Creator,
    /// Which surface, as `workflow_app_logs.created_from` names it: `service-api`, `openapi`, `web-app`; `None`: no log is kept.
    pub created_from: Option<&'a str>,
    /// The id of that log.
    pub log_id: Uuid,
    /// When it began, in UTC.
    pub created_at: DateTime<Utc>,
}

/// Inserts runs, status `running`, and their logs. A run that is there already stays as it is, or runs again after a pause.
pub async fn insert(conn: &mut Conn, runs: &[NewRun<'_>]) -> Result<(), StorageError> {
    statement(
        "WITH new AS (SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
           AS t (id, tenant_id, app_id, workflow_id, inputs, role, created_by, created_from, log_id, created_at)), \
         logged AS (INSERT INTO workflow_app_logs (id, tenant_id, app_id, workflow_id, workflow_run_id, created_from, \
           created_by_role, created_by, created_at) \
           SELECT log_id, tenant_id, app_id, workflow_id, id, created_from, role, created_by, created_at \
           FROM new WHERE created_from IS NOT NULL ON CONFLICT DO NOTHING) \
         INSERT INTO workflow_runs (id, tenant_id, app_id, workflow_id, type, triggered_from, version, inputs, status, \
           created_by_role, created_by, created_at) \
         SELECT n.id, n.tenant_id, n.app_id, n.workflow_id, w.type, 'app-run', w.version, n.inputs, 'running', n.role, \
           n.created_by, n.created_at FROM new n JOIN workflows w ON w.id = n.workflow_id \
         ON CONFLICT (id) DO UPDATE SET status = 'running' WHERE workflow_runs.status = 'paused'",
    )
    .bind::<Array<SqlUuid>, _>(runs.iter().map(|run| run.id).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(runs.iter().map(|run| run.tenant_id).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(runs.iter().map(|run| run.app_id).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(runs.iter().map(|run| run.workflow_id).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(runs.iter().map(|run| run.inputs).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(runs.iter().map(|run| run.creator.role()).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(runs.iter().map(|run| run.creator.id()).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(texts(runs, |run| run.created_from))
    .bind::<Array<SqlUuid>, _>(runs.iter().map(|run| run.log_id).collect::<Vec<_>>())
    .bind::<Array<Timestamp>, _>(runs.iter().map(|run| to_column(run.created_at)).collect::<Vec<_>>())
    .execute(conn.as_mut())
    .await?;
    Ok(())
}

/// How a run ended, or that it waits.
#[derive(Debug, Clone)]
pub struct RunState<'a> {
    /// Primary key of the run.
    pub id: Uuid,
    /// `paused`, or one of the terminal ones.
    pub status: &'a str,
    /// A JSON object.
    pub outputs: &'a str,
    /// Why it failed or was stopped.
    pub error: Option<&'a str>,
    /// How long it took, in seconds.
    pub elapsed_time: f64,
    /// Of all models.
    pub total_tokens: i64,
    /// Nodes that ended.
    pub total_steps: i32,
    /// Nodes that failed and were gone around.
    pub exceptions_count: i32,
    /// UTC; none while it waits.
    pub finished_at: Option<DateTime<Utc>>,
}

/// Writes how runs ended. A run that ended before keeps how it ended: the first one counts.
pub async fn update_state(conn: &mut Conn, states: &[RunState<'_>]) -> Result<(), StorageError> {
    statement(
        "UPDATE workflow_runs r SET status = s.status, outputs = s.outputs, error = s.error, elapsed_time = s.elapsed_time, \
         total_tokens = s.total_tokens, total_steps = s.total_steps, exceptions_count = s.exceptions_count, \
         finished_at = s.finished_at FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9) \
         AS s (id, status, outputs, error, elapsed_time, total_tokens, total_steps, exceptions_count, finished_at) \
         WHERE r.id = s.id AND r.status IN ('running', 'paused')",
    )
    .bind::<Array<SqlUuid>, _>(states.iter().map(|run| run.id).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(states.iter().map(|run| run.status).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(states.iter().map(|run| run.outputs).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(texts(states, |run| run.error))
    .bind::<Array<Double>, _>(states.iter().map(|run| run.elapsed_time).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(states.iter().map(|run| run.total_tokens).collect::<Vec<_>>())
    .bind::<Array<Integer>, _>(states.iter().map(|run| run.total_steps).collect::<Vec<_>>())
    .bind::<Array<Integer>, _>(states.iter().map(|run| run.exceptions_count).collect::<Vec<_>>())
    .bind::<Array<Nullable<Timestamp>>, _>(
        states.iter().map(|run| run.finished_at.map(to_column)).collect::<Vec<_>>(),
    )
    .execute(conn.as_mut())
    .await?;
    Ok(())
}

/// A run as it is stored.
#[derive(Debug, Clone, PartialEq, QueryableByName)]
pub struct Run {
    /// Primary key of `workflow_runs`.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// The version that ran.
    #[diesel(sql_type = SqlUuid)]
    pub workflow_id: Uuid,
    /// `running`, `paused`, `succeeded`, `failed`, `stopped`, `partial-succeeded`.
    #[diesel(sql_type = Text)]
    pub status: String,
    /// A JSON object.
    #[diesel(sql_type = Nullable<Text>)]
    pub inputs: Option<String>,
    /// A JSON object.
    #[diesel(sql_type = Nullable<Text>)]
    pub outputs: Option<String>,
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
    pub created_at: NaiveDateTime,
    /// When it ended, in UTC; none while it runs.
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub finished_at: Option<NaiveDateTime>,
    /// `account` or `end_user`.
    #[diesel(sql_type = Text)]
    pub created_by_role: String,
    /// The account or the end user.
    #[diesel(sql_type = SqlUuid)]
    pub created_by: Uuid,
}

/// The columns of [`Run`] in a statement whose `r` is `workflow_runs`.
macro_rules! run_columns {
    () => {
        "r.id, r.workflow_id, r.status, r.inputs, r.outputs, r.error, r.elapsed_time, r.total_tokens, r.total_steps, r.exceptions_count, \
           r.created_at, r.finished_at, r.created_by_role, r.created_by"
    };
}

pub(crate) use run_columns;

/// Runs of which the conditions are `$end`.
macro_rules! select {
    ($end:literal) => {
        statement(concat!(
            "SELECT ",
            run_columns!(),
            " FROM workflow_runs r ",
            $end
        ))
    };
}

/// A run of an app.
pub async fn find(
    conn: &mut Conn,
    tenant: Uuid,
    app: Uuid,
    run: Uuid,
) -> Result<Option<Run>, StorageError> {
    let found = select!("WHERE r.tenant_id = $1 AND r.app_id = $2 AND r.id = $3")
        .bind::<SqlUuid, _>(tenant)
        .bind::<SqlUuid, _>(app)
        .bind::<SqlUuid, _>(run)
        .get_result(conn.as_mut())
        .await
        .optional()?;
    Ok(found)
}

/// `running`, `paused`, or how a run ended, whoever's it is.
pub async fn find_status(conn: &mut Conn, run: Uuid) -> Result<Option<String>, StorageError> {
    let found: Option<Status> = statement("SELECT status FROM workflow_runs WHERE id = $1")
        .bind::<SqlUuid, _>(run)
        .get_result(conn.as_mut())
        .await
        .optional()?;
    Ok(found.map(|row| row.status))
}

#[derive(QueryableByName)]
struct Status {
    #[diesel(sql_type = Text)]
    status: String,
}

/// Those of these runs that do not wait, whoever's they are.
pub async fn list_not_paused(conn: &mut Conn, runs: &[Uuid]) -> Result<Vec<Run>, StorageError> {
    let found = select!("WHERE r.id = ANY ($1) AND r.status <> 'paused'")
        .bind::<Array<SqlUuid>, _>(runs)
        .load(conn.as_mut())
        .await?;
    Ok(found)
}

/// Which runs of an app. All conditions hold together.
#[derive(Debug, Clone, Copy)]
pub struct RunsOf {
    /// The workspace that the app belongs to.
    pub tenant: Uuid,
    /// The app that was run.
    pub app: Uuid,
    /// Only those that this account began; none: everybody's.
    pub account: Option<Uuid>,
    /// Only those that began before this run; none: from the latest on. Before a run that there is none of there are none.
    pub before: Option<Uuid>,
}

/// A run in a list: without what went in and came out, which may be large.
#[derive(Debug, Clone, PartialEq, QueryableByName)]
pub struct RunLine {
    /// Primary key of `workflow_runs`.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// As of [`Run`].
    #[diesel(sql_type = Text)]
    pub status: String,
    /// How long it took, in seconds.
    #[diesel(sql_type = Double)]
    pub elapsed_time: f64,
    /// When it began, in UTC.
    #[diesel(sql_type = Timestamp)]
    pub created_at: NaiveDateTime,
    /// When it ended, in UTC; none while it runs.
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub finished_at: Option<NaiveDateTime>,
    /// `account` or `end_user`.
    #[diesel(sql_type = Text)]
    pub created_by_role: String,
    /// The account or the end user.
    #[diesel(sql_type = SqlUuid)]
    pub created_by: Uuid,
}

/// The latest runs of an app, the newest first.
pub async fn list(
    conn: &mut Conn,
    which: RunsOf,
    limit: i64,
) -> Result<Vec<RunLine>, StorageError> {
    let found = statement(
        "SELECT r.id, r.status, r.elapsed_time, r.created_at, r.finished_at, r.created_by_role, r.created_by FROM workflow_runs r \
         WHERE r.tenant_id = $1 AND r.app_id = $2 AND r.triggered_from = 'app-run' \
           AND ($3 IS NULL OR (r.created_by_role = 'account' AND r.created_by = $3)) \
           AND ($4 IS NULL OR (r.created_at, r.id) < (SELECT b.created_at, b.id FROM workflow_runs b WHERE b.id = $4)) \
         ORDER BY r.created_at DESC, r.id DESC LIMIT $5"
    )
    .bind::<SqlUuid, _>(which.tenant)
    .bind::<SqlUuid, _>(which.app)
    .bind::<Nullable<SqlUuid>, _>(which.account)
    .bind::<Nullable<SqlUuid>, _>(which.before)
    .bind::<BigInt, _>(limit)
    .load(conn.as_mut())
    .await?;
    Ok(found)
}

/// What a run that is taken up again began with.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Begun {
    /// The workspace of the app.
    #[diesel(sql_type = SqlUuid)]
    pub tenant_id: Uuid,
    /// The app that runs.
    #[diesel(sql_type = SqlUuid)]
    pub app_id: Uuid,
    /// The version of it.
    #[diesel(sql_type = SqlUuid)]
    pub workflow_id: Uuid,
    /// A JSON object.
    #[diesel(sql_type = Text)]
    pub inputs: String,
    /// `paused` while it waits for people.
    #[diesel(sql_type = Text)]
    pub status: String,
    /// `account` or `end_user`.
    #[diesel(sql_type = Text)]
    pub role: String,
    /// The account or the end user.
    #[diesel(sql_type = SqlUuid)]
    pub created_by: Uuid,
    /// When it began, in UTC.
    #[diesel(sql_type = Timestamp)]
    pub created_at: NaiveDateTime,
    /// The account's name, or what the caller calls the end user.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// The account's address; empty for an end user.
    #[diesel(sql_type = Text)]
    pub email: String,
}

/// What a run began with, whoever's it is. Whoever is gone meanwhile has an empty name.
pub async fn find_begun(conn: &mut Conn, run: Uuid) -> Result<Option<Begun>, StorageError> {
    let found = statement(
        "SELECT r.tenant_id, r.app_id, r.workflow_id, coalesce(r.inputs, '{}') AS inputs, r.status, r.created_by_role AS role, r.created_by, r.created_at, \
           coalesce(a.name, e.session_id, '') AS name, coalesce(a.email, '') AS email \
         FROM workflow_runs r LEFT JOIN accounts a ON r.created_by_role = 'account' AND a.id = r.created_by \
           LEFT JOIN end_users e ON r.created_by_role = 'end_user' AND e.id = r.created_by WHERE r.id = $1",
    )
    .bind::<SqlUuid, _>(run)
    .get_result(conn.as_mut())
    .await
    .optional()?;
    Ok(found)
}
