//! Spans on their way to the collector.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByReason {
    reason: &'static str,
}

/// What became of spans. Cheap to clone.
#[derive(Clone, Debug)]
pub struct SpanCounts {
    exported: Counter,
    dropped: Family<ByReason, Counter>,
}

impl SpanCounts {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let this = Self {
            exported: Counter::default(),
            dropped: Family::default(),
        };
        registry.register(
            "gatewright_spans_exported",
            "Spans that the collector took",
            this.exported.clone(),
        );
        registry.register(
            "gatewright_spans_dropped",
            "Spans that are lost: the queue was full, or the collector did not take them",
            this.dropped.clone(),
        );
        this
    }

    /// The collector took so many.
    pub(crate) fn exported(&self, spans: usize) {
        self.exported.inc_by(wide(spans));
    }

    /// Nobody will see so many.
    pub(crate) fn dropped(&self, reason: &'static str, spans: usize) {
        let labels = ByReason { reason };
        self.dropped.get_or_create(&labels).inc_by(wide(spans));
    }
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
