//! People without an account, and sign-in through an identity provider: the ports to whoever knows
//! these people, and the secrets of a round trip to them.

mod broker;
mod identity_provider;
mod round_trip;
mod sign_in_state;

pub use broker::{Begun, Broker, BrokerError, Licence};
pub use identity_provider::{
    Answer, AuthenticatedPerson, IdentityProvider, InvalidProviderName, ProviderError,
    ProviderName, Redirection,
};
pub use round_trip::{RoundTrip, RoundTripKeys};
pub use sign_in_state::{SIGN_IN_LIFETIME, SignInPurpose, SignInState, SignInStateKeys};

/// A future behind a port: these ports are chosen by configuration, at run time.
pub type Pending<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'a>>;
