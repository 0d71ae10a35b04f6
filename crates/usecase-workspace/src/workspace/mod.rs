//! Workspaces as their members use them. The console and the API share these.

mod api_keys;
mod tags;

pub use api_keys::{ApiKeyError, ApiKeys};
pub use gatewright_storage_identity::{
    api_key::{ApiKey, KeyScope},
    tag::{Actor, Tag},
};
pub use tags::{TagError, Tags};

use gatewright_domain::{
    audit::{AuditAction, AuditEvent},
    error::Unavailable,
    ids::{AccountId, WorkspaceId},
    workspace::MemberWorkspace,
};
use gatewright_storage_identity::workspace;
use gatewright_storage_kit::Pool;
use std::sync::Arc;

use gatewright_usecase_kit::{AccountCache, Ctx, Env, record};

/// Reads and switches workspaces.
pub struct Workspaces {
    pool: Pool,
    env: Env,
    known: Arc<AccountCache>,
}

impl Workspaces {
    /// Puts the parts together. `known` is told when an account moved.
    pub fn new(pool: Pool, env: Env, known: Arc<AccountCache>) -> Self {
        Self { pool, env, known }
    }

    /// Makes a workspace the account's current one and returns it; `None` when the account is not
    /// a member of it or it is archived.
    pub async fn switch(
        &self,
        ctx: &Ctx,
        account: AccountId,
        to: WorkspaceId,
    ) -> Result<Option<MemberWorkspace>, Unavailable> {
        let mut tx = self.pool.begin().await?;
        if !workspace::switch_current(&mut tx, account, to, ctx.now).await? {
            tx.rollback().await?;
            return Ok(None);
        }
        let event = AuditEvent::new(AuditAction::WorkspaceSwitched)
            .by(account)
            .within(Some(to));
        record(&mut tx, &self.env, ctx, event).await?;
        let workspaces = workspace::list_for_account(&mut tx, account).await?;
        tx.commit().await?;
        self.known.forget(account);
        Ok(workspaces.into_iter().find(|workspace| workspace.id == to))
    }
}
