//! What is sent: the body of a call.

use gatewright_model::{
    ChatCall, InvokeError, InvokeErrorKind, Media, MediaKind, Message, Mode, Part, Role,
    endpoint_file::EndpointModel,
    message::MediaSource,
    structured::{JSON_SCHEMA, RESPONSE_FORMAT},
};
use serde_json::{Map, Value, json};

use crate::request;

/// Behind the endpoint's base URL.
pub(crate) fn path(mode: Mode) -> &'static str {
    match mode {
        Mode::Chat => "chat/completions",
        Mode::Completion => "completions",
    }
}

/// The app's parameters first, what makes the call over them, the operator's members over both; a null of theirs
/// takes a member out.
pub(crate) fn of(call: &ChatCall, mode: Mode, model: &EndpointModel) -> Result<Value, InvokeError> {
    let mut body = parameters(&call.parameters)?;
    let mut set = |name: &str, value: Value| body.insert(name.to_owned(), value);
    set("model", model.upstream.as_str().into());
    set("stream", true.into());
    set("stream_options", json!({"include_usage": true}));
    match mode {
        Mode::Chat => {
            set("messages", call.messages.iter().map(message).collect());
            if !call.tools.is_empty() {
                set("tools", tools(call));
            }
        }
        Mode::Completion => {
            let texts: Vec<_> = call.messages.iter().map(Message::text).collect();
            set("prompt", texts.join("\n").into());
        }
    }
    if !call.stop.is_empty() {
        set("stop", call.stop.as_slice().into());
    }
    if let Some(user) = &call.user {
        set("user", user.as_str().into());
    }
    request::put_over(&mut body, &model.body);
    Ok(Value::Object(body))
}

/// As they are, but for the form of the answer, which apps name by a word and a text.
fn parameters(given: &Map<String, Value>) -> Result<Map<String, Value>, InvokeError> {
    let passed_on = |name: &str, value: &Value| {
        !value.is_null() && ![RESPONSE_FORMAT, JSON_SCHEMA].contains(&name)
    };
    let mut body: Map<_, _> = given
        .iter()
        .filter(|(name, value)| passed_on(name, value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if let Some(format) = response_format(given)? {
        body.insert(RESPONSE_FORMAT.to_owned(), format);
    }
    Ok(body)
}

fn response_format(given: &Map<String, Value>) -> Result<Option<Value>, InvokeError> {
    let word = match given.get(RESPONSE_FORMAT) {
        Some(Value::String(word)) => Some(word.as_str()),
        Some(object @ Value::Object(_)) => return Ok(Some(object.clone())),
        _ => None,
    };
    let schema = given.get(JSON_SCHEMA).filter(|schema| !schema.is_null());
    Ok(match (word, schema) {
        (Some("json_schema") | None, Some(schema)) => {
            Some(json!({"type": "json_schema", "json_schema": named_schema(schema)?}))
        }
        (Some("JSON" | "json_object"), _) => Some(json!({"type": "json_object"})),
        (Some("text"), _) => Some(json!({"type": "text"})),
        // Words of other vendors, and a schema that is announced and missing.
        _ => None,
    })
}

fn named_schema(given: &Value) -> Result<Value, InvokeError> {
    let schema = match given {
        Value::String(text) => serde_json::from_str(text).map_err(|error| {
            let problem = format!("json_schema is not JSON: {error}");
            InvokeError::new(InvokeErrorKind::BadRequest, problem)
        })?,
        other => other.clone(),
    };
    if schema.get("schema").is_some() {
        return Ok(schema);
    }
    Ok(json!({"name": "llm_response", "schema": schema}))
}

fn tools(call: &ChatCall) -> Value {
    let functions = call.tools.iter().map(|tool| {
        json!({"type": "function", "function": {
            "name": tool.name, "description": tool.description, "parameters": tool.parameters,
        }})
    });
    functions.collect()
}

fn message(message: &Message) -> Value {
    let mut said = Map::new();
    said.insert("role".to_owned(), message.role.as_str().into());
    said.insert("content".to_owned(), content(message));
    if !message.tool_calls.is_empty() {
        let calls = message.tool_calls.iter().map(|call| {
            json!({"id": call.id, "type": "function", "function": {
                "name": call.name, "arguments": call.arguments,
            }})
        });
        said.insert("tool_calls".to_owned(), calls.collect());
    }
    if let (Role::Tool, Some(id)) = (message.role, &message.tool_call_id) {
        said.insert("tool_call_id".to_owned(), id.as_str().into());
    }
    Value::Object(said)
}

/// One text where there is nothing else: not every server takes parts.
fn content(message: &Message) -> Value {
    if message.media().next().is_none() {
        return message.text().into();
    }
    let parts = message.parts.iter().map(|part| match part {
        Part::Text(text) => json!({"type": "text", "text": text}),
        Part::Media(media) => media_part(media),
    });
    parts.collect()
}

fn media_part(media: &Media) -> Value {
    match (media.kind, &media.source) {
        (MediaKind::Image, _) => json!({"type": "image_url", "image_url": {
            "url": media.url(), "detail": media.detail.as_str(),
        }}),
        (MediaKind::Audio, MediaSource::Base64(data)) => {
            json!({"type": "input_audio", "input_audio": {"data": data, "format": media.format}})
        }
        (MediaKind::Audio, MediaSource::Url(url)) => {
            json!({"type": "audio_url", "audio_url": {"url": url}})
        }
        (MediaKind::Video, _) => json!({"type": "video_url", "video_url": {"url": media.url()}}),
        (MediaKind::Document, _) => json!({"type": "file", "file": {
            "filename": media.filename, "file_data": media.url(),
        }}),
    }
}
