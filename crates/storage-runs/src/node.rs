//! `workflow_node_executions`, with Dify's columns.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    QueryableByName,
    sql_types::{Array, Double, Integer, Nullable, Text, Timestamp, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use gatewright_storage_kit::{Conn, StorageError, statement};
use uuid::Uuid;

use crate::{run::Creator, texts, to_column};

/// One execution of a node, as far as it is.
#[derive(Debug, Clone)]
pub struct NodeRow<'a> {
    /// Primary key; a later row of the same id replaces it.
    pub id: Uuid,
    /// The workspace that the run belongs to.
    pub tenant_id: Uuid,
    /// The app that is run.
    pub app_id: Uuid,
    /// The version that runs.
    pub workflow_id: Uuid,
    /// The run that the execution belongs to.
    pub run_id: Uuid,
    /// Its place in the run, from 1.
    pub index: i32,
    /// The node in the graph.
    pub node_id: &'a str,
    /// `llm`, `template-transform`, …
    pub node_type: &'a str,
    /// What the author called it.
    pub title: &'a str,
    /// `running`, or how it ended.
    pub status: &'a str,
    /// A JSON object.
    pub inputs: Option<&'a str>,
    /// A JSON object.
    pub process_data: Option<&'a str>,
    /// A JSON object.
    pub outputs: Option<&'a str>,
    /// Why it failed.
    pub error: Option<&'a str>,
    /// A JSON object.
    pub execution_metadata: Option<&'a str>,
    /// How long it took, in seconds.
    pub elapsed_time: f64,
    /// Who began the run.
    pub creator: Creator,
    /// When it began, in UTC.
    pub created_at: DateTime<Utc>,
    /// When it ended, in UTC; none while it runs.
    pub finished_at: Option<DateTime<Utc>>,
}

/// Inserts executions, or replaces what was written of them before.
pub async fn upsert(conn: &mut Conn, rows: &[NodeRow<'_>]) -> Result<(), StorageError> {
    statement(
        "INSERT INTO workflow_node_executions (id, tenant_id, app_id, workflow_id, triggered_from, workflow_run_id, \"index\", \
           node_execution_id, node_id, node_type, title, status, inputs, process_data, outputs, error, execution_metadata, \
           elapsed_time, created_by_role, created_by, created_at, finished_at) \
         SELECT t.id, t.tenant, t.app, t.workflow, 'workflow-run', t.run, t.at, t.id::text, t.node, t.type, t.title, t.status, \
           t.inputs, t.process, t.outputs, t.error, t.metadata, t.elapsed, t.role, t.creator, t.created, t.finished \
         FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20) \
           AS t (id, tenant, app, workflow, run, at, node, type, title, status, inputs, process, outputs, error, metadata, \
           elapsed, role, creator, created, finished) \
         ON CONFLICT (id) DO UPDATE SET status = excluded.status, inputs = excluded.inputs, process_data = excluded.process_data, \
           outputs = excluded.outputs, error = excluded.error, execution_metadata = excluded.execution_metadata, \
           elapsed_time = excluded.elapsed_time, finished_at = excluded.finished_at",
    )
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.id).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.tenant_id).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.app_id).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.workflow_id).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.run_id).collect::<Vec<_>>())
    .bind::<Array<Integer>, _>(rows.iter().map(|row| row.index).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.node_id).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.node_type).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.title).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.status).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(texts(rows, |row| row.inputs))
    .bind::<Array<Nullable<Text>>, _>(texts(rows, |row| row.process_data))
    .bind::<Array<Nullable<Text>>, _>(texts(rows, |row| row.outputs))
    .bind::<Array<Nullable<Text>>, _>(texts(rows, |row| row.error))
    .bind::<Array<Nullable<Text>>, _>(texts(rows, |row| row.execution_metadata))
    .bind::<Array<Double>, _>(rows.iter().map(|row| row.elapsed_time).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.creator.role()).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.creator.id()).collect::<Vec<_>>())
    .bind::<Array<Timestamp>, _>(rows.iter().map(|row| to_column(row.created_at)).collect::<Vec<_>>())
    .bind::<Array<Nullable<Timestamp>>, _>(
        rows.iter().map(|row| row.finished_at.map(to_column)).collect::<Vec<_>>(),
    )
    .execute(conn.as_mut())
    .await?;
    Ok(())
}

/// An execution as people look at it.
#[derive(Debug, Clone, PartialEq, QueryableByName)]
pub struct Node {
    /// Primary key of `workflow_node_executions`.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// Its place in the run, from 1.
    #[diesel(sql_type = Integer)]
    pub index: i32,
    /// The node in the graph.
    #[diesel(sql_type = Text)]
    pub node_id: String,
    /// `llm`, `template-transform`, …
    #[diesel(sql_type = Text)]
    pub node_type: String,
    /// What the author called it.
    #[diesel(sql_type = Text)]
    pub title: String,
    /// `running`, or how it ended.
    #[diesel(sql_type = Text)]
    pub status: String,
    /// A JSON object.
    #[diesel(sql_type = Nullable<Text>)]
    pub outputs: Option<String>,
    /// Why it failed.
    #[diesel(sql_type = Nullable<Text>)]
    pub error: Option<String>,
    /// How long it took, in seconds.
    #[diesel(sql_type = Double)]
    pub elapsed_time: f64,
}

/// The executions of a run in their order, without those that are `known`.
pub async fn list(conn: &mut Conn, run: Uuid, known: &[Uuid]) -> Result<Vec<Node>, StorageError> {
    let rows = statement(
        "SELECT id, \"index\", node_id, node_type, title, status, outputs, error, elapsed_time \
         FROM workflow_node_executions WHERE workflow_run_id = $1 AND NOT id = ANY ($2) ORDER BY \"index\", id",
    )
    .bind::<SqlUuid, _>(run)
    .bind::<Array<SqlUuid>, _>(known)
    .load(conn.as_mut())
    .await?;
    Ok(rows)
}

/// An execution as a snapshot shows it: without what went in and came out.
#[derive(Debug, Clone, PartialEq, QueryableByName)]
pub struct Outline {
    /// Primary key of `workflow_node_executions`.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// The node in the graph.
    #[diesel(sql_type = Text)]
    pub node_id: String,
    /// `llm`, `template-transform`, …
    #[diesel(sql_type = Text)]
    pub node_type: String,
    /// What the author called it.
    #[diesel(sql_type = Text)]
    pub title: String,
    /// `running`, or how it ended.
    #[diesel(sql_type = Text)]
    pub status: String,
    /// How long it took, in seconds.
    #[diesel(sql_type = Double)]
    pub elapsed_time: f64,
    /// A JSON object: the frames that it was part of, among others.
    #[diesel(sql_type = Nullable<Text>)]
    pub execution_metadata: Option<String>,
    /// When it began, in UTC.
    #[diesel(sql_type = Timestamp)]
    pub created_at: NaiveDateTime,
    /// When it ended, in UTC; none while it works.
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub finished_at: Option<NaiveDateTime>,
}

/// The executions of a run in their order, each once: attempts that failed and were repeated are left out.
pub async fn list_outlines(conn: &mut Conn, run: Uuid) -> Result<Vec<Outline>, StorageError> {
    let rows = statement(
        "SELECT id, node_id, node_type, title, status, elapsed_time, execution_metadata, created_at, finished_at \
         FROM workflow_node_executions WHERE workflow_run_id = $1 AND status <> 'retry' ORDER BY \"index\", id",
    )
    .bind::<SqlUuid, _>(run)
    .load(conn.as_mut())
    .await?;
    Ok(rows)
}
