//! Members of a workspace. Whoever changes them holds the lock of the workspace's row.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use gatewright_domain::{
    account::AccountStatus,
    ids::{AccountId, WorkspaceId},
    member::Member,
    workspace::Role,
};
use uuid::Uuid;

use crate::schema::{accounts, tenant_account_joins as joins};
use crate::to_column;
use gatewright_storage_kit::{Conn, StorageError};

#[derive(Queryable)]
struct Row {
    id: Uuid,
    name: String,
    email: String,
    avatar: Option<String>,
    role: String,
    status: String,
    last_login_at: Option<NaiveDateTime>,
    last_active_at: NaiveDateTime,
    created_at: NaiveDateTime,
}

impl From<Row> for Member {
    fn from(row: Row) -> Self {
        Self {
            id: AccountId(row.id),
            name: row.name,
            email: row.email,
            avatar: row.avatar.filter(|avatar| !avatar.is_empty()),
            role: Role::from_db(&row.role),
            status: AccountStatus::from_db(&row.status),
            last_login_at: row.last_login_at.map(|at| at.and_utc()),
            last_active_at: row.last_active_at.and_utc(),
            created_at: row.created_at.and_utc(),
        }
    }
}

/// All members, whoever joined first.
pub async fn list(conn: &mut Conn, workspace: WorkspaceId) -> Result<Vec<Member>, StorageError> {
    let rows: Vec<Row> = joins::table
        .inner_join(accounts::table)
        .filter(joins::tenant_id.eq(workspace.0))
        .order((joins::created_at, joins::id))
        .select((
            accounts::id,
            accounts::name,
            accounts::email,
            accounts::avatar,
            joins::role,
            accounts::status,
            accounts::last_login_at,
            accounts::last_active_at,
            accounts::created_at,
        ))
        .load(conn.as_mut())
        .await?;
    Ok(rows.into_iter().map(Member::from).collect())
}

/// The role of an account in a workspace; `None` when it is no member.
pub async fn find_role(
    conn: &mut Conn,
    workspace: WorkspaceId,
    account: AccountId,
) -> Result<Option<Role>, StorageError> {
    let role: Option<String> = joins::table
        .filter(joins::tenant_id.eq(workspace.0))
        .filter(joins::account_id.eq(account.0))
        .select(joins::role)
        .first(conn.as_mut())
        .await
        .optional()?;
    Ok(role.map(|role| Role::from_db(&role)))
}

/// The member with an address, in any case.
pub async fn find_by_email(
    conn: &mut Conn,
    workspace: WorkspaceId,
    email_lowercase: &str,
) -> Result<Option<AccountId>, StorageError> {
    let lower_email = diesel::dsl::sql::<diesel::sql_types::Text>("lower(accounts.email)");
    let id: Option<Uuid> = joins::table
        .inner_join(accounts::table)
        .filter(joins::tenant_id.eq(workspace.0))
        .filter(lower_email.eq(email_lowercase))
        .filter(crate::account::is_used())
        .select(accounts::id)
        .first(conn.as_mut())
        .await
        .optional()?;
    Ok(id.map(AccountId))
}

/// How many members a workspace has.
pub async fn count(conn: &mut Conn, workspace: WorkspaceId) -> Result<i64, StorageError> {
    Ok(joins::table
        .filter(joins::tenant_id.eq(workspace.0))
        .count()
        .get_result(conn.as_mut())
        .await?)
}

/// In how many workspaces an account is.
pub async fn count_of_account(conn: &mut Conn, account: AccountId) -> Result<i64, StorageError> {
    Ok(joins::table
        .filter(joins::account_id.eq(account.0))
        .count()
        .get_result(conn.as_mut())
        .await?)
}

/// Changes a role.
pub async fn update_role(
    conn: &mut Conn,
    workspace: WorkspaceId,
    account: AccountId,
    role: Role,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    diesel::update(joins::table)
        .filter(joins::tenant_id.eq(workspace.0))
        .filter(joins::account_id.eq(account.0))
        .set((
            joins::role.eq(role.as_str()),
            joins::updated_at.eq(to_column(at)),
        ))
        .execute(conn.as_mut())
        .await?;
    Ok(())
}

/// Removes a member.
pub async fn delete(
    conn: &mut Conn,
    workspace: WorkspaceId,
    account: AccountId,
) -> Result<(), StorageError> {
    diesel::delete(joins::table)
        .filter(joins::tenant_id.eq(workspace.0))
        .filter(joins::account_id.eq(account.0))
        .execute(conn.as_mut())
        .await?;
    Ok(())
}
