//! The clock as a parameter. Tests hand in a clock that they turn by hand, so none of them sleeps.

use chrono::{DateTime, SubsecRound as _, Utc};

/// Tells the time. UTC; microseconds are enough for every use.
pub trait Clock: Send + Sync {
    /// The current instant.
    fn now(&self) -> DateTime<Utc>;
}

/// The operating system's clock: the one implementation that servers use.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(
        clippy::disallowed_methods,
        reason = "the one place that reads the clock"
    )]
    fn now(&self) -> DateTime<Utc> {
        // What the database keeps and the wire shows; more would only differ after a round trip.
        Utc::now().trunc_subsecs(6)
    }
}
