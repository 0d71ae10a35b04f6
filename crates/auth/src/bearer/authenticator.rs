//! The check of a bearer. The order is fixed here and nowhere else (DECISIONS F4): recognise the
//! form, hash, **charge the limit**, look up, check kind and expiry. A revoked token that is
//! replayed is limited like a live one, and every dead token gets the same error.
//!
//! A token that leads nowhere is charged to the address it comes from, whatever its form: anybody can
//! compute a checksum, and tokens of the old length have none. An address that has spent this budget
//! is answered from what is remembered already; nothing is looked up or kept for it, so inventing
//! tokens costs whoever stores them nothing, and somebody with a live token next door goes on.

use std::future::Future;

use chrono::{DateTime, Utc};
use gatewright_domain::{
    bearer_token::{BearerKind, BearerToken},
    client_address::ClientAddress,
    error::{ChargeError, RateLimited, Unavailable},
    from_charge,
    ids::{AccountId, TokenId},
};

use super::{
    spent_addresses::SpentAddresses,
    token::{PresentedBearer, TokenHash, Unrecognised},
};
use crate::limits::{Limit, Limits};

/// The table that a [`BearerStore`] reads, as statements for PostgreSQL.
pub const BEARER_TABLE: &str = include_str!("table.sql");

/// Where tokens are looked up. Gatewright's own table is this ([`BEARER_TABLE`]); a service that has
/// none of its own can read it, or ask by token introspection (RFC 7662) instead.
///
/// ```sql
#[doc = include_str!("table.sql")]
/// ```
pub trait BearerStore: Send + Sync {
    /// The row of a hash, unless it was revoked. It may be expired.
    ///
    /// ```sql
    /// SELECT id, prefix, account_id, subject_email, subject_issuer, client_id, device_label,
    ///        created_at, expires_at, last_used_at
    /// FROM oauth_access_tokens WHERE token_hash = $1 AND revoked_at IS NULL
    /// ```
    fn find(
        &self,
        hash: &TokenHash,
    ) -> impl Future<Output = Result<Option<BearerToken>, Unavailable>> + Send;

    /// The same from what is remembered, without a look at the rows and without remembering anything.
    /// A store without a memory has nothing to say.
    fn find_remembered(
        &self,
        hash: &TokenHash,
    ) -> impl Future<Output = Result<Option<BearerToken>, Unavailable>> + Send {
        self.find(hash)
    }

    /// Takes an expired token out of use.
    ///
    /// ```sql
    /// UPDATE oauth_access_tokens SET revoked_at = $2, token_hash = NULL
    /// WHERE id = $1 AND revoked_at IS NULL
    /// ```
    fn retire(
        &self,
        hash: &TokenHash,
        token: &BearerToken,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
}

/// Counts requests. Checking and counting are one atomic act.
pub trait RateLimiter: Send + Sync {
    /// Charges one request on `key` under `limit`, unless it does not fit.
    fn charge(
        &self,
        limit: &Limit,
        key: &str,
    ) -> impl Future<Output = Result<(), ChargeError>> + Send;
}

/// Who presented a bearer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// What kind of token it was.
    pub kind: BearerKind,
    /// The token's public id.
    pub token_id: TokenId,
    /// The account, for account tokens.
    pub account_id: Option<AccountId>,
    /// Address at the time of minting.
    pub subject_email: String,
    /// The issuer, for external tokens.
    pub subject_issuer: Option<String>,
    /// The client that ran the device flow.
    pub client_id: String,
}

/// Why a bearer is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum BearerError {
    /// Unknown, malformed, revoked, expired, wrong kind: one answer for all.
    #[error("invalid_bearer")]
    Invalid,
    /// Too many requests.
    #[error("rate_limited")]
    RateLimited(#[from] RateLimited),
    /// A store did not answer. Fails closed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

from_charge!(BearerError);

/// Checks bearers against a store and a limiter.
///
/// ```
/// use chrono::{DateTime, Utc};
/// use futures_util::FutureExt as _;
/// use gatewright_auth::{
///     bearer::{BearerAuthenticator, BearerError, BearerStore, RateLimiter, TokenHash},
///     domain::{
///         bearer_token::BearerToken,
///         client_address::ClientAddress,
///         error::{ChargeError, Unavailable},
///     },
///     limits::{Limit, Limits},
/// };
///
/// struct NoTokens;
/// impl BearerStore for NoTokens {
///     async fn find(&self, _: &TokenHash) -> Result<Option<BearerToken>, Unavailable> {
///         Ok(None)
///     }
///     async fn retire(&self, _: &TokenHash, _: &BearerToken) -> Result<(), Unavailable> {
///         Ok(())
///     }
/// }
/// struct NoLimits;
/// impl RateLimiter for NoLimits {
///     async fn charge(&self, _: &Limit, _: &str) -> Result<(), ChargeError> {
///         Ok(())
///     }
/// }
///
/// let authenticator = BearerAuthenticator::new(NoTokens, NoLimits, Limits::default());
/// let address = ClientAddress::from_peer([127, 0, 0, 1].into());
/// let now: DateTime<Utc> = DateTime::UNIX_EPOCH;
/// let token = format!("dfoa_{}", "A".repeat(43));
/// let checked = authenticator.authenticate(&token, address, now).now_or_never();
/// assert!(matches!(checked, Some(Err(BearerError::Invalid))));
/// ```
#[derive(Debug)]
pub struct BearerAuthenticator<S, L> {
    store: S,
    limiter: L,
    limits: Limits,
    spent: SpentAddresses,
}

impl<S: BearerStore, L: RateLimiter> BearerAuthenticator<S, L> {
    /// Puts the parts together.
    pub fn new(store: S, limiter: L, limits: Limits) -> Self {
        Self {
            store,
            limiter,
            limits,
            spent: SpentAddresses::default(),
        }
    }

    /// Checks one presented text.
    pub async fn authenticate(
        &self,
        text: &str,
        address: ClientAddress,
        now: DateTime<Utc>,
    ) -> Result<Principal, BearerError> {
        let (presented, token) = self.find(text, address, now).await?;
        if token.is_expired(now) {
            self.store.retire(presented.hash(), &token).await?;
            return Err(BearerError::Invalid);
        }
        if !token.is_of_kind(presented.kind()) {
            tracing::error!(
                event = "bearer.row_contradicts_prefix",
                token_id = %token.id,
                "a token row contradicts its own prefix"
            );
            return Err(BearerError::Invalid);
        }
        Ok(Principal {
            kind: presented.kind(),
            token_id: token.id,
            account_id: token.account_id,
            subject_email: token.subject_email,
            subject_issuer: token.subject_issuer,
            client_id: token.client_id,
        })
    }

    /// The row of a presented text, limited like every look at a bearer. It may be expired.
    ///
    /// # Errors
    /// [`BearerError::Invalid`] when there is none.
    pub async fn find(
        &self,
        text: &str,
        address: ClientAddress,
        now: DateTime<Utc>,
    ) -> Result<(PresentedBearer, BearerToken), BearerError> {
        let presented = match PresentedBearer::recognise(text) {
            Ok(presented) => presented,
            Err(Unrecognised::Prefix) => return Err(BearerError::Invalid),
            Err(Unrecognised::Checksum) => return Err(self.charge_dead(address, now).await),
        };
        if let Some(retry_after) = self.spent.wait(address, now) {
            let remembered = self.store.find_remembered(presented.hash()).await?;
            let token = remembered.ok_or(RateLimited { retry_after })?;
            self.charge_token(presented.hash()).await?;
            return Ok((presented, token));
        }
        self.charge_token(presented.hash()).await?;
        match self.store.find(presented.hash()).await? {
            Some(token) => Ok((presented, token)),
            None => Err(self.charge_dead(address, now).await),
        }
    }

    async fn charge_token(&self, hash: &TokenHash) -> Result<(), BearerError> {
        let limit = &self.limits.per_token;
        Ok(self.limiter.charge(limit, hash.as_str()).await?)
    }

    /// What a token that leads nowhere is answered.
    async fn charge_dead(&self, address: ClientAddress, now: DateTime<Utc>) -> BearerError {
        if let Some(retry_after) = self.spent.wait(address, now) {
            return RateLimited { retry_after }.into();
        }
        let limit = &self.limits.bad_bearer;
        match self.limiter.charge(limit, &address.limit_key()).await {
            Ok(()) => BearerError::Invalid,
            Err(error) => {
                if let ChargeError::RateLimited(RateLimited { retry_after }) = error {
                    self.spent.note(address, retry_after, now);
                }
                error.into()
            }
        }
    }
}

#[cfg(test)]
mod tests;
