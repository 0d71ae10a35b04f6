//! A value: JSON behind an `Arc`, so that pools, snapshots and events share it instead of copying it.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value as Json;

/// A JSON value that is cheap to clone.
#[derive(Clone)]
pub struct Value(Arc<Inner>);

struct Inner {
    json: Json,
    bytes: usize,
}

impl Value {
    /// The value as JSON.
    pub fn json(&self) -> &Json {
        &self.0.json
    }

    /// About how many bytes the value takes as JSON text (escapes not counted); counted once, when it is made.
    pub fn bytes(&self) -> usize {
        self.0.bytes
    }

    /// The JSON itself: without a copy when nobody else holds the value.
    pub fn into_json(self) -> Json {
        match Arc::try_unwrap(self.0) {
            Ok(inner) => inner.json,
            Err(shared) => shared.json.clone(),
        }
    }

    /// Whether both are the same place in memory.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// About how many bytes a value takes as JSON text.
pub(crate) fn bytes_of(json: &Json) -> usize {
    match json {
        Json::Null | Json::Bool(_) => 4,
        Json::Number(_) => 8,
        Json::String(text) => text.len() + 2,
        Json::Array(items) => 2 + items.iter().map(|item| bytes_of(item) + 1).sum::<usize>(),
        Json::Object(members) => {
            2 + members
                .iter()
                .map(|(key, value)| key.len() + 4 + bytes_of(value))
                .sum::<usize>()
        }
    }
}

impl From<Json> for Value {
    fn from(json: Json) -> Self {
        let bytes = bytes_of(&json);
        Self(Arc::new(Inner { json, bytes }))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Json::from(text).into()
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Json::from(text).into()
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Json::from(number).into()
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Json::from(truth).into()
    }
}

impl Default for Value {
    /// The default is null.
    fn default() -> Self {
        Json::Null.into()
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other) || self.json() == other.json()
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.json().fmt(f)
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Json::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn clone_of_a_value_shares_it() {
        let value = Value::from(json!(["x".repeat(1000)]));
        let other = value.clone();
        assert!(value.is_same(&other));
        let at = value.json().as_array().unwrap().as_ptr();
        drop(other);
        assert_eq!(value.into_json().as_array().unwrap().as_ptr(), at);
    }

    #[test]
    fn bytes_of_a_value_are_near_its_text() {
        for json in [
            json!({"a": [1, 2.5, null, true], "b": "text"}),
            json!(vec!["abc"; 1000]),
        ] {
            let text = json.to_string().len();
            let bytes = Value::from(json).bytes();
            assert!(bytes >= text && bytes < text * 3, "{bytes} {text}");
        }
    }
}
