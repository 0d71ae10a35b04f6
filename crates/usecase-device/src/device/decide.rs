//! `POST approve` and `POST deny`: one atomic transition out of pending. No token is made here.

use gatewright_auth::{
    bearer::RateLimiter as _,
    device::{ReceiptMode, ReceiptProblem, code_fingerprint},
};
use gatewright_domain::{
    account::AccountStatus,
    audit::{AuditAction, AuditEvent},
    device_grant::{Approval, DecideError as Refused, DeviceGrant, Subject, UserCode},
    error::Unavailable,
};
use gatewright_kv::DeviceGrants;
use gatewright_storage_kit::StorageError;

use super::{error::DecideError, flow::DeviceFlow};
use gatewright_usecase_kit::ConsoleIdentity;
use gatewright_usecase_kit::{Ctx, record_alone};

/// Let in or refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Let the device in.
    Approve,
    /// The device is refused.
    Deny,
}

impl Verdict {
    pub(super) fn audit_action(self) -> AuditAction {
        match self {
            Self::Approve => AuditAction::DeviceFlowApproved,
            Self::Deny => AuditAction::DeviceFlowDenied,
        }
    }
}

/// A decision on a device that waits.
pub struct Decide {
    /// What was typed, if it has the form of a code.
    pub user_code: Option<UserCode>,
    /// The receipt cookie of that code.
    pub receipt: Option<String>,
    /// Whether a browser asks: then the receipt is needed.
    pub is_browser: bool,
    /// Whether it is approved or denied.
    pub verdict: Verdict,
}

impl DeviceFlow {
    /// What comes before the body is read: the switch, and the account's own limit.
    pub async fn charge_decision(&self, identity: &ConsoleIdentity) -> Result<(), DecideError> {
        if !self.settings.bearer_enabled {
            return Err(DecideError::BearerDisabled);
        }
        let limit = &self.limits.approve;
        Ok(self
            .limiter
            .charge(limit, &identity.account.id.to_string())
            .await?)
    }

    /// Approves or denies a device that waits, once.
    pub async fn decide(
        &self,
        ctx: &Ctx,
        identity: &ConsoleIdentity,
        command: Decide,
    ) -> Result<(), DecideError> {
        if identity.account.status != AccountStatus::Active {
            return Err(DecideError::AccountInactive);
        }
        let code = command.user_code.as_ref();
        let code = code.ok_or(DecideError::ExpiredOrUnknown)?;
        self.check_receipt(ctx, identity, &command, &code_fingerprint(code))
            .await?;
        for _ in 0..DeviceGrants::ATTEMPTS {
            let stored = self
                .grants
                .find_by_user_code(code)
                .await?
                .ok_or(DecideError::ExpiredOrUnknown)?;
            let next = transition(stored.grant.clone(), ctx, identity, command.verdict)?;
            if self.grants.replace(&stored, &next, ctx.now).await? {
                return self.note(ctx, identity, command.verdict, &next).await;
            }
        }
        Err(Unavailable::new("redis", "the grant changed too often").into())
    }

    async fn check_receipt(
        &self,
        ctx: &Ctx,
        identity: &ConsoleIdentity,
        command: &Decide,
        digest: &str,
    ) -> Result<(), DecideError> {
        let mode = self.settings.lookup_receipt;
        if !command.is_browser || mode == ReceiptMode::Off {
            return Ok(());
        }
        let receipt = command.receipt.as_deref();
        let Err(problem) = self
            .receipts
            .check(receipt, digest, identity.account.id, ctx.now)
        else {
            return Ok(());
        };
        let reason = match problem {
            ReceiptProblem::Missing => "lookup_required",
            ReceiptProblem::OtherAccount => "lookup_by_other_account",
        };
        let event = AuditEvent::new(AuditAction::DeviceFlowRejected)
            .by(identity.account.id)
            .with("reason", reason);
        if self.is_receipt_enforced(ctx, event).await? {
            Err(DecideError::LookupRequired)
        } else {
            Ok(())
        }
    }

    /// Notes that a receipt is missing, and says whether that ends the request.
    pub(super) async fn is_receipt_enforced(
        &self,
        ctx: &Ctx,
        event: AuditEvent,
    ) -> Result<bool, StorageError> {
        let is_enforced = self.settings.lookup_receipt == ReceiptMode::Enforce;
        let event = event.with("enforced", is_enforced);
        record_alone(&self.pool, &self.env, ctx, event).await?;
        Ok(is_enforced)
    }

    async fn note(
        &self,
        ctx: &Ctx,
        identity: &ConsoleIdentity,
        verdict: Verdict,
        grant: &DeviceGrant,
    ) -> Result<(), DecideError> {
        let event = AuditEvent::new(verdict.audit_action())
            .by(identity.account.id)
            .within(identity.current_workspace().map(|workspace| workspace.id))
            .with("grant_id", grant.id)
            .with("subject_type", "account")
            .with("subject_email", &identity.account.email)
            .with("client_id", &grant.client_id)
            .with("device_label", &grant.device_label);
        Ok(record_alone(&self.pool, &self.env, ctx, event).await?)
    }
}

fn transition(
    grant: DeviceGrant,
    ctx: &Ctx,
    identity: &ConsoleIdentity,
    verdict: Verdict,
) -> Result<DeviceGrant, DecideError> {
    let decided = match verdict {
        Verdict::Deny => grant.deny(ctx.now),
        Verdict::Approve => grant.approve(Approval {
            subject: Subject::Account(identity.account.id),
            // As of the very look that found the session alive.
            era: identity.account.era,
            workspace_id: identity.current_workspace().map(|workspace| workspace.id),
            at: ctx.now,
        }),
    };
    decided.map_err(|refused| match refused {
        Refused::Expired => DecideError::ExpiredOrUnknown,
        Refused::AlreadyResolved => DecideError::AlreadyResolved,
    })
}
