//! What slows a stranger and shuts nobody out: some failures cost nothing, then each further one
//! doubles the wait, up to a quarter of an hour and never more. Kept for sign-ins (per account and
//! network, and per account from everywhere), for wrong codes and for mails to one mailbox.
//!
//! An attempt is counted when its outcome is known. Until then it is open, and takes up the room of a
//! failure: so parallel guesses cannot share one look at the counter, and parallel sign-ins with the
//! right password are not taken for guesses. Whoever finds no room waits for those who are being
//! checked. An attempt whose outcome never comes (its server ended) counts as a failure.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::interval::remaining;

/// Failures of one network or known browser that cost no delay.
pub const FREE_FAILURES: u32 = 5;
/// The longest wait.
pub const MAX_WAIT: TimeDelta = TimeDelta::minutes(15);
const FIRST_DELAY_SECONDS: i64 = 15;
/// Longer than the outcome of any attempt takes.
const OPEN_FOR: TimeDelta = TimeDelta::seconds(60);

/// How steep it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slope {
    /// Failures that cost nothing.
    pub free: u32,
    /// Without a further failure everything is forgotten after this.
    pub memory: TimeDelta,
}

/// What is remembered of one thing that is tried.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Throttle {
    failures: u32,
    blocked_until: Option<DateTime<Utc>>,
    /// When each attempt whose outcome is not known yet becomes a failure.
    #[serde(default)]
    open: Vec<DateTime<Utc>>,
}

/// An attempt whose outcome is not known yet. Two that began at the same instant are as good as each
/// other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenAttempt(DateTime<Utc>);

/// How long to wait before the next attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// Whole seconds, from 1 to those of [`MAX_WAIT`].
    pub seconds: u64,
}

/// Why an attempt may not be made now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// After too many failures.
    Wait(Wait),
    /// Others are being checked; if they are right, there is room.
    Busy,
}

impl Throttle {
    /// Begins an attempt.
    ///
    /// # Errors
    /// A [`Refusal`] when it may not be made now.
    pub fn begin(
        mut self,
        slope: Slope,
        now: DateTime<Utc>,
    ) -> Result<(Self, OpenAttempt), Refusal> {
        self.close_forgotten(slope, now);
        if let Some(wait) = self.wait(now) {
            return Err(Refusal::Wait(wait));
        }
        // The failure after the free ones begins the delay; from then on one is tried at a time.
        let room = (slope.free + 1).saturating_sub(self.failures).max(1);
        if self.open.len() >= room as usize {
            return Err(Refusal::Busy);
        }
        let attempt = OpenAttempt(now + OPEN_FOR);
        self.open.push(attempt.0);
        Ok((self, attempt))
    }

    /// The attempt failed: it counts once, and an attempt that is not open any more counts not at all.
    #[must_use]
    pub fn fail(mut self, attempt: OpenAttempt, slope: Slope, now: DateTime<Utc>) -> Self {
        if self.close(attempt) {
            self.count(slope, now);
        }
        self
    }

    /// It came to nothing that should count.
    #[must_use]
    pub fn release(mut self, attempt: OpenAttempt) -> Self {
        self.close(attempt);
        self
    }

    /// It was right: all failures are forgotten. What others have open stays open.
    #[must_use]
    pub fn refund(self, attempt: OpenAttempt) -> Self {
        let mut rest = self.release(attempt);
        rest.failures = 0;
        rest.blocked_until = None;
        rest
    }

    /// Something happened that counts at once, if it may happen now.
    ///
    /// # Errors
    /// The [`Wait`] when it may not.
    pub fn charge(mut self, slope: Slope, now: DateTime<Utc>) -> Result<Self, Wait> {
        self.close_forgotten(slope, now);
        match self.wait(now) {
            Some(wait) => Err(wait),
            None => Ok(self.charge_anyway(slope, now)),
        }
    }

    /// Something happened that counts, whether or not it was to happen now.
    #[must_use]
    pub fn charge_anyway(mut self, slope: Slope, now: DateTime<Utc>) -> Self {
        self.count(slope, now);
        self
    }

    /// How long nothing may be tried.
    pub fn wait(&self, now: DateTime<Utc>) -> Option<Wait> {
        let left = remaining(self.blocked_until?, now);
        // A clock that is ahead elsewhere makes no wait longer than the longest.
        let left = left.min(MAX_WAIT.to_std().unwrap_or(left));
        let seconds = left.as_millis().div_ceil(1000);
        let seconds = u64::try_from(seconds).unwrap_or(u64::MAX);
        (seconds > 0).then_some(Wait { seconds })
    }

    /// Whether there is nothing to remember.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn close(&mut self, attempt: OpenAttempt) -> bool {
        let found = self.open.iter().position(|open| *open == attempt.0);
        found.map(|at| self.open.swap_remove(at)).is_some()
    }

    fn close_forgotten(&mut self, slope: Slope, now: DateTime<Utc>) {
        let all = self.open.len();
        self.open.retain(|open| now < *open);
        for _ in self.open.len()..all {
            self.count(slope, now);
        }
    }

    fn count(&mut self, slope: Slope, now: DateTime<Utc>) {
        self.failures = self.failures.saturating_add(1);
        if self.failures > slope.free {
            let doublings = (self.failures - slope.free - 1).min(16);
            let delay = TimeDelta::seconds(FIRST_DELAY_SECONDS << doublings).min(MAX_WAIT);
            self.blocked_until = Some(now + delay);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOPE: Slope = Slope {
        free: FREE_FAILURES,
        memory: TimeDelta::days(1),
    };

    fn start() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn guess(throttle: Throttle, now: DateTime<Utc>) -> Result<Throttle, Refusal> {
        let (throttle, attempt) = throttle.begin(SLOPE, now)?;
        Ok(throttle.fail(attempt, SLOPE, now))
    }

    #[test]
    fn throttle_wait_doubles_after_five_failures_up_to_fifteen_minutes() {
        let mut now = start();
        let mut throttle = Throttle::default();
        for _ in 0..=FREE_FAILURES {
            throttle = guess(throttle, now).expect("free");
        }
        let mut waits = vec![];
        for _ in 0..9 {
            let Err(Refusal::Wait(wait)) = guess(throttle.clone(), now) else {
                panic!("must wait")
            };
            waits.push(wait.seconds);
            now += TimeDelta::seconds(i64::try_from(wait.seconds).unwrap());
            throttle = guess(throttle, now).expect("the wait is over");
        }
        assert_eq!(waits, [15, 30, 60, 120, 240, 480, 900, 900, 900]);
    }

    #[test]
    fn throttle_counts_parallel_attempts_as_failures_until_they_succeed() {
        let mut throttle = Throttle::default();
        let mut open = vec![];
        for _ in 0..=FREE_FAILURES {
            let (next, attempt) = throttle.begin(SLOPE, start()).expect("room");
            throttle = next;
            open.push(attempt);
        }
        assert_eq!(throttle.clone().begin(SLOPE, start()), Err(Refusal::Busy));
        for attempt in open {
            throttle = throttle.refund(attempt);
        }
        assert!(throttle.is_empty());
    }

    #[test]
    fn throttle_attempt_without_outcome_counts_as_one_failure() {
        let (mut throttle, first) = Throttle::default().begin(SLOPE, start()).expect("room");
        for _ in 0..FREE_FAILURES {
            throttle = throttle.begin(SLOPE, start()).expect("room").0;
        }
        let later = start() + OPEN_FOR;
        let closed = throttle.clone().begin(SLOPE, later);
        assert!(matches!(closed, Err(Refusal::Wait(_))), "{closed:?}");
        throttle.close_forgotten(SLOPE, later);
        let again = throttle.clone().fail(first, SLOPE, later);
        assert_eq!(again, throttle);
    }

    #[test]
    fn throttle_wait_is_at_most_its_maximum_though_clocks_differ() {
        let ahead = start() + TimeDelta::days(30);
        let mut throttle = Throttle::default();
        for _ in 0..20 {
            throttle = throttle.charge_anyway(SLOPE, ahead);
        }
        assert_eq!(throttle.wait(start()), Some(Wait { seconds: 900 }));
    }
}
