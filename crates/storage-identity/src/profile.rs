//! Changes of `accounts`: profile fields, password, address, status.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use gatewright_domain::{account::AccountStatus, ids::AccountId};

use crate::schema::accounts;
use crate::{era::EraBegun, to_column};
use gatewright_storage_kit::{Conn, StorageError};

/// What changes; what is absent stays.
#[derive(Debug, Clone, Default, AsChangeset)]
#[diesel(table_name = accounts)]
pub struct ProfileChange {
    /// Shown in the console.
    pub name: Option<String>,
    /// A URL, or empty.
    pub avatar: Option<String>,
    /// A language tag.
    pub interface_language: Option<String>,
    /// `light` or `dark`.
    pub interface_theme: Option<String>,
    /// An IANA zone.
    pub timezone: Option<String>,
}

/// Changes a profile.
pub async fn update(
    conn: &mut Conn,
    id: AccountId,
    change: &ProfileChange,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    diesel::update(accounts::table.find(id.0))
        .set((change, accounts::updated_at.eq(to_column(at))))
        .execute(conn.as_mut())
        .await?;
    Ok(())
}

/// Sets a password hash, whatever was there. That ends an era.
pub async fn update_password(
    conn: &mut Conn,
    begun: &EraBegun,
    hash: &str,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    diesel::update(accounts::table.find(begun.account().0))
        .set((
            accounts::password.eq(hash),
            accounts::password_salt.eq(None::<String>),
            accounts::updated_at.eq(to_column(at)),
        ))
        .execute(conn.as_mut())
        .await?;
    Ok(())
}

/// Sets the address. That ends an era. The caller holds the lock of the new address and knows that it is
/// free.
pub async fn update_email(
    conn: &mut Conn,
    begun: &EraBegun,
    email_lowercase: &str,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    diesel::update(accounts::table.find(begun.account().0))
        .set((
            accounts::email.eq(email_lowercase),
            accounts::updated_at.eq(to_column(at)),
        ))
        .execute(conn.as_mut())
        .await?;
    Ok(())
}

/// Moves an account from one status to another. False when it had a third.
pub async fn update_status(
    conn: &mut Conn,
    id: AccountId,
    from: AccountStatus,
    to: AccountStatus,
    at: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let at = to_column(at);
    let is_first = to == AccountStatus::Active && from != AccountStatus::Banned;
    let changed = diesel::update(accounts::table.find(id.0))
        .filter(accounts::status.eq(from.as_str()))
        .set((
            accounts::status.eq(to.as_str()),
            is_first.then(|| accounts::initialized_at.eq(at)),
            accounts::updated_at.eq(at),
        ))
        .execute(conn.as_mut())
        .await?;
    Ok(changed == 1)
}
