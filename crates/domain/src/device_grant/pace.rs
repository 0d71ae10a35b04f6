//! How often a device may poll (RFC 8628 §3.5): five seconds at first, five more for each poll
//! that comes early, never more than a minute.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::interval::elapsed;

/// The pace of one device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PollPace {
    /// Seconds that must lie between two polls, 5 to 60.
    pub interval_seconds: u32,
    last_poll_at: Option<DateTime<Utc>>,
}

impl PollPace {
    /// The first interval (`interval` of the device authorization response), in seconds.
    pub const FIRST: u32 = 5;
    /// What each early poll adds, in seconds.
    pub const STEP: u32 = 5;
    /// The longest interval, in seconds.
    pub const MAX_LENGTH: u32 = 60;

    /// Nobody has polled yet.
    pub fn new() -> Self {
        Self {
            interval_seconds: Self::FIRST,
            last_poll_at: None,
        }
    }

    /// Whether a poll now would be early. A tenth of the interval, at most a second, is forgiven
    /// to clocks that run fast and to networks that deliver late and then on time.
    pub fn is_early(&self, now: DateTime<Utc>) -> bool {
        let interval = Duration::from_secs(self.interval_seconds.into());
        let tolerance = (interval / 10).min(Duration::from_secs(1));
        // A clock that is behind cannot tell: early.
        let enough = interval.saturating_sub(tolerance);
        self.last_poll_at
            .is_some_and(|last| !elapsed(last, now).is_ok_and(|so_far| so_far >= enough))
    }

    /// After a poll in time.
    #[must_use]
    pub fn polled(&self, now: DateTime<Utc>) -> Self {
        Self {
            interval_seconds: self.interval_seconds,
            last_poll_at: Some(now),
        }
    }

    /// After a poll that came early.
    #[must_use]
    pub fn slowed(&self, now: DateTime<Utc>) -> Self {
        Self {
            interval_seconds: (self.interval_seconds + Self::STEP).min(Self::MAX_LENGTH),
            last_poll_at: Some(now),
        }
    }
}

impl Default for PollPace {
    fn default() -> Self {
        Self::new()
    }
}
