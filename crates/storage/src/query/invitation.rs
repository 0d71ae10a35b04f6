//! `gatewright_invitations`.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use gatewright_domain::{
    era::Era,
    ids::{AccountId, InvitationId, WorkspaceId},
};
use uuid::Uuid;

use crate::{error::StorageError, pool::Conn, schema::gatewright_invitations as invitations};

/// An invitation.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// Primary key.
    pub id: InvitationId,
    /// To where.
    pub workspace: WorkspaceId,
    /// Whose account waits for it.
    pub account: AccountId,
    /// The address it was sent to, in lower case.
    pub email: String,
    /// Who invited.
    pub invited_by: AccountId,
    /// Of whoever invited, when they did.
    pub inviter_era: Era,
    /// Until when.
    pub expires_at: DateTime<Utc>,
}

type Row = (Uuid, Uuid, Uuid, String, Uuid, Option<Uuid>, DateTime<Utc>);

const COLUMNS: (
    invitations::id,
    invitations::tenant_id,
    invitations::account_id,
    invitations::email,
    invitations::invited_by,
    invitations::inviter_era,
    invitations::expires_at,
) = (
    invitations::id,
    invitations::tenant_id,
    invitations::account_id,
    invitations::email,
    invitations::invited_by,
    invitations::inviter_era,
    invitations::expires_at,
);

fn to_entity((id, workspace, account, email, invited_by, era, expires_at): Row) -> Invitation {
    Invitation {
        id: InvitationId(id),
        workspace: WorkspaceId(workspace),
        account: AccountId(account),
        email,
        invited_by: AccountId(invited_by),
        inviter_era: Era(era.unwrap_or_default()),
        expires_at,
    }
}

/// Adds an invitation; those to the same workspace before it end.
pub async fn insert(
    conn: &mut Conn,
    new: &Invitation,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    delete_for(conn, new.workspace, new.account).await?;
    diesel::insert_into(invitations::table)
        .values((
            invitations::id.eq(new.id.0),
            invitations::tenant_id.eq(new.workspace.0),
            invitations::account_id.eq(new.account.0),
            invitations::email.eq(&new.email),
            invitations::invited_by.eq(new.invited_by.0),
            invitations::inviter_era.eq(new.inviter_era.0),
            invitations::created_at.eq(at),
            invitations::expires_at.eq(new.expires_at),
        ))
        .execute(&mut conn.0)
        .await?;
    Ok(())
}

/// An invitation.
pub async fn find(conn: &mut Conn, id: InvitationId) -> Result<Option<Invitation>, StorageError> {
    let row: Option<Row> = invitations::table
        .find(id.0)
        .select(COLUMNS)
        .first(&mut conn.0)
        .await
        .optional()?;
    Ok(row.map(to_entity))
}

/// Spends an invitation. Of any number of callers one is told yes.
pub async fn delete(conn: &mut Conn, id: InvitationId) -> Result<bool, StorageError> {
    let gone = diesel::delete(invitations::table.find(id.0))
        .execute(&mut conn.0)
        .await?;
    Ok(gone == 1)
}

/// Ends the invitations of an account to a workspace.
pub async fn delete_for(
    conn: &mut Conn,
    workspace: WorkspaceId,
    account: AccountId,
) -> Result<(), StorageError> {
    diesel::delete(invitations::table)
        .filter(invitations::tenant_id.eq(workspace.0))
        .filter(invitations::account_id.eq(account.0))
        .execute(&mut conn.0)
        .await?;
    Ok(())
}
