//! Whoever knows people without an account, chosen by the settings.

use std::sync::Arc;

use gatewright_auth::{
    envelope::EnvelopeKeys,
    keys::MasterKeys,
    sso::{Broker, IdentityProvider, RoundTripKeys},
};
use gatewright_domain::{Clock, error::Unavailable};
use gatewright_enterprise::EnterpriseBroker;
use gatewright_kv::SpentNonces;
use gatewright_oidc::OidcProvider;
use gatewright_usecase_device::device::SsoBranch;
use gatewright_usecase_kit::provider::{ProviderBroker, Providers};

use crate::settings::ServerSettings;

/// The configured providers.
fn providers(
    settings: &ServerSettings,
    master: &MasterKeys,
    clock: &Arc<dyn Clock>,
) -> Result<Providers, Unavailable> {
    let list = settings.oidc.providers.iter().map(|one| {
        OidcProvider::new(one.clone(), settings.oidc.timeout, Arc::clone(clock))
            .map(|provider| Arc::new(provider) as Arc<dyn IdentityProvider>)
            .map_err(|error| Unavailable::new("tls", error))
    });
    Ok(Providers::new(
        list.collect::<Result<_, _>>()?,
        RoundTripKeys::new(master),
        settings.urls.clone(),
    ))
}

/// The SSO branch: the enterprise product when there is one, else the built-in broker when there are
/// providers, else none.
pub(crate) fn sso_branch(
    settings: &ServerSettings,
    master: &MasterKeys,
    clock: &Arc<dyn Clock>,
    nonces: SpentNonces,
) -> Result<SsoBranch, Unavailable> {
    let providers = providers(settings, master, clock)?;
    let enterprise = EnterpriseBroker::new(&settings.enterprise, Arc::clone(clock))
        .map_err(|error| Unavailable::new("tls", error))?;
    let (broker, keys): (Option<Arc<dyn Broker>>, _) = match enterprise {
        Some(enterprise) => (Some(Arc::new(enterprise)), EnvelopeKeys::shared(master)),
        None => {
            let keys = EnvelopeKeys::own(master);
            let states = keys.state.clone();
            let built_in = ProviderBroker::new(providers.clone(), states, Arc::clone(clock));
            let broker = (!providers.is_empty()).then(|| Arc::new(built_in) as Arc<dyn Broker>);
            (broker, keys)
        }
    };
    Ok(SsoBranch {
        broker,
        keys,
        providers,
        nonces,
    })
}
