//! What is seen of a process from outside: figures for Prometheus ([`metrics`]), on a listener of their own
//! ([`listener`]), and spans for OpenTelemetry ([`trace`]).
//!
//! Whoever does the work says what happened (a request was answered, a node ended) and waits for nobody: counting is a few atomic
//! operations, a span goes into a bounded queue. What stands somewhere already (a queue's depth, connections of a pool) is read when
//! Prometheus asks ([`metrics::Reading`]).

pub mod listener;
pub mod metrics;
mod settings;
pub mod trace;

pub use settings::{MetricsSettings, TraceSettings};
