//! What a service learns about a bearer that somebody gave it (RFC 7662): all about a good one, and of
//! every other one the same nothing.

use gatewright_auth::bearer::{BearerStore as _, PresentedBearer, Scope};
use gatewright_domain::{
    account::AccountStatus,
    bearer_token::{BearerKind, BearerToken},
};

use super::{error::BearerRouteError, identity::Bearers};
use gatewright_usecase_kit::Ctx;

/// A bearer that is good now.
#[derive(Debug, Clone)]
pub struct ActiveBearer {
    /// The token's row.
    pub token: BearerToken,
    /// Whether it is an account's or an external subject's.
    pub kind: BearerKind,
    /// What it allows.
    pub scopes: &'static [Scope],
}

impl Bearers {
    /// Charges one introspection to the address that asks.
    pub async fn charge_introspection(&self, ctx: &Ctx) -> Result<(), BearerRouteError> {
        self.charge(&self.limits.introspection, &ctx.address.limit_key())
            .await
    }

    /// The bearer, if a route would let it in now. `None` for everything else: what never was, is
    /// revoked, expired, or whose account or broker does not stand behind it any more.
    pub async fn introspect(
        &self,
        ctx: &Ctx,
        text: &str,
    ) -> Result<Option<ActiveBearer>, BearerRouteError> {
        let Ok(presented) = PresentedBearer::recognise(text) else {
            return Ok(None);
        };
        if !self.enabled {
            return Ok(None);
        }
        let found = self.store.find(presented.hash()).await?;
        let Some(token) =
            found.filter(|token| !token.is_expired(ctx.now) && token.is_of_kind(presented.kind()))
        else {
            return Ok(None);
        };
        let kind = presented.kind();
        let stands = match (kind, token.account_id) {
            (BearerKind::Account, Some(id)) => {
                let known = self.known.find(&self.pool, id, ctx.now).await?;
                known.is_some_and(|(account, _)| account.status == AccountStatus::Active)
            }
            (BearerKind::Account, None) => false,
            (BearerKind::ExternalSso, _) => self.require_broker().await.is_ok(),
        };
        Ok(stands.then(|| ActiveBearer {
            token,
            kind,
            scopes: Scope::of(kind),
        }))
    }
}
