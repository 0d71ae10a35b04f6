//! What every step of the SSO branch begins with.

use std::sync::Arc;

use gatewright_auth::{
    bearer::RateLimiter as _,
    limits::Limit,
    sso::{Broker, Licence},
};
use gatewright_domain::{
    audit::{AuditAction, AuditEvent},
    device_grant::{DeviceGrant, UserCode},
    external_subject::ExternalSubject,
};
use gatewright_kv::StoredGrant;
use gatewright_storage_identity::account;

use super::error::SsoError;
use crate::device::flow::DeviceFlow;
use gatewright_usecase_kit::{Ctx, record_alone};

impl DeviceFlow {
    /// The branch exists when there is a broker and its licence allows; asked before any limit is
    /// touched. Not being able to find out is no.
    pub async fn sso_gate(&self) -> Result<Arc<dyn Broker>, SsoError> {
        let broker = self.sso.broker.clone().ok_or(SsoError::NotOffered)?;
        match broker.licence().await {
            Licence::Open => Ok(broker),
            Licence::Closed => Err(SsoError::NotOffered),
        }
    }

    /// The protocol of the broker, for the page; none without one.
    pub fn sso_protocol(&self) -> Option<&'static str> {
        self.sso.broker.as_ref().map(|broker| broker.protocol())
    }

    /// Name and label of the built-in broker's providers.
    pub fn sso_providers(&self) -> Vec<(String, String)> {
        let offered = self.sso.providers.offered();
        offered
            .map(|(name, label)| (name.to_string(), label.to_owned()))
            .collect()
    }

    pub(super) async fn charge_sso(&self, limit: &Limit, who: &str) -> Result<(), SsoError> {
        Ok(self.limiter.charge(limit, who).await?)
    }

    /// The grant of a code that is still open to a decision.
    pub(super) async fn pending_grant(
        &self,
        ctx: &Ctx,
        code: &UserCode,
    ) -> Result<StoredGrant, SsoError> {
        let stored = self.grants.find_by_user_code(code).await?;
        let stored = stored.ok_or(SsoError::UserCodeGone)?;
        if stored.grant.is_pending(ctx.now) {
            Ok(stored)
        } else {
            Err(SsoError::UserCodeNotPending)
        }
    }

    /// Whoever has an account uses the branch for accounts, whatever state the account is in: a
    /// provider that could hand out tokens for their address would be one they never agreed to.
    pub(super) async fn require_no_account(
        &self,
        ctx: &Ctx,
        subject: &ExternalSubject,
        grant: &DeviceGrant,
    ) -> Result<(), SsoError> {
        {
            let mut conn = self.pool.get().await?;
            if !account::is_email_taken(&mut conn, &subject.email.folded()).await? {
                return Ok(());
            }
        }
        let event = about(AuditEvent::new(AuditAction::DeviceFlowRejected), subject)
            .with("reason", "email_belongs_to_dify_account")
            .with("client_id", &grant.client_id)
            .with("device_label", &grant.device_label);
        record_alone(&self.pool, &self.env, ctx, event).await?;
        Err(SsoError::EmailBelongsToAccount)
    }

    pub(super) async fn note_refusal(
        &self,
        ctx: &Ctx,
        subject: &ExternalSubject,
        reason: &str,
    ) -> Result<(), SsoError> {
        let event =
            about(AuditEvent::new(AuditAction::AssertionRefused), subject).with("reason", reason);
        Ok(record_alone(&self.pool, &self.env, ctx, event).await?)
    }
}

/// Says whom an event is about.
pub(super) fn about(event: AuditEvent, subject: &ExternalSubject) -> AuditEvent {
    event
        .with("subject_type", "external_sso")
        .with("subject_email", &subject.email)
        .with("subject_issuer", &subject.issuer)
}
