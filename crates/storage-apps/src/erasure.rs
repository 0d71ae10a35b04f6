//! Taking an app away.

use diesel::{
    dsl::{exists, not},
    prelude::*,
    sql_types::Uuid as SqlUuid,
};
use diesel_async::RunQueryDsl;
use gatewright_domain::ids::{AppId, WorkspaceId};
use uuid::Uuid;

use crate::schema::{apps, tenants};

use gatewright_storage_kit::{Conn, StorageError};

/// Whatever finds an app or lets somebody at it, then the app. `$1` is the app, `$2` its workspace.
const APP: [&str; 6] = [
    "DELETE FROM gatewright_app_dependencies WHERE app_id = $1 AND tenant_id = $2",
    "DELETE FROM installed_apps WHERE app_id = $1 AND app_owner_tenant_id = $2",
    "DELETE FROM api_tokens WHERE app_id = $1 AND tenant_id = $2",
    "DELETE FROM tag_bindings WHERE target_id = $1 AND tenant_id = $2",
    "DELETE FROM sites s USING apps a WHERE s.app_id = a.id AND a.id = $1 AND a.tenant_id = $2",
    "DELETE FROM apps WHERE id = $1 AND tenant_id = $2",
];

/// An app whose workspace is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orphan {
    /// The workspace that it was of.
    pub workspace: WorkspaceId,
    /// Primary key of the app, whose row is still there.
    pub app: AppId,
}

/// Apps whose workspace is gone, so many at most.
pub async fn list_orphans(conn: &mut Conn, limit: i64) -> Result<Vec<Orphan>, StorageError> {
    let homes = tenants::table.filter(tenants::id.eq(apps::tenant_id));
    let rows: Vec<(Uuid, Uuid)> = apps::table
        .filter(not(exists(homes)))
        .order(apps::id)
        .limit(limit)
        .select((apps::tenant_id, apps::id))
        .load(conn.as_mut())
        .await?;
    let orphan = |(workspace, app)| Orphan {
        workspace: WorkspaceId(workspace),
        app: AppId(app),
    };
    Ok(rows.into_iter().map(orphan).collect())
}

/// Takes an app of the workspace away: its keys, its site, and the app. What hangs on it is out of everybody's reach then, and is deleted
/// by whoever calls, in its own time.
pub async fn delete_app(
    conn: &mut Conn,
    workspace: WorkspaceId,
    id: AppId,
) -> Result<bool, StorageError> {
    let mut gone = 0;
    for statement in APP {
        gone = diesel::sql_query(statement)
            .bind::<SqlUuid, _>(id.0)
            .bind::<SqlUuid, _>(workspace.0)
            .execute(conn.as_mut())
            .await?;
    }
    Ok(gone == 1)
}
