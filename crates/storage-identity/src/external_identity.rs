//! `gatewright_external_identities`: who an account is at identity providers.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use gatewright_domain::{
    external_subject::{ExternalSubject, SubjectIssuer},
    ids::AccountId,
};
use uuid::Uuid;

use crate::schema::gatewright_external_identities as identities;
use gatewright_storage_kit::{Conn, StorageError};

/// The account of an identity.
pub async fn find_account(
    conn: &mut Conn,
    issuer: &SubjectIssuer,
    subject: &str,
) -> Result<Option<AccountId>, StorageError> {
    let account: Option<Uuid> = identities::table
        .find((issuer.as_str(), subject))
        .select(identities::account_id)
        .first(conn.as_mut())
        .await
        .optional()?;
    Ok(account.map(AccountId))
}

/// An identity that an account has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectedIdentity {
    /// Who vouches for it.
    pub issuer: String,
    /// The address that it had when it was connected.
    pub email: Option<String>,
    /// When the identity was connected, in UTC.
    pub created_at: DateTime<Utc>,
}

/// Ties an identity to an account. False when the identity, or another one of the same issuer, is
/// tied already; waits for a concurrent attempt.
pub async fn insert(
    conn: &mut Conn,
    subject: &ExternalSubject,
    provider_subject: &str,
    account: AccountId,
    at: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let inserted = diesel::insert_into(identities::table)
        .values((
            identities::issuer.eq(subject.issuer.as_str()),
            identities::subject.eq(provider_subject),
            identities::email.eq(subject.email.as_str()),
            identities::account_id.eq(account.0),
            identities::created_at.eq(at),
        ))
        .on_conflict_do_nothing()
        .execute(conn.as_mut())
        .await?;
    Ok(inserted == 1)
}

/// The identities of an account, the oldest first.
pub async fn list_for_account(
    conn: &mut Conn,
    account: AccountId,
) -> Result<Vec<ConnectedIdentity>, StorageError> {
    let rows: Vec<(String, Option<String>, DateTime<Utc>)> = identities::table
        .filter(identities::account_id.eq(account.0))
        .order((identities::created_at, identities::issuer))
        .select((
            identities::issuer,
            identities::email,
            identities::created_at,
        ))
        .load(conn.as_mut())
        .await?;
    let identity = |(issuer, email, created_at)| ConnectedIdentity {
        issuer,
        email,
        created_at,
    };
    Ok(rows.into_iter().map(identity).collect())
}

/// Unties the identity that an account has at an issuer. False when it has none there.
pub async fn delete(
    conn: &mut Conn,
    account: AccountId,
    issuer: &str,
) -> Result<bool, StorageError> {
    let deleted = diesel::delete(identities::table)
        .filter(identities::account_id.eq(account.0))
        .filter(identities::issuer.eq(issuer))
        .execute(conn.as_mut())
        .await?;
    Ok(deleted == 1)
}
