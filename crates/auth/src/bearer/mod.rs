//! Bearer tokens: what they look like, what they allow, how one is checked.

mod authenticator;
mod inventors;
mod scope;
mod token;

pub use authenticator::{
    BEARER_TABLE, BearerAuthenticator, BearerError, BearerStore, Principal, RateLimiter,
};
pub use scope::Scope;
pub use token::{NewBearer, PresentedBearer, TokenHash, Unrecognised};
