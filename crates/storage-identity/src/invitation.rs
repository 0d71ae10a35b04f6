//! `gatewright_invitations`: an address is asked into a workspace. There is no account and no membership
//! until it is accepted.

use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Bool, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use gatewright_domain::{
    era::Era,
    ids::{AccountId, InvitationId, WorkspaceId},
    workspace::Role,
};
use uuid::Uuid;

use crate::account::UNUSED;
use crate::schema::{accounts, gatewright_invitations as invitations};
use gatewright_storage_kit::{Conn, StorageError};

/// Of invitations that nobody has accepted.
const NOBODY: Uuid = Uuid::nil();

/// A row of `gatewright_invitations`: somebody is asked to join a workspace.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// Primary key of the invitation.
    pub id: InvitationId,
    /// The workspace that it leads to.
    pub workspace: WorkspaceId,
    /// Whom, in lower case.
    pub email: String,
    /// The role that the invited person gets.
    pub role: Role,
    /// Who has accepted it.
    pub accepted_by: Option<AccountId>,
    /// The account that invited.
    pub invited_by: AccountId,
    /// Of whoever invited, when they did.
    pub inviter_era: Era,
    /// When it was made, in UTC.
    pub created_at: DateTime<Utc>,
    /// From when on it is refused, in UTC.
    pub expires_at: DateTime<Utc>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = invitations)]
struct Row {
    id: Uuid,
    tenant_id: Uuid,
    account_id: Uuid,
    email: String,
    role: Option<String>,
    invited_by: Uuid,
    inviter_era: Option<Uuid>,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

impl From<Row> for Invitation {
    fn from(row: Row) -> Self {
        // An older row has no role, and the account that was made for it.
        let is_older = row.role.is_none();
        Self {
            id: InvitationId(row.id),
            workspace: WorkspaceId(row.tenant_id),
            email: row.email,
            role: row.role.as_deref().map_or(Role::Normal, Role::from_db),
            accepted_by: (row.account_id != NOBODY && !is_older)
                .then_some(AccountId(row.account_id)),
            invited_by: AccountId(row.invited_by),
            inviter_era: Era(row.inviter_era.unwrap_or_default()),
            created_at: row.created_at,
            expires_at: row.expires_at,
        }
    }
}

/// Adds an invitation; those of the address to the same workspace before it end.
pub async fn insert(conn: &mut Conn, new: &Invitation) -> Result<(), StorageError> {
    delete_for(conn, new.workspace, &new.email).await?;
    diesel::insert_into(invitations::table)
        .values((
            invitations::id.eq(new.id.0),
            invitations::tenant_id.eq(new.workspace.0),
            invitations::account_id.eq(NOBODY),
            invitations::email.eq(&new.email),
            invitations::role.eq(new.role.as_str()),
            invitations::invited_by.eq(new.invited_by.0),
            invitations::inviter_era.eq(new.inviter_era.0),
            invitations::created_at.eq(new.created_at),
            invitations::expires_at.eq(new.expires_at),
        ))
        .execute(conn.as_mut())
        .await?;
    Ok(())
}

/// Looks an invitation up by its id.
pub async fn find(conn: &mut Conn, id: InvitationId) -> Result<Option<Invitation>, StorageError> {
    let row: Option<Row> = invitations::table
        .find(id.0)
        .select(Row::as_select())
        .first(conn.as_mut())
        .await
        .optional()?;
    Ok(row.map(Invitation::from))
}

/// The open invitations of a workspace, the earliest first.
pub async fn list_open(
    conn: &mut Conn,
    workspace: WorkspaceId,
    now: DateTime<Utc>,
) -> Result<Vec<Invitation>, StorageError> {
    let rows: Vec<Row> = invitations::table
        .filter(invitations::tenant_id.eq(workspace.0))
        .filter(invitations::account_id.eq(NOBODY))
        .filter(invitations::expires_at.gt(now))
        .order((invitations::created_at, invitations::id))
        .select(Row::as_select())
        .load(conn.as_mut())
        .await?;
    Ok(rows.into_iter().map(Invitation::from).collect())
}

/// The open invitations of an address, the latest first.
pub async fn list_for_email(
    conn: &mut Conn,
    email_lowercase: &str,
    now: DateTime<Utc>,
) -> Result<Vec<Invitation>, StorageError> {
    let rows: Vec<Row> = invitations::table
        .filter(invitations::email.eq(email_lowercase))
        .filter(invitations::account_id.eq(NOBODY))
        .filter(invitations::expires_at.gt(now))
        .order((invitations::created_at.desc(), invitations::id.desc()))
        .select(Row::as_select())
        .load(conn.as_mut())
        .await?;
    Ok(rows.into_iter().map(Invitation::from).collect())
}

/// Notes who accepts. Of any number of callers one is told what they are from now on.
pub async fn accept(
    conn: &mut Conn,
    id: InvitationId,
    account: AccountId,
) -> Result<Option<Role>, StorageError> {
    let role: Option<Option<String>> = diesel::update(invitations::table.find(id.0))
        .filter(invitations::account_id.eq(NOBODY))
        .set(invitations::account_id.eq(account.0))
        .returning(invitations::role)
        .get_result(conn.as_mut())
        .await
        .optional()?;
    Ok(role.flatten().map(|role| Role::from_db(&role)))
}

/// Changes what an open invitation of a workspace is to. False when there is none.
pub async fn update_role(
    conn: &mut Conn,
    workspace: WorkspaceId,
    id: InvitationId,
    role: Role,
) -> Result<bool, StorageError> {
    let changed = diesel::update(invitations::table.find(id.0))
        .filter(invitations::tenant_id.eq(workspace.0))
        .filter(invitations::account_id.eq(NOBODY))
        .set(invitations::role.eq(role.as_str()))
        .execute(conn.as_mut())
        .await?;
    Ok(changed == 1)
}

/// Deletes an invitation of a workspace. False when there is none.
pub async fn delete(
    conn: &mut Conn,
    workspace: WorkspaceId,
    id: InvitationId,
) -> Result<bool, StorageError> {
    let gone = diesel::delete(invitations::table.find(id.0))
        .filter(invitations::tenant_id.eq(workspace.0))
        .execute(conn.as_mut())
        .await?;
    Ok(gone == 1)
}

/// Ends the invitations of an address to a workspace.
pub async fn delete_for(
    conn: &mut Conn,
    workspace: WorkspaceId,
    email: &str,
) -> Result<(), StorageError> {
    diesel::delete(invitations::table)
        .filter(invitations::tenant_id.eq(workspace.0))
        .filter(invitations::email.eq(email))
        .execute(conn.as_mut())
        .await?;
    Ok(())
}

/// Makes way for whoever comes with an address: an account that was made for an invitation, and that nobody
/// ever signed in to, goes; what it was invited to is from now on what the address is invited to, until
/// `expires_at`. The caller holds the address's lock.
pub async fn dissolve_unused(
    conn: &mut Conn,
    email_lowercase: &str,
    at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<(), StorageError> {
    let ids: Vec<Uuid> = accounts::table
        .filter(diesel::dsl::sql::<Bool>(UNUSED))
        .filter(diesel::dsl::sql::<Text>("lower(email)").eq(email_lowercase))
        .select(accounts::id)
        .for_update()
        .load(conn.as_mut())
        .await?;
    for id in ids {
        diesel::sql_query(
            "UPDATE gatewright_invitations i SET role = j.role, account_id = $3 FROM tenant_account_joins j \
             WHERE i.account_id = $1 AND j.account_id = $1 AND i.tenant_id = j.tenant_id AND i.email = $2 \
             AND i.role IS NULL",
        )
        .bind::<SqlUuid, _>(id)
        .bind::<Text, _>(email_lowercase)
        .bind::<SqlUuid, _>(NOBODY)
        .execute(conn.as_mut())
        .await?;
        diesel::sql_query(
            "INSERT INTO gatewright_invitations \
             (id, tenant_id, account_id, email, role, invited_by, created_at, expires_at) \
             SELECT gen_random_uuid(), j.tenant_id, $3, $2, j.role, coalesce(j.invited_by, $3), $4, $5 \
             FROM tenant_account_joins j WHERE j.account_id = $1 AND NOT EXISTS \
             (SELECT 1 FROM gatewright_invitations i WHERE i.tenant_id = j.tenant_id AND i.email = $2)",
        )
        .bind::<SqlUuid, _>(id)
        .bind::<Text, _>(email_lowercase)
        .bind::<SqlUuid, _>(NOBODY)
        .bind::<Timestamptz, _>(at)
        .bind::<Timestamptz, _>(expires_at)
        .execute(conn.as_mut())
        .await?;
        crate::erasure::delete_unused_account(conn, AccountId(id)).await?;
    }
    Ok(())
}
