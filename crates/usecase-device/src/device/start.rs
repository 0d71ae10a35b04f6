//! `POST code`: a device asks to be let in.

use gatewright_auth::bearer::RateLimiter as _;
use gatewright_domain::{
    audit::{AuditAction, AuditEvent},
    device_grant::{
        ClientId, Decision, DeviceCode, DeviceGrant, DeviceLabel, GRANT_LIFETIME, PollPace,
        UserCode,
    },
    error::Unavailable,
    ids::GrantId,
};

use super::{error::StartError, flow::DeviceFlow};
use gatewright_usecase_kit::{Ctx, dry, record_alone};

/// How often another user code is drawn when one is taken.
const ATTEMPTS: usize = 5;

/// What a device says about itself.
pub struct StartDevice {
    /// The client that asks, as the device named it.
    pub client_id: ClientId,
    /// Its name for itself.
    pub device_label: DeviceLabel,
}

/// The codes of a new grant. They exist in clear only in this answer.
pub struct StartedDevice {
    /// For the device.
    pub device_code: DeviceCode,
    /// For the person.
    pub user_code: UserCode,
    /// Where the person types it.
    pub verification_uri: String,
}

impl DeviceFlow {
    /// The limit that even malformed requests are charged to.
    pub async fn charge_start(&self, ctx: &Ctx) -> Result<(), StartError> {
        let limit = &self.limits.device_code;
        Ok(self.limiter.charge(limit, &ctx.address.limit_key()).await?)
    }

    /// Whether a client may start a flow. Asked before the rest of its request is looked at.
    pub fn require_known_client(&self, client: &ClientId) -> Result<(), StartError> {
        if self.settings.is_known(client) {
            Ok(())
        } else {
            Err(StartError::UnsupportedClient)
        }
    }

    /// Makes a grant.
    pub async fn start(
        &self,
        ctx: &Ctx,
        command: StartDevice,
    ) -> Result<StartedDevice, StartError> {
        self.require_known_client(&command.client_id)?;
        let verification_uri = self
            .urls
            .verification_uri()
            .map_err(|_| StartError::ConsoleUrlUnset)?;
        for _ in 0..ATTEMPTS {
            let user_code = self.draw_user_code()?;
            let device_code = self.draw_device_code()?;
            let grant = self.new_grant(ctx, &command, &user_code);
            if !self.grants.insert(&grant, &device_code, ctx.now).await? {
                continue;
            }
            let event = AuditEvent::new(AuditAction::DeviceCodeIssued)
                .with("grant_id", grant.id)
                .with("client_id", &command.client_id)
                .with("device_label", &command.device_label);
            record_alone(&self.pool, &self.env, ctx, event).await?;
            return Ok(StartedDevice {
                device_code,
                user_code,
                verification_uri,
            });
        }
        Err(Unavailable::new("device codes", "five user codes in a row were taken").into())
    }

    fn new_grant(&self, ctx: &Ctx, command: &StartDevice, user_code: &UserCode) -> DeviceGrant {
        DeviceGrant {
            id: GrantId::generate(self.env.ids.as_ref()),
            user_code_digest: self.grants.user_code_digest(user_code),
            client_id: command.client_id.clone(),
            device_label: command.device_label.clone(),
            created_at: ctx.now,
            created_ip: ctx.address.ip(),
            expires_at: ctx.now + GRANT_LIFETIME,
            pace: PollPace::new(),
            decision: Decision::Pending,
        }
    }

    fn draw_user_code(&self) -> Result<UserCode, Unavailable> {
        let random = &self.env.random;
        UserCode::draw(|| {
            let mut byte = [0];
            random.fill(&mut byte).map_err(dry)?;
            Ok(byte[0])
        })
    }

    fn draw_device_code(&self) -> Result<DeviceCode, Unavailable> {
        let text = self.env.random_text(DeviceCode::ENTROPY_BYTES)?;
        DeviceCode::from_random(&text).map_err(|error| Unavailable::new("device codes", error))
    }
}
