//! The use-cases, one folder per slice, one file per use-case. They own the transactions; the rules
//! are in `domain` and `auth`, the statements in `storage` and `kv`.

pub mod ambient;
mod audit;
pub mod bearer;
pub mod console;
pub mod device;
pub mod known_accounts;
mod micro_cache;
pub mod provider;
pub mod readiness;
pub mod workspace;

pub use ambient::{Ambient, Ctx};
