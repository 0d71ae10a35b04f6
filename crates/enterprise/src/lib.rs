//! The enterprise product as the broker of the SSO branch (device-flow.md §16): two calls, each
//! with the shared secret, bounded, never repeated.

mod broker;
mod settings;

pub use broker::EnterpriseBroker;
pub use settings::EnterpriseSettings;
