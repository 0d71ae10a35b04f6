//! End users: those of an app, those who left nothing behind, and how much there is of one.

use chrono::{DateTime, Utc};
use diesel::{
    QueryableByName,
    sql_types::{Array, BigInt, Timestamp, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use gatewright_storage_kit::{Conn, StorageError, Tx, statement};
use uuid::Uuid;

use super::{Id, ids};
use crate::to_column;

/// End users of an app.
pub async fn list_of_app(
    conn: &mut Conn,
    app: Uuid,
    limit: i64,
) -> Result<Vec<Uuid>, StorageError> {
    let found = statement("SELECT id FROM end_users WHERE app_id = $1 LIMIT $2")
        .bind::<SqlUuid, _>(app)
        .bind::<BigInt, _>(limit)
        .load::<Id>(conn.as_mut())
        .await?;
    Ok(ids(found))
}

/// End users of all apps in the order of their ids, behind one.
pub async fn list(conn: &mut Conn, after: Uuid, limit: i64) -> Result<Vec<Uuid>, StorageError> {
    let found = statement("SELECT id FROM end_users WHERE id > $1 ORDER BY id LIMIT $2")
        .bind::<SqlUuid, _>(after)
        .bind::<BigInt, _>(limit)
        .load::<Id>(conn.as_mut())
        .await?;
    Ok(ids(found))
}

/// Deletes those of these end users who came before an instant and of whom nothing is left.
pub async fn delete_idle(
    conn: &mut Conn,
    users: &[Uuid],
    before: DateTime<Utc>,
) -> Result<usize, StorageError> {
    let gone = statement(
        "DELETE FROM end_users u WHERE u.id = ANY ($1) AND u.updated_at < $2 \
           AND NOT EXISTS (SELECT 1 FROM conversations c WHERE c.app_id = u.app_id AND c.from_source = 'api' AND c.from_end_user_id = u.id) \
           AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.app_id = u.app_id AND m.from_source = 'api' AND m.from_end_user_id = u.id) \
           AND NOT EXISTS (SELECT 1 FROM workflow_runs r WHERE r.created_by = u.id AND r.created_by_role = 'end_user') \
           AND NOT EXISTS (SELECT 1 FROM upload_files f WHERE f.created_by = u.id AND f.created_by_role = 'end_user') \
           AND NOT EXISTS (SELECT 1 FROM tool_files t WHERE t.user_id = u.id)",
    )
    .bind::<Array<SqlUuid>, _>(users)
    .bind::<Timestamp, _>(to_column(before))
    .execute(conn.as_mut())
    .await?;
    Ok(gone)
}

/// Deletes end users.
pub async fn delete(tx: &mut Tx, users: &[Uuid]) -> Result<usize, StorageError> {
    let gone = statement("DELETE FROM end_users WHERE id = ANY ($1)")
        .bind::<Array<SqlUuid>, _>(users)
        .execute(tx.as_mut())
        .await?;
    Ok(gone)
}

/// How much there is of an end user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct Counts {
    /// How often they began to talk.
    #[diesel(sql_type = BigInt)]
    pub conversations: i64,
    /// Questions with their answers.
    #[diesel(sql_type = BigInt)]
    pub messages: i64,
    /// Runs that were begun for them.
    #[diesel(sql_type = BigInt)]
    pub runs: i64,
    /// Files that they uploaded, and that their runs made.
    #[diesel(sql_type = BigInt)]
    pub files: i64,
}

/// Counts what there is of an end user of an app.
pub async fn count(conn: &mut Conn, app: Uuid, user: Uuid) -> Result<Counts, StorageError> {
    let counts = statement(
        "SELECT (SELECT count(*) FROM conversations WHERE app_id = $1 AND from_source = 'api' AND from_end_user_id = $2) AS conversations, \
           (SELECT count(*) FROM messages WHERE app_id = $1 AND from_source = 'api' AND from_end_user_id = $2) AS messages, \
           (SELECT count(*) FROM workflow_runs WHERE app_id = $1 AND created_by_role = 'end_user' AND created_by = $2) AS runs, \
           (SELECT count(*) FROM upload_files WHERE created_by_role = 'end_user' AND created_by = $2) \
             + (SELECT count(*) FROM tool_files WHERE user_id = $2) AS files",
    )
    .bind::<SqlUuid, _>(app)
    .bind::<SqlUuid, _>(user)
    .get_result(conn.as_mut())
    .await?;
    Ok(counts)
}
