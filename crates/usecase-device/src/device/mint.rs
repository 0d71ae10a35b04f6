//! Pick-up: the token is made here and nowhere else, in one transaction that also claims the grant.
//! The claim is a primary key, so a second pick-up is impossible whatever Redis remembers.

use chrono::{DateTime, Utc};
use gatewright_auth::bearer::{NewBearer, TokenHash};
use gatewright_domain::{
    account::{Account, AccountStatus},
    audit::{AuditAction, AuditEvent},
    bearer_token::{ACCOUNT_ISSUER, BearerKind, BearerToken},
    device_grant::{Approval, DeviceGrant, Subject},
    external_subject::ExternalSubject,
    ids::{TokenId, WorkspaceId},
    workspace::MemberWorkspace,
};
use gatewright_kv::StoredGrant;
use gatewright_mail::{MailKind, MailLanguage};
use gatewright_storage_identity::{account, bearer_token, device_redemption, era, workspace};
use gatewright_storage_kit::Tx;

use super::{error::PollError, flow::DeviceFlow};
use gatewright_usecase_kit::{Ctx, dry, mail::OutgoingMail, record, record_alone};

/// What the device gets, once.
pub struct Delivery {
    /// The bearer in clear.
    pub token: String,
    /// Its public id.
    pub token_id: TokenId,
    /// When it dies.
    pub expires_at: DateTime<Utc>,
    /// Whom it stands for.
    pub subject: DeliveredTo,
}

/// Whom a new token stands for.
pub enum DeliveredTo {
    /// The account that let the device in.
    Account {
        /// The account that approved.
        account: Box<Account>,
        /// All its workspaces, the oldest first.
        workspaces: Vec<MemberWorkspace>,
        /// The workspace that the approver worked in.
        approved_in: Option<WorkspaceId>,
    },
    /// Somebody without an account.
    External(ExternalSubject),
}

impl DeliveredTo {
    /// The kind of token that they get.
    pub fn kind(&self) -> BearerKind {
        match self {
            Self::Account { .. } => BearerKind::Account,
            Self::External(_) => BearerKind::ExternalSso,
        }
    }
}

impl DeviceFlow {
    /// Mints for an approved grant.
    pub(super) async fn redeem(
        &self,
        ctx: &Ctx,
        stored: StoredGrant,
        approval: Approval,
    ) -> Result<Delivery, PollError> {
        let grant = &stored.grant;
        let token_id = TokenId::generate(self.env.ids.as_ref());
        let mut tx = self.pool.begin().await?;
        if !device_redemption::insert(&mut tx, grant.id, token_id, ctx.address.ip(), ctx.now)
            .await?
        {
            tx.rollback().await?;
            self.note_replay(ctx, grant).await?;
            return Err(PollError::Expired);
        }
        let subject = match self.recipient(&mut tx, approval).await {
            Err(PollError::Superseded) => {
                tx.rollback().await?;
                self.note_superseded(ctx, &stored).await?;
                return Err(PollError::Denied);
            }
            other => other?,
        };
        let random = self.env.random.as_ref();
        let bearer = NewBearer::generate(subject.kind(), random).map_err(dry)?;
        let token = self.new_token(ctx, token_id, grant, &subject);
        if let DeliveredTo::Account { account, .. } = &subject {
            self.tell(ctx, &mut tx, grant, account).await?;
        }
        self.store(ctx, tx, grant, &token, &bearer.hash()).await?;
        // From here on the database refuses a second pick-up; telling Redis only saves it the question.
        if let Err(error) = self
            .grants
            .replace(&stored, &grant.clone().redeemed(), ctx.now)
            .await
        {
            tracing::warn!(
                event = "device_grant.redemption_not_marked",
                %error,
                "a redeemed grant could not be marked as such"
            );
        }
        Ok(Delivery {
            token: bearer.into_text(),
            token_id,
            expires_at: token.expires_at,
            subject,
        })
    }

    /// Whoever approved, if they still may: much can happen between approval and pick-up. Under the lock
    /// of the account an ending comes before or after, never in between.
    async fn recipient(&self, tx: &mut Tx, approval: Approval) -> Result<DeliveredTo, PollError> {
        match approval.subject {
            Subject::Account(id) => {
                let locked = account::lock(tx, id).await?.ok_or(PollError::Denied)?;
                let account = locked.account().clone();
                if account.status != AccountStatus::Active {
                    return Err(PollError::Denied);
                }
                if account.era != approval.era {
                    return Err(PollError::Superseded);
                }
                Ok(DeliveredTo::Account {
                    workspaces: workspace::list_for_account(tx, account.id).await?,
                    account: Box::new(account),
                    approved_in: approval.workspace_id,
                })
            }
            Subject::External(subject) => {
                if era::lock_external(tx).await? != approval.era {
                    return Err(PollError::Superseded);
                }
                let taken = account::is_email_taken(tx, &subject.email.folded()).await?;
                if taken || self.sso.broker.is_none() {
                    return Err(PollError::Denied);
                }
                Ok(DeliveredTo::External(subject))
            }
        }
    }

    /// Somebody's approval did not outlive what they ended: that is a refusal from now on, and noted once.
    async fn note_superseded(&self, ctx: &Ctx, stored: &StoredGrant) -> Result<(), PollError> {
        let grant = &stored.grant;
        let refused = grant.clone().superseded();
        if !self.grants.replace(stored, &refused, ctx.now).await? {
            return Ok(());
        }
        let event = AuditEvent::new(AuditAction::DeviceFlowRejected)
            .with("reason", "approved_before_an_ending")
            .with("grant_id", grant.id)
            .with("client_id", &grant.client_id)
            .with("device_label", &grant.device_label);
        Ok(record_alone(&self.pool, &self.env, ctx, event).await?)
    }

    fn new_token(
        &self,
        ctx: &Ctx,
        id: TokenId,
        grant: &DeviceGrant,
        subject: &DeliveredTo,
    ) -> BearerToken {
        let (account_id, subject_email, issuer) = match subject {
            DeliveredTo::Account { account, .. } => {
                (Some(account.id), account.email.clone(), ACCOUNT_ISSUER)
            }
            // Folded: the same person whatever case the provider writes them in.
            DeliveredTo::External(subject) => {
                (None, subject.email.folded(), subject.issuer.as_str())
            }
        };
        BearerToken {
            id,
            prefix: subject.kind().prefix().into(),
            account_id,
            subject_email,
            subject_issuer: Some(issuer.into()),
            client_id: grant.client_id.as_str().into(),
            device_label: grant.device_label.as_str().into(),
            created_at: ctx.now,
            expires_at: ctx.now + self.settings.bearer_lifetime(),
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
                self.bearers.deny(old).await?;
            }
            bearer_token::insert(&mut tx, token, hash).await?;
            self.note_redemption(ctx, &mut tx, grant, token).await?;
            tx.commit().await?;
            Ok(())
        }
        .await;
        if committed.is_err() {
            for old in &replaced {
                self.bearers.lift_denial(old).await;
            }
        }
        committed
    }

    /// Whoever let a device in hears of it by mail, so that they hear too when it was somebody else.
    async fn tell(
        &self,
        ctx: &Ctx,
        tx: &mut Tx,
        grant: &DeviceGrant,
        account: &Account,
    ) -> Result<(), PollError> {
        let mail_queue = &self.mail_queue;
        let Ok(url) = mail_queue.page("/account") else {
            return Ok(());
        };
        let language = account.interface_language.as_deref();
        let is_chinese = MailLanguage::of(language) == MailLanguage::Chinese;
        let address = self.with_place(grant.created_ip, is_chinese);
        let mail = OutgoingMail::new(MailKind::DeviceConnected, &account.email, language)
            .with("device_label", &grant.device_label)
            .with("client_id", &grant.client_id)
            .with("address", address)
            .with("when", ctx.now.format("%Y-%m-%d %H:%M UTC"))
            .with("url", url);
        Ok(mail_queue.send(tx, ctx, mail).await?)
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
        record(tx, &self.env, ctx, event).await?;
        if grant.created_ip != ctx.address.ip() {
            let event = AuditEvent::new(AuditAction::DeviceCodeCrossIpPoll)
                .with("token_id", token.id)
                .with("creation_ip", grant.created_ip)
                .with("poll_ip", ctx.address.ip());
            record(tx, &self.env, ctx, event).await?;
        }
        Ok(())
    }
}
