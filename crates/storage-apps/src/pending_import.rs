//! `gatewright_app_imports`: files of a newer format, until somebody confirms them.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use gatewright_domain::ids::{AccountId, ImportId, WorkspaceId};

use crate::schema::gatewright_app_imports as imports;
use gatewright_storage_kit::{Conn, StorageError};

/// Who began an import, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Importer {
    /// The workspace that the app is imported into.
    pub workspace: WorkspaceId,
    /// The account that imports.
    pub account: AccountId,
}

/// Keeps what an import needs when it is confirmed. `payload` is the use-case's own JSON.
pub async fn insert(
    conn: &mut Conn,
    id: ImportId,
    importer: Importer,
    payload: &str,
    expires_at: DateTime<Utc>,
) -> Result<(), StorageError> {
    diesel::insert_into(imports::table)
        .values((
            imports::id.eq(id.0),
            imports::tenant_id.eq(importer.workspace.0),
            imports::account_id.eq(importer.account.0),
            imports::payload.eq(payload),
            imports::expires_at.eq(expires_at),
        ))
        .execute(conn.as_mut())
        .await?;
    Ok(())
}

/// Takes what was kept: nobody else can take it too. Only who began the import finds it, and only until it expires.
pub async fn take(
    conn: &mut Conn,
    id: ImportId,
    importer: Importer,
    now: DateTime<Utc>,
) -> Result<Option<String>, StorageError> {
    let payload = diesel::delete(imports::table.find(id.0))
        .filter(imports::tenant_id.eq(importer.workspace.0))
        .filter(imports::account_id.eq(importer.account.0))
        .filter(imports::expires_at.gt(now))
        .returning(imports::payload)
        .get_result(conn.as_mut())
        .await
        .optional()?;
    Ok(payload)
}

/// Deletes what nobody confirmed in time. Says how many.
pub async fn delete_expired(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize, StorageError> {
    Ok(
        diesel::delete(imports::table.filter(imports::expires_at.le(now)))
            .execute(conn.as_mut())
            .await?,
    )
}
