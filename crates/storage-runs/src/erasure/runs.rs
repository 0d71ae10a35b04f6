//! Runs with their nodes, logs, forms and pauses.

use chrono::{DateTime, Utc};
use diesel::{
    QueryableByName,
    sql_types::{Array, BigInt, Timestamp, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use gatewright_storage_kit::{Conn, StorageError, Tx, statement};
use uuid::Uuid;

use super::{Aged, Id, ids};
use crate::to_column;

/// Runs from before an instant, the oldest first, behind one of them. One that has not ended, or that is of none of these workflows (of
/// any, when none are named), is not due.
pub async fn list_before(
    conn: &mut Conn,
    before: DateTime<Utc>,
    after: Aged,
    workflows: &[Uuid],
    limit: i64,
) -> Result<Vec<Aged>, StorageError> {
    let found = statement(
        "SELECT r.id, r.created_at, (cardinality($1) = 0 OR r.workflow_id = ANY ($1)) \
           AND NOT EXISTS (SELECT 1 FROM gatewright_run_leases l WHERE l.run_id = r.id) AS is_due \
         FROM workflow_runs r WHERE r.created_at < $2 AND (r.created_at, r.id) > ($3, $4) ORDER BY r.created_at, r.id LIMIT $5",
    )
    .bind::<Array<SqlUuid>, _>(workflows)
    .bind::<Timestamp, _>(to_column(before))
    .bind::<Timestamp, _>(after.created_at)
    .bind::<SqlUuid, _>(after.id)
    .bind::<BigInt, _>(limit)
    .load(conn.as_mut())
    .await?;
    Ok(found)
}

/// Runs of an app.
pub async fn list_of_app(
    conn: &mut Conn,
    tenant: Uuid,
    app: Uuid,
    limit: i64,
) -> Result<Vec<Uuid>, StorageError> {
    let found =
        statement("SELECT id FROM workflow_runs WHERE tenant_id = $1 AND app_id = $2 LIMIT $3")
            .bind::<SqlUuid, _>(tenant)
            .bind::<SqlUuid, _>(app)
            .bind::<BigInt, _>(limit)
            .load::<Id>(conn.as_mut())
            .await?;
    Ok(ids(found))
}

/// Runs of an app that were begun for this end user.
pub async fn list_of_user(
    conn: &mut Conn,
    app: Uuid,
    user: Uuid,
    limit: i64,
) -> Result<Vec<Uuid>, StorageError> {
    let found = statement(
        "SELECT id FROM workflow_runs WHERE app_id = $1 AND created_by_role = 'end_user' AND created_by = $2 LIMIT $3",
    )
    .bind::<SqlUuid, _>(app)
    .bind::<SqlUuid, _>(user)
    .bind::<BigInt, _>(limit)
    .load::<Id>(conn.as_mut())
    .await?;
    Ok(ids(found))
}

/// What went of the nodes of runs.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct NodesGone {
    /// How many nodes.
    #[diesel(sql_type = BigInt)]
    pub count: i64,
    /// Files that hold values too large for a row.
    #[diesel(sql_type = Array<SqlUuid>)]
    pub files: Vec<Uuid>,
}

/// Deletes at most `limit` nodes of these runs: one run may have thousands.
pub async fn delete_nodes(
    tx: &mut Tx,
    runs: &[Uuid],
    limit: i64,
) -> Result<NodesGone, StorageError> {
    let gone = statement(
        "WITH gone AS (SELECT id FROM workflow_node_executions WHERE workflow_run_id = ANY ($1) LIMIT $2), \
           moved AS (DELETE FROM workflow_node_execution_offload o USING gone WHERE o.node_execution_id = gone.id RETURNING o.file_id), \
           nodes AS (DELETE FROM workflow_node_executions n USING gone WHERE n.id = gone.id RETURNING 1) \
         SELECT (SELECT count(*) FROM nodes) AS count, array(SELECT file_id FROM moved) AS files",
    )
    .bind::<Array<SqlUuid>, _>(runs)
    .bind::<BigInt, _>(limit)
    .get_result(tx.as_mut())
    .await?;
    Ok(gone)
}

/// Deletes runs whose nodes are gone, with their logs, pauses and forms. Whoever works on one of them writes nothing more. Returns the
/// files that came with answers to forms.
pub async fn delete(tx: &mut Tx, runs: &[Uuid]) -> Result<Vec<Uuid>, StorageError> {
    let files = statement(
        "WITH forms AS (SELECT id FROM human_input_forms WHERE workflow_run_id = ANY ($1)), \
           files AS (DELETE FROM human_input_form_upload_files f USING forms WHERE f.form_id = forms.id RETURNING f.upload_file_id), \
           tokens AS (DELETE FROM human_input_form_upload_tokens t USING forms WHERE t.form_id = forms.id), \
           recipients AS (DELETE FROM human_input_form_recipients r USING forms WHERE r.form_id = forms.id), \
           deliveries AS (DELETE FROM human_input_form_deliveries d USING forms WHERE d.form_id = forms.id), \
           contents AS (DELETE FROM execution_extra_contents WHERE workflow_run_id = ANY ($1)), \
           form_rows AS (DELETE FROM human_input_forms f USING forms WHERE f.id = forms.id), \
           reasons AS (DELETE FROM workflow_pause_reasons r USING workflow_pauses p \
             WHERE r.pause_id = p.id AND p.workflow_run_id = ANY ($1)), \
           pauses AS (DELETE FROM workflow_pauses WHERE workflow_run_id = ANY ($1)), \
           states AS (DELETE FROM gatewright_run_checkpoints WHERE run_id = ANY ($1)), \
           leases AS (DELETE FROM gatewright_run_leases WHERE run_id = ANY ($1)), \
           logs AS (DELETE FROM workflow_app_logs WHERE workflow_run_id = ANY ($1)), \
           gone AS (DELETE FROM workflow_runs WHERE id = ANY ($1)) \
         SELECT upload_file_id AS id FROM files",
    )
    .bind::<Array<SqlUuid>, _>(runs)
    .load::<Id>(tx.as_mut())
    .await?;
    Ok(ids(files))
}

/// Deletes states of runs that nobody goes on with any more and that were written before an instant: what a crash left.
pub async fn delete_lost_checkpoints(
    conn: &mut Conn,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<usize, StorageError> {
    let gone = statement(
        "DELETE FROM gatewright_run_checkpoints WHERE run_id IN (SELECT c.run_id FROM gatewright_run_checkpoints c \
           WHERE c.written_at < $1 AND NOT EXISTS (SELECT 1 FROM gatewright_run_leases l WHERE l.run_id = c.run_id) LIMIT $2)",
    )
    .bind::<diesel::sql_types::Timestamptz, _>(before)
    .bind::<BigInt, _>(limit)
    .execute(conn.as_mut())
    .await?;
    Ok(gone)
}
