//! Ending everything at once; deleting an account, and the workspaces that nobody else is in, with everything that hangs on them.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use gatewright_domain::ids::{AccountId, WorkspaceId};

use crate::upload_file::{self, Orphans};
use gatewright_storage_kit::{Conn, StorageError};

/// What hangs on an account, then the account. Events of the audit trail keep its id and nothing else.
const ACCOUNT: [&str; 8] = [
    "DELETE FROM gatewright_bans WHERE account_id = $1",
    "DELETE FROM gatewright_invitations WHERE account_id = $1 OR invited_by = $1",
    "DELETE FROM gatewright_external_identities WHERE account_id = $1",
    "DELETE FROM account_integrates WHERE account_id = $1",
    "DELETE FROM gatewright_console_sessions WHERE account_id = $1",
    "DELETE FROM oauth_access_tokens WHERE account_id = $1",
    "DELETE FROM tenant_account_joins WHERE account_id = $1",
    "DELETE FROM accounts WHERE id = $1",
];

/// What hangs on a workspace, then the workspace. Its audit trail stays until retention.
const WORKSPACE: [&str; 6] = [
    "DELETE FROM gatewright_invitations WHERE tenant_id = $1",
    "DELETE FROM tag_bindings WHERE tenant_id = $1",
    "DELETE FROM tags WHERE tenant_id = $1",
    "DELETE FROM api_tokens WHERE tenant_id = $1",
    "DELETE FROM tenant_account_joins WHERE tenant_id = $1",
    "DELETE FROM tenants WHERE id = $1",
];

/// Deletes an account and its files, whose contents the caller has deleted.
pub async fn delete_account(conn: &mut Conn, id: AccountId) -> Result<Orphans, StorageError> {
    let orphans = upload_file::delete_of_account(conn, id).await?;
    delete_unused_account(conn, id).await?;
    Ok(orphans)
}

/// Deletes an account that nobody ever signed in to, and that so has no files.
pub(crate) async fn delete_unused_account(
    conn: &mut Conn,
    id: AccountId,
) -> Result<(), StorageError> {
    for statement in ACCOUNT {
        diesel::sql_query(statement)
            .bind::<SqlUuid, _>(id.0)
            .execute(conn.as_mut())
            .await?;
    }
    Ok(())
}

/// Deletes a workspace and its files, whose contents the caller has deleted.
pub async fn delete_workspace(conn: &mut Conn, id: WorkspaceId) -> Result<Orphans, StorageError> {
    let orphans = upload_file::delete_of_workspace(conn, id).await?;
    for statement in WORKSPACE {
        diesel::sql_query(statement)
            .bind::<SqlUuid, _>(id.0)
            .execute(conn.as_mut())
            .await?;
    }
    Ok(orphans)
}

/// Ends every console session. Says how many.
pub async fn revoke_all_sessions(
    conn: &mut Conn,
    at: DateTime<Utc>,
) -> Result<usize, StorageError> {
    let ended = diesel::sql_query(
        "UPDATE gatewright_console_sessions SET revoked_at = $1 WHERE revoked_at IS NULL",
    )
    .bind::<Timestamptz, _>(at)
    .execute(conn.as_mut())
    .await?;
    Ok(ended)
}
