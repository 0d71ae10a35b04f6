//! The configured providers, and the way to one and back.

use std::{sync::Arc, time::Duration};

use gatewright_auth::{
    envelope::TokenText,
    origin::{OriginUnset, PublicUrls},
    sso::{
        Answer, AuthenticatedPerson, IdentityProvider, ProviderError, ProviderName, RoundTripKeys,
    },
};
use gatewright_domain::Secret;

/// The providers, in the order of their configuration. Cheap to clone.
#[derive(Clone)]
pub struct Providers {
    list: Arc<[Arc<dyn IdentityProvider>]>,
    round_trips: RoundTripKeys,
    urls: PublicUrls,
}

/// What is said of a provider.
pub struct Described {
    /// In the settings and in URLs.
    pub name: String,
    /// The name that a sign-in page shows.
    pub label: String,
    /// For the protocol.
    pub issuer: String,
}

/// What a provider sends the browser back with, as it came.
#[derive(Debug, Clone)]
pub struct ProviderAnswer {
    /// The parameter `state` of the redirect.
    pub state: String,
    /// The parameter `code` of the redirect; none when the provider sent an error.
    pub code: Option<Secret>,
    /// The parameter `iss` of the redirect (RFC 9207), where the provider sends it.
    pub issuer: Option<String>,
    /// Whether there is an `error`: the person or the provider refused.
    pub is_refusal: bool,
}

/// The longest code that is looked at, in bytes.
const MAX_CODE_CHARS: usize = 2048;

/// Why a provider's answer cannot be exchanged for anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnusableAnswer {
    /// The person or the provider refused.
    #[error("the provider answered with an error")]
    Refusal,
    /// Longer than any provider's that we know of.
    #[error("the code is longer than {MAX_CODE_CHARS} bytes")]
    CodeTooLong,
    /// There is none.
    #[error("there is no code")]
    NoCode,
}

impl ProviderAnswer {
    /// What there is to exchange.
    pub fn usable(self) -> Result<Answer, UnusableAnswer> {
        if self.is_refusal {
            return Err(UnusableAnswer::Refusal);
        }
        let code = self.code.ok_or(UnusableAnswer::NoCode)?;
        if code.expose().len() > MAX_CODE_CHARS {
            return Err(UnusableAnswer::CodeTooLong);
        }
        Ok(Answer {
            code,
            issuer: self.issuer,
        })
    }
}

/// Why no round trip can begin or end.
#[derive(Debug, thiserror::Error)]
pub enum TripError {
    /// Nobody configured one of that name.
    #[error("no such provider")]
    UnknownProvider,
    /// This installation does not know its own address, which the provider must send the browser back to.
    #[error("no public address")]
    OriginUnset,
    /// The key that the round trip began with was retired meanwhile.
    #[error("the round trip is too old")]
    Retired,
    /// The provider does not answer, or answers what cannot be used.
    #[error(transparent)]
    Provider(#[from] ProviderError),
}

impl From<OriginUnset> for TripError {
    fn from(_: OriginUnset) -> Self {
        Self::OriginUnset
    }
}

impl Providers {
    /// Puts the parts together.
    pub fn new(
        list: Vec<Arc<dyn IdentityProvider>>,
        round_trips: RoundTripKeys,
        urls: PublicUrls,
    ) -> Self {
        Self {
            list: list.into(),
            round_trips,
            urls,
        }
    }

    /// Name and label of each.
    pub fn offered(&self) -> impl Iterator<Item = (&ProviderName, &str)> {
        self.list.iter().map(|one| (one.name(), one.label()))
    }

    /// What is said of each.
    pub fn described(&self) -> Vec<Described> {
        let described = |one: &Arc<dyn IdentityProvider>| Described {
            name: one.name().as_str().to_owned(),
            label: one.label().to_owned(),
            issuer: one.issuer().to_owned(),
        };
        self.list.iter().map(described).collect()
    }

    /// What the longest way to any of them, or back, may take; nothing when there is none.
    pub fn timeout(&self) -> Duration {
        let each = self.list.iter().map(|one| one.timeout());
        each.max().unwrap_or_default()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The provider of that name; without a name the first.
    ///
    /// # Errors
    /// [`TripError::UnknownProvider`].
    pub fn find(
        &self,
        name: Option<&ProviderName>,
    ) -> Result<&Arc<dyn IdentityProvider>, TripError> {
        let found = match name {
            None => self.list.first(),
            Some(name) => self.list.iter().find(|one| one.name() == name),
        };
        found.ok_or(TripError::UnknownProvider)
    }

    /// Where the browser goes. `kid` is the key of what it keeps meanwhile.
    pub async fn begin(
        &self,
        name: Option<&ProviderName>,
        kid: &str,
        state: &TokenText,
    ) -> Result<String, TripError> {
        let provider = self.find(name)?;
        let begun = async {
            let trip = self.round_trips.compute(kid, provider.name(), state);
            let redirect_uri = self.urls.oidc_redirect_uri(provider.name().as_str())?;
            let trip = trip.ok_or(TripError::Retired)?;
            Ok(provider.begin(&trip, &redirect_uri).await?.url)
        };
        begun
            .await
            .inspect_err(|error| note(provider.name(), "begins", error))
    }

    /// Who came back.
    pub async fn finish(
        &self,
        name: &ProviderName,
        kid: &str,
        state: &TokenText,
        answer: Answer,
    ) -> Result<AuthenticatedPerson, TripError> {
        let provider = self.find(Some(name))?;
        let finished = async {
            let trip = self.round_trips.compute(kid, name, state);
            let redirect_uri = self.urls.oidc_redirect_uri(name.as_str())?;
            let trip = trip.ok_or(TripError::Retired)?;
            Ok(provider.finish(&trip, &redirect_uri, answer).await?)
        };
        finished
            .await
            .inspect_err(|error| note(name, "ends", error))
    }
}

/// For whoever runs the installation: which provider, at which end of the way, and why.
fn note(provider: &ProviderName, step: &str, error: &TripError) {
    let cause = cause(error);
    tracing::warn!(
        event = "provider.sign_in_failed",
        %provider,
        step,
        cause,
        "a sign-in at a provider led nowhere"
    );
}

/// The whole chain of causes, for the log.
fn cause(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text.push_str(": ");
        text.push_str(&source.to_string());
        next = source.source();
    }
    text
}
