//! Which parameters of a model the builder offers, in which ranges. What is sent is not checked against
//! them: an app may have been made for another model, and ranges are the vendor's business.

use serde::Serialize;
use serde_json::{Value, json};

/// One parameter. Members and their order are those of the console's API.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ParameterRule {
    /// `temperature`.
    pub name: String,
    /// The known parameter that it is, if it is one.
    pub use_template: Option<&'static str>,
    /// For people, by language.
    pub label: Value,
    /// `float`, `int`, `string`, `boolean` or `text`.
    pub r#type: &'static str,
    /// For people, by language; null when there is nothing to say.
    pub help: Value,
    /// Whether it must be there.
    pub required: bool,
    /// What it is unless somebody says otherwise; null: the vendor's.
    pub default: Value,
    /// The least; null: none.
    pub min: Value,
    /// The greatest; null: none.
    pub max: Value,
    /// Places behind the point; null: any.
    pub precision: Value,
    /// What it may be; empty: anything.
    pub options: Vec<String>,
}

impl ParameterRule {
    fn new(name: &'static str, label: &str, r#type: &'static str) -> Self {
        Self {
            name: name.to_owned(),
            use_template: Some(name),
            label: json!({"en_US": label, "zh_Hans": label}),
            r#type,
            help: Value::Null,
            required: false,
            default: Value::Null,
            min: Value::Null,
            max: Value::Null,
            precision: Value::Null,
            options: vec![],
        }
    }

    fn range(mut self, min: Value, max: Value, default: Value) -> Self {
        if self.r#type == "float" {
            self.precision = json!(2);
        }
        (self.min, self.max, self.default) = (min, max, default);
        self
    }
}

/// Those of a language model behind the OpenAI protocol. `most_tokens`: what an answer may have at most.
/// `structured`: whether it answers by a JSON Schema.
pub fn of_language_model(most_tokens: u64, structured: bool) -> Vec<ParameterRule> {
    let rule = ParameterRule::new;
    let mut rules = vec![
        rule("temperature", "Temperature", "float").range(json!(0.0), json!(2.0), json!(0.7)),
        rule("top_p", "Top P", "float").range(json!(0.0), json!(1.0), json!(1.0)),
        rule("frequency_penalty", "Frequency penalty", "float").range(
            json!(-2.0),
            json!(2.0),
            json!(0.0),
        ),
        rule("presence_penalty", "Presence penalty", "float").range(
            json!(-2.0),
            json!(2.0),
            json!(0.0),
        ),
        rule("max_tokens", "Max tokens", "int").range(
            json!(1),
            json!(most_tokens),
            json!(most_tokens.min(512)),
        ),
    ];
    if structured {
        let mut format = rule("response_format", "Response format", "string");
        format.options = ["text", "json_object", "json_schema"]
            .map(str::to_owned)
            .to_vec();
        rules.extend([format, rule("json_schema", "JSON Schema", "text")]);
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_that_answers_by_schema_offers_it() {
        let names = |structured| {
            let rules = of_language_model(4096, structured);
            rules.into_iter().map(|rule| rule.name).collect::<Vec<_>>()
        };
        assert_eq!(names(false).len(), 5);
        assert_eq!(names(true)[5..], ["response_format", "json_schema"]);
        let most = &of_language_model(256, false)[4];
        assert_eq!((&most.max, &most.default), (&json!(256), &json!(256)));
    }
}
