//! What every use-case may need from its surroundings, and what it knows of the request.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use gatewright_auth::{NoRandomness, Random};
use gatewright_domain::{Clock, IdGen, client_address::ClientAddress, error::Unavailable};

/// Time, ids and randomness.
#[derive(Clone)]
pub struct Ambient {
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids.
    pub ids: Arc<dyn IdGen>,
    /// Makes randomness.
    pub random: Arc<dyn Random>,
}

impl Ambient {
    /// So many random bytes as base64url, or an outage.
    pub(crate) fn random_text(&self, bytes: usize) -> Result<String, Unavailable> {
        self.random.base64url(bytes).map_err(dry)
    }
}

/// A system without randomness is an outage like any other: 503, and nothing weak is made.
pub(crate) fn dry(error: NoRandomness) -> Unavailable {
    Unavailable::new("randomness", error)
}

/// One request, as far as a use-case may know it.
#[derive(Debug, Clone)]
pub struct Ctx {
    /// When it arrived.
    pub now: DateTime<Utc>,
    /// Where from, as far as we believe it.
    pub address: ClientAddress,
    /// With what software; at most 255 characters.
    pub user_agent: Option<String>,
    /// The cookie of a browser that signed in before, as it came.
    pub known_browser: Option<String>,
    /// Joins log lines and audit rows.
    pub request_id: String,
}
