//! `tenants` and `tenant_account_joins`.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use gatewright_domain::{
    ids::{AccountId, MembershipId, WorkspaceId},
    workspace::{MemberWorkspace, Role, WorkspaceStatus},
};
use uuid::Uuid;

use crate::schema::{tenant_account_joins as joins, tenants};
use crate::to_column;
use gatewright_storage_kit::{Conn, StorageError};

type Row = (Uuid, String, String, String, NaiveDateTime, String, bool);

fn to_entity(row: Row) -> MemberWorkspace {
    let (id, name, plan, status, created_at, role, is_current) = row;
    MemberWorkspace {
        id: WorkspaceId(id),
        name,
        plan,
        status: WorkspaceStatus::from_db(&status),
        created_at: created_at.and_utc(),
        role: Role::from_db(&role),
        is_current,
    }
}

/// All workspaces of an account, archived ones too, the oldest first.
pub async fn list_for_account(
    conn: &mut Conn,
    account: AccountId,
) -> Result<Vec<MemberWorkspace>, StorageError> {
    let rows: Vec<Row> = joins::table
        .inner_join(tenants::table)
        .filter(joins::account_id.eq(account.0))
        .order((tenants::created_at.asc(), tenants::id.asc()))
        .select((
            tenants::id,
            tenants::name,
            tenants::plan,
            tenants::status,
            tenants::created_at,
            joins::role,
            joins::current,
        ))
        .load(conn.as_mut())
        .await?;
    Ok(rows.into_iter().map(to_entity).collect())
}

/// Makes one workspace the account's current one and no other. False when the account is not a
/// member of it, or when it is archived: then nothing changed.
pub async fn switch_current(
    conn: &mut Conn,
    account: AccountId,
    workspace: WorkspaceId,
    at: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let at = to_column(at);
    let normal = tenants::table
        .filter(tenants::status.eq(WorkspaceStatus::Normal.as_str()))
        .select(tenants::id);
    let switched = diesel::update(joins::table)
        .filter(joins::account_id.eq(account.0))
        .filter(joins::tenant_id.eq(workspace.0))
        .filter(joins::tenant_id.eq_any(normal))
        .set((joins::current.eq(true), joins::updated_at.eq(at)))
        .execute(conn.as_mut())
        .await?;
    if switched == 0 {
        return Ok(false);
    }
    diesel::update(joins::table)
        .filter(joins::account_id.eq(account.0))
        .filter(joins::tenant_id.ne(workspace.0))
        .filter(joins::current)
        .set((joins::current.eq(false), joins::updated_at.eq(at)))
        .execute(conn.as_mut())
        .await?;
    Ok(true)
}

/// Adds a workspace with its owner, for whom it becomes the current one.
pub async fn insert_with_owner(
    conn: &mut Conn,
    id: WorkspaceId,
    name: &str,
    membership: MembershipId,
    owner: AccountId,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    diesel::insert_into(tenants::table)
        .values((
            tenants::id.eq(id.0),
            tenants::name.eq(name),
            tenants::created_at.eq(to_column(at)),
            tenants::updated_at.eq(to_column(at)),
        ))
        .execute(conn.as_mut())
        .await?;
    let new = NewMember {
        id: membership,
        account: owner,
        role: Role::Owner,
        is_current: true,
    };
    insert_member(conn, id, new, at).await
}

/// A workspace as such.
#[derive(Debug, Clone)]
pub struct Workspace {
    /// Shown in the console.
    pub name: String,
    /// In use or archived.
    pub status: WorkspaceStatus,
}

impl From<(String, String)> for Workspace {
    fn from(row: (String, String)) -> Self {
        let (name, status) = row;
        Self {
            name,
            status: WorkspaceStatus::from_db(&status),
        }
    }
}

/// Looks a workspace up by its id.
pub async fn find(conn: &mut Conn, id: WorkspaceId) -> Result<Option<Workspace>, StorageError> {
    let row: Option<(String, String)> = tenants::table
        .find(id.0)
        .select((tenants::name, tenants::status))
        .first(conn.as_mut())
        .await
        .optional()?;
    Ok(row.map(Workspace::from))
}

/// Locks a workspace: whatever changes its members queues here.
pub async fn find_for_update(
    conn: &mut Conn,
    id: WorkspaceId,
) -> Result<Option<Workspace>, StorageError> {
    let row: Option<(String, String)> = tenants::table
        .find(id.0)
        .select((tenants::name, tenants::status))
        .for_update()
        .first(conn.as_mut())
        .await
        .optional()?;
    Ok(row.map(Workspace::from))
}

/// Renames a workspace.
pub async fn update_name(
    conn: &mut Conn,
    id: WorkspaceId,
    name: &str,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    diesel::update(tenants::table.find(id.0))
        .set((
            tenants::name.eq(name),
            tenants::updated_at.eq(to_column(at)),
        ))
        .execute(conn.as_mut())
        .await?;
    Ok(())
}

/// Somebody who becomes a member.
#[derive(Debug, Clone, Copy)]
pub struct NewMember {
    /// Of the membership.
    pub id: MembershipId,
    /// The account that joins.
    pub account: AccountId,
    /// The role that it gets.
    pub role: Role,
    /// Whether it is the account's current workspace.
    pub is_current: bool,
}

/// Adds a member.
pub async fn insert_member(
    conn: &mut Conn,
    workspace: WorkspaceId,
    new: NewMember,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    let at = to_column(at);
    diesel::insert_into(joins::table)
        .values((
            joins::id.eq(new.id.0),
            joins::tenant_id.eq(workspace.0),
            joins::account_id.eq(new.account.0),
            joins::role.eq(new.role.as_str()),
            joins::current.eq(new.is_current),
            joins::created_at.eq(at),
            joins::updated_at.eq(at),
        ))
        .execute(conn.as_mut())
        .await?;
    Ok(())
}
