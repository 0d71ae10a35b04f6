//! What every use-case may need from its surroundings, and what it knows of the request.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use gatewright_auth::{NoRandomness, Random};
use gatewright_domain::{Clock, IdGen, client_address::ClientAddress, error::Unavailable};

/// Time, ids and randomness.
#[derive(Clone)]
pub struct Env {
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Where new ids come from; tests count them.
    pub ids: Arc<dyn IdGen>,
    /// Where random bytes come from; it can fail, and then nothing is made.
    pub random: Arc<dyn Random>,
}

impl Env {
    /// So many random bytes as base64url, or an outage.
    pub fn random_text(&self, bytes: usize) -> Result<String, Unavailable> {
        self.random.base64url(bytes).map_err(dry)
    }
}

/// A system without randomness is an outage like any other: 503, and nothing weak is made.
pub fn dry(error: NoRandomness) -> Unavailable {
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

impl Ctx {
    /// For acts that no request causes; `what` stands where a request's id would.
    pub fn of_system(now: DateTime<Utc>, what: &str) -> Self {
        Self {
            now,
            address: ClientAddress::from_peer(std::net::Ipv4Addr::LOCALHOST.into()),
            user_agent: None,
            known_browser: None,
            request_id: what.to_owned(),
        }
    }
}
