//! Logs.

use tracing_subscriber::{EnvFilter, fmt};

use crate::settings::LogSettings;

/// Starts logging to standard output. A second call changes nothing.
pub fn init(settings: &LogSettings) {
    let filter = EnvFilter::new(settings.level.to_lowercase());
    let builder = fmt().with_env_filter(filter).with_target(true);
    let started = if settings.format == "json" {
        builder.json().flatten_event(true).try_init()
    } else {
        builder.with_ansi(false).try_init()
    };
    if started.is_err() {
        tracing::debug!("logging was started before");
    }
}
