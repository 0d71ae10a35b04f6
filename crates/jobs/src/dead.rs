//! The dead letters: jobs that ran out of attempts. They stay until somebody replays or discards them.

use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Int4, Int8, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use gatewright_domain::error::Unavailable;
use serde::Serialize;
use uuid::Uuid;

use crate::store::unavailable;

/// A dead job, as people look at it. Its payload is not shown: it names people.
#[derive(Debug, Clone, Serialize, QueryableByName)]
pub struct DeadJob {
    /// Primary key of the job.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// Where it waited.
    #[diesel(sql_type = Text)]
    pub queue: String,
    /// What it was to do.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// How often it was tried.
    #[diesel(sql_type = Int4)]
    pub attempts: i32,
    /// When it was enqueued.
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    /// When it was given up.
    #[diesel(sql_type = Timestamptz)]
    pub dead_at: DateTime<Utc>,
    /// What the last attempt failed of; none where nothing was noted.
    #[diesel(sql_type = Nullable<Text>)]
    pub last_error: Option<String>,
}

/// The dead jobs, the latest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list_dead(
    conn: &mut AsyncPgConnection,
    most: i64,
) -> Result<Vec<DeadJob>, Unavailable> {
    diesel::sql_query(
        "SELECT id, queue, kind, attempts, created_at, dead_at, last_error FROM gatewright_jobs \
         WHERE dead_at IS NOT NULL ORDER BY dead_at DESC, id LIMIT $1",
    )
    .bind::<Int8, _>(most)
    .load(conn)
    .await
    .map_err(unavailable)
}

/// Gives one dead job (or, without an id, all of them) a new life with all its attempts.
///
/// # Errors
/// When the database does not answer.
pub async fn replay_dead(
    conn: &mut AsyncPgConnection,
    id: Option<Uuid>,
    now: DateTime<Utc>,
) -> Result<usize, Unavailable> {
    diesel::sql_query(
        "WITH revived AS (UPDATE gatewright_jobs SET dead_at = NULL, attempts = 0, run_at = $2 \
         WHERE dead_at IS NOT NULL AND ($1 IS NULL OR id = $1) RETURNING queue), \
         told AS (SELECT pg_notify('gatewright_jobs', queue) FROM (SELECT DISTINCT queue FROM revived) q) \
         SELECT (SELECT count(*) FROM revived) AS number, (SELECT count(*) FROM told) AS told",
    )
    .bind::<Nullable<SqlUuid>, _>(id)
    .bind::<Timestamptz, _>(now)
    .get_result::<Number>(conn)
    .await
    .map(|counted| usize::try_from(counted.number).unwrap_or_default())
    .map_err(unavailable)
}

/// Forgets one dead job (or all of them).
///
/// # Errors
/// When the database does not answer.
pub async fn discard_dead(
    conn: &mut AsyncPgConnection,
    id: Option<Uuid>,
) -> Result<usize, Unavailable> {
    diesel::sql_query(
        "DELETE FROM gatewright_jobs WHERE dead_at IS NOT NULL AND ($1 IS NULL OR id = $1)",
    )
    .bind::<Nullable<SqlUuid>, _>(id)
    .execute(conn)
    .await
    .map_err(unavailable)
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = Int8)]
    number: i64,
}
