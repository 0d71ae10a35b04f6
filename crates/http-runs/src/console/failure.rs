//! What owners of apps are answered when a question cannot be read, or is none for this kind of app.

use std::fmt;

use gatewright_domain::{Class, Classify};

/// Why something is not shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotShown {
    /// The route is for apps of these modes.
    WrongMode(&'static [&'static str]),
    /// The beginning of a stretch of time is no time.
    BadStart,
    /// The end of a stretch of time is no time.
    BadEnd,
    /// A stretch of time that ends before it begins.
    Reversed,
    /// An annotation without an answer.
    NoAnswer,
    /// Annotations are named by what is no id.
    NoIds,
    /// `7d`, `24h`, `30m` or `90s` is what it must look like.
    BadTimeRange,
}

impl std::error::Error for NotShown {}

impl fmt::Display for NotShown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongMode(modes) => {
                write!(
                    f,
                    "App mode is not in the supported list: {}",
                    modes.join(", ")
                )
            }
            Self::BadStart => {
                f.write_str("Invalid start time format: it must be like 2026-11-29 08:30")
            }
            Self::BadEnd => {
                f.write_str("Invalid end time format: it must be like 2026-11-29 08:30")
            }
            Self::Reversed => f.write_str("start must be earlier than or equal to end"),
            Self::NoAnswer => f.write_str("answer is required"),
            Self::NoIds => f.write_str("annotation_id must be the id of an annotation"),
            Self::BadTimeRange => f.write_str("Invalid time_range: it must be like 7d, 24h or 30m"),
        }
    }
}

impl Classify for NotShown {
    fn class(&self) -> Class<'_> {
        match self {
            Self::WrongMode(_) => Class::not_found("app_not_found"),
            Self::BadStart | Self::BadEnd | Self::Reversed => Class::invalid("bad_request"),
            Self::NoIds => Class::invalid("need_add_ids"),
            Self::BadTimeRange | Self::NoAnswer => Class::invalid("invalid_param"),
        }
    }
}
