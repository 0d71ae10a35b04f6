//! The types of variables, by the names that workflow files and events use.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::file;

/// The type of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum VariableType {
    /// A text: `string`.
    #[serde(rename = "string")]
    String,
    /// Declared numbers; a value is an [`Integer`](Self::Integer) or a [`Float`](Self::Float).
    #[serde(rename = "number")]
    Number,
    /// A whole number.
    #[serde(rename = "integer")]
    Integer,
    /// A number with a fraction or an exponent.
    #[serde(rename = "float")]
    Float,
    /// A JSON object.
    #[serde(rename = "object")]
    Object,
    /// Text that logs must not show.
    #[serde(rename = "secret")]
    Secret,
    /// A file: an object with a mark, see [`crate::file`].
    #[serde(rename = "file")]
    File,
    /// True or false.
    #[serde(rename = "boolean")]
    Boolean,
    /// A list of anything.
    #[serde(rename = "array[any]")]
    ArrayAny,
    /// A list of texts.
    #[serde(rename = "array[string]")]
    ArrayString,
    /// A list of numbers.
    #[serde(rename = "array[number]")]
    ArrayNumber,
    /// A list of objects.
    #[serde(rename = "array[object]")]
    ArrayObject,
    /// A list of files.
    #[serde(rename = "array[file]")]
    ArrayFile,
    /// A list of booleans.
    #[serde(rename = "array[boolean]")]
    ArrayBoolean,
    /// No value at all: `none`.
    #[serde(rename = "none")]
    None,
    /// Several values in a row: a rendered template.
    #[serde(rename = "group")]
    Group,
}

/// A name that is no type of a variable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a type of a variable")]
pub struct UnknownType(pub String);

impl VariableType {
    /// Every type, in the order of their declaration.
    pub const ALL: [Self; 16] = [
        Self::String,
        Self::Number,
        Self::Integer,
        Self::Float,
        Self::Object,
        Self::Secret,
        Self::File,
        Self::Boolean,
        Self::ArrayAny,
        Self::ArrayString,
        Self::ArrayNumber,
        Self::ArrayObject,
        Self::ArrayFile,
        Self::ArrayBoolean,
        Self::None,
        Self::Group,
    ];

    /// The name in files and events: `array[string]`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Number => "number",
            Self::Integer => "integer",
            Self::Float => "float",
            Self::Object => "object",
            Self::Secret => "secret",
            Self::File => "file",
            Self::Boolean => "boolean",
            Self::ArrayAny => "array[any]",
            Self::ArrayString => "array[string]",
            Self::ArrayNumber => "array[number]",
            Self::ArrayObject => "array[object]",
            Self::ArrayFile => "array[file]",
            Self::ArrayBoolean => "array[boolean]",
            Self::None => "none",
            Self::Group => "group",
        }
    }

    /// The type that the console shows: integers and floats are numbers there.
    #[must_use]
    pub const fn exposed(self) -> Self {
        match self {
            Self::Integer | Self::Float => Self::Number,
            other => other,
        }
    }

    /// Whether it is a list.
    pub const fn is_array(self) -> bool {
        matches!(
            self,
            Self::ArrayAny
                | Self::ArrayString
                | Self::ArrayNumber
                | Self::ArrayObject
                | Self::ArrayFile
                | Self::ArrayBoolean
        )
    }

    /// Whether it is a number, whole or not.
    pub const fn is_number(self) -> bool {
        matches!(self, Self::Number | Self::Integer | Self::Float)
    }

    /// The type of a list's elements; `None` for lists of anything and for what is no list.
    pub const fn element(self) -> Option<Self> {
        match self {
            Self::ArrayString => Some(Self::String),
            Self::ArrayNumber => Some(Self::Number),
            Self::ArrayObject => Some(Self::Object),
            Self::ArrayFile => Some(Self::File),
            Self::ArrayBoolean => Some(Self::Boolean),
            _ => None,
        }
    }

    /// The type of a plain value. A list of one type of elements is a list of that type (whole and broken
    /// numbers mix); an empty list, a list of lists, of nulls or of different things is `array[any]`.
    pub fn of(value: &Json) -> Self {
        match value {
            Json::Null => Self::None,
            Json::Bool(_) => Self::Boolean,
            Json::Number(number) if number.is_f64() => Self::Float,
            Json::Number(_) => Self::Integer,
            Json::String(_) => Self::String,
            Json::Object(_) if file::is_file(value) => Self::File,
            Json::Object(_) => Self::Object,
            Json::Array(items) => Self::of_items(items),
        }
    }

    fn of_items(items: &[Json]) -> Self {
        let mut kinds = items.iter().map(|item| Self::of(item).exposed());
        let Some(first) = kinds.next() else {
            return Self::ArrayAny;
        };
        if kinds.any(|kind| kind != first) {
            return Self::ArrayAny;
        }
        match first {
            Self::String => Self::ArrayString,
            Self::Number => Self::ArrayNumber,
            Self::Object => Self::ArrayObject,
            Self::File => Self::ArrayFile,
            Self::Boolean => Self::ArrayBoolean,
            _ => Self::ArrayAny,
        }
    }

    /// Whether a value may be kept in a variable of this type. Numbers take both kinds of numbers, objects no
    /// files; null fits nothing but `none`.
    pub fn accepts(self, value: &Json) -> bool {
        match self {
            Self::String | Self::Secret => value.is_string(),
            Self::Number | Self::Integer | Self::Float => value.is_number(),
            Self::Object => value.is_object() && !file::is_file(value),
            Self::File => file::is_file(value),
            Self::Boolean => value.is_boolean(),
            Self::None => value.is_null(),
            Self::ArrayAny | Self::Group => value.is_array(),
            _ => value.as_array().is_some_and(|items| {
                self.element()
                    .is_some_and(|kind| items.iter().all(|item| kind.accepts(item)))
            }),
        }
    }

    /// What a variable of this type holds when it is cleared: empty text, 0, false, `{}`, `[]`; null for
    /// files and what has no empty value.
    pub fn zero(self) -> Json {
        match self {
            Self::String | Self::Secret => Json::String(String::new()),
            Self::Number | Self::Integer => Json::from(0),
            Self::Float => Json::from(0.0),
            Self::Object => Json::Object(serde_json::Map::new()),
            Self::Boolean => Json::Bool(false),
            Self::File | Self::None | Self::Group => Json::Null,
            _ => Json::Array(Vec::new()),
        }
    }
}

impl fmt::Display for VariableType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for VariableType {
    type Err = UnknownType;

    fn from_str(name: &str) -> Result<Self, UnknownType> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == name)
            .ok_or_else(|| UnknownType(name.chars().take(64).collect()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn type_of_a_plain_value_is_inferred() {
        let file = json!({"dify_model_identity": "__dify__file__", "type": "image"});
        for (value, name) in [
            (json!(null), "none"),
            (json!(true), "boolean"),
            (json!(1), "integer"),
            (json!(1.0), "float"),
            (json!("x"), "string"),
            (json!({}), "object"),
            (file.clone(), "file"),
            (json!([]), "array[any]"),
            (json!([[1], [2]]), "array[any]"),
            (json!([null, null]), "array[any]"),
            (json!(["a", "b"]), "array[string]"),
            (json!([1, 2]), "array[number]"),
            (json!([1, 2.5]), "array[number]"),
            (json!([true]), "array[boolean]"),
            (json!([true, 1]), "array[any]"),
            (json!([{}, {}]), "array[object]"),
            (json!([file.clone(), file.clone()]), "array[file]"),
            (json!([file, {}]), "array[any]"),
            (json!(["a", 1]), "array[any]"),
        ] {
            assert_eq!(VariableType::of(&value).as_str(), name, "{value}");
        }
    }

    #[test]
    fn name_of_every_type_reads_back() {
        for kind in VariableType::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), json!(kind.as_str()));
        }
        assert!("array[array]".parse::<VariableType>().is_err());
    }

    #[test]
    fn zero_of_a_type_is_accepted_by_it() {
        for kind in VariableType::ALL {
            let zero = kind.zero();
            assert!(zero.is_null() || kind.accepts(&zero), "{kind}");
        }
    }
}
