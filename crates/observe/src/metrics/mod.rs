//! The figures of a process. Each is declared once, with its name and what it means; `docs/operations.md` lists all of them.

mod models;
mod process;
mod readings;
mod requests;
mod runs;
mod spans;

use std::fmt::Write as _;

use gatewright_domain::GATEWRIGHT_VERSION;
use prometheus_client::{
    encoding::{prometheus_text, text},
    metrics::{histogram::Histogram, info::Info},
    registry::Registry,
};

pub use self::{
    models::{ModelCall, Models},
    readings::{Figure, Reading},
    requests::{OpenStream, Requests},
    runs::Runs,
    spans::SpanCounts,
};

/// The figures of a process.
#[derive(Debug)]
pub struct Metrics {
    /// Of the edge.
    pub requests: Requests,
    /// Of runs and their nodes.
    pub runs: Runs,
    /// Of calls of models.
    pub models: Models,
    /// Of spans that are sent away.
    pub spans: SpanCounts,
    registry: Registry,
}

/// The two formats that Prometheus asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `OpenMetrics` in its version 1.0.
    OpenMetrics,
    /// Prometheus' own, 0.0.4.
    Plain,
}

impl Format {
    /// What the answer says of its body.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Plain => "text/plain; version=0.0.4; charset=utf-8",
        }
    }

    /// What whoever sends this `Accept` wants.
    pub fn accepted(accept: &str) -> Self {
        if accept.contains("application/openmetrics-text") {
            Self::OpenMetrics
        } else {
            Self::Plain
        }
    }
}

impl Metrics {
    /// Nothing has happened yet.
    #[allow(
        clippy::new_without_default,
        reason = "figures begin with their process"
    )]
    pub fn new() -> Self {
        let mut registry = Registry::default();
        registry.register(
            "gatewright_build",
            "Which version this is; always 1",
            Info::new(vec![("version", GATEWRIGHT_VERSION)]),
        );
        Self {
            requests: Requests::new(&mut registry),
            runs: Runs::new(&mut registry),
            models: Models::new(&mut registry),
            spans: SpanCounts::new(&mut registry),
            registry,
        }
    }

    /// Everything as Prometheus reads it, with what was read elsewhere and of the process itself.
    pub fn encode(&self, readings: &[Reading], format: Format) -> String {
        let mut scrape = Registry::default();
        let all = readings.iter().cloned().chain(process::readings());
        readings::register(&mut scrape, all);
        let mut text = String::new();
        let done = match format {
            Format::OpenMetrics => text::encode_registry(&mut text, &self.registry)
                .and_then(|()| text::encode(&mut text, &scrape)),
            Format::Plain => prometheus_text::encode(&mut text, &self.registry)
                .and_then(|()| prometheus_text::encode(&mut text, &scrape)),
        };
        if done.is_err() {
            // A text takes everything: this cannot be.
            let _ = writeln!(text, "# cut off");
        }
        text
    }
}

/// What takes from a millisecond to a minute.
fn seconds() -> Histogram {
    Histogram::new([
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
    ])
}

/// What takes from ten milliseconds to an hour.
fn long_seconds() -> Histogram {
    Histogram::new([
        0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0,
    ])
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use super::*;

    #[test]
    fn both_formats_have_every_figure_once_and_values_are_escaped() {
        let metrics = Metrics::new();
        let route: Arc<str> = "/v1/\"info\"".into();
        metrics
            .requests
            .answered("GET", &route, 200, Duration::from_millis(3));
        for format in [Format::OpenMetrics, Format::Plain] {
            let text = metrics.encode(&[Reading::new(Figure::QueueJobs, "ma\"il", 3.0)], format);
            let line = "gatewright_http_requests_total{method=\"GET\",route=\"/v1/\\\"info\\\"\",status=\"2xx\"} 1";
            assert!(text.lines().any(|one| one == line), "{text}");
            let line = "gatewright_queue_jobs{queue=\"ma\\\"il\"} 3";
            assert!(text.lines().any(|one| one.starts_with(line)), "{text}");
            let types: Vec<&str> = text
                .lines()
                .filter(|one| one.starts_with("# TYPE"))
                .collect();
            let names: std::collections::BTreeSet<&str> = types.iter().copied().collect();
            assert_eq!(names.len(), types.len(), "{text}");
            let ends = text.matches("# EOF").count();
            assert_eq!(ends, usize::from(format == Format::OpenMetrics), "{text}");
        }
    }

    #[test]
    fn build_is_told_with_its_version() {
        let text = Metrics::new().encode(&[], Format::Plain);
        let line = format!("gatewright_build_info{{version=\"{GATEWRIGHT_VERSION}\"}} 1");
        assert!(text.contains(&line), "{text}");
    }
}
