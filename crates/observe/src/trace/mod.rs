//! Spans for OpenTelemetry: made when something has ended, kept or not by the sampler, sent away in batches by a task of their own
//! ([`Exporter`]). Ids of runs and nodes are those that the run has anyway, so that every process that works at a run says the same
//! without a word between them.

mod collector;
mod exporter;
mod ids;
mod otlp;
mod sampler;
mod span;

pub use self::{
    collector::Collector,
    exporter::{Exporter, Tracer},
    ids::{SpanContext, SpanId, TraceId},
    sampler::Sampler,
    span::{Kind, Span, Value},
};
