//! `workflow_pauses` and `workflow_pause_reasons`, with Dify's columns: that a run waits, and for what. What it goes on from is in
//! its checkpoint.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, Text, Timestamp, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use gatewright_storage_kit::{Conn, StorageError};
use uuid::Uuid;

use crate::to_column;

/// Where Dify keeps the state of a run that waits; ours is in `gatewright_run_checkpoints`.
const STATE_KEY: &str = "gatewright_run_checkpoints";

/// A run that waits.
#[derive(Debug, Clone)]
pub struct NewPause {
    /// Primary key of `workflow_pauses`, if the run waits for the first time.
    pub id: Uuid,
    /// The run that waits.
    pub run_id: Uuid,
    /// The version that runs.
    pub workflow_id: Uuid,
    /// Since when, in UTC.
    pub at: DateTime<Utc>,
}

/// A form that a run waits for.
#[derive(Debug, Clone)]
pub struct Reason<'a> {
    /// The run that waits.
    pub run_id: Uuid,
    /// The form that has to be answered.
    pub form_id: &'a str,
    /// The node that asks.
    pub node_id: &'a str,
}

/// Notes that these runs wait, and for which forms: what they waited for before is forgotten.
pub async fn upsert(
    conn: &mut Conn,
    pauses: &[NewPause],
    reasons: &[Reason<'_>],
) -> Result<(), StorageError> {
    diesel::sql_query(
        "INSERT INTO workflow_pauses (id, workflow_run_id, workflow_id, state_object_key, created_at, updated_at) \
         SELECT t.id, t.run, t.workflow, $5, t.at, t.at FROM unnest($1, $2, $3, $4) AS t (id, run, workflow, at) \
         ON CONFLICT (workflow_run_id) DO UPDATE SET resumed_at = NULL, created_at = excluded.created_at, updated_at = excluded.updated_at",
    )
    .bind::<Array<SqlUuid>, _>(pauses.iter().map(|pause| pause.id).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(pauses.iter().map(|pause| pause.run_id).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(pauses.iter().map(|pause| pause.workflow_id).collect::<Vec<_>>())
    .bind::<Array<Timestamp>, _>(pauses.iter().map(|pause| to_column(pause.at)).collect::<Vec<_>>())
    .bind::<Text, _>(STATE_KEY)
    .execute(conn.as_mut())
    .await?;
    diesel::sql_query(
        "DELETE FROM workflow_pause_reasons USING workflow_pauses p WHERE pause_id = p.id AND p.workflow_run_id = ANY ($1)",
    )
    .bind::<Array<SqlUuid>, _>(pauses.iter().map(|pause| pause.run_id).collect::<Vec<_>>())
    .execute(conn.as_mut())
    .await?;
    diesel::sql_query(
        "INSERT INTO workflow_pause_reasons (pause_id, type_, form_id, message, node_id, created_at, updated_at) \
         SELECT p.id, 'human_input_required', t.form, '', t.node, p.created_at, p.created_at \
         FROM unnest($1, $2, $3) AS t (run, form, node) JOIN workflow_pauses p ON p.workflow_run_id = t.run",
    )
    .bind::<Array<SqlUuid>, _>(reasons.iter().map(|reason| reason.run_id).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(reasons.iter().map(|reason| reason.form_id).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(reasons.iter().map(|reason| reason.node_id).collect::<Vec<_>>())
    .execute(conn.as_mut())
    .await?;
    Ok(())
}

/// Notes that these runs go on, or ended.
pub async fn resume(conn: &mut Conn, runs: &[Uuid], at: DateTime<Utc>) -> Result<(), StorageError> {
    diesel::sql_query(
        "UPDATE workflow_pauses SET resumed_at = $2, updated_at = $2 WHERE workflow_run_id = ANY ($1) AND resumed_at IS NULL",
    )
    .bind::<Array<SqlUuid>, _>(runs)
    .bind::<Timestamp, _>(to_column(at))
    .execute(conn.as_mut())
    .await?;
    Ok(())
}
