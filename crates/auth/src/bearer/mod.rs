//! Bearer tokens: what they look like, what they allow, how one is checked.

mod authenticator;
mod scope;
mod spent_addresses;
mod token;

pub use authenticator::{
    BEARER_TABLE, BearerAuthenticator, BearerError, BearerStore, Principal, RateLimiter,
};
pub use scope::Scope;
pub use spent_addresses::SpentAddresses;
pub use token::{NewBearer, PresentedBearer, TokenHash, Unrecognised};
