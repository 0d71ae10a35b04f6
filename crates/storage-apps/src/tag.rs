//! The tags of apps. Making and binding them is the business of workspaces.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use gatewright_domain::ids::{AppId, TagId, WorkspaceId};
use uuid::Uuid;

use crate::schema::{tag_bindings as bindings, tags};
use gatewright_storage_kit::{Conn, StorageError};

/// A tag of an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppTag {
    /// Primary key of `tags`.
    pub id: TagId,
    /// The name as people see it.
    pub name: String,
}

/// The tags of each of these apps, by name.
pub async fn list_of_apps(
    conn: &mut Conn,
    workspace: WorkspaceId,
    apps: &[AppId],
) -> Result<HashMap<AppId, Vec<AppTag>>, StorageError> {
    let ids: Vec<Uuid> = apps.iter().map(|id| id.0).collect();
    let rows: Vec<(Option<Uuid>, Uuid, String)> = bindings::table
        .inner_join(tags::table.on(bindings::tag_id.eq(tags::id.nullable())))
        .filter(tags::tenant_id.eq(workspace.0))
        .filter(tags::kind.eq("app"))
        .filter(bindings::target_id.eq_any(ids))
        .order((tags::name, tags::id))
        .select((bindings::target_id, tags::id, tags::name))
        .load(conn.as_mut())
        .await?;
    let mut of_apps: HashMap<AppId, Vec<AppTag>> = HashMap::new();
    for (app, id, name) in rows {
        let Some(app) = app else { continue };
        let id = TagId(id);
        of_apps
            .entry(AppId(app))
            .or_default()
            .push(AppTag { id, name });
    }
    Ok(of_apps)
}
