//! The statements. Each state change is guarded by who holds the lease.

use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Array, Int4, Int8, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use gatewright_domain::error::Unavailable;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    job::{Job, JobId},
    queue::QueueName,
};

/// Where new jobs are announced, so that workers need not ask all the time.
pub const CHANNEL: &str = "gatewright_jobs";

pub(crate) fn unavailable(error: diesel::result::Error) -> Unavailable {
    Unavailable::new("postgres", error)
}

/// Adds a job to be done from `run_at` on. Call it in the transaction that causes it: it is announced
/// when that commits.
///
/// # Errors
/// When the database does not take it.
pub async fn enqueue<J: Job>(
    conn: &mut AsyncPgConnection,
    id: JobId,
    job: &J,
    now: DateTime<Utc>,
    run_at: DateTime<Utc>,
) -> Result<(), Unavailable> {
    let payload = serde_json::to_value(job).map_err(|e| Unavailable::new("jobs", e))?;
    diesel::sql_query(
        "WITH added AS (INSERT INTO gatewright_jobs \
         (id, queue, kind, payload, created_at, run_at, max_attempts) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING queue) \
         SELECT pg_notify('gatewright_jobs', queue) FROM added",
    )
    .bind::<SqlUuid, _>(id.0)
    .bind::<Text, _>(J::QUEUE.as_str())
    .bind::<Text, _>(J::KIND)
    .bind::<Jsonb, _>(payload)
    .bind::<Timestamptz, _>(now)
    .bind::<Timestamptz, _>(run_at)
    .bind::<Int4, _>(J::MAX_ATTEMPTS)
    .execute(conn)
    .await
    .map_err(unavailable)?;
    Ok(())
}

/// A job that is ours until its lease ends.
#[derive(QueryableByName)]
pub(crate) struct Claimed {
    #[diesel(sql_type = SqlUuid)]
    pub(crate) id: Uuid,
    #[diesel(sql_type = Text)]
    pub(crate) kind: String,
    #[diesel(sql_type = Jsonb)]
    pub(crate) payload: Value,
    #[diesel(sql_type = Int4)]
    pub(crate) attempts: i32,
    #[diesel(sql_type = Int4)]
    pub(crate) max_attempts: i32,
}

/// Who claims, from where, until when.
pub(crate) struct Claim<'a> {
    pub(crate) worker: Uuid,
    pub(crate) queues: &'a [QueueName],
    pub(crate) now: DateTime<Utc>,
    pub(crate) until: DateTime<Utc>,
    pub(crate) most: i64,
}

/// Takes due jobs that nobody holds.
pub(crate) async fn claim(
    conn: &mut AsyncPgConnection,
    claim: &Claim<'_>,
) -> Result<Vec<Claimed>, Unavailable> {
    let queues: Vec<&str> = claim.queues.iter().map(|queue| queue.as_str()).collect();
    diesel::sql_query(
        "UPDATE gatewright_jobs SET attempts = attempts + 1, leased_by = $1, leased_until = $2 \
         WHERE id IN (SELECT id FROM gatewright_jobs WHERE dead_at IS NULL AND run_at <= $3 \
         AND queue = ANY($4) AND (leased_until IS NULL OR leased_until <= $3) \
         AND attempts < max_attempts ORDER BY run_at, id LIMIT $5 FOR UPDATE SKIP LOCKED) \
         RETURNING id, kind, payload, attempts, max_attempts",
    )
    .bind::<SqlUuid, _>(claim.worker)
    .bind::<Timestamptz, _>(claim.until)
    .bind::<Timestamptz, _>(claim.now)
    .bind::<Array<Text>, _>(queues)
    .bind::<Int8, _>(claim.most)
    .load(conn)
    .await
    .map_err(unavailable)
}

/// Buries what ended its workers in its last attempt. Says how many.
pub(crate) async fn dead_letter_exhausted(
    conn: &mut AsyncPgConnection,
    now: DateTime<Utc>,
) -> Result<usize, Unavailable> {
    diesel::sql_query(
        "UPDATE gatewright_jobs SET dead_at = $1, leased_by = NULL, leased_until = NULL, \
         last_error = coalesce(last_error || '; ', '') || 'its worker ended in the last attempt' \
         WHERE dead_at IS NULL AND attempts >= max_attempts AND leased_until <= $1",
    )
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await
    .map_err(unavailable)
}

/// The job is done: its row goes. False when the lease was lost.
pub(crate) async fn finish(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    worker: Uuid,
) -> Result<bool, Unavailable> {
    let gone = diesel::sql_query("DELETE FROM gatewright_jobs WHERE id = $1 AND leased_by = $2")
        .bind::<SqlUuid, _>(id)
        .bind::<SqlUuid, _>(worker)
        .execute(conn)
        .await
        .map_err(unavailable)?;
    Ok(gone == 1)
}

/// Another attempt at `run_at`, or (without) none ever again.
pub(crate) async fn fail(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    worker: Uuid,
    error: &str,
    now: DateTime<Utc>,
    run_at: Option<DateTime<Utc>>,
) -> Result<(), Unavailable> {
    diesel::sql_query(
        "UPDATE gatewright_jobs SET leased_by = NULL, leased_until = NULL, last_error = left($3, 1000), \
         run_at = coalesce($4, run_at), dead_at = CASE WHEN $4 IS NULL THEN $5 END \
         WHERE id = $1 AND leased_by = $2",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<SqlUuid, _>(worker)
    .bind::<Text, _>(error)
    .bind::<Nullable<Timestamptz>, _>(run_at)
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await
    .map_err(unavailable)?;
    Ok(())
}

/// Holds on to a job that takes long.
pub(crate) async fn renew(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    worker: Uuid,
    until: DateTime<Utc>,
) -> Result<(), Unavailable> {
    diesel::sql_query(
        "UPDATE gatewright_jobs SET leased_until = $3 WHERE id = $1 AND leased_by = $2",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<SqlUuid, _>(worker)
    .bind::<Timestamptz, _>(until)
    .execute(conn)
    .await
    .map_err(unavailable)?;
    Ok(())
}

/// Gives back what a worker could not finish before it had to stop; the attempt does not count.
pub(crate) async fn release(
    conn: &mut AsyncPgConnection,
    worker: Uuid,
) -> Result<usize, Unavailable> {
    diesel::sql_query(
        "UPDATE gatewright_jobs SET leased_by = NULL, leased_until = NULL, attempts = attempts - 1 \
         WHERE leased_by = $1",
    )
    .bind::<SqlUuid, _>(worker)
    .execute(conn)
    .await
    .map_err(unavailable)
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = diesel::sql_types::Bool)]
    is_there: bool,
}

/// Whether a worker does such a job now that was enqueued before this one: two ticks of a schedule may overlap.
///
/// # Errors
/// When the database does not answer.
pub async fn is_under_way<J: Job>(
    conn: &mut AsyncPgConnection,
    id: JobId,
    job: &J,
    now: DateTime<Utc>,
) -> Result<bool, Unavailable> {
    let payload = serde_json::to_value(job).map_err(|e| Unavailable::new("jobs", e))?;
    let found: Found = diesel::sql_query(
        "SELECT EXISTS (SELECT 1 FROM gatewright_jobs mine JOIN gatewright_jobs other ON other.kind = mine.kind \
           AND (other.created_at, other.id) < (mine.created_at, mine.id) \
         WHERE mine.id = $1 AND other.payload = $2 AND other.dead_at IS NULL AND other.leased_until > $3) AS is_there",
    )
    .bind::<SqlUuid, _>(id.0)
    .bind::<Jsonb, _>(payload)
    .bind::<Timestamptz, _>(now)
    .get_result(conn)
    .await
    .map_err(unavailable)?;
    Ok(found.is_there)
}

/// How much waits in a queue.
#[derive(Debug, Clone, QueryableByName)]
pub struct Depth {
    /// The queue's name.
    #[diesel(sql_type = Text)]
    pub queue: String,
    /// Not dead, done or to be done.
    #[diesel(sql_type = Int8)]
    pub waiting: i64,
    /// How many are dead letters.
    #[diesel(sql_type = Int8)]
    pub dead: i64,
}

/// How a queue stands, for whoever watches it.
#[derive(Debug, Clone, QueryableByName)]
pub struct QueueState {
    /// The queue's name.
    #[diesel(sql_type = Text)]
    pub queue: String,
    /// Not dead, done or to be done.
    #[diesel(sql_type = Int8)]
    pub waiting: i64,
    /// Those of them that failed at least once.
    #[diesel(sql_type = Int8)]
    pub retrying: i64,
    /// How many are dead letters.
    #[diesel(sql_type = Int8)]
    pub dead: i64,
    /// Since when the one is due that waits longest; none: none is due, or it is being done.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub oldest: Option<DateTime<Utc>>,
}

/// How each queue stands that holds anything.
///
/// # Errors
/// When the database does not answer.
pub async fn queue_states(
    conn: &mut AsyncPgConnection,
    now: DateTime<Utc>,
) -> Result<Vec<QueueState>, Unavailable> {
    diesel::sql_query(
        "SELECT queue, count(*) FILTER (WHERE dead_at IS NULL) AS waiting, \
         count(*) FILTER (WHERE dead_at IS NULL AND last_error IS NOT NULL) AS retrying, \
         count(*) FILTER (WHERE dead_at IS NOT NULL) AS dead, \
         min(run_at) FILTER (WHERE dead_at IS NULL AND run_at <= $1 \
         AND (leased_until IS NULL OR leased_until <= $1)) AS oldest \
         FROM gatewright_jobs GROUP BY queue ORDER BY queue",
    )
    .bind::<Timestamptz, _>(now)
    .load(conn)
    .await
    .map_err(unavailable)
}

/// How much waits in each queue that holds anything.
///
/// # Errors
/// When the database does not answer.
pub async fn depths(conn: &mut AsyncPgConnection) -> Result<Vec<Depth>, Unavailable> {
    diesel::sql_query(
        "SELECT queue, count(*) FILTER (WHERE dead_at IS NULL) AS waiting, \
         count(*) FILTER (WHERE dead_at IS NOT NULL) AS dead \
         FROM gatewright_jobs GROUP BY queue ORDER BY queue",
    )
    .load(conn)
    .await
    .map_err(unavailable)
}
