//! `gatewright_external_identities`: who an account is at identity providers.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use gatewright_domain::{external_subject::SubjectIssuer, ids::AccountId};
use uuid::Uuid;

use crate::{
    error::StorageError, pool::Conn, schema::gatewright_external_identities as identities,
};

/// The account of an identity.
pub async fn find_account(
    conn: &mut Conn,
    issuer: &SubjectIssuer,
    subject: &str,
) -> Result<Option<AccountId>, StorageError> {
    let account: Option<Uuid> = identities::table
        .find((issuer.as_str(), subject))
        .select(identities::account_id)
        .first(&mut conn.0)
        .await
        .optional()?;
    Ok(account.map(AccountId))
}

/// Ties an identity to an account. False when the identity, or another one of the same issuer, is
/// tied already; waits for a concurrent attempt.
pub async fn insert(
    conn: &mut Conn,
    (issuer, subject): (&SubjectIssuer, &str),
    account: AccountId,
    at: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let inserted = diesel::insert_into(identities::table)
        .values((
            identities::issuer.eq(issuer.as_str()),
            identities::subject.eq(subject),
            identities::account_id.eq(account.0),
            identities::created_at.eq(at),
        ))
        .on_conflict_do_nothing()
        .execute(&mut conn.0)
        .await?;
    Ok(inserted == 1)
}

/// The issuers that an account is known to, and since when.
pub async fn list_for_account(
    conn: &mut Conn,
    account: AccountId,
) -> Result<Vec<(String, DateTime<Utc>)>, StorageError> {
    Ok(identities::table
        .filter(identities::account_id.eq(account.0))
        .order(identities::created_at)
        .select((identities::issuer, identities::created_at))
        .load(&mut conn.0)
        .await?)
}
