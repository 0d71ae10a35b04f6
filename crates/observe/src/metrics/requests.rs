//! What the edge was asked, and how it answered. Labels are templates of routes, never what a caller wrote.

use std::{sync::Arc, time::Duration};

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

use super::seconds;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    route: Arc<str>,
    status: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Asked {
    method: &'static str,
    route: Arc<str>,
}

/// Requests of the edge. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Requests {
    answered: Family<Answered, Counter>,
    times: Family<Asked, Histogram, fn() -> Histogram>,
    streams: Gauge,
}

impl Requests {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let this = Self {
            answered: Family::default(),
            times: Family::new_with_constructor(seconds),
            streams: Gauge::default(),
        };
        registry.register(
            "gatewright_http_requests",
            "Requests that were answered, by template of the route and class of the status",
            this.answered.clone(),
        );
        registry.register(
            "gatewright_http_request_duration_seconds",
            "Time until the answer's body began",
            this.times.clone(),
        );
        registry.register(
            "gatewright_http_open_streams",
            "Answers whose body is still being written",
            this.streams.clone(),
        );
        this
    }

    /// A request was answered. `method` and `route` are of those that were declared.
    pub fn answered(&self, method: &'static str, route: &Arc<str>, status: u16, took: Duration) {
        let labels = Answered {
            method,
            route: Arc::clone(route),
            status: class(status),
        };
        self.answered.get_or_create(&labels).inc();
        let Answered { method, route, .. } = labels;
        let time = self.times.get_or_create(&Asked { method, route });
        time.observe(took.as_secs_f64());
    }

    /// An answer goes on, until what is returned is dropped.
    #[must_use]
    pub fn stream(&self) -> OpenStream {
        self.streams.inc();
        OpenStream(self.streams.clone())
    }
}

/// An answer that goes on.
#[derive(Debug)]
pub struct OpenStream(Gauge);

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.dec();
    }
}

fn class(status: u16) -> &'static str {
    match status / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}
