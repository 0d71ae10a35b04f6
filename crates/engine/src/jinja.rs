//! Jinja2 templates of nodes.

use minijinja::Value;
use serde_json::Value as Json;

use crate::{failure::Failure, fields::Fields};

/// Renders a template over variables.
pub(crate) fn render(template: &str, variables: &Fields, limit: usize) -> Result<String, Failure> {
    let environment = minijinja::Environment::new();
    let context = Value::from_pairs(
        variables
            .iter()
            .map(|(name, value)| (name, shown(value.json()))),
    );
    let text = environment.render_str(template, context);
    let text = text.map_err(|e| Failure::new("CodeExecutionError", e.to_string()))?;
    if text.len() > limit {
        return Err(Failure::new("ValueError", "The text is too long."));
    }
    Ok(text)
}

fn shown(json: &Json) -> Value {
    match json {
        Json::Null => Value::from(()),
        Json::Bool(truth) => Value::from(*truth),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Value::from(whole),
            None => Value::from(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => items.iter().map(shown).collect(),
        Json::Object(members) => Value::from_pairs(
            members
                .iter()
                .map(|(key, value)| (key.as_str(), shown(value))),
        ),
    }
}
