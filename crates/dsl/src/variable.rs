//! Environment and conversation variables of a workflow: as they stand in a file, in a draft and on the
//! wire.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::python;

/// What a secret's value is on the wire. Sent back, it keeps the stored value.
pub const MASK: &str = "********************";

/// Which kind of variables: they have the same shape, and different types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// One value for all runs; may be secret.
    Environment,
    /// One value for each conversation of a chatflow.
    Conversation,
}

impl Scope {
    /// The first part of a selector: `env`, `conversation`.
    pub fn namespace(self) -> &'static str {
        match self {
            Self::Environment => "env",
            Self::Conversation => "conversation",
        }
    }
}

/// The type of a variable's value, with its name on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum VariableType {
    /// A text: `string`.
    #[serde(rename = "string")]
    String,
    /// An integer or a float.
    #[serde(rename = "number")]
    Number,
    /// A text that is stored encrypted and never shown. Environment only.
    #[serde(rename = "secret")]
    Secret,
    /// A model with its parameters, `{provider, name, mode, completion_params?}`. Environment only, since
    /// version 0.7.
    #[serde(rename = "llm")]
    Llm,
    /// True or false.
    #[serde(rename = "boolean")]
    Boolean,
    /// A mapping: `object`.
    #[serde(rename = "object")]
    Object,
    /// A file reference.
    #[serde(rename = "file")]
    File,
    /// A list of anything.
    #[serde(rename = "array[any]")]
    ArrayAny,
    /// A list of texts.
    #[serde(rename = "array[string]")]
    ArrayString,
    /// A list of numbers.
    #[serde(rename = "array[number]")]
    ArrayNumber,
    /// A list of mappings.
    #[serde(rename = "array[object]")]
    ArrayObject,
    /// A list of booleans.
    #[serde(rename = "array[boolean]")]
    ArrayBoolean,
    /// A list of file references.
    #[serde(rename = "array[file]")]
    ArrayFile,
}

impl VariableType {
    /// Whether variables of this kind can have it.
    pub fn is_for(self, scope: Scope) -> bool {
        match self {
            Self::String | Self::Number => true,
            Self::Secret | Self::Llm => scope == Scope::Environment,
            _ => scope == Scope::Conversation,
        }
    }

    /// The word of an error about a value, and whether the value is right.
    fn check(self, value: &Value) -> (&'static str, bool) {
        let each = |is: fn(&Value) -> bool| value.as_array().is_some_and(|a| a.iter().all(is));
        match self {
            Self::String => ("string", value.is_string()),
            Self::Number => ("number", value.is_number()),
            Self::Secret => ("secret", value.is_string()),
            Self::Llm => ("llm", is_model(value)),
            Self::Boolean => ("boolean", value.is_boolean()),
            Self::Object => ("object", value.is_object()),
            Self::File => ("file", value.is_object()),
            Self::ArrayAny => ("array", value.is_array()),
            Self::ArrayString => ("array[string]", each(Value::is_string)),
            Self::ArrayNumber => ("array[number]", each(Value::is_number)),
            Self::ArrayObject => ("array[object]", each(Value::is_object)),
            Self::ArrayBoolean => ("array[boolean]", each(Value::is_boolean)),
            Self::ArrayFile => ("array[file]", each(Value::is_object)),
        }
    }
}

fn is_model(value: &Value) -> bool {
    let text = |key: &str| value[key].as_str().is_some_and(|text| !text.is_empty());
    text("provider")
        && text("name")
        && matches!(value["mode"].as_str(), Some("chat" | "completion"))
}

/// A variable. Serialized with the names and in the order of the wire.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Variable {
    /// The type of the value.
    pub value_type: VariableType,
    /// Any text; files from elsewhere may lack it, then the caller gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The second part of its selector.
    pub name: String,
    /// What its type says; of a secret the text in clear.
    pub value: Value,
    /// For people. Empty when there is none.
    #[serde(default)]
    pub description: String,
}

/// What is wrong with a variable, in the original's words where they are known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VariableError {
    /// It is no mapping.
    #[error("a variable must be an object")]
    Shape,
    /// No name, or an empty one.
    #[error("missing name")]
    Name,
    /// The type is missing.
    #[error("missing value type")]
    ValueType,
    /// No value, or null.
    #[error("missing value")]
    Value,
    /// A type that variables of this kind do not have.
    #[error("not supported value type {0}")]
    UnsupportedType(String),
    /// A value that is not of the type.
    #[error("invalid {kind} value {value}")]
    Invalid {
        /// The type that the variable has.
        kind: &'static str,
        /// The value, as Python prints it; of a secret nothing.
        value: String,
    },
}

impl Variable {
    /// Reads one, as it stands in a file or in a request.
    pub fn read(value: &Value, scope: Scope) -> Result<Self, VariableError> {
        let members = value.as_object().ok_or(VariableError::Shape)?;
        let text = |key: &str| members.get(key).and_then(Value::as_str);
        let name = text("name").filter(|name| !name.is_empty());
        let name = name.ok_or(VariableError::Name)?.to_owned();
        let value_type = value_type(members, scope)?;
        let value = members.get("value").filter(|value| !value.is_null());
        let value = value.ok_or(VariableError::Value)?;
        let (kind, is_right) = value_type.check(value);
        if !is_right {
            let value = match value_type {
                VariableType::Secret => String::new(),
                _ => shown(value),
            };
            return Err(VariableError::Invalid { kind, value });
        }
        Ok(Self {
            value_type,
            id: text("id").filter(|id| !id.is_empty()).map(str::to_owned),
            name,
            value: value.clone(),
            description: text("description").unwrap_or_default().to_owned(),
        })
    }

    /// Reads a list of them.
    pub fn read_all(values: &[Value], scope: Scope) -> Result<Vec<Self>, VariableError> {
        values
            .iter()
            .map(|value| Self::read(value, scope))
            .collect()
    }

    /// Whether its value must not be shown.
    pub fn is_secret(&self) -> bool {
        self.value_type == VariableType::Secret
    }

    /// As it is shown: a secret with [`MASK`] for its value.
    #[must_use]
    pub fn masked(&self) -> Self {
        if self.is_secret() {
            self.with_value(MASK)
        } else {
            self.clone()
        }
    }

    /// As it stands in a file without secrets: a secret with an empty value.
    #[must_use]
    pub fn blanked(&self) -> Self {
        if self.is_secret() {
            self.with_value("")
        } else {
            self.clone()
        }
    }

    /// What is stored after somebody sent this one back: where a secret has [`MASK`] for its value, the
    /// stored one with the same id keeps it.
    #[must_use]
    pub fn unmasked(self, stored: &[Self]) -> Self {
        if !self.is_secret() || self.value != MASK || self.id.is_none() {
            return self;
        }
        let same = |other: &&Self| other.is_secret() && other.id == self.id;
        match stored.iter().find(same) {
            Some(stored) => Self {
                value: stored.value.clone(),
                ..self
            },
            None => self,
        }
    }

    fn with_value(&self, value: &str) -> Self {
        Self {
            value: Value::String(value.to_owned()),
            ..self.clone()
        }
    }

    /// As it stands in a file: with its selector.
    pub(crate) fn in_file(&self, scope: Scope) -> Value {
        let mut members = match serde_json::to_value(self) {
            Ok(Value::Object(members)) => members,
            _ => Map::new(),
        };
        let selector = vec![scope.namespace().to_owned(), self.name.clone()];
        members.insert("selector".to_owned(), selector.into());
        Value::Object(members)
    }
}

fn value_type(members: &Map<String, Value>, scope: Scope) -> Result<VariableType, VariableError> {
    let value = members.get("value_type").filter(|value| !value.is_null());
    let value = value.ok_or(VariableError::ValueType)?;
    // `integer` and `float` are how the original names the two kinds of numbers inside.
    let known = match value.as_str() {
        Some("integer" | "float") => Some(VariableType::Number),
        _ => VariableType::deserialize(value).ok(),
    };
    known
        .filter(|known| known.is_for(scope))
        .ok_or_else(|| VariableError::UnsupportedType(shown(value)))
}

/// A value in a message, as Python prints it; long ones are cut.
fn shown(value: &Value) -> String {
    const LONGEST: usize = 100;
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => python::number(number),
        other => other.to_string(),
    };
    text.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn error(value: Value, scope: Scope) -> String {
        Variable::read(&value, scope).unwrap_err().to_string()
    }

    #[test]
    fn variable_that_is_wrong_is_refused_in_the_original_s_words() {
        use Scope::{Conversation, Environment};
        let cases = [
            (
                json!({"name": "a", "value": "b"}),
                Environment,
                "missing value type",
            ),
            (
                json!({"value_type": "string", "value": "b"}),
                Environment,
                "missing name",
            ),
            (
                json!({"name": "a", "value_type": "string"}),
                Environment,
                "missing value",
            ),
            (
                json!({"id": "e", "name": "a", "value_type": "nope", "value": "b"}),
                Environment,
                "not supported value type nope",
            ),
            (
                json!({"name": "memo", "value_type": "number", "value": "x"}),
                Conversation,
                "invalid number value x",
            ),
            (
                json!({"name": "a", "value_type": "secret", "value": "x"}),
                Conversation,
                "not supported value type secret",
            ),
            (
                json!({"name": "a", "value_type": "secret", "value": 12345}),
                Environment,
                "invalid secret value ",
            ),
            (json!("x"), Environment, "a variable must be an object"),
        ];
        for (value, scope, message) in cases {
            assert_eq!(error(value.clone(), scope), message, "{value}");
        }
    }

    #[test]
    fn value_must_be_of_its_type() {
        let cases = [
            ("string", json!(""), json!(1)),
            ("number", json!(1.5), json!(true)),
            ("boolean", json!(false), json!("false")),
            ("object", json!({}), json!([])),
            ("array[string]", json!(["a"]), json!([1])),
            ("array[number]", json!([]), json!(["1"])),
            ("array[object]", json!([{}]), json!([[]])),
            ("array[boolean]", json!([true]), json!([null])),
            ("array[file]", json!([{}]), json!({})),
            ("file", json!({}), json!("x")),
            ("array[any]", json!([1, "a"]), json!("x")),
        ];
        for (value_type, right, wrong) in cases {
            let variable =
                |value: Value| json!({"name": "v", "value_type": value_type, "value": value});
            let read = |value| Variable::read(&variable(value), Scope::Conversation);
            assert!(read(right).is_ok(), "{value_type}");
            assert!(read(wrong).is_err(), "{value_type}");
        }
    }

    #[test]
    fn model_is_a_value_since_0_7() {
        let model = |value| json!({"name": "m", "value_type": "llm", "value": value});
        let right = json!({"provider": "p", "name": "n", "mode": "chat", "completion_params": {}});
        assert!(Variable::read(&model(right), Scope::Environment).is_ok());
        let wrong = json!({"provider": "p", "name": "n", "mode": "image"});
        assert!(Variable::read(&model(wrong), Scope::Environment).is_err());
    }

    #[test]
    fn secret_is_masked_blanked_and_kept() {
        let secret = |id: &str, value: &str| {
            let value = json!({"id": id, "name": "T", "value_type": "secret", "value": value});
            Variable::read(&value, Scope::Environment).unwrap()
        };
        let stored = [secret("e1", "s3cret")];
        assert_eq!(stored[0].masked().value, MASK);
        assert_eq!(stored[0].blanked().value, "");
        assert_eq!(secret("e1", MASK).unmasked(&stored).value, "s3cret");
        assert_eq!(secret("e1", "new").unmasked(&stored).value, "new");
        // Somebody else's mask is what it is.
        assert_eq!(secret("e2", MASK).unmasked(&stored).value, MASK);
    }
}
