//! The list of an account's device sessions.

use gatewright_domain::bearer_token::BearerToken;
use gatewright_storage::bearer_token;

use super::{
    error::BearerRouteError,
    identity::{Bearers, Caller},
};
use crate::ambient::Ctx;

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
}
