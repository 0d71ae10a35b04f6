//! A call of a model, as it is counted and told as a span: by the conventions of OpenTelemetry for generative AI, without a word of what
//! was said.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use gatewright_domain::Clock;
use gatewright_engine::{
    CallId, Failure,
    call::{ModelAnswer, ModelCall},
};
use gatewright_observe::{
    metrics::ModelCall as Counted,
    trace::{Kind, Span, SpanId, TraceId, Value},
};
use gatewright_usecase_runs::{RunPlan, execution_id};
use uuid::Uuid;

use super::{Observation, runs::whose};

/// A call that is under way.
pub(crate) struct ObservedCall {
    observed: Observation,
    plan: Arc<RunPlan>,
    id: CallId,
    provider: String,
    model: String,
    clock: Arc<dyn Clock>,
    began: Instant,
    first: Option<Duration>,
}

impl ObservedCall {
    /// It begins now.
    pub(crate) fn begin(
        observed: &Observation,
        clock: &Arc<dyn Clock>,
        plan: &Arc<RunPlan>,
        id: CallId,
        call: &ModelCall,
    ) -> Self {
        Self {
            observed: observed.clone(),
            plan: Arc::clone(plan),
            id,
            provider: call.provider.clone(),
            model: call.model.clone(),
            clock: Arc::clone(clock),
            began: Instant::now(),
            first: None,
        }
    }

    /// A piece of the answer came.
    pub(crate) fn piece(&mut self) {
        self.first.get_or_insert_with(|| self.began.elapsed());
    }

    /// It has ended.
    pub(crate) fn ended(self, answered: &Result<ModelAnswer, Failure>) {
        let took = self.began.elapsed();
        let tokens = |name: &str| {
            let usage = answered.as_ref().map(|answer| &answer.usage.object);
            usage
                .ok()
                .and_then(|usage| usage[name].as_u64())
                .unwrap_or(0)
        };
        let counted = Counted {
            provider: &self.provider,
            model: &self.model,
            is_answered: answered.is_ok(),
            took,
            first_token: self.first,
            prompt_tokens: tokens("prompt_tokens"),
            completion_tokens: tokens("completion_tokens"),
        };
        self.observed.metrics.models.called(&counted);
        let trace = TraceId::of(self.plan.key.run_id);
        let tracer = self.observed.tracer.as_ref();
        if let Some(tracer) = tracer.filter(|tracer| tracer.sampler().keeps(trace)) {
            tracer.export(self.span(&counted, answered));
        }
    }

    fn span(&self, counted: &Counted<'_>, answered: &Result<ModelAnswer, Failure>) -> Span {
        let run = self.plan.key.run_id;
        let mut attributes = whose(&self.plan);
        attributes.extend([
            ("gen_ai.operation.name", "chat".into()),
            ("gen_ai.provider.name", self.provider.clone().into()),
            ("gen_ai.request.model", self.model.clone().into()),
        ]);
        match answered {
            Ok(answer) => {
                let reason = answer.finish_reason.clone();
                attributes.extend([
                    ("gen_ai.usage.input_tokens", counted.prompt_tokens.into()),
                    (
                        "gen_ai.usage.output_tokens",
                        counted.completion_tokens.into(),
                    ),
                    (
                        "gen_ai.response.finish_reasons",
                        Value::Texts(reason.into_iter().collect()),
                    ),
                ]);
            }
            // The class alone: messages of vendors repeat what was said.
            Err(failure) => attributes.push(("error.type", failure.error_type.clone().into())),
        }
        let ended = u64::try_from(self.clock.now().timestamp_micros()).unwrap_or_default();
        let took = u64::try_from(counted.took.as_micros()).unwrap_or_default();
        Span {
            trace: TraceId::of(run),
            id: self.own_id(),
            parent: Some(SpanId::of(execution_id(run, self.id.execution))),
            name: format!("chat {}", self.model).into(),
            kind: Kind::Client,
            began: ended.saturating_sub(took),
            ended,
            attributes,
            link: None,
            is_error: answered.is_err(),
        }
    }

    /// Made of the execution and the attempt, so that no two calls of a run have the same.
    fn own_id(&self) -> SpanId {
        let own = execution_id(self.plan.key.run_id, self.id.execution).as_u128();
        let salt = u128::from(self.id.attempt) + 1;
        SpanId::of(Uuid::from_u128(own ^ (salt << 1 | 1)))
    }
}
