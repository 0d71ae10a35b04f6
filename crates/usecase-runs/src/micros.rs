//! Instants and durations of a run, counted in microseconds, as clients and storage want them.

use gatewright_engine::Micros;

/// Whole seconds since 1970.
pub(crate) fn unix_seconds(now: Micros) -> i64 {
    i64::try_from(now / 1_000_000).unwrap_or(i64::MAX)
}

/// Microseconds as seconds.
#[allow(
    clippy::cast_precision_loss,
    reason = "a duration that long is not measured to the microsecond"
)]
pub(crate) fn seconds(micros: Micros) -> f64 {
    micros as f64 / 1e6
}
