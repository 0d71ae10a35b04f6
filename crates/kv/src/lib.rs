//! Redis: device grants, rate limits, the cache of bearers, throttles.
//!
//! Every key has a TTL, every read-then-write is one script (or one compare-and-swap), and each
//! script touches keys of one hash tag only, so that it works on Redis Cluster. No secret is ever
//! part of a key or a value: codes and addresses go through a keyed digest first. What carries
//! authority is sealed ([`Seals`]): writing to Redis is not enough to forge it.

mod active_runs;
mod bearer_cache;
mod connection;
mod device_grants;
mod one_time_grants;
mod rate_limits;
mod revocations;
mod run_mirrors;
mod seals;
mod settings;
mod spent_nonces;
mod swap;
mod throttles;

pub use active_runs::ActiveRuns;
pub use bearer_cache::{BearerCache, CachedBearer};
pub use connection::{Kv, RedisFacts, RedisStatus};
pub use device_grants::{DeviceGrants, StoredGrant};
pub use one_time_grants::OneTimeGrants;
pub use rate_limits::{RateLimits, Ticket, WindowClock};
pub use revocations::Revocations;
pub use run_mirrors::{MirroredPart, RunMirrors};
pub use seals::Seals;
pub use settings::RedisSettings;
pub use spent_nonces::{Spending, SpentNonces};
pub use swap::Swap;
pub use throttles::{Attempt, BeginError, Throttles};
