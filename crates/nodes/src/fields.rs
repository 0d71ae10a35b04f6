//! Named values in order: what a node records as inputs, process data and outputs.
//!
//! On the wire an object. The values are shared with the variable pool, not copied.

use std::fmt;

use gatewright_variables::Value;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
    ser::SerializeMap,
};
use serde_json::{Map, Value as Json};

/// Named values in the order in which clients see them; a name comes once.
#[derive(Clone, Default, PartialEq)]
pub struct Fields(Vec<(String, Value)>);

impl Fields {
    /// Fields without any member.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Sets a value; an older one of this name is replaced where it stands.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        let (name, value) = (name.into(), value.into());
        match self.0.iter_mut().find(|(old, _)| *old == name) {
            Some(slot) => slot.1 = value,
            None => self.0.push((name, value)),
        }
    }

    /// The same with one value more.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.set(name, value);
        self
    }

    /// Sets all values of another one.
    pub fn merge(&mut self, others: Self) {
        for (name, value) in others.0 {
            self.set(name, value);
        }
    }

    /// The same with all values of another one.
    #[must_use]
    pub fn merged(mut self, others: Self) -> Self {
        self.merge(others);
        self
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&Json> {
        self.0
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.json())
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// About the bytes of all values as JSON text.
    pub fn bytes(&self) -> usize {
        self.0
            .iter()
            .map(|(name, value)| name.len() + value.bytes())
            .sum()
    }

    /// As a JSON object; copies the values.
    pub fn to_json(&self) -> Map<String, Json> {
        let pairs = self.0.iter();
        pairs
            .map(|(name, value)| (name.clone(), value.json().clone()))
            .collect()
    }
}

impl From<Map<String, Json>> for Fields {
    fn from(map: Map<String, Json>) -> Self {
        Self(
            map.into_iter()
                .map(|(name, value)| (name, value.into()))
                .collect(),
        )
    }
}

impl<N: Into<String>, V: Into<Value>> FromIterator<(N, V)> for Fields {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let mut fields = Self::new();
        for (name, value) in pairs {
            fields.set(name, value);
        }
        fields
    }
}

impl std::ops::Index<&str> for Fields {
    type Output = Json;

    /// The value of a name, null when there is none.
    fn index(&self, name: &str) -> &Json {
        self.get(name).unwrap_or(&Json::Null)
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Fields::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    fields.set(name, value);
                }
                Ok(fields)
            }
        }
        deserializer.deserialize_map(Read)
    }
}
