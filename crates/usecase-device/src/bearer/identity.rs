//! From a bearer to an identity: the token's account with its workspaces.

use std::sync::Arc;

use gatewright_auth::{
    bearer::{BearerAuthenticator, Principal, RateLimiter as _, Scope},
    limits::{Limit, Limits},
    sso::{Broker, Licence},
};
use gatewright_domain::{
    account::{Account, AccountStatus},
    audit::{AuditAction, AuditEvent},
    bearer_token::BearerKind,
    ids::AccountId,
    workspace::MemberWorkspace,
};
use gatewright_kv::RateLimits;
use gatewright_storage_identity::bearer_token::Owner;
use gatewright_storage_kit::Pool;

use super::error::BearerRouteError;
use gatewright_usecase_kit::CachedBearers;
use gatewright_usecase_kit::{AccountCache, CachedAccount, Ctx, Env, record_alone};

/// Who calls: the token, its account and the account's workspaces (the oldest first).
#[derive(Debug, Clone)]
pub struct Identity {
    /// Who the bearer token speaks for, and what it allows.
    pub principal: Principal,
    /// The account that the token belongs to.
    pub account: Arc<Account>,
    /// Its workspaces, archived ones too.
    pub workspaces: Arc<[MemberWorkspace]>,
}

/// Who calls, when people without an account may too.
#[derive(Debug, Clone)]
pub enum Caller {
    /// A person with an account.
    Account(Identity),
    /// Somebody without one.
    External(Principal),
}

impl Caller {
    /// Who the token speaks for, and what it allows.
    pub fn principal(&self) -> &Principal {
        match self {
            Self::Account(identity) => &identity.principal,
            Self::External(principal) => principal,
        }
    }

    /// Whose tokens they may see and end: their own.
    pub(super) fn owner(&self) -> Owner {
        match self {
            Self::Account(identity) => Owner::Account(identity.account.id),
            Self::External(principal) => Owner::External {
                email: principal.subject_email.clone(),
                issuer: principal.subject_issuer.clone().unwrap_or_default(),
            },
        }
    }
}

/// Requests that carry a bearer.
pub struct Bearers {
    /// The pool of connections to PostgreSQL.
    pub pool: Pool,
    /// Finds tokens by hash, in the cache and in the database.
    pub store: CachedBearers,
    /// Checks what is presented, over the look-up and the limiter.
    pub authenticator: BearerAuthenticator<CachedBearers, RateLimits>,
    /// What this process remembers of accounts.
    pub known: Arc<AccountCache>,
    /// Charges requests to the limits.
    pub limiter: RateLimits,
    /// How much each limit allows.
    pub limits: Limits,
    /// `ENABLE_OAUTH_BEARER`: whether tokens are issued and accepted at all.
    pub enabled: bool,
    /// Whoever knows people without an account; none: their tokens are worth nothing.
    pub broker: Option<Arc<dyn Broker>>,
    /// Time, ids, randomness.
    pub env: Env,
}

impl Bearers {
    /// Checks a bearer for a route that needs `scope` and is for accounts only, in the order of
    /// device-flow.md §9.2.
    pub async fn authenticate(
        &self,
        ctx: &Ctx,
        bearer: Option<&str>,
        scope: Scope,
        path: &str,
    ) -> Result<Identity, BearerRouteError> {
        let principal = self.principal(ctx, bearer).await?;
        let Some(account_id) = account_of(&principal) else {
            self.deny_surface(ctx, &principal, path).await?;
            return Err(BearerRouteError::UnsupportedTokenType);
        };
        if !scope.is_granted_to(principal.kind) {
            return Err(BearerRouteError::InsufficientScope);
        }
        self.identify(ctx, principal, account_id).await
    }

    /// Checks a bearer for a route that serves both kinds of subject.
    pub async fn authenticate_any(
        &self,
        ctx: &Ctx,
        bearer: Option<&str>,
    ) -> Result<Caller, BearerRouteError> {
        let principal = self.principal(ctx, bearer).await?;
        match account_of(&principal) {
            Some(id) => Ok(Caller::Account(self.identify(ctx, principal, id).await?)),
            None => {
                self.require_broker().await?;
                Ok(Caller::External(principal))
            }
        }
    }

    async fn principal(
        &self,
        ctx: &Ctx,
        bearer: Option<&str>,
    ) -> Result<Principal, BearerRouteError> {
        let bearer = bearer.ok_or(BearerRouteError::Missing)?;
        if !self.enabled {
            return Err(BearerRouteError::Disabled);
        }
        let checked = self
            .authenticator
            .authenticate(bearer, ctx.address, ctx.now);
        Ok(checked.await?)
    }

    async fn identify(
        &self,
        ctx: &Ctx,
        principal: Principal,
        account_id: AccountId,
    ) -> Result<Identity, BearerRouteError> {
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

    /// Tokens of people without an account are worth something while somebody vouches for them.
    pub(super) async fn require_broker(&self) -> Result<(), BearerRouteError> {
        let broker = self.broker.as_ref();
        match broker.ok_or(BearerRouteError::NoBroker)?.licence().await {
            Licence::Open => Ok(()),
            Licence::Closed => Err(BearerRouteError::LicenceInvalid),
        }
    }

    /// The extra limit of `GET /account`, per account.
    pub async fn charge_identity(&self, identity: &Identity) -> Result<(), BearerRouteError> {
        self.charge(&self.limits.identity, &identity.account.id.to_string())
            .await
    }

    pub(super) async fn charge(&self, limit: &Limit, key: &str) -> Result<(), BearerRouteError> {
        Ok(self.limiter.charge(limit, key).await?)
    }

    async fn account(&self, ctx: &Ctx, id: AccountId) -> Result<CachedAccount, BearerRouteError> {
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
        Ok(record_alone(&self.pool, &self.env, ctx, event).await?)
    }
}

fn account_of(principal: &Principal) -> Option<AccountId> {
    match principal.kind {
        BearerKind::Account => principal.account_id,
        BearerKind::ExternalSso => None,
    }
}
