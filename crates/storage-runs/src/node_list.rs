//! `workflow_node_executions` as owners of apps look at them: all of a run, with what went in and came out.

use chrono::NaiveDateTime;
use diesel::{
    QueryableByName,
    sql_types::{BigInt, Double, Integer, Nullable, Text, Timestamp, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use gatewright_storage_kit::{Conn, StorageError, statement};
use uuid::Uuid;

/// Executions of one run that are shown: a loop may have very many.
pub const MAX_SHOWN: i64 = 10_000;

/// An execution with everything that is known of it.
#[derive(Debug, Clone, PartialEq, QueryableByName)]
pub struct WholeNode {
    /// Primary key of `workflow_node_executions`.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// Its place in the run, from 1.
    #[diesel(sql_type = Integer)]
    pub index: i32,
    /// The node that came before, where one is noted.
    #[diesel(sql_type = Nullable<Text>)]
    pub predecessor_node_id: Option<String>,
    /// The node in the graph.
    #[diesel(sql_type = Text)]
    pub node_id: String,
    /// `llm`, `template-transform`, …
    #[diesel(sql_type = Text)]
    pub node_type: String,
    /// What the author called it.
    #[diesel(sql_type = Text)]
    pub title: String,
    /// A JSON object.
    #[diesel(sql_type = Nullable<Text>)]
    pub inputs: Option<String>,
    /// A JSON object.
    #[diesel(sql_type = Nullable<Text>)]
    pub process_data: Option<String>,
    /// A JSON object.
    #[diesel(sql_type = Nullable<Text>)]
    pub outputs: Option<String>,
    /// `running`, `retry`, or how it ended.
    #[diesel(sql_type = Text)]
    pub status: String,
    /// Why it failed.
    #[diesel(sql_type = Nullable<Text>)]
    pub error: Option<String>,
    /// How long it took, in seconds.
    #[diesel(sql_type = Double)]
    pub elapsed_time: f64,
    /// A JSON object.
    #[diesel(sql_type = Nullable<Text>)]
    pub execution_metadata: Option<String>,
    /// When it began, in UTC.
    #[diesel(sql_type = Timestamp)]
    pub created_at: NaiveDateTime,
    /// When it ended, in UTC; none while it works.
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub finished_at: Option<NaiveDateTime>,
    /// The file with the whole of what went in, where the row has its beginning.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub inputs_file: Option<Uuid>,
    /// The same of what it worked with.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub process_data_file: Option<Uuid>,
    /// The same of what came out.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub outputs_file: Option<Uuid>,
}

/// The executions of a run, the oldest first, [`MAX_SHOWN`] at most. Whose run it is is the caller's business.
pub async fn list(conn: &mut Conn, run: Uuid) -> Result<Vec<WholeNode>, StorageError> {
    let rows = statement(
        "SELECT n.id, n.\"index\", n.predecessor_node_id, n.node_id, n.node_type, n.title, n.inputs, n.process_data, n.outputs, n.status, \
           n.error, n.elapsed_time, n.execution_metadata, n.created_at, n.finished_at, \
           (SELECT o.file_id FROM workflow_node_execution_offload o WHERE o.node_execution_id = n.id AND o.type = 'inputs') \
             AS inputs_file, \
           (SELECT o.file_id FROM workflow_node_execution_offload o WHERE o.node_execution_id = n.id AND o.type = 'process_data') \
             AS process_data_file, \
           (SELECT o.file_id FROM workflow_node_execution_offload o WHERE o.node_execution_id = n.id AND o.type = 'outputs') \
             AS outputs_file \
         FROM workflow_node_executions n WHERE n.workflow_run_id = $1 ORDER BY n.created_at, n.\"index\", n.status <> 'retry', n.id LIMIT $2",
    )
    .bind::<SqlUuid, _>(run)
    .bind::<BigInt, _>(MAX_SHOWN)
    .load(conn.as_mut())
    .await?;
    Ok(rows)
}
