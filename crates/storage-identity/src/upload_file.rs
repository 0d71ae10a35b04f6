//! `upload_files`: what people uploaded. The content is elsewhere, under `key`.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use gatewright_domain::{
    file::{FileOwner, UploadedFile, raster_media_type},
    ids::{AccountId, FileId, WorkspaceId},
};
use uuid::Uuid;

use crate::schema::{accounts, tenants, upload_files as files};
use crate::{pending_content, to_column, tool_file};
use gatewright_storage_kit::{Conn, StorageError};

#[derive(Queryable, Selectable)]
#[diesel(table_name = files)]
struct Row {
    id: Uuid,
    tenant_id: Uuid,
    key: String,
    name: String,
    size: i32,
    extension: String,
    mime_type: Option<String>,
    created_by: Uuid,
    created_by_role: String,
    created_at: NaiveDateTime,
    hash: Option<String>,
    source_url: String,
}

impl From<Row> for UploadedFile {
    fn from(row: Row) -> Self {
        Self {
            id: FileId(row.id),
            workspace: WorkspaceId(row.tenant_id),
            key: row.key,
            name: row.name,
            size: u32::try_from(row.size).unwrap_or_default(),
            extension: row.extension,
            mime_type: row.mime_type,
            created_by: FileOwner::of_row(&row.created_by_role, row.created_by),
            created_at: row.created_at.and_utc(),
            hash: row.hash,
            source_url: row.source_url,
        }
    }
}

/// Keys of contents whose rows are gone. Whoever deletes a row has its content deleted too, by a job of the
/// same transaction.
#[must_use = "the contents stay until somebody deletes them"]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Orphans(Vec<String>);

impl Orphans {
    /// The keys in the object store, whose objects the caller deletes after the commit.
    pub fn into_keys(self) -> Vec<String> {
        self.0
    }
}

/// Adds a file that somebody uploaded. False when their account or the workspace is gone: nobody would
/// ever delete it. They stay until the transaction ends. What end users uploaded is the workspace's.
pub async fn insert(
    conn: &mut Conn,
    file: &UploadedFile,
    storage_type: &str,
) -> Result<bool, StorageError> {
    let workspace = tenants::table.find(file.workspace.0).select(tenants::id);
    let workspace = workspace.for_share().first::<Uuid>(conn.as_mut());
    let is_there = workspace.await.optional()?.is_some();
    if !is_there || !is_owner_there(conn, file.created_by).await? {
        return Ok(false);
    }
    pending_content::settle(conn, &file.key).await?;
    diesel::insert_into(files::table)
        .values((
            files::id.eq(file.id.0),
            files::tenant_id.eq(file.workspace.0),
            files::storage_type.eq(storage_type),
            files::key.eq(&file.key),
            files::name.eq(&file.name),
            files::size.eq(i32::try_from(file.size).unwrap_or(i32::MAX)),
            files::extension.eq(&file.extension),
            files::mime_type.eq(&file.mime_type),
            files::created_by.eq(file.created_by.id()),
            files::created_by_role.eq(file.created_by.role()),
            files::created_at.eq(to_column(file.created_at)),
            files::used.eq(false),
            files::hash.eq(&file.hash),
            files::source_url.eq(&file.source_url),
        ))
        .execute(conn.as_mut())
        .await?;
    Ok(true)
}

async fn is_owner_there(conn: &mut Conn, owner: FileOwner) -> Result<bool, StorageError> {
    let FileOwner::Account(id) = owner else {
        return Ok(true);
    };
    let account = accounts::table.find(id.0).select(accounts::id);
    let account = account.for_share().first::<Uuid>(conn.as_mut());
    Ok(account.await.optional()?.is_some())
}

/// Deletes what an account uploaded, except what a workspace uses that lives on (Dify marks it so): that is
/// the workspace's.
pub(crate) async fn delete_of_account(
    conn: &mut Conn,
    account: AccountId,
) -> Result<Orphans, StorageError> {
    let keys = diesel::delete(files::table)
        .filter(files::created_by.eq(account.0))
        .filter(files::created_by_role.eq("account"))
        .filter(files::used.eq(false))
        .returning(files::key)
        .get_results(conn.as_mut())
        .await?;
    Ok(Orphans(keys))
}

/// Deletes all files of a workspace, whoever uploaded them or in whose runs they were made.
pub(crate) async fn delete_of_workspace(
    conn: &mut Conn,
    workspace: WorkspaceId,
) -> Result<Orphans, StorageError> {
    let mut keys: Vec<String> = diesel::delete(files::table)
        .filter(files::tenant_id.eq(workspace.0))
        .returning(files::key)
        .get_results(conn.as_mut())
        .await?;
    keys.extend(tool_file::delete_of_workspace(conn, workspace).await?);
    Ok(Orphans(keys))
}

/// Deletes one file, if the account itself uploaded it and nothing uses it.
pub async fn delete_own(
    conn: &mut Conn,
    id: FileId,
    account: AccountId,
) -> Result<Orphans, StorageError> {
    let keys = diesel::delete(files::table.find(id.0))
        .filter(files::created_by.eq(account.0))
        .filter(files::created_by_role.eq("account"))
        .filter(files::used.eq(false))
        .returning(files::key)
        .get_results(conn.as_mut())
        .await?;
    Ok(Orphans(keys))
}

/// Which of these keys a row stands for.
pub async fn list_known_keys(
    conn: &mut Conn,
    keys: &[String],
) -> Result<Vec<String>, StorageError> {
    let mut known: Vec<String> = files::table
        .filter(files::key.eq_any(keys))
        .select(files::key)
        .load(conn.as_mut())
        .await?;
    known.extend(tool_file::list_known_keys(conn, keys).await?);
    Ok(known)
}

/// A file, wherever it was uploaded: the caller has proof that it may be fetched.
pub async fn find(conn: &mut Conn, id: FileId) -> Result<Option<UploadedFile>, StorageError> {
    let row = files::table
        .find(id.0)
        .select(Row::as_select())
        .first(conn.as_mut())
        .await
        .optional()?;
    Ok(row.map(UploadedFile::from))
}

/// A file of the workspace, whoever uploaded it.
pub async fn find_in(
    conn: &mut Conn,
    workspace: WorkspaceId,
    id: FileId,
) -> Result<Option<UploadedFile>, StorageError> {
    let row = files::table
        .find(id.0)
        .filter(files::tenant_id.eq(workspace.0))
        .select(Row::as_select())
        .first(conn.as_mut())
        .await
        .optional()?;
    Ok(row.map(UploadedFile::from))
}

/// A file that its asker uploaded, wherever that was.
pub async fn find_own(
    conn: &mut Conn,
    id: FileId,
    owner: FileOwner,
) -> Result<Option<UploadedFile>, StorageError> {
    let row = files::table
        .find(id.0)
        .filter(files::created_by.eq(owner.id()))
        .filter(files::created_by_role.eq(owner.role()))
        .select(Row::as_select())
        .first(conn.as_mut())
        .await
        .optional()?;
    Ok(row.map(UploadedFile::from))
}

/// Those of these files that their asker uploaded to the workspace.
pub async fn list_own(
    conn: &mut Conn,
    ids: &[Uuid],
    workspace: WorkspaceId,
    owner: FileOwner,
) -> Result<Vec<UploadedFile>, StorageError> {
    let rows: Vec<Row> = files::table
        .filter(files::id.eq_any(ids))
        .filter(files::tenant_id.eq(workspace.0))
        .filter(files::created_by.eq(owner.id()))
        .filter(files::created_by_role.eq(owner.role()))
        .select(Row::as_select())
        .load(conn.as_mut())
        .await?;
    Ok(rows.into_iter().map(UploadedFile::from).collect())
}

/// Whether a file is a picture that the account itself uploaded, which it may have as its avatar.
pub async fn is_own_picture(
    conn: &mut Conn,
    id: FileId,
    account: AccountId,
) -> Result<bool, StorageError> {
    let file = find_own(conn, id, FileOwner::Account(account)).await?;
    Ok(file.is_some_and(|file| raster_media_type(&file.extension).is_some()))
}
