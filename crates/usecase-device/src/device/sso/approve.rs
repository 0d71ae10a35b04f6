//! `GET approval-context` and `POST approve-external`: the person looks at what they are about to
//! let in, and does it.

use chrono::{DateTime, Utc};
use gatewright_auth::envelope::{ApprovalGrant, Verified, open};
use gatewright_domain::{
    audit::AuditEvent,
    device_grant::{Approval, DecideError as Refused, DeviceGrant, Subject, UserCode},
    error::Unavailable,
};
use gatewright_kv::{DeviceGrants, Swap};

use super::{error::SsoError, gate::about};
use crate::device::{decide::Verdict, flow::DeviceFlow};
use gatewright_usecase_kit::{Ctx, record_alone};

/// What the page shows and needs.
pub struct ApprovalContext {
    /// The mail address of the person who approves.
    pub subject_email: String,
    /// The issuer that vouches for the person.
    pub subject_issuer: String,
    /// The code to compare.
    pub user_code: UserCode,
    /// For the header of the approval.
    pub csrf_token: String,
    /// When the grant ends.
    pub expires_at: DateTime<Utc>,
}

/// A grant that has passed everything that is asked before the body is read.
pub struct ApproveExternal(Verified<ApprovalGrant>);

impl DeviceFlow {
    /// What the grant in this browser is for. Changes nothing, however often it is asked.
    pub async fn approval_context(
        &self,
        ctx: &Ctx,
        grant: Option<&str>,
    ) -> Result<ApprovalContext, SsoError> {
        self.sso_gate().await?;
        let grant = self.open_grant(ctx, grant).ok_or(SsoError::NoSession)?;
        Ok(ApprovalContext {
            subject_email: grant.subject.email.as_str().to_owned(),
            subject_issuer: grant.subject.issuer.as_str().to_owned(),
            user_code: grant.user_code.clone(),
            csrf_token: grant.csrf_token.expose().to_owned(),
            expires_at: grant.expires_at(),
        })
    }

    /// The same with the device that asks, for a page.
    pub async fn external_consent(
        &self,
        ctx: &Ctx,
        grant: Option<&str>,
    ) -> Result<(ApprovalContext, DeviceGrant), SsoError> {
        let context = self.approval_context(ctx, grant).await?;
        let device = self.pending_grant(ctx, &context.user_code).await?.grant;
        Ok((context, device))
    }

    /// Gate, grant, limit, CSRF and origin, in the order of device-flow.md §5.5.
    pub async fn admit_external(
        &self,
        ctx: &Ctx,
        grant: Option<&str>,
        csrf_header: Option<&[u8]>,
        is_own_origin: bool,
    ) -> Result<ApproveExternal, SsoError> {
        self.sso_gate().await?;
        if !self.settings.bearer_enabled {
            return Err(SsoError::BearerDisabled);
        }
        let grant = self
            .open_grant(ctx, grant)
            .ok_or(SsoError::InvalidSession)?;
        let person = grant.subject.email.folded();
        self.charge_sso(&self.limits.approve_external, &person)
            .await?;
        let presented = csrf_header.filter(|header| !header.is_empty());
        let matches = presented.is_some_and(|header| grant.csrf_token.matches(header));
        if matches && is_own_origin {
            Ok(ApproveExternal(grant))
        } else {
            Err(SsoError::CsrfMismatch)
        }
    }

    /// Approves or refuses. The grant's nonce is spent in the very step that changes the device grant.
    pub async fn decide_external(
        &self,
        ctx: &Ctx,
        ApproveExternal(grant): ApproveExternal,
        user_code: Option<&UserCode>,
        verdict: Verdict,
    ) -> Result<(), SsoError> {
        if user_code != Some(&grant.user_code) {
            return Err(SsoError::UserCodeMismatch);
        }
        for _ in 0..DeviceGrants::ATTEMPTS {
            let stored = self.pending_grant(ctx, &grant.user_code).await?;
            if verdict == Verdict::Approve {
                self.require_no_account(ctx, &grant.subject, &stored.grant)
                    .await?;
            }
            let next = transition(stored.grant.clone(), ctx, &grant, verdict)?;
            let (nonce, until) = (&grant.nonce, grant.expires_at());
            let grants = &self.grants;
            match grants
                .replace_spending(&stored, &next, nonce, until, ctx.now)
                .await?
            {
                Swap::Done => return self.note_decision(ctx, &grant, &next, verdict).await,
                Swap::Spent => return Err(SsoError::SessionConsumed),
                Swap::Changed => {}
            }
        }
        Err(Unavailable::new("redis", "the grant changed too often").into())
    }

    /// Whether a cookie is a grant of ours: alive, well-formed, made at this installation's own origin.
    pub fn is_grant(&self, ctx: &Ctx, text: &str) -> bool {
        self.open_grant(ctx, Some(text)).is_some()
    }

    fn open_grant(&self, ctx: &Ctx, text: Option<&str>) -> Option<Verified<ApprovalGrant>> {
        let grant: Verified<ApprovalGrant> = open(&self.sso.keys.grant, text?, ctx.now).ok()?;
        grant.is_from(&self.urls).then_some(grant)
    }

    async fn note_decision(
        &self,
        ctx: &Ctx,
        grant: &ApprovalGrant,
        device: &DeviceGrant,
        verdict: Verdict,
    ) -> Result<(), SsoError> {
        let event = about(AuditEvent::new(verdict.audit_action()), &grant.subject)
            .with("grant_id", device.id)
            .with("client_id", &device.client_id)
            .with("device_label", &device.device_label);
        Ok(record_alone(&self.pool, &self.env, ctx, event).await?)
    }
}

fn transition(
    device: DeviceGrant,
    ctx: &Ctx,
    grant: &ApprovalGrant,
    verdict: Verdict,
) -> Result<DeviceGrant, SsoError> {
    let decided = match verdict {
        Verdict::Deny => device.deny(ctx.now),
        Verdict::Approve => device.approve(Approval {
            subject: Subject::External(grant.subject.clone()),
            era: grant.era,
            workspace_id: None,
            at: ctx.now,
        }),
    };
    decided.map_err(|refused| match refused {
        Refused::Expired | Refused::AlreadyResolved => SsoError::UserCodeNotPending,
    })
}
