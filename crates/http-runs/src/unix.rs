//! Times as the wire has them.

use chrono::NaiveDateTime;

/// In Unix seconds.
pub(crate) fn unix(at: NaiveDateTime) -> i64 {
    at.and_utc().timestamp()
}
