//! `POST token`: the device asks whether it was let in.

use gatewright_auth::bearer::RateLimiter as _;
use gatewright_domain::{
    audit::{AuditAction, AuditEvent},
    device_grant::{ClientId, DeviceCode, DeviceGrant, PollAnswer, PollPace},
};
use gatewright_kv::DeviceGrants;

use super::{error::PollError, flow::DeviceFlow, mint::Delivery};
use gatewright_usecase_kit::{Ctx, record_alone};

/// A device asks whether its code was decided on (RFC 8628 §3.4).
pub struct PollDevice {
    /// As sent; checked for its form before any key is built from it.
    pub device_code: String,
    /// The client, when it says so.
    pub client_id: Option<String>,
}

impl DeviceFlow {
    /// Answers a poll; mints the token when the device was let in.
    pub async fn poll(&self, ctx: &Ctx, command: PollDevice) -> Result<Delivery, PollError> {
        let Ok(code) = command.device_code.parse::<DeviceCode>() else {
            return Err(self.unknown(ctx).await);
        };
        for _ in 0..DeviceGrants::ATTEMPTS {
            let Some(stored) = self.grants.find_by_device_code(&code).await? else {
                return Err(self.unknown(ctx).await);
            };
            self.require_client(&stored.grant, command.client_id.as_deref())?;
            let (answer, next) = stored.grant.clone().poll(ctx.now);
            if let Some(next) = next
                && !self.grants.replace(&stored, &next, ctx.now).await?
            {
                continue;
            }
            return match answer {
                PollAnswer::Pending => Err(PollError::Pending),
                PollAnswer::SlowDown { interval } => Err(PollError::SlowDown {
                    interval: interval.into(),
                }),
                PollAnswer::Denied => Err(PollError::Denied),
                PollAnswer::Expired => Err(PollError::Expired),
                PollAnswer::AlreadyRedeemed => {
                    self.note_replay(ctx, &stored.grant).await?;
                    Err(PollError::Expired)
                }
                PollAnswer::Approved(approval) => self.redeem(ctx, stored, approval).await,
            };
        }
        Err(PollError::SlowDown {
            interval: PollPace::MAX_LENGTH.into(),
        })
    }

    /// A code that we do not know stores nothing, and costs its sender.
    async fn unknown(&self, ctx: &Ctx) -> PollError {
        let (limit, key) = (&self.limits.device_token, ctx.address.limit_key());
        match self.limiter.charge(limit, &key).await {
            Ok(()) => PollError::Expired,
            Err(error) => error.or(|limited| PollError::SlowDown {
                interval: limited.retry_after,
            }),
        }
    }

    /// Absent is accepted; another one than at the start is not, and changes nothing. A client
    /// that was struck off the list meanwhile gets nothing either.
    fn require_client(
        &self,
        grant: &DeviceGrant,
        presented: Option<&str>,
    ) -> Result<(), PollError> {
        let same = presented.is_none_or(|id| {
            id.parse::<ClientId>()
                .is_ok_and(|client| client == grant.client_id)
        });
        if !same {
            Err(PollError::OtherClient)
        } else if !self.settings.is_known(&grant.client_id) {
            Err(PollError::Denied)
        } else {
            Ok(())
        }
    }

    pub(super) async fn note_replay(
        &self,
        ctx: &Ctx,
        grant: &DeviceGrant,
    ) -> Result<(), PollError> {
        let event = AuditEvent::new(AuditAction::DeviceCodeReplayed)
            .with("grant_id", grant.id)
            .with("client_id", &grant.client_id);
        Ok(record_alone(&self.pool, &self.env, ctx, event).await?)
    }
}
