//! What every use-case stands on: time, ids and randomness, what is known of a request, who is signed in, the audit
//! trail, mails, the identity providers, and what one process remembers for a moment. A slice's use-cases are
//! in its own `usecase-*` crate; those do not see each other.

mod account_cache;
mod audit;
mod audit_base;
mod cached_bearers;
mod contents;
mod deleted_app;
mod deleted_conversation;
mod env;
mod geo_ip;
mod identity;
mod known_browser;
pub mod mail;
pub mod provider;
pub mod readiness;
mod ttl_cache;

pub use account_cache::{AccountCache, CachedAccount};
pub use audit::{record, record_alone, record_failure};
pub use audit_base::{AuditBaseKeys, BaseState};
pub use cached_bearers::CachedBearers;
pub use contents::{DeleteContents, delete_contents, delete_contents_at};
pub use deleted_app::{DeleteApp, delete_rest_of_app};
pub use deleted_conversation::DeleteConversation;
pub use env::{Ctx, Env, dry};
/// What an [`Env`] draws from.
pub use gatewright_auth::{NoRandomness, Random};
pub use geo_ip::GeoIp;
pub use identity::ConsoleIdentity;
pub use known_browser::known_browser;
