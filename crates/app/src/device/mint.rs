//! Pick-up: the token is made here and nowhere else, in one transaction that also claims the grant.
//! The claim is a primary key, so a second pick-up is impossible whatever Redis remembers.

use chrono::{DateTime, Utc};
use gatewright_auth::bearer::{NewBearer, TokenHash};
use gatewright_domain::{
    account::{Account, AccountStatus},
    audit::{AuditAction, AuditEvent},
    bearer_token::{ACCOUNT_ISSUER, BearerKind, BearerToken},
    device_grant::{Approval, DeviceGrant, Subject},
    ids::TokenId,
    workspace::MemberWorkspace,
};
use gatewright_kv::StoredGrant;
use gatewright_storage::{Tx, account, bearer_token, device_redemption, workspace};

use super::{error::PollError, flow::DeviceFlow};
use crate::{ambient::Ctx, audit::record};

/// What the device gets, once.
pub struct Delivery {
    /// The bearer in clear.
    pub token: String,
    /// Its public id.
    pub token_id: TokenId,
    /// When it dies.
    pub expires_at: DateTime<Utc>,
    /// The account that let it in.
    pub account: Account,
    /// All workspaces of that account, the oldest first.
    pub workspaces: Vec<MemberWorkspace>,
    /// The workspace that the approver worked in.
    pub approved_in: Option<gatewright_domain::ids::WorkspaceId>,
}

impl DeviceFlow {
    /// Mints for an approved grant.
    pub(super) async fn redeem(
        &self,
        ctx: &Ctx,
        stored: StoredGrant,
        approval: Approval,
    ) -> Result<Delivery, PollError> {
        // The branch for people without an account arrives with its own use-case.
        let Subject::Account(account_id) = approval.subject else {
            return Err(PollError::Denied);
        };
        let grant = &stored.grant;
        let token_id = TokenId::generate(self.parts.ambient.ids.as_ref());
        let mut tx = self.parts.pool.begin().await?;
        if !device_redemption::insert(&mut tx, grant.id, token_id, ctx.now).await? {
            tx.rollback().await?;
            self.note_replay(ctx, grant).await?;
            return Err(PollError::Expired);
        }
        let account = account::find(&mut tx, account_id).await?;
        let Some(account) = account.filter(|a| a.status == AccountStatus::Active) else {
            return Err(PollError::Denied);
        };
        let workspaces = workspace::list_for_account(&mut tx, account.id).await?;
        let bearer = NewBearer::generate(BearerKind::Account, self.parts.ambient.random.as_ref());
        let token = self.new_token(ctx, token_id, grant, &account);
        self.store(ctx, tx, grant, &token, &bearer.hash()).await?;
        // From here on the database refuses a second pick-up; telling Redis only saves it the question.
        if let Err(error) = self
            .parts
            .grants
            .replace(&stored, &grant.clone().redeemed(), ctx.now)
            .await
        {
            tracing::warn!(%error, "a redeemed grant could not be marked as such");
        }
        Ok(Delivery {
            token: bearer.into_text(),
            token_id,
            expires_at: token.expires_at,
            account,
            workspaces,
            approved_in: approval.workspace_id,
        })
    }

    fn new_token(
        &self,
        ctx: &Ctx,
        id: TokenId,
        grant: &DeviceGrant,
        account: &Account,
    ) -> BearerToken {
        BearerToken {
            id,
            prefix: BearerKind::Account.prefix().into(),
            account_id: Some(account.id),
            subject_email: account.email.clone(),
            subject_issuer: Some(ACCOUNT_ISSUER.into()),
            client_id: grant.client_id.as_str().into(),
            device_label: grant.device_label.as_str().into(),
            created_at: ctx.now,
            expires_at: ctx.now + self.parts.settings.bearer_lifetime(),
            last_used_at: None,
        }
    }

    /// Revokes the device's older token, adds the new one, and commits both or neither. Tombstones
    /// go before the commit: a cache must not serve a token that the database has revoked.
    async fn store(
        &self,
        ctx: &Ctx,
        mut tx: Tx,
        grant: &DeviceGrant,
        token: &BearerToken,
        hash: &TokenHash,
    ) -> Result<(), PollError> {
        let replaced = bearer_token::revoke_predecessors(&mut tx, token, ctx.now).await?;
        let committed = async {
            for old in &replaced {
                self.parts.bearers.bury(old).await?;
            }
            bearer_token::insert(&mut tx, token, hash).await?;
            self.note_redemption(ctx, &mut tx, grant, token).await?;
            tx.commit().await?;
            Ok(())
        }
        .await;
        if committed.is_err() {
            for old in &replaced {
                self.parts.bearers.exhume(old).await;
            }
        }
        committed
    }

    async fn note_redemption(
        &self,
        ctx: &Ctx,
        tx: &mut Tx,
        grant: &DeviceGrant,
        token: &BearerToken,
    ) -> Result<(), PollError> {
        let mut event = AuditEvent::new(AuditAction::DeviceCodeRedeemed)
            .with("token_id", token.id)
            .with("grant_id", grant.id)
            .with("client_id", &grant.client_id)
            .with("device_label", &grant.device_label)
            .with("expires_at", token.expires_at.to_rfc3339());
        event.actor = token.account_id;
        record(tx, &self.parts.ambient, ctx, event).await?;
        if grant.created_ip != ctx.address.ip() {
            let event = AuditEvent::new(AuditAction::DeviceCodeCrossIpPoll)
                .with("token_id", token.id)
                .with("creation_ip", grant.created_ip)
                .with("poll_ip", ctx.address.ip());
            record(tx, &self.parts.ambient, ctx, event).await?;
        }
        Ok(())
    }
}
