//! Identity providers: the built-in broker of the SSO branch, and what sign-in at the console shares
//! with it.

mod broker;
mod registry;

pub use broker::ProviderBroker;
pub use registry::{ProviderAnswer, Providers};

pub use registry::{TripError, UnusableAnswer};
