//! `oauth_access_tokens`.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use gatewright_auth::bearer::TokenHash;
use gatewright_domain::{
    bearer_token::BearerToken,
    ids::{AccountId, TokenId},
};
use uuid::Uuid;

use crate::schema::oauth_access_tokens as tokens;
use gatewright_storage_kit::{Conn, StorageError};

#[derive(Queryable, Selectable)]
#[diesel(table_name = tokens)]
struct Row {
    id: Uuid,
    subject_email: String,
    subject_issuer: Option<String>,
    account_id: Option<Uuid>,
    client_id: String,
    device_label: String,
    prefix: String,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    last_used_at: Option<DateTime<Utc>>,
}

impl From<Row> for BearerToken {
    fn from(row: Row) -> Self {
        Self {
            id: TokenId(row.id),
            prefix: row.prefix,
            account_id: row.account_id.map(AccountId),
            subject_email: row.subject_email,
            subject_issuer: row.subject_issuer,
            client_id: row.client_id,
            device_label: row.device_label,
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
        }
    }
}

/// The row of a hash, unless it was revoked.
pub async fn find(conn: &mut Conn, hash: &TokenHash) -> Result<Option<BearerToken>, StorageError> {
    let row: Option<Row> = tokens::table
        .filter(tokens::token_hash.eq(hash.as_str()))
        .filter(tokens::revoked_at.is_null())
        .select(Row::as_select())
        .first(conn.as_mut())
        .await
        .optional()?;
    Ok(row.map(BearerToken::from))
}

/// Adds a token.
pub async fn insert(
    conn: &mut Conn,
    token: &BearerToken,
    hash: &TokenHash,
) -> Result<(), StorageError> {
    diesel::insert_into(tokens::table)
        .values((
            tokens::id.eq(token.id.0),
            tokens::subject_email.eq(&token.subject_email),
            tokens::subject_issuer.eq(token.subject_issuer.as_deref()),
            tokens::account_id.eq(token.account_id.map(|id| id.0)),
            tokens::client_id.eq(&token.client_id),
            tokens::device_label.eq(&token.device_label),
            tokens::prefix.eq(&token.prefix),
            tokens::token_hash.eq(hash.as_str()),
            tokens::created_at.eq(token.created_at),
            tokens::expires_at.eq(token.expires_at),
        ))
        .execute(conn.as_mut())
        .await?;
    Ok(())
}

/// Revokes what this device holds of this subject, so that at most one token of it lives.
/// Returns the hashes that caches must forget. Concurrent log-ins of the same device queue here.
pub async fn revoke_predecessors(
    conn: &mut Conn,
    token: &BearerToken,
    at: DateTime<Utc>,
) -> Result<Vec<TokenHash>, StorageError> {
    // Serialises on the device even when no row exists yet; released with the transaction.
    let device = format!(
        "{}\u{0}{}\u{0}{}\u{0}{}",
        token.subject_email,
        token.subject_issuer.as_deref().unwrap_or_default(),
        token.client_id,
        token.device_label
    );
    diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
        .bind::<diesel::sql_types::Text, _>(device.replace('\u{0}', "\u{1f}"))
        .execute(conn.as_mut())
        .await?;
    let hashes: Vec<Option<String>> = diesel::update(tokens::table)
        .filter(tokens::subject_email.eq(&token.subject_email))
        .filter(tokens::subject_issuer.eq(token.subject_issuer.as_deref()))
        .filter(tokens::client_id.eq(&token.client_id))
        .filter(tokens::device_label.eq(&token.device_label))
        .filter(tokens::revoked_at.is_null())
        .set(tokens::revoked_at.eq(at))
        .returning(tokens::token_hash)
        .get_results(conn.as_mut())
        .await?;
    Ok(hashes
        .into_iter()
        .flatten()
        .map(TokenHash::from_column)
        .collect())
}

/// Whose tokens are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// Those of an account.
    Account(AccountId),
    /// Those of somebody without an account.
    External {
        /// Address as stored: folded.
        email: String,
        /// The identity provider.
        issuer: String,
    },
}

impl Owner {
    fn owns(&self, row: &Row) -> bool {
        match self {
            Self::Account(id) => row.account_id == Some(id.0),
            Self::External { email, issuer } => {
                row.account_id.is_none()
                    && row.subject_email == *email
                    && row.subject_issuer.as_deref() == Some(issuer)
            }
        }
    }
}

/// Live tokens of an owner, newest first, one page; and how many there are in all.
pub async fn list_for_owner(
    conn: &mut Conn,
    owner: &Owner,
    now: DateTime<Utc>,
    offset: i64,
    limit: i64,
) -> Result<(Vec<BearerToken>, i64), StorageError> {
    let live = || {
        let live = tokens::table
            .filter(tokens::revoked_at.is_null())
            .filter(tokens::token_hash.is_not_null())
            .filter(tokens::expires_at.gt(now))
            .into_boxed();
        match owner {
            Owner::Account(id) => live.filter(tokens::account_id.eq(id.0)),
            Owner::External { email, issuer } => live
                .filter(tokens::subject_issuer.eq(issuer))
                .filter(tokens::subject_email.eq(email))
                .filter(tokens::account_id.is_null()),
        }
    };
    let total: i64 = live().count().get_result(conn.as_mut()).await?;
    let rows: Vec<Row> = live()
        .order((tokens::created_at.desc(), tokens::id.desc()))
        .select(Row::as_select())
        .offset(offset)
        .limit(limit)
        .load(conn.as_mut())
        .await?;
    Ok((rows.into_iter().map(BearerToken::from).collect(), total))
}

/// What became of a revocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revocation {
    /// The token was live; caches must forget this hash.
    Revoked(TokenHash),
    /// It was dead before.
    AlreadyRevoked,
    /// There is no such token, or not of this owner.
    Unknown,
}

/// Locks a token of an owner and tells whether it can be revoked.
pub async fn find_revocable(
    conn: &mut Conn,
    id: TokenId,
    owner: &Owner,
) -> Result<Revocation, StorageError> {
    let row: Option<(Row, Option<String>, Option<DateTime<Utc>>)> = tokens::table
        .find(id.0)
        .select((Row::as_select(), tokens::token_hash, tokens::revoked_at))
        .for_update()
        .first(conn.as_mut())
        .await
        .optional()?;
    Ok(match row {
        Some((row, hash, revoked_at)) if owner.owns(&row) => match (hash, revoked_at) {
            (Some(hash), None) => Revocation::Revoked(TokenHash::from_column(hash)),
            _ => Revocation::AlreadyRevoked,
        },
        _ => Revocation::Unknown,
    })
}

/// Revokes a token and forgets its hash. False when it was dead before.
pub async fn revoke(conn: &mut Conn, id: TokenId, at: DateTime<Utc>) -> Result<bool, StorageError> {
    let changed = diesel::update(tokens::table.find(id.0))
        .filter(tokens::revoked_at.is_null())
        .set((
            tokens::revoked_at.eq(at),
            tokens::token_hash.eq(None::<String>),
        ))
        .execute(conn.as_mut())
        .await?;
    Ok(changed == 1)
}

/// Notes use, at most once a minute per token.
pub async fn update_last_used(
    conn: &mut Conn,
    id: TokenId,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    diesel::update(tokens::table.find(id.0))
        .filter(
            tokens::last_used_at
                .is_null()
                .or(tokens::last_used_at.lt(at - chrono::TimeDelta::minutes(1))),
        )
        .set(tokens::last_used_at.eq(at))
        .execute(conn.as_mut())
        .await?;
    Ok(())
}

/// Revokes all tokens of an account; returns the hashes that caches must forget.
pub async fn revoke_all(
    conn: &mut Conn,
    account: AccountId,
    at: DateTime<Utc>,
) -> Result<Vec<TokenHash>, StorageError> {
    let hashes: Vec<Option<String>> = diesel::update(tokens::table)
        .filter(tokens::account_id.eq(account.0))
        .filter(tokens::revoked_at.is_null())
        .set(tokens::revoked_at.eq(at))
        .returning(tokens::token_hash)
        .get_results(conn.as_mut())
        .await?;
    let known = hashes.into_iter().flatten();
    Ok(known.map(TokenHash::from_column).collect())
}

/// Revokes every token of everybody; returns the hashes that caches must forget.
pub async fn revoke_everything(
    conn: &mut Conn,
    at: DateTime<Utc>,
) -> Result<Vec<TokenHash>, StorageError> {
    let hashes: Vec<Option<String>> = diesel::update(tokens::table)
        .filter(tokens::revoked_at.is_null())
        .set(tokens::revoked_at.eq(at))
        .returning(tokens::token_hash)
        .get_results(conn.as_mut())
        .await?;
    let known = hashes.into_iter().flatten();
    Ok(known.map(TokenHash::from_column).collect())
}
