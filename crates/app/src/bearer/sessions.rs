//! The list of an account's device sessions.

use gatewright_domain::{bearer_token::BearerToken, ids::AccountId};
use gatewright_storage::{bearer_token, bearer_token::Owner};

use super::{
    error::BearerRouteError,
    identity::{Bearers, Caller},
};
use crate::ambient::Ctx;

/// How many devices a person's page lists.
const MOST_DEVICES: i64 = 200;

/// Which page.
#[derive(Debug, Clone, Copy)]
pub struct SessionQuery {
    /// From 1.
    pub page: u32,
    /// 1 to 200.
    pub limit: u32,
}

/// One page of live sessions, newest first.
#[derive(Debug, Clone)]
pub struct SessionPage {
    /// The sessions.
    pub sessions: Vec<BearerToken>,
    /// How many there are in all.
    pub total: i64,
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
            (offset, i64::from(query.limit)),
        )
        .await?;
        Ok(SessionPage { sessions, total })
    }

    /// The devices of somebody at the console, newest first, as many as a page can show.
    pub async fn list_devices(
        &self,
        ctx: &Ctx,
        account: AccountId,
    ) -> Result<Vec<BearerToken>, BearerRouteError> {
        let (owner, page) = (Owner::Account(account), (0, MOST_DEVICES));
        let mut conn = self.pool.get().await?;
        let found = bearer_token::list_for_owner(&mut conn, &owner, ctx.now, page);
        Ok(found.await?.0)
    }
}
