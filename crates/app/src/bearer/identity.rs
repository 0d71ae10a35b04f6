//! From a bearer to an identity: the token's account with its workspaces.

use std::sync::Arc;

use gatewright_auth::{
    bearer::{BearerAuthenticator, Principal, RateLimiter as _, Scope},
    limits::{Limit, Limits},
};
use gatewright_domain::{
    account::{Account, AccountStatus},
    audit::{AuditAction, AuditEvent},
    bearer_token::BearerKind,
    ids::AccountId,
    workspace::MemberWorkspace,
};
use gatewright_kv::RateLimits;
use gatewright_storage::Pool;

use super::{error::BearerRouteError, store::CachedBearers};
use crate::{
    ambient::{Ambient, Ctx},
    audit::record,
    known_accounts::{KnownAccount, KnownAccounts},
};

/// Who calls: the token, its account and the account's workspaces (the oldest first).
#[derive(Debug, Clone)]
pub struct Identity {
    /// The token.
    pub principal: Principal,
    /// The account.
    pub account: Arc<Account>,
    /// Its workspaces, archived ones too.
    pub workspaces: Arc<[MemberWorkspace]>,
}

/// What [`Bearers`] is made of.
pub struct BearersParts {
    /// PostgreSQL.
    pub pool: Pool,
    /// The look-up.
    pub store: CachedBearers,
    /// What this process remembers of accounts.
    pub known: Arc<KnownAccounts>,
    /// The limiter.
    pub limiter: RateLimits,
    /// The limits.
    pub limits: Limits,
    /// `ENABLE_OAUTH_BEARER`.
    pub enabled: bool,
    /// Time, ids, randomness.
    pub ambient: Ambient,
}

/// Requests that carry a bearer.
pub struct Bearers {
    pub(super) pool: Pool,
    pub(super) store: CachedBearers,
    pub(super) ambient: Ambient,
    pub(super) limits: Limits,
    limiter: RateLimits,
    enabled: bool,
    authenticator: BearerAuthenticator<CachedBearers, RateLimits>,
    known: Arc<KnownAccounts>,
}

impl Bearers {
    /// Puts the parts together.
    pub fn new(parts: BearersParts) -> Self {
        let authenticator = BearerAuthenticator::new(
            parts.store.clone(),
            parts.limiter.clone(),
            parts.limits.clone(),
        );
        Self {
            pool: parts.pool,
            store: parts.store,
            ambient: parts.ambient,
            limiter: parts.limiter,
            limits: parts.limits,
            enabled: parts.enabled,
            authenticator,
            known: parts.known,
        }
    }

    /// Checks a bearer for a route that needs `scope`, in the order of device-flow.md §9.2.
    pub async fn authenticate(
        &self,
        ctx: &Ctx,
        bearer: Option<&str>,
        scope: Scope,
        path: &str,
    ) -> Result<Identity, BearerRouteError> {
        let bearer = bearer.ok_or(BearerRouteError::Missing)?;
        if !self.enabled {
            return Err(BearerRouteError::Disabled);
        }
        let principal = self
            .authenticator
            .authenticate(bearer, ctx.address, ctx.now)
            .await?;
        let account_id = match (principal.kind, principal.account_id) {
            (BearerKind::Account, Some(id)) => id,
            _ => {
                self.deny_surface(ctx, &principal, path).await?;
                return Err(BearerRouteError::UnsupportedTokenType);
            }
        };
        if !scope.is_granted_to(principal.kind) {
            return Err(BearerRouteError::InsufficientScope);
        }
        let (account, workspaces) = self.account(ctx, account_id).await?;
        if account.status != AccountStatus::Active {
            return Err(BearerRouteError::Invalid);
        }
        Ok(Identity {
            principal,
            account,
            workspaces,
        })
    }

    /// The extra limit of `GET /account`, per account.
    pub async fn charge_identity(&self, identity: &Identity) -> Result<(), BearerRouteError> {
        self.charge(&self.limits.identity, &identity.account.id.to_string())
            .await
    }

    pub(super) async fn charge(&self, limit: &Limit, key: &str) -> Result<(), BearerRouteError> {
        self.limiter
            .charge(limit, key)
            .await?
            .or_wait()
            .map_err(|retry_after| BearerRouteError::RateLimited { retry_after })
    }

    async fn account(&self, ctx: &Ctx, id: AccountId) -> Result<KnownAccount, BearerRouteError> {
        self.known
            .find(&self.pool, id, ctx.now)
            .await?
            .ok_or(BearerRouteError::Invalid)
    }

    async fn deny_surface(
        &self,
        ctx: &Ctx,
        principal: &Principal,
        path: &str,
    ) -> Result<(), BearerRouteError> {
        let event = AuditEvent::new(AuditAction::WrongSurfaceDenied)
            .with("subject_type", "external_sso")
            .with("attempted_path", path)
            .with("client_id", &principal.client_id)
            .with("token_id", principal.token_id);
        let mut conn = self.pool.get().await?;
        Ok(record(&mut conn, &self.ambient, ctx, event).await?)
    }
}
