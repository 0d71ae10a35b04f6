//! The list of an account's device sessions.

use gatewright_domain::{
    bearer_token::BearerToken,
    error::Unavailable,
    ids::{AccountId, TokenId},
};
use gatewright_storage_identity::{bearer_token, bearer_token::Owner, device_redemption};

use super::{
    error::BearerRouteError,
    identity::{Bearers, Caller},
};
use gatewright_usecase_kit::Ctx;

/// How many devices a person is shown.
const MAX_DEVICES: i64 = 200;

/// Which page of an owner's sessions is asked for.
#[derive(Debug, Clone, Copy)]
pub struct SessionQuery {
    /// The page's number, from 1.
    pub page: u32,
    /// 1 to 200.
    pub limit: u32,
}

/// One page of live sessions, newest first.
#[derive(Debug, Clone)]
pub struct SessionPage {
    /// The tokens of this page, the newest first.
    pub sessions: Vec<BearerToken>,
    /// How many there are in all.
    pub total: u64,
}

/// A device that acts for somebody.
#[derive(Debug, Clone)]
pub struct ConnectedDevice {
    /// What it holds.
    pub token: BearerToken,
    /// From where it picked that up; unknown of tokens that others made.
    pub address: Option<String>,
}

impl Bearers {
    /// The caller's live sessions.
    pub async fn list_sessions(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        query: SessionQuery,
    ) -> Result<SessionPage, BearerRouteError> {
        let offset = i64::from(query.page - 1) * i64::from(query.limit);
        let mut conn = self.pool.get().await?;
        let (sessions, total) = bearer_token::list_for_owner(
            &mut conn,
            &caller.owner(),
            ctx.now,
            offset,
            i64::from(query.limit),
        )
        .await?;
        Ok(SessionPage {
            sessions,
            total: u64::try_from(total).unwrap_or(0),
        })
    }

    /// The devices of somebody at the console, newest first; the 200 newest.
    pub async fn list_devices(
        &self,
        ctx: &Ctx,
        account: AccountId,
    ) -> Result<Vec<ConnectedDevice>, Unavailable> {
        let owner = Owner::Account(account);
        let mut conn = self.pool.get().await?;
        let found = bearer_token::list_for_owner(&mut conn, &owner, ctx.now, 0, MAX_DEVICES);
        let (tokens, _) = found.await?;
        let ids: Vec<TokenId> = tokens.iter().map(|token| token.id).collect();
        let mut addresses = device_redemption::find_addresses(&mut conn, &ids).await?;
        let device = |token: BearerToken| ConnectedDevice {
            address: addresses.remove(&token.id),
            token,
        };
        Ok(tokens.into_iter().map(device).collect())
    }
}
