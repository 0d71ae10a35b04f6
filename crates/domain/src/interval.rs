//! Intervals between instants. Instants of several machines differ by what their clocks differ, so the
//! difference of two may be negative; an interval is not. Nothing else subtracts an instant from another.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// By how much the clocks of the machines of one installation may differ and still count as equal.
pub const CLOCK_SKEW: TimeDelta = TimeDelta::seconds(2);

/// `since` lies ahead of `now` by more than [`CLOCK_SKEW`]: one of two clocks is wrong, and how long ago
/// it was nobody can tell. Whoever grants something for a while refuses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the clock is behind")]
pub struct ClockBehind;

/// How long ago `since` was.
///
/// # Errors
/// [`ClockBehind`] when it is yet to come.
pub fn elapsed(since: DateTime<Utc>, now: DateTime<Utc>) -> Result<Duration, ClockBehind> {
    let difference = now.signed_duration_since(since);
    match difference.to_std() {
        Ok(elapsed) => Ok(elapsed),
        Err(_) if difference >= -CLOCK_SKEW => Ok(Duration::ZERO),
        Err(_) => Err(ClockBehind),
    }
}

/// Whether `since` is at most `most` ago. What is yet to come is not.
pub fn is_within(most: Duration, since: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    elapsed(since, now).is_ok_and(|elapsed| elapsed <= most)
}

/// How far two clocks are apart, whichever is ahead.
pub fn apart(one: DateTime<Utc>, other: DateTime<Utc>) -> Duration {
    let difference = one.signed_duration_since(other).abs();
    difference.to_std().unwrap_or(Duration::MAX)
}

/// How long it is until `until`; nothing when it has passed.
pub fn remaining(until: DateTime<Utc>, now: DateTime<Utc>) -> Duration {
    until
        .signed_duration_since(now)
        .to_std()
        .unwrap_or_default()
}

/// The same in whole seconds, as the wire says it.
pub fn remaining_seconds(until: DateTime<Utc>, now: DateTime<Utc>) -> i64 {
    i64::try_from(remaining(until, now).as_secs()).unwrap_or(i64::MAX)
}

/// The same in milliseconds and at least one, as a store takes it.
pub fn ttl_millis(until: DateTime<Utc>, now: DateTime<Utc>) -> i64 {
    i64::try_from(remaining(until, now).as_millis())
        .unwrap_or(i64::MAX)
        .max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    #[test]
    fn a6_elapsed_is_never_negative_and_a_clock_behind_is_an_error() {
        let ten = Duration::from_secs(10);
        assert_eq!(elapsed(at(0), at(7)), Ok(Duration::from_secs(7)));
        assert_eq!(elapsed(at(2), at(0)), Ok(Duration::ZERO), "within the skew");
        for behind in [3, 10, 3600, 1_000_000_000] {
            assert_eq!(elapsed(at(behind), at(0)), Err(ClockBehind));
            assert!(!is_within(ten, at(behind), at(0)));
        }
        assert!(is_within(ten, at(0), at(10)));
        assert!(!is_within(ten, at(0), at(11)));
        assert_eq!(remaining(at(0), at(7)), Duration::ZERO);
        assert_eq!(
            (
                remaining_seconds(at(9), at(2)),
                remaining_seconds(at(2), at(9))
            ),
            (7, 0)
        );
        assert_eq!(
            (ttl_millis(at(9), at(2)), ttl_millis(at(2), at(9))),
            (7000, 1)
        );
    }
}
