//! `api_based_extensions`, with Dify's columns: servers of others that are asked about what is said to apps. Keys are sealed.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    OptionalExtension as _, QueryableByName,
    sql_types::{Text, Timestamp, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use gatewright_domain::ids::WorkspaceId;
use gatewright_storage_kit::{Conn, StorageError, statement};
use uuid::Uuid;

use crate::to_column;

/// A server that a workspace has asked.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ApiExtension {
    /// Primary key of `api_based_extensions`.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// What people call it.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// Where it is asked.
    #[diesel(sql_type = Text)]
    pub api_endpoint: String,
    /// What it is shown, sealed.
    #[diesel(sql_type = Text)]
    pub api_key: String,
    /// When it was made known, in UTC.
    #[diesel(sql_type = Timestamp)]
    pub created_at: NaiveDateTime,
}

/// What is stored of one.
#[derive(Debug, Clone, Copy)]
pub struct NewApiExtension<'a> {
    /// Primary key of `api_based_extensions`.
    pub id: Uuid,
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// What people call it; one of the workspace has it.
    pub name: &'a str,
    /// Where it is asked.
    pub api_endpoint: &'a str,
    /// What it is shown, sealed.
    pub api_key: &'a str,
    /// Now, in UTC; of a new one.
    pub at: DateTime<Utc>,
}

/// Those of a workspace, the newest first.
pub async fn list(
    conn: &mut Conn,
    workspace: WorkspaceId,
) -> Result<Vec<ApiExtension>, StorageError> {
    let rows = statement(
        "SELECT id, name, api_endpoint, api_key, created_at FROM api_based_extensions WHERE tenant_id = $1 \
         ORDER BY created_at DESC, id DESC",
    )
    .bind::<SqlUuid, _>(workspace.0)
    .load(conn.as_mut())
    .await?;
    Ok(rows)
}

/// One of a workspace.
pub async fn find(
    conn: &mut Conn,
    workspace: WorkspaceId,
    id: Uuid,
) -> Result<Option<ApiExtension>, StorageError> {
    let found = statement(
        "SELECT id, name, api_endpoint, api_key, created_at FROM api_based_extensions WHERE tenant_id = $1 AND id = $2",
    )
    .bind::<SqlUuid, _>(workspace.0)
    .bind::<SqlUuid, _>(id)
    .get_result(conn.as_mut())
    .await
    .optional()?;
    Ok(found)
}

/// Inserts one, unless the workspace has one of the name. `false`: it has.
pub async fn insert(conn: &mut Conn, new: &NewApiExtension<'_>) -> Result<bool, StorageError> {
    let made = statement(
        "WITH p AS (SELECT $1::uuid AS id, $2::uuid AS tenant, $3::text AS name, $4::text AS endpoint, $5::text AS key, $6::timestamp AS at) \
         INSERT INTO api_based_extensions (id, tenant_id, name, api_endpoint, api_key, created_at) \
         SELECT p.id, p.tenant, p.name, p.endpoint, p.key, p.at FROM p WHERE NOT EXISTS \
           (SELECT FROM api_based_extensions e WHERE e.tenant_id = p.tenant AND e.name = p.name)",
    )
    .bind::<SqlUuid, _>(new.id)
    .bind::<SqlUuid, _>(new.workspace.0)
    .bind::<Text, _>(new.name)
    .bind::<Text, _>(new.api_endpoint)
    .bind::<Text, _>(new.api_key)
    .bind::<Timestamp, _>(to_column(new.at))
    .execute(conn.as_mut())
    .await?;
    Ok(made == 1)
}

/// Changes one, unless another one of the workspace has the name, or it is gone. `false`: one of both.
pub async fn update(conn: &mut Conn, new: &NewApiExtension<'_>) -> Result<bool, StorageError> {
    let changed = statement(
        "WITH p AS (SELECT $1::uuid AS id, $2::uuid AS tenant, $3::text AS name, $4::text AS endpoint, $5::text AS key) \
         UPDATE api_based_extensions e SET name = p.name, api_endpoint = p.endpoint, api_key = p.key FROM p \
         WHERE e.id = p.id AND e.tenant_id = p.tenant AND NOT EXISTS (SELECT FROM api_based_extensions o \
           WHERE o.tenant_id = p.tenant AND o.name = p.name AND o.id <> p.id)",
    )
    .bind::<SqlUuid, _>(new.id)
    .bind::<SqlUuid, _>(new.workspace.0)
    .bind::<Text, _>(new.name)
    .bind::<Text, _>(new.api_endpoint)
    .bind::<Text, _>(new.api_key)
    .execute(conn.as_mut())
    .await?;
    Ok(changed == 1)
}

/// Deletes one of a workspace. `false`: there was none.
pub async fn delete(
    conn: &mut Conn,
    workspace: WorkspaceId,
    id: Uuid,
) -> Result<bool, StorageError> {
    let gone = statement("DELETE FROM api_based_extensions WHERE tenant_id = $1 AND id = $2")
        .bind::<SqlUuid, _>(workspace.0)
        .bind::<SqlUuid, _>(id)
        .execute(conn.as_mut())
        .await?;
    Ok(gone == 1)
}
