//! What an app must not be told, and must not say (`sensitive_word_avoidance` of its features): lists of words.

use gatewright_usecase_runs::{OutputRule, fold};
use serde_json::{Map, Value};

use crate::RunServiceError;

/// The one kind that is served.
const KEYWORDS: &str = "keywords";

/// The rules of an app.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Moderation {
    /// Folded; none is empty.
    words: Vec<String>,
    /// What answers a question that contains one of them.
    input: Option<String>,
    /// What takes the place of an answer that contains one of them.
    output: Option<String>,
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
        let kind = own["type"].as_str().unwrap_or_default();
        if kind != KEYWORDS {
            let problem = format!("Moderation of type `{kind}` is not available.");
            return Err(RunServiceError::Graph(problem));
        }
        let config = &own["config"];
        let rows = config["keywords"].as_str().unwrap_or_default().lines();
        let words = rows.map(|row| fold(row.trim()));
        let preset = |side: &str| {
            let side = &config[side];
            let text = side["preset_response"].as_str().unwrap_or_default();
            (side["enabled"] == true).then(|| text.to_owned())
        };
        Ok(Some(Self {
            words: words.filter(|word| !word.is_empty()).collect(),
            input: preset("inputs_config"),
            output: preset("outputs_config"),
        }))
    }

    /// What answers a question and its inputs, when a word is in them.
    pub(crate) fn instead_of_answer(
        &self,
        query: &str,
        inputs: &Map<String, Value>,
    ) -> Option<&str> {
        let preset = self.input.as_deref()?;
        let told = inputs.values().filter_map(Value::as_str);
        let is_told = |text: &str| {
            let text = fold(text);
            self.words.iter().any(|word| text.contains(word))
        };
        std::iter::once(query)
            .chain(told)
            .any(is_told)
            .then_some(preset)
    }

    /// What is watched while the app answers.
    pub(crate) fn output_rule(self) -> Option<OutputRule> {
        let preset = self.output?;
        (!self.words.is_empty()).then_some(OutputRule {
            words: self.words,
            preset,
        })
    }
}

/// What is watched while an app of these features answers.
pub(crate) fn output_rule(
    features: &Map<String, Value>,
) -> Result<Option<OutputRule>, RunServiceError> {
    Ok(Moderation::of(features)?.and_then(Moderation::output_rule))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(own: &Value) -> Result<Option<Moderation>, RunServiceError> {
        let features = json!({"sensitive_word_avoidance": own});
        Moderation::of(features.as_object().unwrap())
    }

    #[test]
    fn question_and_its_inputs_are_looked_through_for_each_row_of_words() {
        let own = json!({"enabled": true, "type": "keywords", "config": {"keywords": "badword\n\n\0\n  Worse ",
            "inputs_config": {"enabled": true, "preset_response": "No such input."},
            "outputs_config": {"enabled": false, "preset_response": "x"}}});
        let rules = of(&own).unwrap().unwrap();
        for (query, inputs, hit) in [
            ("a BADWORD in it", json!({}), true),
            ("a bad\0word in it", json!({}), true),
            ("fine", json!({"a": "bad\0word"}), true),
            ("fine", json!({"a": 1, "b": "wORSE"}), true),
            ("fine", json!({"a": null, "b": "bad word"}), false),
            ("", json!({}), false),
        ] {
            let instead = rules.instead_of_answer(query, inputs.as_object().unwrap());
            assert_eq!(instead, hit.then_some("No such input."), "{query} {inputs}");
        }
        assert_eq!(rules.output_rule(), None);
    }

    #[test]
    fn moderation_that_cannot_be_done_is_refused_and_one_that_is_off_is_none() {
        for kind in ["api", "openai_moderation", ""] {
            let refused = of(&json!({"enabled": true, "type": kind, "config": {}}));
            assert!(refused.is_err(), "{kind}");
            let off = of(&json!({"enabled": false, "type": kind}));
            assert_eq!(off.unwrap(), None);
        }
        assert_eq!(Moderation::of(&Map::new()).unwrap(), None);
        let empty = of(&json!({"enabled": true, "type": "keywords", "config": {
            "inputs_config": {"enabled": true}, "outputs_config": {"enabled": true}}}));
        let empty = empty.unwrap().unwrap();
        assert_eq!(empty.instead_of_answer("", &Map::new()), None);
        assert_eq!(empty.output_rule(), None);
    }
}
