//! What the start node declares about an input.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value as Json;

use super::{FileRules, JsonSchema, SchemaError};

/// The kind of an input's field in forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InputKind {
    /// One line of text.
    TextInput,
    /// Several lines of text.
    Paragraph,
    /// One of the options.
    Select,
    /// A number, with or without a fraction.
    Number,
    /// True or false.
    Checkbox,
    /// A JSON object.
    #[serde(rename = "json_object")]
    JsonObject,
    /// One file of the allowed types.
    File,
    /// Several files of the allowed types.
    FileList,
    /// Text that a tool of the operator completes; taken as text.
    #[serde(rename = "external_data_tool")]
    ExternalDataTool,
}

impl InputKind {
    /// The name in workflow files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TextInput => "text-input",
            Self::Paragraph => "paragraph",
            Self::Select => "select",
            Self::Number => "number",
            Self::Checkbox => "checkbox",
            Self::JsonObject => "json_object",
            Self::File => "file",
            Self::FileList => "file-list",
            Self::ExternalDataTool => "external_data_tool",
        }
    }
}

/// An input as workflow files declare it. Members that are null count as absent.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct InputField {
    /// The variable's name.
    pub variable: String,
    /// What people read beside the field.
    #[serde(default, deserialize_with = "or_default")]
    pub label: String,
    /// The kind of field.
    #[serde(rename = "type")]
    pub kind: InputKind,
    /// Whether a caller must send it.
    #[serde(default, deserialize_with = "or_default")]
    pub required: bool,
    /// Whether forms hide it; then it need not be sent.
    #[serde(default, deserialize_with = "or_default")]
    pub hide: bool,
    /// What it is when a caller does not send it.
    #[serde(default)]
    pub default: Json,
    /// The most characters of a text, or the most files; 0 and absent are no limit.
    #[serde(default, deserialize_with = "or_default")]
    pub max_length: u64,
    /// What can be selected.
    #[serde(default, deserialize_with = "or_default")]
    pub options: Vec<String>,
    /// Which files are allowed.
    #[serde(flatten)]
    pub files: FileRules,
    /// For objects: a JSON schema, or the text of one.
    #[serde(default)]
    pub json_schema: Json,
}

impl InputField {
    /// The JSON schema of an object's field; `None` when it has none.
    pub fn schema(&self) -> Result<Option<JsonSchema>, SchemaError> {
        match &self.json_schema {
            Json::Null => Ok(None),
            Json::String(text) if text.trim().is_empty() => Ok(None),
            Json::String(text) => JsonSchema::parse(text).map(Some),
            schema => JsonSchema::compile(schema).map(Some),
        }
    }
}

/// Takes null for the type's default.
pub(super) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}
