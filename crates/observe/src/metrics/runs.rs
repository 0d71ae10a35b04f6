//! Runs and their nodes.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::Registry,
};

use super::{long_seconds, seconds};

/// The node types that have figures of their own; what else there is counts as `other`, so that nobody's graph makes labels.
const NODE_TYPES: [&str; 21] = [
    "start",
    "end",
    "answer",
    "llm",
    "knowledge-retrieval",
    "if-else",
    "code",
    "template-transform",
    "question-classifier",
    "http-request",
    "tool",
    "variable-aggregator",
    "variable-assigner",
    "assigner",
    "iteration",
    "loop",
    "parameter-extractor",
    "document-extractor",
    "list-operator",
    "agent",
    "human-input",
];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct BySurface {
    surface: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByStatus {
    status: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByType {
    r#type: &'static str,
    status: &'static str,
}

/// Runs of a process. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Runs {
    started: Family<BySurface, Counter>,
    resumed: Counter,
    paused: Counter,
    ended: Family<ByStatus, Counter>,
    times: Family<ByStatus, Histogram, fn() -> Histogram>,
    nodes: Family<ByType, Histogram, fn() -> Histogram>,
    retries: Counter,
}

impl Runs {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let this = Self {
            started: Family::default(),
            resumed: Counter::default(),
            paused: Counter::default(),
            ended: Family::default(),
            times: Family::new_with_constructor(long_seconds),
            nodes: Family::new_with_constructor(seconds),
            retries: Counter::default(),
        };
        registry.register(
            "gatewright_runs_started",
            "Runs that began in this process and were kept, by where they were begun",
            this.started.clone(),
        );
        registry.register(
            "gatewright_runs_resumed",
            "Runs that went on in this process, after a pause or in place of a process that is gone",
            this.resumed.clone(),
        );
        registry.register(
            "gatewright_runs_paused",
            "Runs that began to wait for a person",
            this.paused.clone(),
        );
        registry.register(
            "gatewright_runs_ended",
            "Runs that ended in this process, by how",
            this.ended.clone(),
        );
        registry.register(
            "gatewright_run_duration_seconds",
            "Time from the beginning of a run to its end, waiting for people included",
            this.times.clone(),
        );
        registry.register(
            "gatewright_node_duration_seconds",
            "Time that a node took, by its type and how it ended",
            this.nodes.clone(),
        );
        registry.register(
            "gatewright_node_retries",
            "Attempts of nodes that failed and were followed by another one",
            this.retries.clone(),
        );
        this
    }

    /// A run began; `surface` is of a fixed few.
    pub fn started(&self, surface: &'static str) {
        self.started.get_or_create(&BySurface { surface }).inc();
    }

    /// A run went on here.
    pub fn resumed(&self) {
        self.resumed.inc();
    }

    /// A run waits for a person.
    pub fn paused(&self) {
        self.paused.inc();
    }

    /// A run ended, after so many seconds.
    pub fn ended(&self, status: &'static str, seconds: f64) {
        let labels = ByStatus { status };
        self.ended.get_or_create(&labels).inc();
        self.times.get_or_create(&labels).observe(seconds);
    }

    /// A node ended, after so many seconds.
    pub fn node_ended(&self, node_type: &str, status: &'static str, seconds: f64) {
        let known = NODE_TYPES.into_iter().find(|known| *known == node_type);
        let labels = ByType {
            r#type: known.unwrap_or("other"),
            status,
        };
        self.nodes.get_or_create(&labels).observe(seconds);
    }

    /// An attempt of a node failed, and there will be another one.
    pub fn node_retried(&self) {
        self.retries.inc();
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text;

    use super::*;

    #[test]
    fn node_of_a_type_that_is_not_known_makes_no_label() {
        let mut registry = Registry::default();
        let runs = Runs::new(&mut registry);
        for node_type in ["llm", "a", "b", "c"] {
            runs.node_ended(node_type, "succeeded", 0.2);
        }
        let mut written = String::new();
        text::encode(&mut written, &registry).expect("a text takes everything");
        let count = "gatewright_node_duration_seconds_count";
        for line in [
            format!("{count}{{type=\"llm\",status=\"succeeded\"}} 1"),
            format!("{count}{{type=\"other\",status=\"succeeded\"}} 3"),
        ] {
            assert!(written.contains(&line), "{written}");
        }
        assert_eq!(written.matches(count).count(), 2);
    }
}
