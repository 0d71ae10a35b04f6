//! The provider's answer in the SSO branch: turned into the assertion that the enterprise product
//! would make, and sent the same way.

use gatewright_auth::{
    envelope::{SubjectAssertion, TokenText, sign},
    sso::ProviderName,
};

use super::error::SsoError;
use crate::device::flow::DeviceFlow;
use gatewright_usecase_kit::{
    Ctx, dry,
    provider::{ProviderAnswer, TripError, UnusableAnswer},
};

/// Our own assertions live as long as a redirect takes.
const LIFETIME: chrono::TimeDelta = chrono::TimeDelta::seconds(60);

impl DeviceFlow {
    /// Where the browser goes with its assertion. `states` are those that it holds.
    pub async fn return_from_provider(
        &self,
        ctx: &Ctx,
        provider: &str,
        answer: ProviderAnswer,
        states: &[String],
    ) -> Result<String, SsoError> {
        self.sso_gate().await?;
        let address = ctx.address.limit_key();
        self.charge_sso(&self.limits.oidc, &address).await?;
        let provider: ProviderName = provider.parse().map_err(|_| SsoError::NotOffered)?;
        let state = self
            .held_state(ctx, states, |state| {
                state.nonce().matches(answer.state.as_bytes())
            })
            .ok_or(SsoError::InvalidAssertion)?;
        let answer = answer.usable()?;
        let person = self
            .sso
            .providers
            .finish(&provider, state.kid(), state.nonce(), answer)
            .await?;
        let assertion = SubjectAssertion {
            subject: person.subject,
            user_code: state.user_code().clone(),
            nonce: TokenText::draw(self.env.random.as_ref()).map_err(dry)?,
        };
        let text = sign(&self.sso.keys.assertion, &assertion, ctx.now, LIFETIME);
        Ok(format!("{}?sso_assertion={text}", state.idp_callback_url()))
    }
}

impl From<UnusableAnswer> for SsoError {
    fn from(answer: UnusableAnswer) -> Self {
        match answer {
            UnusableAnswer::Refusal => Self::AccessDenied,
            UnusableAnswer::CodeTooLong => Self::CodeTooLong,
            UnusableAnswer::NoCode => Self::InvalidAssertion,
        }
    }
}

impl From<TripError> for SsoError {
    fn from(error: TripError) -> Self {
        match error {
            TripError::UnknownProvider => Self::NotOffered,
            TripError::OriginUnset => Self::ConsoleApiUrlUnset,
            TripError::Retired => Self::InvalidAssertion,
            TripError::Provider(error) => Self::Provider(error),
        }
    }
}
