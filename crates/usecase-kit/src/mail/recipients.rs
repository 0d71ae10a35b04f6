//! What a mailbox gets: a budget per address over all senders and kinds of letters that others can
//! cause. Past it each letter makes the next one wait, at most a quarter of an hour. Letters that tell
//! somebody what happened to their own account always leave: whoever floods a mailbox must not be
//! able to silence them.

use chrono::{DateTime, Utc};
use gatewright_domain::{
    error::Unavailable,
    throttle::{Slope, Wait},
};
use gatewright_kv::Throttles;

/// Counts letters per mailbox. Cheap to clone.
#[derive(Clone)]
pub struct Recipients {
    throttles: Throttles,
    slope: Option<Slope>,
}

impl Recipients {
    /// By this slope; none: nothing is counted.
    pub fn new(throttles: Throttles, slope: Option<Slope>) -> Self {
        Self { throttles, slope }
    }

    /// Pays for a letter to an address (in lower case). `asker` is what the budget is kept for beside
    /// the address: nothing for strangers, who share one.
    pub async fn charge(
        &self,
        email: &str,
        asker: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Result<(), Wait>, Unavailable> {
        let Some(slope) = self.slope else {
            return Ok(Ok(()));
        };
        let pardons = self.throttles.pardons(email).await?;
        let asker = asker.unwrap_or("anybody");
        let who = format!("letters/{email}/{asker}/{pardons}");
        self.throttles.charge(&who, slope, now).await
    }
}
