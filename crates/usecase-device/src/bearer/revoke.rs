//! Ending a session: the tombstone first, then the commit, so that no cache can bring it back.

use gatewright_auth::bearer::{BearerError, TokenHash};
use gatewright_domain::{
    audit::{AuditAction, AuditEvent},
    ids::{AccountId, TokenId},
};
use gatewright_storage_identity::{
    bearer_token,
    bearer_token::{Owner, Revocation},
};
use gatewright_storage_kit::Tx;

use super::{
    error::BearerRouteError,
    identity::{Bearers, Caller},
};
use gatewright_usecase_kit::{Ctx, record};

impl Bearers {
    /// Ends one of the caller's sessions. Ending a dead one again succeeds.
    pub async fn revoke_session(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        id: TokenId,
    ) -> Result<(), BearerRouteError> {
        let actor = caller.principal().account_id;
        self.revoke_owned(ctx, &caller.owner(), actor, id).await
    }

    /// Ends a device of somebody at the console. Ending a dead one again succeeds.
    pub async fn revoke_device(
        &self,
        ctx: &Ctx,
        account: AccountId,
        id: TokenId,
    ) -> Result<(), BearerRouteError> {
        let owner = Owner::Account(account);
        self.revoke_owned(ctx, &owner, Some(account), id).await
    }

    async fn revoke_owned(
        &self,
        ctx: &Ctx,
        owner: &Owner,
        actor: Option<AccountId>,
        id: TokenId,
    ) -> Result<(), BearerRouteError> {
        let mut tx = self.pool.begin().await?;
        match bearer_token::find_revocable(&mut tx, id, owner).await? {
            Revocation::Unknown => Err(BearerRouteError::SessionNotFound),
            Revocation::AlreadyRevoked => Ok(tx.rollback().await?),
            Revocation::Revoked(hash) => self.revoke_locked(ctx, tx, id, &hash, actor).await,
        }
    }

    /// Revokes whatever token is presented (RFC 7009 §2.2: an unknown one is a success too).
    pub async fn revoke_presented(&self, ctx: &Ctx, token: &str) -> Result<(), BearerRouteError> {
        let found = self.authenticator.find(token, ctx.address, ctx.now).await;
        let (presented, found) = match found {
            Ok(found) => found,
            Err(BearerError::Invalid) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let tx = self.pool.begin().await?;
        self.revoke_locked(ctx, tx, found.id, presented.hash(), found.account_id)
            .await
    }

    async fn revoke_locked(
        &self,
        ctx: &Ctx,
        mut tx: Tx,
        id: TokenId,
        hash: &TokenHash,
        actor: Option<AccountId>,
    ) -> Result<(), BearerRouteError> {
        self.store.deny(hash).await?;
        let mut event = AuditEvent::new(AuditAction::TokenRevoked).with("token_id", id);
        event.actor = actor;
        let committed = async {
            bearer_token::revoke(&mut tx, id, ctx.now).await?;
            record(&mut tx, &self.env, ctx, event).await?;
            tx.commit().await
        }
        .await;
        if committed.is_err() {
            self.store.lift_denial(hash).await;
        }
        Ok(committed?)
    }
}
