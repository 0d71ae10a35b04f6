//! `gatewright_app_dependencies`: the plugins that the file of an imported app asked for, for a while.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use gatewright_domain::ids::{AppId, WorkspaceId};

use crate::schema::gatewright_app_dependencies as dependencies;
use gatewright_storage_kit::{Conn, StorageError};

/// Remembers what an app asks for, instead of what was remembered of it. `list` is the use-case's own JSON.
pub async fn insert(
    conn: &mut Conn,
    workspace: WorkspaceId,
    app: AppId,
    list: &str,
    expires_at: DateTime<Utc>,
) -> Result<(), StorageError> {
    diesel::insert_into(dependencies::table)
        .values((
            dependencies::app_id.eq(app.0),
            dependencies::tenant_id.eq(workspace.0),
            dependencies::dependencies.eq(list),
            dependencies::expires_at.eq(expires_at),
        ))
        .on_conflict(dependencies::app_id)
        .do_update()
        .set((
            dependencies::dependencies.eq(list),
            dependencies::expires_at.eq(expires_at),
        ))
        .execute(conn.as_mut())
        .await?;
    Ok(())
}

/// What an app of the workspace asks for, until it expires.
pub async fn find(
    conn: &mut Conn,
    workspace: WorkspaceId,
    app: AppId,
    now: DateTime<Utc>,
) -> Result<Option<String>, StorageError> {
    let list = dependencies::table
        .find(app.0)
        .filter(dependencies::tenant_id.eq(workspace.0))
        .filter(dependencies::expires_at.gt(now))
        .select(dependencies::dependencies)
        .first(conn.as_mut())
        .await
        .optional()?;
    Ok(list)
}

/// Forgets what expired. Says how many.
pub async fn delete_expired(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize, StorageError> {
    let expired = dependencies::table.filter(dependencies::expires_at.le(now));
    Ok(diesel::delete(expired).execute(conn.as_mut()).await?)
}
