//! `workflow_node_execution_offload`: values of node executions that are too large for their rows, which have their beginning. Each is a
//! file of the workspace, a row of `upload_files` that nobody uploaded, and goes with the app.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, Integer, Text, Timestamp, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use gatewright_storage_kit::{Conn, StorageError, statement};
use uuid::Uuid;

use crate::to_column;

/// A value that is kept beside its row.
#[derive(Debug, Clone)]
pub struct Offloaded<'a> {
    /// The execution that it is of.
    pub node: Uuid,
    /// `inputs`, `process_data` or `outputs`.
    pub kind: &'static str,
    /// The workspace that the run belongs to.
    pub tenant_id: Uuid,
    /// The app that is run.
    pub app_id: Uuid,
    /// A new id for the file. The value keeps the one that it had before.
    pub file: Uuid,
    /// Where the content is.
    pub key: &'a str,
    /// What `upload_files.storage_type` says of that.
    pub storage_type: &'a str,
    /// Bytes of the content.
    pub bytes: i32,
    /// When the execution ended, in UTC.
    pub created_at: DateTime<Utc>,
}

const VALUES: &str = "INSERT INTO workflow_node_execution_offload (tenant_id, app_id, node_execution_id, type, file_id, created_at) \
 SELECT * FROM unnest($1, $2, $3, $4, $5, $6) ON CONFLICT (node_execution_id, type) DO NOTHING";

/// The nil id is nobody's: no asker finds such a file among their own.
const FILES: &str = "INSERT INTO upload_files (id, tenant_id, storage_type, key, name, size, extension, mime_type, created_by, \
   created_by_role, created_at, used, source_url) \
 SELECT o.file_id, t.tenant, t.storage, t.key, t.kind || '.json', t.size, 'json', 'application/json', \
   '00000000-0000-0000-0000-000000000000', 'account', t.created, true, '' \
 FROM unnest($1, $2, $3, $4, $5, $6, $7) AS t (tenant, node, kind, storage, key, size, created) \
 JOIN workflow_node_execution_offload o ON o.node_execution_id = t.node AND o.type = t.kind \
 ON CONFLICT (id) DO UPDATE SET key = excluded.key, size = excluded.size, storage_type = excluded.storage_type";

/// Notes where values are. Each comes once; one that was noted before is where it is now.
pub async fn upsert(conn: &mut Conn, rows: &[Offloaded<'_>]) -> Result<(), StorageError> {
    statement(VALUES)
        .bind::<Array<SqlUuid>, _>(column(rows, |row| row.tenant_id))
        .bind::<Array<SqlUuid>, _>(column(rows, |row| row.app_id))
        .bind::<Array<SqlUuid>, _>(column(rows, |row| row.node))
        .bind::<Array<Text>, _>(column(rows, |row| row.kind))
        .bind::<Array<SqlUuid>, _>(column(rows, |row| row.file))
        .bind::<Array<Timestamp>, _>(column(rows, |row| to_column(row.created_at)))
        .execute(conn.as_mut())
        .await?;
    statement(FILES)
        .bind::<Array<SqlUuid>, _>(column(rows, |row| row.tenant_id))
        .bind::<Array<SqlUuid>, _>(column(rows, |row| row.node))
        .bind::<Array<Text>, _>(column(rows, |row| row.kind))
        .bind::<Array<Text>, _>(column(rows, |row| row.storage_type))
        .bind::<Array<Text>, _>(column(rows, |row| row.key))
        .bind::<Array<Integer>, _>(column(rows, |row| row.bytes))
        .bind::<Array<Timestamp>, _>(column(rows, |row| to_column(row.created_at)))
        .execute(conn.as_mut())
        .await?;
    Ok(())
}

fn column<'a, R, T>(rows: &'a [R], value: impl Fn(&'a R) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}
