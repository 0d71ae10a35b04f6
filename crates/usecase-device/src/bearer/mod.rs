//! Requests that carry a bearer: who is it, which sessions are there, end one.

mod error;
mod identity;
mod introspect;
mod revoke;
mod sessions;

pub use error::BearerRouteError;
pub(crate) use error::DISABLED;
pub use identity::{Bearers, Caller, Identity};
pub use introspect::ActiveBearer;
pub use sessions::{ConnectedDevice, SessionPage, SessionQuery};
