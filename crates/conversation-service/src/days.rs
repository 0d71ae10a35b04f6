//! A stretch of time as somebody says it, in the zone in which they live.

use chrono::NaiveDateTime;

/// From when to when, in a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    /// An IANA zone.
    pub zone: &'static str,
    /// Not before this minute.
    pub from: Option<NaiveDateTime>,
    /// Not after this minute, which counts to its end.
    pub to: Option<NaiveDateTime>,
}
