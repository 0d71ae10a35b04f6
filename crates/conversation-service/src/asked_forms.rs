//! Forms that the run behind a message asked people, as a list of messages shows them.

use gatewright_auth::form_token::FormKeys;
use gatewright_storage_runs::form::RunForm;
use serde_json::{Map, Value, json};

/// A form, and what came of it.
pub(crate) fn content(form: &RunForm, keys: &FormKeys) -> Value {
    let is_submitted = form.status == "submitted";
    json!({
        "type": "human_input",
        "workflow_run_id": form.run_id,
        "submitted": is_submitted,
        "form_definition": if is_submitted { Value::Null } else { definition(form, keys) },
        "form_submission_data": if is_submitted { submission(form) } else { Value::Null },
    })
}

/// What waits to be answered. The token is the app's page's: whoever is written to has one of their own.
fn definition(form: &RunForm, keys: &FormKeys) -> Value {
    let defined = object(Some(&form.definition));
    let recipient = form.recipient_id.zip(form.digest.as_deref());
    let token = recipient.and_then(|(id, digest)| keys.token_again(id, digest));
    json!({
        "form_id": form.id,
        "node_id": form.node_id,
        "node_title": member(&defined, "node_title"),
        "form_content": form.rendered_content,
        "inputs": member(&defined, "inputs"),
        "actions": member(&defined, "user_actions"),
        "display_in_ui": member(&defined, "display_in_ui"),
        "form_token": token.map(|token| token.expose().to_owned()),
        "resolved_default_values": member(&defined, "default_values"),
        "expiration_time": form.expiration_time.and_utc().timestamp(),
    })
}

/// What was answered.
fn submission(form: &RunForm) -> Value {
    let defined = object(Some(&form.definition));
    let outputs = object(form.outputs.as_deref());
    let action = form.action.as_deref().unwrap_or_default();
    let actions = defined.get("user_actions").and_then(Value::as_array);
    let mut actions = actions.into_iter().flatten();
    let pressed = actions.find(|one| one["id"] == action);
    let rendered = outputs.get("__rendered_content").and_then(Value::as_str);
    json!({
        "node_id": form.node_id,
        "node_title": member(&defined, "node_title"),
        "rendered_content": rendered.unwrap_or(&form.rendered_content),
        "action_id": action,
        "action_text": pressed.map_or(Value::Null, |one| one["title"].clone()),
        "submitted_data": object(form.data.as_deref()),
    })
}

fn object(text: Option<&str>) -> Map<String, Value> {
    let read = text.and_then(|text| serde_json::from_str(text).ok());
    read.unwrap_or_default()
}

fn member(defined: &Map<String, Value>, name: &str) -> Value {
    defined.get(name).cloned().unwrap_or_default()
}
