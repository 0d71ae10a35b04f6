//! The built-in broker: does with OpenID Connect what the enterprise product does with its own means.

use std::sync::Arc;

use gatewright_auth::{
    envelope::{StateEnvelope, Verified, open},
    keys::KeyRing,
    sso::{Begun, Broker, BrokerError, Licence, Pending, ProviderName},
};
use gatewright_domain::Clock;

use super::registry::{Providers, TripError};

/// The broker over the configured providers.
pub struct ProviderBroker {
    providers: Providers,
    states: KeyRing,
    clock: Arc<dyn Clock>,
}

impl ProviderBroker {
    /// Opens state envelopes with `states`.
    pub fn new(providers: Providers, states: KeyRing, clock: Arc<dyn Clock>) -> Self {
        Self {
            providers,
            states,
            clock,
        }
    }

    async fn redirection(
        &self,
        signed_state: &str,
        provider: Option<&ProviderName>,
    ) -> Result<Begun, BrokerError> {
        let state: Verified<StateEnvelope> = open(&self.states, signed_state, self.clock.now())
            .map_err(|error| BrokerError::Failed(error.into()))?;
        let begun = self.providers.begin(provider, state.kid(), state.nonce());
        match begun.await {
            Ok(url) => Ok(Begun { url }),
            Err(TripError::UnknownProvider) => Err(BrokerError::UnknownProvider),
            Err(error) => Err(BrokerError::Failed(error.into())),
        }
    }
}

impl Broker for ProviderBroker {
    /// The built-in broker needs no licence: always open.
    fn licence(&self) -> Pending<'_, Licence> {
        Box::pin(std::future::ready(Licence::Open))
    }

    fn begin<'a>(
        &'a self,
        signed_state: &'a str,
        provider: Option<&'a ProviderName>,
    ) -> Pending<'a, Result<Begun, BrokerError>> {
        Box::pin(self.redirection(signed_state, provider))
    }

    fn protocol(&self) -> &'static str {
        "oidc"
    }
}
