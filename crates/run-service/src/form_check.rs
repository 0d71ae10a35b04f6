//! Whether an answer fits its form (apps.md §3.13).

use serde_json::{Map, Value};

/// Why an answer does not fit, in the words that clients know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// The form has no such button.
    #[error("Invalid action: {0}")]
    Action(String),
    /// Fields that were not sent.
    #[error("Missing required inputs: {0}")]
    Missing(String),
    /// A field whose value is of another kind than the form asks for.
    #[error("Invalid value for input '{name}': {problem}")]
    Value {
        /// The field, as the form calls it.
        name: String,
        /// What it has to be.
        problem: &'static str,
    },
}

/// The answers by field: those that the form has, in its order.
pub(crate) fn check(
    definition: &Value,
    action: &str,
    mut sent: Map<String, Value>,
) -> Result<Map<String, Value>, Misfit> {
    let list = |name: &str| definition[name].as_array().map_or(&[][..], Vec::as_slice);
    if !list("user_actions").iter().any(|one| one["id"] == action) {
        return Err(Misfit::Action(action.to_owned()));
    }
    let inputs = list("inputs");
    let names = inputs.iter().map(field_name);
    let missing: Vec<&str> = names.filter(|name| !sent.contains_key(*name)).collect();
    if !missing.is_empty() {
        return Err(Misfit::Missing(missing.join(", ")));
    }
    let mut kept = Map::new();
    for input in inputs {
        let name = field_name(input);
        let value = sent.shift_remove(name).unwrap_or_default();
        if let Some(problem) = problem(input, &value) {
            let name = name.to_owned();
            return Err(Misfit::Value { name, problem });
        }
        kept.insert(name.to_owned(), value);
    }
    Ok(kept)
}

/// What a field of a form is called.
pub fn field_name(input: &Value) -> &str {
    input["output_variable_name"].as_str().unwrap_or_default()
}

fn problem(input: &Value, value: &Value) -> Option<&'static str> {
    match input["type"].as_str().unwrap_or("paragraph") {
        "select" => {
            let options = input["option_source"]["value"].as_array();
            let is_offered = options.is_some_and(|options| options.contains(value));
            (!is_offered).then_some("must be one of the options")
        }
        "file" | "file-list" => Some("files cannot be sent yet"),
        _ => (!value.is_string()).then_some("must be a string"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn checked(action: &str, sent: Value) -> Result<String, String> {
        let definition = json!({
            "user_actions": [{"id": "yes", "title": "Yes"}],
            "inputs": [
                {"output_variable_name": "why", "type": "paragraph"},
                {"output_variable_name": "size", "type": "select", "option_source": {"type": "constant", "value": ["s", "m"]}},
            ],
        });
        let sent = sent.as_object().cloned().unwrap_or_default();
        check(&definition, action, sent)
            .map(|kept| Value::Object(kept).to_string())
            .map_err(|misfit| misfit.to_string())
    }

    #[test]
    fn answer_is_refused_by_action_missing_fields_and_kinds_and_keeps_what_the_form_has() {
        assert_eq!(
            checked("yes", json!({"stray": 1, "size": "m", "why": ""})),
            Ok(r#"{"why":"","size":"m"}"#.to_owned())
        );
        for (action, sent, message) in [
            ("no", json!({}), "Invalid action: no"),
            ("yes", json!({}), "Missing required inputs: why, size"),
            ("yes", json!({"why": "x"}), "Missing required inputs: size"),
            (
                "yes",
                json!({"why": 1, "size": "s"}),
                "Invalid value for input 'why': must be a string",
            ),
            (
                "yes",
                json!({"why": "", "size": "xl"}),
                "Invalid value for input 'size': must be one of the options",
            ),
        ] {
            assert_eq!(checked(action, sent), Err(message.to_owned()));
        }
    }
}
