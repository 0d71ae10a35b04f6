//! The port behind the SSO branch of the device flow: somebody takes a signed state envelope, finds
//! out who is at the browser, and sends it back with an external-subject assertion.

use super::{Pending, ProviderName};

/// Whether the SSO branch exists right now (device-flow.md §5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Licence {
    /// No licence is needed, or it is active or expiring.
    Open,
    /// Any other state, and not being able to find out.
    Closed,
}

/// Where the browser goes first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// An absolute http(s) URL.
    pub url: String,
}

/// Why a round trip cannot begin. Answered as 502.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// It did not answer, or refused, or answered nonsense.
    #[error("sso_initiate_failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Its answer names no URL that a browser may be sent to.
    #[error("sso_initiate_missing_url")]
    MissingUrl,
    /// No provider of that name is configured.
    #[error("unknown_provider")]
    UnknownProvider,
}

/// Whoever knows people without an account.
pub trait Broker: Send + Sync {
    /// Whether the SSO branch exists right now. Remembered for a few seconds, never served stale.
    fn licence(&self) -> Pending<'_, Licence>;

    /// Takes a signed state envelope, and says where the browser goes.
    fn begin<'a>(
        &'a self,
        signed_state: &'a str,
        provider: Option<&'a ProviderName>,
    ) -> Pending<'a, Result<Begun, BrokerError>>;

    /// What the page's SSO button is for: the protocol, as system features name it.
    fn protocol(&self) -> &'static str;
}
