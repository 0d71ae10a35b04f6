//! Runs, as they are counted and told as spans. A run is a trace of its own, whose id is the run's: a run outlives the request that began
//! it, and may go on in another process, which then says the same ids without being told.

use std::{borrow::Cow, sync::Arc};

use gatewright_observe::{
    metrics::{Figure, Reading},
    trace::{Kind, Span, SpanId, TraceId, Value},
};
use gatewright_run_events::{NodeStatus, RunStatus, StartReason};
use gatewright_usecase_runs::{
    Lasted, NodeOutcome, RunObserver, RunOutcome, RunPlan, RunRegistry, Surface, attempt_id,
    execution_id,
};

use super::{
    Observation,
    sources::{count, number},
};
use crate::node::NodeCalls;

/// Counts runs and tells of them.
pub(crate) struct ObservedRuns(pub(crate) Observation);

impl RunObserver for ObservedRuns {
    fn started(&self, plan: &RunPlan, reason: StartReason) {
        let runs = &self.0.metrics.runs;
        match reason {
            StartReason::Initial => runs.started(surface(plan.surface)),
            StartReason::Resumption => runs.resumed(),
        }
    }

    fn node_ended(&self, plan: &RunPlan, node: &NodeOutcome<'_>) {
        let runs = &self.0.metrics.runs;
        let of = &node.end.node;
        runs.node_ended(&of.node_type, node.status.as_str(), seconds(node.lasted));
        if node.retry > 0 {
            runs.node_retried();
        }
        self.export(plan, || node_span(plan, node));
    }

    fn paused(&self, _: &RunPlan) {
        self.0.metrics.runs.paused();
    }

    fn ended(&self, plan: &RunPlan, end: &RunOutcome) {
        let runs = &self.0.metrics.runs;
        runs.ended(end.status.as_str(), seconds(end.lasted));
        self.export(plan, || run_span(plan, end));
    }
}

impl ObservedRuns {
    fn export(&self, plan: &RunPlan, span: impl FnOnce() -> Span) {
        let tracer = self.0.tracer.as_ref();
        let trace = TraceId::of(plan.key.run_id);
        if let Some(tracer) = tracer.filter(|tracer| tracer.sampler().keeps(trace)) {
            tracer.export(span());
        }
    }
}

fn run_span(plan: &RunPlan, end: &RunOutcome) -> Span {
    let mut attributes = whose(plan);
    attributes.extend([
        ("gatewright.workflow.id", id(plan.workflow_id)),
        ("gatewright.run.surface", surface(plan.surface).into()),
        ("gatewright.run.status", end.status.as_str().into()),
        ("gatewright.run.steps", end.total_steps.into()),
        ("gatewright.run.tokens", end.total_tokens.into()),
    ]);
    if let Some(dialogue) = &plan.dialogue {
        attributes.push(("gen_ai.conversation.id", id(dialogue.conversation_id)));
    }
    let run = plan.key.run_id;
    Span {
        trace: TraceId::of(run),
        id: SpanId::of(run),
        parent: None,
        name: "run".into(),
        kind: Kind::Internal,
        began: end.lasted.from,
        ended: end.lasted.until,
        attributes,
        link: None,
        is_error: end.status == RunStatus::Failed,
    }
}

fn node_span(plan: &RunPlan, node: &NodeOutcome<'_>) -> Span {
    let of = &node.end.node;
    let run = plan.key.run_id;
    let own = match node.retry {
        0 => execution_id(run, of.execution),
        retry => attempt_id(run, of.execution, retry),
    };
    let mut attributes = whose(plan);
    attributes.extend([
        ("gatewright.node.id", of.node_id.clone().into()),
        ("gatewright.node.type", of.node_type.clone().into()),
        ("gatewright.node.execution", of.execution.into()),
        ("gatewright.node.status", node.status.as_str().into()),
    ]);
    if let Some(pass) = of.within.first() {
        attributes.push(("gatewright.container.id", pass.node_id.clone().into()));
        let index = u64::from(pass.index);
        attributes.push(("gatewright.container.index", index.into()));
    }
    Span {
        trace: TraceId::of(run),
        id: SpanId::of(own),
        parent: Some(SpanId::of(run)),
        name: Cow::Owned(format!("node {}", of.node_type)),
        kind: Kind::Internal,
        began: node.lasted.from,
        ended: node.lasted.until,
        attributes,
        link: None,
        is_error: matches!(
            node.status,
            NodeStatus::Failed | NodeStatus::Exception | NodeStatus::Retry
        ),
    }
}

/// By which log lines and spans find each other.
pub(super) fn whose(plan: &RunPlan) -> Vec<(&'static str, Value)> {
    vec![
        ("gatewright.run.id", id(plan.key.run_id)),
        ("gatewright.tenant.id", id(plan.tenant_id)),
        ("gatewright.app.id", id(plan.app_id)),
    ]
}

fn id(id: uuid::Uuid) -> Value {
    id.to_string().into()
}

fn surface(surface: Surface) -> &'static str {
    match surface {
        Surface::Service => "service",
        Surface::WebApp => "web-app",
        Surface::Programs => "openapi",
        Surface::People => "console",
    }
}

#[allow(
    clippy::cast_precision_loss,
    reason = "a duration that long is not measured to the microsecond"
)]
fn seconds(lasted: Lasted) -> f64 {
    lasted.until.saturating_sub(lasted.from) as f64 / 1e6
}

/// What stands in the memory of the runs of a process.
pub struct RunFigures {
    pub(crate) registry: Arc<RunRegistry>,
    pub(crate) calls: NodeCalls,
}

impl RunFigures {
    pub(super) fn readings(&self) -> Vec<Reading> {
        let active = count(self.registry.count());
        let documents = self.calls.documents_seen();
        let mut readings = vec![
            Reading::alone(Figure::RunsActive, active),
            Reading::new(Figure::DocumentsRead, "read", number(documents.read)),
            Reading::new(Figure::DocumentsRead, "failed", number(documents.failed)),
        ];
        if let Some(sandbox) = self.calls.sandbox() {
            let status = sandbox.status();
            readings.extend([
                Reading::alone(Figure::SandboxStarted, number(status.started)),
                Reading::alone(Figure::SandboxBusy, count(status.busy)),
                Reading::alone(Figure::SandboxRefused, number(status.refused)),
            ]);
        }
        readings
    }
}
