//! Calls of models. Names of models are of the endpoints' file or of an app's author: only so many have figures of their own.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::Registry,
};

use super::seconds;

/// Pairs of provider and model that have figures of their own; what comes after them is `other`.
const MAX_MODELS: usize = 100;
/// Longer names are no names of models.
const MAX_NAME_CHARS: usize = 100;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Model {
    provider: Arc<str>,
    model: Arc<str>,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByOutcome {
    provider: Arc<str>,
    model: Arc<str>,
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByKind {
    provider: Arc<str>,
    model: Arc<str>,
    kind: &'static str,
}

/// How a call of a model went.
#[derive(Debug, Clone, Default)]
pub struct ModelCall<'a> {
    /// The provider as apps name it.
    pub provider: &'a str,
    /// The model as apps name it.
    pub model: &'a str,
    /// Whether there is an answer.
    pub is_answered: bool,
    /// How long it took.
    pub took: Duration,
    /// Until the first piece of the answer, where it came in pieces.
    pub first_token: Option<Duration>,
    /// Tokens of the question.
    pub prompt_tokens: u64,
    /// Tokens of the answer.
    pub completion_tokens: u64,
}

/// Calls of models. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Models {
    calls: Family<ByOutcome, Counter>,
    tokens: Family<ByKind, Counter>,
    times: Family<Model, Histogram, fn() -> Histogram>,
    first: Family<Model, Histogram, fn() -> Histogram>,
    known: Arc<Mutex<HashSet<Model>>>,
}

impl Models {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let this = Self {
            calls: Family::default(),
            tokens: Family::default(),
            times: Family::new_with_constructor(seconds),
            first: Family::new_with_constructor(seconds),
            known: Arc::default(),
        };
        registry.register(
            "gatewright_model_calls",
            "Calls of models by nodes, by whether there was an answer",
            this.calls.clone(),
        );
        registry.register(
            "gatewright_model_tokens",
            "Tokens of models by nodes: of prompts and of completions",
            this.tokens.clone(),
        );
        registry.register(
            "gatewright_model_call_duration_seconds",
            "Time from the question to the end of the answer",
            this.times.clone(),
        );
        registry.register(
            "gatewright_model_first_token_seconds",
            "Time from the question to the first piece of an answer that came in pieces",
            this.first.clone(),
        );
        this
    }

    /// A model was asked.
    pub fn called(&self, call: &ModelCall<'_>) {
        let Model { provider, model } = self.known(call.provider, call.model);
        let by = |kind| ByKind {
            provider: Arc::clone(&provider),
            model: Arc::clone(&model),
            kind,
        };
        for (kind, tokens) in [
            ("prompt", call.prompt_tokens),
            ("completion", call.completion_tokens),
        ] {
            self.tokens.get_or_create(&by(kind)).inc_by(tokens);
        }
        let outcome = if call.is_answered {
            "answered"
        } else {
            "failed"
        };
        let by = ByOutcome {
            provider: Arc::clone(&provider),
            model: Arc::clone(&model),
            outcome,
        };
        self.calls.get_or_create(&by).inc();
        let labels = Model { provider, model };
        let time = self.times.get_or_create(&labels);
        time.observe(call.took.as_secs_f64());
        drop(time);
        if let Some(first) = call.first_token {
            self.first
                .get_or_create(&labels)
                .observe(first.as_secs_f64());
        }
    }

    /// The labels of a model that has figures of its own, or is given some; else those of all others.
    fn known(&self, provider: &str, model: &str) -> Model {
        let named = Model {
            provider: provider.into(),
            model: model.into(),
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let is_name = |text: &str| text.chars().count() <= MAX_NAME_CHARS;
        if known.contains(&named) {
            return named;
        }
        if known.len() < MAX_MODELS && is_name(provider) && is_name(model) {
            known.insert(named.clone());
            return named;
        }
        Model {
            provider: "other".into(),
            model: "other".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text;

    use super::*;

    #[test]
    fn model_behind_the_hundredth_is_counted_among_the_others() {
        let mut registry = Registry::default();
        let models = Models::new(&mut registry);
        for number in 0..MAX_MODELS + 7 {
            models.called(&ModelCall {
                provider: "p",
                model: &format!("m{number}"),
                is_answered: true,
                ..ModelCall::default()
            });
        }
        let mut written = String::new();
        text::encode(&mut written, &registry).expect("a text takes everything");
        let lines = written.matches("gatewright_model_calls_total{").count();
        assert_eq!(lines, MAX_MODELS + 1);
        let others = "gatewright_model_calls_total{provider=\"other\",model=\"other\",outcome=\"answered\"} 7";
        assert!(written.contains(others), "{written}");
    }
}
