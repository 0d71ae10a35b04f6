//! `tool_files`: what runs made or got. The content is elsewhere, under `file_key`.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use gatewright_domain::{
    file::ToolFile,
    ids::{ToolFileId, WorkspaceId},
};
use uuid::Uuid;

use crate::schema::{tenants, tool_files as files};
use gatewright_storage_kit::{Conn, StorageError};

#[derive(Queryable, Selectable)]
#[diesel(table_name = files)]
struct Row {
    id: Uuid,
    user_id: Uuid,
    tenant_id: Uuid,
    file_key: String,
    mimetype: String,
    name: String,
    size: i32,
}

impl From<Row> for ToolFile {
    fn from(row: Row) -> Self {
        Self {
            id: ToolFileId(row.id),
            owner: row.user_id,
            workspace: WorkspaceId(row.tenant_id),
            key: row.file_key,
            mime_type: row.mimetype,
            name: row.name,
            size: u32::try_from(row.size).unwrap_or_default(),
        }
    }
}

/// Adds a file of a run. False when the workspace is gone: nobody would ever delete it. It stays until the
/// transaction ends.
pub async fn insert(conn: &mut Conn, file: &ToolFile) -> Result<bool, StorageError> {
    let workspace = tenants::table.find(file.workspace.0).select(tenants::id);
    let workspace = workspace.for_share().first::<Uuid>(conn.as_mut());
    if workspace.await.optional()?.is_none() {
        return Ok(false);
    }
    crate::pending_content::settle(conn, &file.key).await?;
    diesel::insert_into(files::table)
        .values((
            files::id.eq(file.id.0),
            files::user_id.eq(file.owner),
            files::tenant_id.eq(file.workspace.0),
            files::file_key.eq(&file.key),
            files::mimetype.eq(&file.mime_type),
            files::name.eq(&file.name),
            files::size.eq(i32::try_from(file.size).unwrap_or(i32::MAX)),
        ))
        .execute(conn.as_mut())
        .await?;
    Ok(true)
}

/// A file of any run: the caller has proof that it may be fetched.
pub async fn find(conn: &mut Conn, id: ToolFileId) -> Result<Option<ToolFile>, StorageError> {
    let row = files::table
        .find(id.0)
        .select(Row::as_select())
        .first(conn.as_mut())
        .await
        .optional()?;
    Ok(row.map(ToolFile::from))
}

/// A file of a run of this account or end user, in this workspace.
pub async fn find_own(
    conn: &mut Conn,
    id: ToolFileId,
    workspace: WorkspaceId,
    owner: Uuid,
) -> Result<Option<ToolFile>, StorageError> {
    let row = files::table
        .find(id.0)
        .filter(files::tenant_id.eq(workspace.0))
        .filter(files::user_id.eq(owner))
        .select(Row::as_select())
        .first(conn.as_mut())
        .await
        .optional()?;
    Ok(row.map(ToolFile::from))
}

/// Those of these files that are of runs of this account or end user, in this workspace.
pub async fn list_own(
    conn: &mut Conn,
    ids: &[Uuid],
    workspace: WorkspaceId,
    owner: Uuid,
) -> Result<Vec<ToolFile>, StorageError> {
    let rows: Vec<Row> = files::table
        .filter(files::id.eq_any(ids))
        .filter(files::tenant_id.eq(workspace.0))
        .filter(files::user_id.eq(owner))
        .select(Row::as_select())
        .load(conn.as_mut())
        .await?;
    Ok(rows.into_iter().map(ToolFile::from).collect())
}

/// Deletes all files of the runs of a workspace; gives the keys of their contents.
pub(crate) async fn delete_of_workspace(
    conn: &mut Conn,
    workspace: WorkspaceId,
) -> Result<Vec<String>, StorageError> {
    let keys = diesel::delete(files::table)
        .filter(files::tenant_id.eq(workspace.0))
        .returning(files::file_key)
        .get_results(conn.as_mut())
        .await?;
    Ok(keys)
}

/// Which of these keys a row stands for.
pub(crate) async fn list_known_keys(
    conn: &mut Conn,
    keys: &[String],
) -> Result<Vec<String>, StorageError> {
    let known = files::table
        .filter(files::file_key.eq_any(keys))
        .select(files::file_key)
        .load(conn.as_mut())
        .await?;
    Ok(known)
}
