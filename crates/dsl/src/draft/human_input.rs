//! What must hold of a human-input node before its graph is saved: whoever fills in the form later must be able
//! to.

use std::collections::HashSet;

use serde_json::{Map, Value};

/// Characters of the id of an action, at most: it is the handle of an edge.
const MAX_ACTION_ID_CHARS: usize = 20;

/// Characters of the title of an action, at most.
const MAX_ACTION_TITLE_CHARS: usize = 100;

/// The ways to hand in a file of a form.
const UPLOAD_METHODS: [&str; 2] = ["local_file", "remote_url"];

/// What is wrong with the node, in words. `Ok` when nothing is.
pub(super) fn check(data: &Map<String, Value>) -> Result<(), String> {
    let actions = objects(data, "user_actions")?;
    let mut ids = HashSet::new();
    for action in actions {
        let id = check_action(action)?;
        if !ids.insert(id) {
            return Err(format!("duplicated action id '{id}'"));
        }
    }
    let mut names = HashSet::new();
    for input in objects(data, "inputs")? {
        let name = check_input(input)?;
        if !names.insert(name) {
            return Err(format!("duplicated output_variable_name '{name}'"));
        }
    }
    Ok(())
}

fn objects<'a>(
    data: &'a Map<String, Value>,
    key: &str,
) -> Result<Vec<&'a Map<String, Value>>, String> {
    let items = match data.get(key) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(items)) => items,
        Some(_) => return Err(format!("{key} must be a list")),
    };
    let object = |item: &'a Value| item.as_object();
    let objects: Option<Vec<_>> = items.iter().map(object).collect();
    objects.ok_or_else(|| format!("each of {key} must be an object"))
}

fn text<'a>(object: &'a Map<String, Value>, key: &str) -> &'a str {
    object.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn check_action(action: &Map<String, Value>) -> Result<&str, String> {
    let id = text(action, "id");
    if !is_identifier(id) || id.len() > MAX_ACTION_ID_CHARS {
        return Err(format!(
            "the id of an action must be an identifier of at most {MAX_ACTION_ID_CHARS} characters"
        ));
    }
    if text(action, "title").chars().count() > MAX_ACTION_TITLE_CHARS {
        return Err(format!(
            "the title of action '{id}' must have at most {MAX_ACTION_TITLE_CHARS} characters"
        ));
    }
    Ok(id)
}

/// `[A-Za-z_][A-Za-z0-9_]*`
fn is_identifier(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn check_input(input: &Map<String, Value>) -> Result<&str, String> {
    let name = text(input, "output_variable_name");
    if name.is_empty() {
        return Err("an input has no output_variable_name".to_owned());
    }
    let wrong = |what: &str| Err(format!("input '{name}': {what}"));
    let methods = input.get("allowed_file_upload_methods");
    let mut methods = methods.and_then(Value::as_array).into_iter().flatten();
    if methods.any(|method| !method.as_str().is_some_and(|m| UPLOAD_METHODS.contains(&m))) {
        return wrong("files are uploaded by local_file or remote_url only");
    }
    let limit = input.get("number_limits").and_then(Value::as_f64);
    if limit.is_some_and(|limit| limit < 0.0) {
        return wrong("number_limits must not be negative");
    }
    for source in ["default", "option_source"] {
        if let Some(Value::Object(source)) = input.get(source)
            && text(source, "type") == "variable"
            && source
                .get("selector")
                .and_then(Value::as_array)
                .map_or(0, Vec::len)
                < 2
        {
            return wrong("a variable is selected by two parts at least");
        }
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn error(data: Value) -> Option<String> {
        check(data.as_object().unwrap()).err()
    }

    #[test]
    fn form_that_nobody_could_fill_in_is_refused() {
        let action = |id: &str| json!({"id": id, "title": "t"});
        let input = |more: Value| {
            let mut input = json!({"type": "paragraph", "output_variable_name": "a"});
            input
                .as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            json!({"inputs": [input]})
        };
        let wrong = [
            json!({"user_actions": "x"}),
            json!({"user_actions": ["x"]}),
            json!({"user_actions": [action("")]}),
            json!({"user_actions": [action("1a")]}),
            json!({"user_actions": [action("a-b")]}),
            json!({"user_actions": [action(&"a".repeat(21))]}),
            json!({"user_actions": [action("a"), action("a")]}),
            json!({"user_actions": [{"id": "a", "title": "t".repeat(101)}]}),
            json!({"inputs": [{"type": "paragraph"}]}),
            json!({"inputs": [{"output_variable_name": "a"}, {"output_variable_name": "a"}]}),
            input(json!({"allowed_file_upload_methods": ["tool_file"]})),
            input(json!({"number_limits": -1})),
            input(json!({"default": {"type": "variable", "selector": ["a"]}})),
            input(json!({"option_source": {"type": "variable"}})),
        ];
        for data in wrong {
            assert!(error(data.clone()).is_some(), "{data}");
        }
        let right = [
            json!({}),
            json!({"user_actions": [action("yes"), action("_no_2")], "inputs": null}),
            input(
                json!({"number_limits": 0, "allowed_file_upload_methods": ["local_file", "remote_url"]}),
            ),
            input(json!({"default": {"type": "constant", "value": "x", "selector": []}})),
            input(json!({"default": {"type": "variable", "selector": ["start", "x"]}})),
        ];
        for data in right {
            assert_eq!(error(data.clone()), None, "{data}");
        }
    }
}
