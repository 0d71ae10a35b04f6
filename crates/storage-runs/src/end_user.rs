//! `end_users`: whom callers of an app name. Dify's table has no constraint that makes a session unique, so a lock does.

use chrono::{DateTime, Utc};
use diesel::{
    OptionalExtension as _, QueryableByName,
    sql_types::{Text, Timestamp, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use gatewright_storage_kit::{Conn, StorageError, Tx, statement};
use uuid::Uuid;

use crate::to_column;

/// The session of whoever is not named.
pub const DEFAULT_SESSION: &str = "DEFAULT-USER";

/// Whom a caller names, and where.
#[derive(Debug, Clone, Copy)]
pub struct Session<'a> {
    /// The workspace that the user is of.
    pub tenant_id: Uuid,
    /// The app that the user uses.
    pub app_id: Uuid,
    /// `service-api`, `openapi`, …
    pub kind: &'a str,
    /// The caller's name for them, at most 255 characters.
    pub session_id: &'a str,
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// The end user of a session, if there is one.
pub async fn find(conn: &mut Conn, session: Session<'_>) -> Result<Option<Uuid>, StorageError> {
    let found: Option<Id> = statement(
        "SELECT id FROM end_users WHERE tenant_id = $1 AND app_id = $2 AND type = $3 AND session_id = $4 \
         ORDER BY created_at, id LIMIT 1",
    )
    .bind::<SqlUuid, _>(session.tenant_id)
    .bind::<SqlUuid, _>(session.app_id)
    .bind::<Text, _>(session.kind)
    .bind::<Text, _>(session.session_id)
    .get_result(conn.as_mut())
    .await
    .optional()?;
    Ok(found.map(|row| row.id))
}

/// The end user of a session; `id` becomes it when there is none. Of many callers at once all get the same one.
pub async fn find_or_insert(
    tx: &mut Tx,
    session: Session<'_>,
    id: Uuid,
    at: DateTime<Utc>,
) -> Result<Uuid, StorageError> {
    diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended($1 || '/' || $2, 0))")
        .bind::<Text, _>(session.app_id.to_string())
        .bind::<Text, _>(session.session_id)
        .execute(tx.as_mut())
        .await?;
    if let Some(found) = find(tx, session).await? {
        return Ok(found);
    }
    diesel::sql_query(
        "INSERT INTO end_users (id, tenant_id, app_id, type, external_user_id, is_anonymous, session_id, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $5, $7, $7)",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<SqlUuid, _>(session.tenant_id)
    .bind::<SqlUuid, _>(session.app_id)
    .bind::<Text, _>(session.kind)
    .bind::<Text, _>(session.session_id)
    .bind::<diesel::sql_types::Bool, _>(session.session_id == DEFAULT_SESSION)
    .bind::<Timestamp, _>(to_column(at))
    .execute(tx.as_mut())
    .await?;
    Ok(id)
}
