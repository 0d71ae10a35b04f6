//! `gatewright_run_checkpoints`: the state that a run goes on from when its process dies.

use diesel::{
    OptionalExtension as _, QueryableByName,
    sql_types::{Array, BigInt, Binary, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use gatewright_storage_kit::{Conn, StorageError, statement};
use uuid::Uuid;

/// The state of a run as it is stored.
#[derive(Debug, Clone, Copy)]
pub struct Checkpoint<'a> {
    /// The run that the state is of.
    pub run_id: Uuid,
    /// Of the ownership that wrote it.
    pub epoch: i64,
    /// As the run encodes it.
    pub state: &'a [u8],
}

#[derive(QueryableByName)]
struct State {
    #[diesel(sql_type = Binary)]
    state: Vec<u8>,
}

/// Replaces the states of these runs.
pub async fn upsert(conn: &mut Conn, states: &[Checkpoint<'_>]) -> Result<(), StorageError> {
    let ids: Vec<Uuid> = states.iter().map(|one| one.run_id).collect();
    let epochs: Vec<i64> = states.iter().map(|one| one.epoch).collect();
    let bytes: Vec<&[u8]> = states.iter().map(|one| one.state).collect();
    statement(
        "INSERT INTO gatewright_run_checkpoints (run_id, epoch, state, written_at) \
         SELECT t.id, t.epoch, t.state, now() FROM unnest($1, $2, $3) AS t (id, epoch, state) \
         ON CONFLICT (run_id) DO UPDATE SET epoch = excluded.epoch, state = excluded.state, written_at = now()",
    )
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<Array<BigInt>, _>(epochs)
    .bind::<Array<Binary>, _>(bytes)
    .execute(conn.as_mut())
    .await?;
    Ok(())
}

/// The state of a run that has not ended.
pub async fn find(conn: &mut Conn, run: Uuid) -> Result<Option<Vec<u8>>, StorageError> {
    let found: Option<State> =
        statement("SELECT state FROM gatewright_run_checkpoints WHERE run_id = $1")
            .bind::<SqlUuid, _>(run)
            .get_result(conn.as_mut())
            .await
            .optional()?;
    Ok(found.map(|row| row.state))
}
