//! Runs that are over before anybody could hear that they began: each row is written once, as it stays, all of them by one statement,
//! which is a transaction by itself.

use diesel::sql_types::{
    Array, BigInt, Double, Integer, Nullable, Text, Timestamp, Uuid as SqlUuid,
};
use diesel_async::RunQueryDsl;
use gatewright_storage_kit::{Conn, StorageError, statement};

use crate::{
    node::NodeRow,
    run::{NewRun, RunState},
    to_column,
};

/// A run from its beginning to its end.
#[derive(Debug, Clone)]
pub struct WholeRun<'a> {
    /// How it began.
    pub run: NewRun<'a>,
    /// How it ended.
    pub end: RunState<'a>,
}

/// Logs, executions of nodes, and runs: what rows of nodes share with their run they take from it.
const INSERT: &str = "WITH new AS (SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) \
   AS t (id, tenant_id, app_id, workflow_id, inputs, role, created_by, created_from, log_id, created_at, \
   status, outputs, error, elapsed_time, total_tokens, total_steps, exceptions_count, finished_at)), \
 logged AS (INSERT INTO workflow_app_logs (id, tenant_id, app_id, workflow_id, workflow_run_id, created_from, \
   created_by_role, created_by, created_at) \
   SELECT log_id, tenant_id, app_id, workflow_id, id, created_from, role, created_by, created_at \
   FROM new WHERE created_from IS NOT NULL ON CONFLICT DO NOTHING), \
 nodes AS (INSERT INTO workflow_node_executions (id, tenant_id, app_id, workflow_id, triggered_from, workflow_run_id, \"index\", \
   node_execution_id, node_id, node_type, title, status, inputs, process_data, outputs, error, execution_metadata, \
   elapsed_time, created_by_role, created_by, created_at, finished_at) \
   SELECT t.id, n.tenant_id, n.app_id, n.workflow_id, 'workflow-run', n.id, t.at, t.id::text, t.node, t.type, t.title, t.status, \
   t.inputs, t.process, t.outputs, t.error, t.metadata, t.elapsed, n.role, n.created_by, t.created, t.finished \
   FROM unnest($19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33) \
   AS t (id, run, at, node, type, title, status, inputs, process, outputs, error, metadata, elapsed, created, finished) \
   JOIN new n ON n.id = t.run ON CONFLICT DO NOTHING) \
 INSERT INTO workflow_runs (id, tenant_id, app_id, workflow_id, type, triggered_from, version, inputs, status, \
   outputs, error, elapsed_time, total_tokens, total_steps, exceptions_count, finished_at, \
   created_by_role, created_by, created_at) \
 SELECT n.id, n.tenant_id, n.app_id, n.workflow_id, w.type, 'app-run', w.version, n.inputs, n.status, n.outputs, \
   n.error, n.elapsed_time, n.total_tokens, n.total_steps, n.exceptions_count, n.finished_at, n.role, n.created_by, \
   n.created_at FROM new n JOIN workflows w ON w.id = n.workflow_id ON CONFLICT DO NOTHING";

/// Inserts runs that are over with the executions of their nodes, each of which comes once, and their logs. What is there already
/// stays as it is.
pub async fn insert(
    conn: &mut Conn,
    runs: &[WholeRun<'_>],
    nodes: &[NodeRow<'_>],
) -> Result<(), StorageError> {
    statement(INSERT)
        .bind::<Array<SqlUuid>, _>(column(runs, |whole| whole.run.id))
        .bind::<Array<SqlUuid>, _>(column(runs, |whole| whole.run.tenant_id))
        .bind::<Array<SqlUuid>, _>(column(runs, |whole| whole.run.app_id))
        .bind::<Array<SqlUuid>, _>(column(runs, |whole| whole.run.workflow_id))
        .bind::<Array<Text>, _>(column(runs, |whole| whole.run.inputs))
        .bind::<Array<Text>, _>(column(runs, |whole| whole.run.creator.role()))
        .bind::<Array<SqlUuid>, _>(column(runs, |whole| whole.run.creator.id()))
        .bind::<Array<Nullable<Text>>, _>(column(runs, |whole| whole.run.created_from))
        .bind::<Array<SqlUuid>, _>(column(runs, |whole| whole.run.log_id))
        .bind::<Array<Timestamp>, _>(column(runs, |whole| to_column(whole.run.created_at)))
        .bind::<Array<Text>, _>(column(runs, |whole| whole.end.status))
        .bind::<Array<Text>, _>(column(runs, |whole| whole.end.outputs))
        .bind::<Array<Nullable<Text>>, _>(column(runs, |whole| whole.end.error))
        .bind::<Array<Double>, _>(column(runs, |whole| whole.end.elapsed_time))
        .bind::<Array<BigInt>, _>(column(runs, |whole| whole.end.total_tokens))
        .bind::<Array<Integer>, _>(column(runs, |whole| whole.end.total_steps))
        .bind::<Array<Integer>, _>(column(runs, |whole| whole.end.exceptions_count))
        .bind::<Array<Nullable<Timestamp>>, _>(column(runs, |whole| {
            whole.end.finished_at.map(to_column)
        }))
        .bind::<Array<SqlUuid>, _>(column(nodes, |row| row.id))
        .bind::<Array<SqlUuid>, _>(column(nodes, |row| row.run_id))
        .bind::<Array<Integer>, _>(column(nodes, |row| row.index))
        .bind::<Array<Text>, _>(column(nodes, |row| row.node_id))
        .bind::<Array<Text>, _>(column(nodes, |row| row.node_type))
        .bind::<Array<Text>, _>(column(nodes, |row| row.title))
        .bind::<Array<Text>, _>(column(nodes, |row| row.status))
        .bind::<Array<Nullable<Text>>, _>(column(nodes, |row| row.inputs))
        .bind::<Array<Nullable<Text>>, _>(column(nodes, |row| row.process_data))
        .bind::<Array<Nullable<Text>>, _>(column(nodes, |row| row.outputs))
        .bind::<Array<Nullable<Text>>, _>(column(nodes, |row| row.error))
        .bind::<Array<Nullable<Text>>, _>(column(nodes, |row| row.execution_metadata))
        .bind::<Array<Double>, _>(column(nodes, |row| row.elapsed_time))
        .bind::<Array<Timestamp>, _>(column(nodes, |row| to_column(row.created_at)))
        .bind::<Array<Nullable<Timestamp>>, _>(column(nodes, |row| row.finished_at.map(to_column)))
        .execute(conn.as_mut())
        .await?;
    Ok(())
}

/// One column of these rows.
fn column<'a, Row, T>(rows: &'a [Row], value: impl Fn(&'a Row) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}
