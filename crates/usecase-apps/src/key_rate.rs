//! How often a key may be used: counted by the key, whichever process it is shown to. Off unless it is set.

use gatewright_auth::{bearer::RateLimiter as _, limits::Limit};
use gatewright_domain::{error::ChargeError, ids::ApiKeyId};
use gatewright_kv::RateLimits;

/// What requests with a key cost.
pub struct KeyRate {
    limiter: RateLimits,
    limit: Limit,
}

impl KeyRate {
    /// So many a key.
    pub fn new(limiter: RateLimits, limit: Limit) -> Self {
        Self { limiter, limit }
    }

    /// Counts a request.
    pub(crate) async fn charge(&self, key: ApiKeyId) -> Result<(), ChargeError> {
        self.limiter.charge(&self.limit, &key.0.to_string()).await
    }
}
