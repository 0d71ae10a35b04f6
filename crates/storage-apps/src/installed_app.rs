//! `installed_apps`: what the members of a workspace find under Explore. Each app of theirs is among them.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use gatewright_domain::ids::{AppId, WorkspaceId};
use uuid::Uuid;

use crate::schema::installed_apps as installed;
use crate::to_column;
use gatewright_storage_kit::{Conn, StorageError};

/// Adds an app of the workspace to what its own members find.
pub async fn insert_own(
    conn: &mut Conn,
    id: Uuid,
    workspace: WorkspaceId,
    app: AppId,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    diesel::insert_into(installed::table)
        .values((
            installed::id.eq(id),
            installed::tenant_id.eq(workspace.0),
            installed::app_id.eq(app.0),
            installed::app_owner_tenant_id.eq(workspace.0),
            installed::position.eq(0),
            installed::created_at.eq(to_column(at)),
        ))
        .on_conflict((installed::tenant_id, installed::app_id))
        .do_nothing()
        .execute(conn.as_mut())
        .await?;
    Ok(())
}
