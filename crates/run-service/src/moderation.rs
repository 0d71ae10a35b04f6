//! What an app must not be told, and must not say (`sensitive_word_avoidance` of its features): lists of words, and judges.

use std::sync::Arc;

use gatewright_usecase_runs::{OutputRule, WordRule, fold};
use serde_json::{Map, Value};

use crate::{
    RunServiceError,
    judges::{Case, InputVerdict, JudgedBy, Judges, Told, of_answers},
};

/// Words of a list.
const MAX_WORDS: usize = 1_000;
/// Bytes of all of them.
const MAX_BYTES: usize = 100_000;

/// By what texts are judged.
#[derive(Debug, PartialEq, Eq)]
enum Check {
    /// Folded; none is empty.
    Words(Vec<String>),
    Judged(JudgedBy),
}

/// The rules of an app.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Moderation {
    check: Check,
    /// What answers a question that is not to be told.
    input: Option<String>,
    /// What takes the place of an answer that is not to be said.
    output: Option<String>,
}

/// What becomes of a question.
#[derive(Debug, PartialEq)]
pub(crate) enum Heard {
    /// The app is asked.
    Fine,
    /// It is answered by these words, and nobody is asked.
    Answered(String),
    /// The app is asked this instead.
    Overridden(Told),
}

impl Moderation {
    /// As the features of the app have it; none when it is off.
    ///
    /// # Errors
    /// When it is on and cannot be done: an app that asks for it does not run without.
    pub(crate) fn of(features: &Map<String, Value>) -> Result<Option<Self>, RunServiceError> {
        let Some(own) = features.get("sensitive_word_avoidance") else {
            return Ok(None);
        };
        if own["enabled"] != true {
            return Ok(None);
        }
        let config = &own["config"];
        let preset = |side: &str| {
            let side = &config[side];
            let text = side["preset_response"].as_str().unwrap_or_default();
            (side["enabled"] == true).then(|| text.to_owned())
        };
        Ok(Some(Self {
            check: check(own["type"].as_str().unwrap_or_default(), config)?,
            input: preset("inputs_config"),
            output: preset("outputs_config"),
        }))
    }

    /// What becomes of a question and its inputs.
    ///
    /// # Errors
    /// When there is nobody to judge, or nobody who answers.
    pub(crate) async fn hear(
        &self,
        judges: &dyn Judges,
        case: impl Fn(JudgedBy) -> Case,
        told: &Told,
    ) -> Result<Heard, RunServiceError> {
        let by = match &self.check {
            Check::Words(words) => {
                let preset = self.input.as_ref().filter(|_| is_told(words, told));
                return Ok(preset.map_or(Heard::Fine, |preset| Heard::Answered(preset.clone())));
            }
            Check::Judged(by) => case(*by),
        };
        judges.find(by).await?;
        let Some(preset) = &self.input else {
            return Ok(Heard::Fine);
        };
        Ok(match judges.input(by, told.clone()).await? {
            InputVerdict::Fine => Heard::Fine,
            InputVerdict::Flagged(own) => Heard::Answered(own.unwrap_or_else(|| preset.clone())),
            InputVerdict::Overridden(new) => Heard::Overridden(with_texts(told, new)),
        })
    }

    /// What is watched while the app answers.
    pub(crate) fn output_rule(
        self,
        judges: &Arc<dyn Judges>,
        case: impl Fn(JudgedBy) -> Case,
    ) -> Option<OutputRule> {
        let preset = self.output?;
        match self.check {
            Check::Words(words) => {
                (!words.is_empty()).then_some(OutputRule::Words(WordRule { words, preset }))
            }
            Check::Judged(by) => {
                let judge = of_answers(judges, case(by), preset);
                Some(OutputRule::Judged(judge))
            }
        }
    }
}

fn check(kind: &str, config: &Value) -> Result<Check, RunServiceError> {
    match kind {
        "keywords" => {
            let rows = config["keywords"].as_str().unwrap_or_default().lines();
            let words = rows.map(|row| fold(row.trim()));
            let words: Vec<String> = words.filter(|word| !word.is_empty()).collect();
            let bytes: usize = words.iter().map(String::len).sum();
            // Each piece of an answer is looked through for all of them.
            if words.len() > MAX_WORDS || bytes > MAX_BYTES {
                let problem = format!("Moderation takes at most {MAX_WORDS} words.");
                return Err(RunServiceError::Graph(problem));
            }
            Ok(Check::Words(words))
        }
        "openai_moderation" => Ok(Check::Judged(JudgedBy::Model)),
        "api" => {
            let id = config["api_based_extension_id"]
                .as_str()
                .unwrap_or_default();
            let id = id.parse().map_err(|_| {
                RunServiceError::Graph("Moderation of type `api` names no API extension.".into())
            });
            Ok(Check::Judged(JudgedBy::Extension(id?)))
        }
        _ => {
            let problem = format!("Moderation of type `{kind}` is not available.");
            Err(RunServiceError::Graph(problem))
        }
    }
}

/// Whether one of the words is in a question or its inputs.
fn is_told(words: &[String], told: &Told) -> bool {
    let texts = told.inputs.values().filter_map(Value::as_str);
    let has_one = |text: &str| {
        let text = fold(text);
        words.iter().any(|word| text.contains(word))
    };
    std::iter::once(told.query.as_str())
        .chain(texts)
        .any(has_one)
}

/// What is told with the texts of another: no input comes or goes, and none is of another type.
fn with_texts(told: &Told, new: Told) -> Told {
    let mut inputs = told.inputs.clone();
    for (name, value) in &mut inputs {
        let other = new.inputs.get(name).filter(|other| other.is_string());
        if let (true, Some(other)) = (value.is_string(), other) {
            value.clone_from(other);
        }
    }
    Told {
        query: new.query,
        inputs,
    }
}

#[cfg(test)]
#[path = "moderation_tests.rs"]
mod tests;
