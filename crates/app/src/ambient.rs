//! What every use-case may need from its surroundings, and what it knows of the request.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use gatewright_auth::Random;
use gatewright_domain::{Clock, IdGen, client_address::ClientAddress};

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

/// One request, as far as a use-case may know it.
#[derive(Debug, Clone)]
pub struct Ctx {
    /// When it arrived.
    pub now: DateTime<Utc>,
    /// Where from, as far as we believe it.
    pub address: ClientAddress,
    /// With what software; at most 255 characters.
    pub user_agent: Option<String>,
    /// Joins log lines and audit rows.
    pub request_id: String,
}
