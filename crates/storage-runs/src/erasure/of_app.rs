//! What hangs on an app alone, when its runs, messages, conversations and end users are gone.

use diesel::sql_types::{BigInt, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use gatewright_storage_kit::{Conn, StorageError};
use uuid::Uuid;

/// Tables with the id of an app and of its workspace.
const WITH_WORKSPACE: [&str; 7] = [
    "human_input_form_upload_files",
    "human_input_form_upload_tokens",
    "human_input_forms",
    "workflow_app_logs",
    "workflow_node_execution_offload",
    "workflow_node_executions",
    "workflows",
];
/// Tables with the id of an app.
const ALONE: [&str; 8] = [
    "message_feedbacks",
    "message_annotations",
    "app_annotation_settings",
    "app_annotation_hit_histories",
    "saved_messages",
    "pinned_conversations",
    "workflow_conversation_variables",
    "app_model_configs",
];

/// How many tables there are to go through, by their numbers from 0.
pub const TABLES: usize = WITH_WORKSPACE.len() + ALONE.len();

/// Deletes at most `limit` rows of an app from the table of this number. Returns how many went.
pub async fn delete(
    conn: &mut Conn,
    table: usize,
    app: Uuid,
    tenant: Uuid,
    limit: i64,
) -> Result<usize, StorageError> {
    let (name, condition) = match WITH_WORKSPACE.get(table) {
        Some(name) => (*name, "app_id = $1 AND tenant_id = $2"),
        None => match ALONE.get(table - WITH_WORKSPACE.len()) {
            Some(name) => (*name, "app_id = $1 AND $2 IS NOT NULL"),
            None => return Ok(0),
        },
    };
    let text = format!(
        "DELETE FROM {name} WHERE id IN (SELECT id FROM {name} WHERE {condition} LIMIT $3)"
    );
    let gone = diesel::sql_query(text)
        .bind::<SqlUuid, _>(app)
        .bind::<SqlUuid, _>(tenant)
        .bind::<BigInt, _>(limit)
        .execute(conn.as_mut())
        .await?;
    Ok(gone)
}
