//! `GET sso-initiate`: off to the identity provider.

use gatewright_auth::{
    device::{ReceiptMode, code_fingerprint},
    envelope::{STATE_LIFETIME, StateEnvelope, sign},
    sso::BrokerError,
};
use gatewright_domain::{
    audit::{AuditAction, AuditEvent},
    device_grant::TypedCode,
};

use super::error::{SsoError, not_made};
use crate::device::flow::DeviceFlow;
use gatewright_usecase_kit::Ctx;

/// Somebody wants to sign in at an identity provider.
pub struct InitiateSso {
    /// What was typed.
    pub user_code: TypedCode,
    /// One of the configured providers; absent: the first.
    pub provider: Option<String>,
    /// Whether a browser asks: then the receipt is needed.
    pub is_browser: bool,
    /// The receipt cookie of that code.
    pub receipt: Option<String>,
}

/// Where the browser goes, and what it keeps.
pub struct SsoBegun {
    /// At the broker or the provider.
    pub url: String,
    /// The nonce of the state: tells the round trips of one browser apart.
    pub trip: String,
    /// The state envelope: only the browser that holds it can come back with its answer.
    pub state: String,
}

impl DeviceFlow {
    /// Begins a round trip. In the order of device-flow.md §5.2, with the receipt after the code's form.
    pub async fn initiate_sso(
        &self,
        ctx: &Ctx,
        command: InitiateSso,
    ) -> Result<SsoBegun, SsoError> {
        let broker = self.sso_gate().await?;
        let address = ctx.address.limit_key();
        self.charge_sso(&self.limits.sso_initiate, &address).await?;
        let code = match &command.user_code {
            TypedCode::Missing => return Err(SsoError::UserCodeRequired),
            TypedCode::Malformed => return Err(SsoError::InvalidUserCode),
            TypedCode::Code(code) => code,
        };
        let fingerprint = code_fingerprint(code);
        self.require_receipt(ctx, &command, &fingerprint).await?;
        self.pending_grant(ctx, code)
            .await
            .map_err(|error| match error {
                SsoError::UserCodeGone | SsoError::UserCodeNotPending => SsoError::InvalidUserCode,
                other => other,
            })?;
        let provider = match command.provider.as_deref() {
            None => None,
            Some(name) => Some(name.parse().map_err(|_| BrokerError::UnknownProvider)?),
        };
        let random = self.env.random.as_ref();
        let envelope = StateEnvelope::new(&self.urls, code.clone(), random).map_err(not_made)?;
        let state = sign(&self.sso.keys.state, &envelope, ctx.now, STATE_LIFETIME);
        let begun = broker.begin(&state, provider.as_ref()).await;
        let begun = begun.inspect_err(|error| {
            tracing::warn!(
                event = "sso.broker_failed",
                cause = ?error,
                "the broker did not begin a round trip"
            );
        })?;
        Ok(SsoBegun {
            url: begun.url,
            trip: envelope.nonce().expose().to_owned(),
            state,
        })
    }

    /// A link in a mail brings no receipt along. Who is signed in does not matter in this branch.
    async fn require_receipt(
        &self,
        ctx: &Ctx,
        command: &InitiateSso,
        fingerprint: &str,
    ) -> Result<(), SsoError> {
        let receipt = command.receipt.as_deref();
        if !command.is_browser
            || self.settings.lookup_receipt == ReceiptMode::Off
            || self.receipts.is_for(receipt, fingerprint, ctx.now)
        {
            return Ok(());
        }
        let event = AuditEvent::new(AuditAction::DeviceFlowRejected)
            .with("reason", "lookup_required")
            .with("subject_type", "external_sso");
        if self.is_receipt_enforced(ctx, event).await? {
            Err(SsoError::LookupRequired)
        } else {
            Ok(())
        }
    }
}
