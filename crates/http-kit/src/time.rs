//! Times as programs are told them.

use chrono::{DateTime, Timelike as _, Utc};

/// ISO 8601 without zone, UTC; microseconds unless there are none.
pub fn iso(at: DateTime<Utc>) -> String {
    let whole = at.format("%Y-%m-%dT%H:%M:%S");
    match at.nanosecond() / 1000 {
        0 => whole.to_string(),
        micros => format!("{whole}.{micros:06}"),
    }
}

#[cfg(test)]
mod tests {
    use super::iso;

    #[test]
    fn time_has_microseconds_unless_there_are_none() {
        for (time, told) in [
            ("2026-11-28T09:21:10Z", "2026-11-28T09:21:10"),
            ("2026-11-28T09:21:09.384438Z", "2026-11-28T09:21:09.384438"),
        ] {
            assert_eq!(iso(time.parse().unwrap()), told);
        }
    }
}
