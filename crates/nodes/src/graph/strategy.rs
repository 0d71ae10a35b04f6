//! What every node may say about its failures: how often to try again, and what then.

use serde::Deserialize;
use serde_json::{Map, Value};

/// What happens when a node failed for the last time.
#[derive(Debug, Clone, PartialEq)]
pub enum OnError {
    /// The run fails.
    Abort,
    /// The node ends as an exception and leaves by the handle `fail-branch`.
    FailBranch,
    /// The node ends as an exception with these outputs, and goes on as if nothing had happened.
    Default(Map<String, Value>),
}

/// How often a node is tried again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retry {
    /// Attempts after the first; 0 = none.
    pub times: u32,
    /// Pause between two attempts in milliseconds.
    pub pause_ms: u64,
}

#[derive(Deserialize, Default)]
struct RawRetry {
    #[serde(default)]
    retry_enabled: bool,
    #[serde(default)]
    max_retries: u32,
    #[serde(default)]
    retry_interval: f64,
}

#[derive(Deserialize)]
struct RawDefault {
    key: String,
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    value: Value,
}

/// Reads `retry_config`; absent or off is no retry. At most 10 attempts, as the editor offers.
pub(crate) fn retry(data: &Map<String, Value>) -> Result<Retry, String> {
    let raw = match data.get("retry_config") {
        None | Some(Value::Null) => return Ok(Retry::default()),
        Some(raw) => RawRetry::deserialize(raw).map_err(|e| format!("retry_config: {e}"))?,
    };
    if !raw.retry_enabled {
        return Ok(Retry::default());
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped to what fits
    let pause_ms = raw.retry_interval.clamp(0.0, 3_600_000.0) as u64;
    Ok(Retry {
        times: raw.max_retries.min(10),
        pause_ms,
    })
}

/// Reads `error_strategy` and `default_value`.
pub(crate) fn on_error(data: &Map<String, Value>) -> Result<OnError, String> {
    match data.get("error_strategy").and_then(Value::as_str) {
        None | Some("" | "none") => Ok(OnError::Abort),
        Some("fail-branch") => Ok(OnError::FailBranch),
        Some("default-value") => defaults(data).map(OnError::Default),
        Some(other) => Err(format!("error_strategy {other:?} is unknown")),
    }
}

fn defaults(data: &Map<String, Value>) -> Result<Map<String, Value>, String> {
    let raw: Vec<RawDefault> = match data.get("default_value") {
        None | Some(Value::Null) => Vec::new(),
        Some(raw) => Vec::deserialize(raw).map_err(|e| format!("default_value: {e}"))?,
    };
    raw.into_iter()
        .map(|one| typed(&one).map(|value| (one.key, value)))
        .collect()
}

/// A text for something that is no text is JSON; what then has another type than the one that is said is refused.
fn typed(raw: &RawDefault) -> Result<Value, String> {
    let value = match &raw.value {
        Value::String(text) if raw.kind != "string" => serde_json::from_str(text)
            .map_err(|_| format!("default_value of {}: {text:?} is not {}", raw.key, raw.kind))?,
        other => other.clone(),
    };
    let item_is =
        |is: fn(&Value) -> bool| value.as_array().is_some_and(|items| items.iter().all(is));
    let fits = match raw.kind.as_str() {
        "string" => value.is_string(),
        "number" => value.is_number(),
        "object" => value.is_object(),
        "boolean" => value.is_boolean(),
        "array[string]" => item_is(Value::is_string),
        "array[number]" => item_is(Value::is_number),
        "array[object]" => item_is(Value::is_object),
        "array[boolean]" => item_is(Value::is_boolean),
        kind if kind.starts_with("array") => value.is_array(),
        _ => true,
    };
    fits.then_some(value)
        .ok_or_else(|| format!("default_value of {} is not {}", raw.key, raw.kind))
}
