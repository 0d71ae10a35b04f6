//! A JSON value as the text it has on the wire: serialised once, then shared by every reader, the recorder
//! and a spilled log. No reader pays for a tree that it only copies.

use std::{
    fmt,
    sync::{Arc, LazyLock},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, value::RawValue};

static NULL: LazyLock<Json> = LazyLock::new(|| fixed("null"));
static OBJECT: LazyLock<Json> = LazyLock::new(|| fixed("{}"));
static ARRAY: LazyLock<Json> = LazyLock::new(|| fixed("[]"));

/// Compact JSON text (UTF-8, no blanks between tokens, keys in the order of insertion). Copies share the text.
#[derive(Clone)]
pub struct Json(Arc<RawValue>);

impl Json {
    /// `null`.
    #[must_use]
    pub fn null() -> Self {
        NULL.clone()
    }

    /// `{}`.
    #[must_use]
    pub fn object() -> Self {
        OBJECT.clone()
    }

    /// `[]`.
    #[must_use]
    pub fn array() -> Self {
        ARRAY.clone()
    }

    /// What `value` is in JSON.
    ///
    /// # Errors
    /// When it has no JSON form: a map whose keys are not texts, or a `Serialize` that refuses.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> serde_json::Result<Self> {
        serde_json::value::to_raw_value(value).map(|raw| Self(Arc::from(raw)))
    }

    /// The text, as it goes over the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// The tree, for whoever looks inside.
    ///
    /// # Errors
    /// When the text is nested deeper than the reader follows (128 levels).
    pub fn to_value(&self) -> serde_json::Result<Value> {
        serde_json::from_str(self.as_str())
    }

    /// Whether it is `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.as_str() == "null"
    }
}

/// One of the constants above.
fn fixed(text: &'static str) -> Json {
    let raw = RawValue::from_string(text.to_owned()).unwrap_or_else(|_| RawValue::NULL.to_owned());
    Json(Arc::from(raw))
}

impl From<&Value> for Json {
    /// A tree always has a text: its keys are texts, and its numbers are finite.
    fn from(value: &Value) -> Self {
        Self::of(value).unwrap_or_else(|_| Self::null())
    }
}

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        Self::from(&value)
    }
}

impl Default for Json {
    fn default() -> Self {
        Self::null()
    }
}

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Json {}

impl fmt::Debug for Json {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(deserializer).map(|raw| Self(Arc::from(raw)))
    }
}
