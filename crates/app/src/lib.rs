//! The use-cases, one folder per slice, one file per use-case. They own the transactions; the rules
//! are in `domain` and `auth`, the statements in `storage` and `kv`.

pub mod account;
pub mod admin;
pub mod ambient;
mod audit;
mod audit_base;
pub mod audit_log;
pub mod bearer;
pub mod console;
pub mod device;
pub mod file;
pub mod known_accounts;
mod known_browser;
pub mod member;
mod micro_cache;
pub mod places;
pub mod post;
pub mod provider;
pub mod readiness;
pub mod upkeep;
pub mod workspace;

pub use ambient::{Ambient, Ctx};
pub use audit_base::AuditBaseKeys;
