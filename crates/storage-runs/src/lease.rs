//! `gatewright_run_leases`: which process works on a run that has not ended. An owner counts the epoch up when it takes a run over;
//! whoever writes a run locks its row first and compares the epoch, so that a former owner's write changes nothing.

use chrono::{DateTime, Utc};
use diesel::{
    QueryableByName,
    sql_types::{Array, BigInt, Bool, Double, Nullable, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use gatewright_storage_kit::{Conn, StorageError, statement};
use uuid::Uuid;

/// A lease as it is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct Lease {
    /// The run that is owned.
    #[diesel(sql_type = SqlUuid)]
    pub run_id: Uuid,
    /// Of the present ownership.
    #[diesel(sql_type = BigInt)]
    pub epoch: i64,
    /// When somebody asked for the run to stop.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub stop_requested_at: Option<DateTime<Utc>>,
    /// The process that works on it; none while the run waits for people.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub owner: Option<Uuid>,
    /// When a form of the run was answered, or its time was over, while it had an owner.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub wake_requested_at: Option<DateTime<Utc>>,
}

impl Lease {
    /// Whether the owner is to look at the run's forms.
    pub fn is_woken(&self) -> bool {
        self.wake_requested_at.is_some()
    }
}

/// The owner of a run that was given back: whoever looks first takes it.
const NOBODY: Uuid = Uuid::nil();

#[derive(QueryableByName)]
struct Owned {
    #[diesel(sql_type = SqlUuid)]
    run_id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    owner: Option<Uuid>,
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = SqlUuid)]
    run_id: Uuid,
}

/// Gives new runs to an owner for so many seconds, at epoch 1. Returns those leases, which nobody else sees before the transaction
/// ends; a run that has a lease already keeps it.
pub async fn insert(
    conn: &mut Conn,
    runs: &[Uuid],
    owner: Uuid,
    seconds: f64,
) -> Result<Vec<Lease>, StorageError> {
    let given = statement(
        "INSERT INTO gatewright_run_leases (run_id, owner, expires_at) \
         SELECT id, $1, now() + make_interval(secs => $2) FROM unnest($3) AS t (id) ON CONFLICT DO NOTHING \
         RETURNING run_id, epoch, stop_requested_at, owner, wake_requested_at",
    )
    .bind::<SqlUuid, _>(owner)
    .bind::<Double, _>(seconds)
    .bind::<Array<SqlUuid>, _>(runs)
    .load(conn.as_mut())
    .await?;
    Ok(given)
}

/// Locks the leases of these runs until the transaction ends, in the order of their ids, so that two batches never wait for each other.
pub async fn lock(conn: &mut Conn, runs: &[Uuid]) -> Result<Vec<Lease>, StorageError> {
    let leases = statement(
        "SELECT run_id, epoch, stop_requested_at, owner, wake_requested_at FROM gatewright_run_leases WHERE run_id = ANY ($1) \
         ORDER BY run_id FOR UPDATE",
    )
    .bind::<Array<SqlUuid>, _>(runs)
    .load(conn.as_mut())
    .await?;
    Ok(leases)
}

/// Gives the leases of these runs so many seconds from now. Returns those that the owner still has: a lease that lapsed while storage was
/// away, and that nobody took, is still its. A run that is not named, because nobody works on it, lapses.
pub async fn renew(
    conn: &mut Conn,
    owner: Uuid,
    runs: &[Uuid],
    seconds: f64,
) -> Result<Vec<Lease>, StorageError> {
    let kept = statement(
        "UPDATE gatewright_run_leases SET expires_at = now() + make_interval(secs => $1) \
         WHERE owner = $2 AND run_id = ANY ($3) \
         RETURNING run_id, epoch, stop_requested_at, owner, wake_requested_at",
    )
    .bind::<Double, _>(seconds)
    .bind::<SqlUuid, _>(owner)
    .bind::<Array<SqlUuid>, _>(runs)
    .load(conn.as_mut())
    .await?;
    Ok(kept)
}

/// Which runs a process may take over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// Those that were given back, or offered.
    GivenBack,
    /// Those too whose owner let its lease lapse.
    Lapsed,
}

/// Takes runs over that nobody has: at most `limit`, none that another process is taking now.
pub async fn claim(
    conn: &mut Conn,
    claim: Claim,
    owner: Uuid,
    seconds: f64,
    limit: i64,
) -> Result<Vec<Lease>, StorageError> {
    let claimed = statement(
        "UPDATE gatewright_run_leases l SET owner = $1, epoch = l.epoch + 1, \
         expires_at = now() + make_interval(secs => $2) \
         FROM (SELECT run_id FROM gatewright_run_leases WHERE owner IS NOT NULL AND expires_at <= now() AND (owner = $3 OR $4) \
               ORDER BY expires_at LIMIT $5 FOR UPDATE SKIP LOCKED) lapsed \
         WHERE l.run_id = lapsed.run_id \
         RETURNING l.run_id, l.epoch, l.stop_requested_at, l.owner, l.wake_requested_at",
    )
    .bind::<SqlUuid, _>(owner)
    .bind::<Double, _>(seconds)
    .bind::<SqlUuid, _>(NOBODY)
    .bind::<Bool, _>(claim == Claim::Lapsed)
    .bind::<BigInt, _>(limit)
    .load(conn.as_mut())
    .await?;
    Ok(claimed)
}

/// Gives all leases of an owner back, so that others go on with its runs at once.
pub async fn give_back(conn: &mut Conn, owner: Uuid) -> Result<usize, StorageError> {
    let given = statement(
        "UPDATE gatewright_run_leases SET expires_at = now(), owner = $1 WHERE owner = $2",
    )
    .bind::<SqlUuid, _>(NOBODY)
    .bind::<SqlUuid, _>(owner)
    .execute(conn.as_mut())
    .await?;
    Ok(given)
}

/// Notes that somebody wants the run to stop; its owner sees it at its next write. `false` when it has ended.
pub async fn request_stop(conn: &mut Conn, run: Uuid) -> Result<bool, StorageError> {
    let noted = statement(
        "UPDATE gatewright_run_leases SET stop_requested_at = coalesce(stop_requested_at, now()) WHERE run_id = $1",
    )
    .bind::<SqlUuid, _>(run)
    .execute(conn.as_mut())
    .await?;
    Ok(noted == 1)
}

/// Nobody owns these runs any more: they wait for people.
pub async fn release(conn: &mut Conn, runs: &[Uuid]) -> Result<(), StorageError> {
    diesel::sql_query("UPDATE gatewright_run_leases SET owner = NULL WHERE run_id = ANY ($1)")
        .bind::<Array<SqlUuid>, _>(runs)
        .execute(conn.as_mut())
        .await?;
    Ok(())
}

/// Gives runs that nobody owns to an owner for so many seconds, in the same ownership: it paused them, and goes on.
pub async fn adopt(
    conn: &mut Conn,
    runs: &[Uuid],
    owner: Uuid,
    seconds: f64,
) -> Result<(), StorageError> {
    diesel::sql_query(
        "UPDATE gatewright_run_leases SET owner = $2, expires_at = now() + make_interval(secs => $3) \
         WHERE run_id = ANY ($1) AND owner IS NULL",
    )
    .bind::<Array<SqlUuid>, _>(runs)
    .bind::<SqlUuid, _>(owner)
    .bind::<Double, _>(seconds)
    .execute(conn.as_mut())
    .await?;
    Ok(())
}

/// Takes a run that waits for people, for so many seconds. `None`: somebody has it, or it has ended.
pub async fn take_waiting(
    conn: &mut Conn,
    run: Uuid,
    owner: Uuid,
    seconds: f64,
) -> Result<Option<Lease>, StorageError> {
    let taken: Vec<Lease> = diesel::sql_query(
        "UPDATE gatewright_run_leases SET owner = $2, epoch = epoch + 1, wake_requested_at = NULL, \
           expires_at = now() + make_interval(secs => $3) \
         WHERE run_id = $1 AND owner IS NULL RETURNING run_id, epoch, stop_requested_at, owner, wake_requested_at",
    )
    .bind::<SqlUuid, _>(run)
    .bind::<SqlUuid, _>(owner)
    .bind::<Double, _>(seconds)
    .load(conn.as_mut())
    .await?;
    Ok(taken.into_iter().next())
}

/// Lets whichever process serves runs look at the forms of this one: its owner, if it has one; else who claims it next, as if its lease
/// had lapsed. `false` when it has ended.
pub async fn offer(conn: &mut Conn, run: Uuid) -> Result<bool, StorageError> {
    let noted = diesel::sql_query(
        "UPDATE gatewright_run_leases SET owner = coalesce(owner, $2), wake_requested_at = now(), \
           expires_at = CASE WHEN owner IS NULL THEN now() ELSE expires_at END WHERE run_id = $1",
    )
    .bind::<SqlUuid, _>(run)
    .bind::<SqlUuid, _>(NOBODY)
    .execute(conn.as_mut())
    .await?;
    Ok(noted == 1)
}

/// Has the owner of a run look at its forms.
pub async fn request_wake(conn: &mut Conn, run: Uuid) -> Result<(), StorageError> {
    diesel::sql_query(
        "UPDATE gatewright_run_leases SET wake_requested_at = now() WHERE run_id = $1",
    )
    .bind::<SqlUuid, _>(run)
    .execute(conn.as_mut())
    .await?;
    Ok(())
}

/// The forms of these runs were looked at.
pub async fn clear_wake(conn: &mut Conn, runs: &[Uuid]) -> Result<(), StorageError> {
    diesel::sql_query(
        "UPDATE gatewright_run_leases SET wake_requested_at = NULL WHERE run_id = ANY ($1) AND wake_requested_at IS NOT NULL",
    )
    .bind::<Array<SqlUuid>, _>(runs)
    .execute(conn.as_mut())
    .await?;
    Ok(())
}

/// Gives one run back, if this ownership still holds, so that others go on with it at once.
pub async fn give_back_run(conn: &mut Conn, run: Uuid, epoch: i64) -> Result<(), StorageError> {
    statement(
        "UPDATE gatewright_run_leases SET expires_at = now(), owner = $1 WHERE run_id = $2 AND epoch = $3 AND owner IS NOT NULL",
    )
    .bind::<SqlUuid, _>(NOBODY)
    .bind::<SqlUuid, _>(run)
    .bind::<BigInt, _>(epoch)
    .execute(conn.as_mut())
    .await?;
    Ok(())
}

/// Runs of an app that have not ended.
pub async fn list_of_app(conn: &mut Conn, app: Uuid) -> Result<Vec<Uuid>, StorageError> {
    let runs: Vec<Id> = statement(
        "SELECT l.run_id FROM gatewright_run_leases l JOIN workflow_runs r ON r.id = l.run_id WHERE r.app_id = $1",
    )
    .bind::<SqlUuid, _>(app)
    .load(conn.as_mut())
    .await?;
    Ok(runs.into_iter().map(|row| row.run_id).collect())
}

/// Runs of an app that have not ended and were begun for this end user.
pub async fn list_of_user(
    conn: &mut Conn,
    app: Uuid,
    end_user: Uuid,
) -> Result<Vec<Uuid>, StorageError> {
    let runs: Vec<Id> = diesel::sql_query(
        "SELECT l.run_id FROM gatewright_run_leases l JOIN workflow_runs r ON r.id = l.run_id \
         WHERE r.app_id = $1 AND r.created_by_role = 'end_user' AND r.created_by = $2",
    )
    .bind::<SqlUuid, _>(app)
    .bind::<SqlUuid, _>(end_user)
    .load(conn.as_mut())
    .await?;
    Ok(runs.into_iter().map(|row| row.run_id).collect())
}

/// Nobody works on these runs any more, and nothing goes on from their checkpoints: they ended.
pub async fn delete(conn: &mut Conn, runs: &[Uuid]) -> Result<(), StorageError> {
    statement(
        "WITH states AS (DELETE FROM gatewright_run_checkpoints WHERE run_id = ANY ($1)) \
         DELETE FROM gatewright_run_leases WHERE run_id = ANY ($2)",
    )
    .bind::<Array<SqlUuid>, _>(runs)
    .bind::<Array<SqlUuid>, _>(runs)
    .execute(conn.as_mut())
    .await?;
    Ok(())
}

/// Which of these runs have not ended, and whose they are; those that wait for people are nobody's.
pub async fn list_owners(
    conn: &mut Conn,
    runs: &[Uuid],
) -> Result<Vec<(Uuid, Option<Uuid>)>, StorageError> {
    let rows: Vec<Owned> =
        statement("SELECT run_id, owner FROM gatewright_run_leases WHERE run_id = ANY ($1)")
            .bind::<Array<SqlUuid>, _>(runs)
            .load(conn.as_mut())
            .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.run_id, row.owner))
        .collect())
}
