//! The rising delay after failed sign-ins: the first five failures cost nothing, then each further
//! one doubles the wait. Kept per account and network, so that nobody locks anybody else out for
//! a day (DECISIONS §2 "Login lock", §4 "Login").

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::interval::remaining;

/// Failures that cost no delay.
pub const FREE_FAILURES: u32 = 5;
const FIRST_DELAY_SECONDS: i64 = 15;
const LONGEST_DELAY_SECONDS: i64 = 15 * 60;

/// What is remembered of one account seen from one network (or one known browser).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LoginThrottle {
    failures: u32,
    blocked_until: Option<DateTime<Utc>>,
}

/// A sign-in has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// Whole seconds, at least 1.
    pub seconds: u64,
}

impl LoginThrottle {
    /// Charges one attempt before the password is looked at, so that parallel guesses cannot share
    /// one look at the counter. A success forgets the whole record.
    pub fn begin(mut self, now: DateTime<Utc>) -> Result<Self, Wait> {
        if let Some(until) = self.blocked_until
            && now < until
        {
            let seconds = remaining(until, now).as_secs() + 1;
            return Err(Wait { seconds });
        }
        self.failures = self.failures.saturating_add(1);
        self.blocked_until = (self.failures > FREE_FAILURES).then(|| {
            let doublings = (self.failures - FREE_FAILURES - 1).min(16);
            let delay = (FIRST_DELAY_SECONDS << doublings).min(LONGEST_DELAY_SECONDS);
            now + TimeDelta::seconds(delay)
        });
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_failures_are_free_then_the_wait_doubles_up_to_a_quarter_of_an_hour() {
        let mut now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let mut throttle = LoginThrottle::default();
        for _ in 0..=FREE_FAILURES {
            throttle = throttle.begin(now).expect("free");
        }
        let mut waits = vec![];
        for _ in 0..9 {
            let wait = throttle.clone().begin(now).expect_err("must wait");
            waits.push(wait.seconds - 1);
            now += TimeDelta::seconds(i64::try_from(wait.seconds).unwrap());
            throttle = throttle.begin(now).expect("the wait is over");
        }
        assert_eq!(waits, [15, 30, 60, 120, 240, 480, 900, 900, 900]);
    }
}
