//! What a parameter extractor says about itself.

use gatewright_variables::{Selector, Template, VariableType};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::super::{NodeData, llm, read};

/// Its parameters, and how it asks.
#[derive(Debug)]
pub(crate) struct ExtractorData {
    pub(crate) model: llm::model::ModelChoice,
    pub(crate) query: Selector,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) instruction: Template,
    /// The instruction as it is recorded: with its variables' names.
    pub(crate) instruction_text: String,
    pub(crate) memory: Option<llm::MemoryData>,
    pub(crate) vision: Option<llm::Vision>,
    /// Whether the model shall call a function, if it can.
    pub(crate) by_function: bool,
}

/// A parameter that the model has to find.
#[derive(Debug, Deserialize)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) kind: Type,
    #[serde(default)]
    pub(crate) options: Option<Vec<String>>,
    #[serde(default)]
    description: String,
    #[serde(default)]
    pub(crate) required: bool,
}

/// The types of parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum Type {
    #[serde(rename = "string", alias = "select")]
    String,
    #[serde(rename = "number")]
    Number,
    #[serde(rename = "boolean", alias = "bool")]
    Boolean,
    #[serde(rename = "array[string]")]
    Strings,
    #[serde(rename = "array[number]")]
    Numbers,
    #[serde(rename = "array[object]")]
    Objects,
    #[serde(rename = "array[boolean]")]
    Booleans,
}

impl Type {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Strings => "array[string]",
            Self::Numbers => "array[number]",
            Self::Objects => "array[object]",
            Self::Booleans => "array[boolean]",
        }
    }

    /// The type of a list's variable; `None` for what is no list.
    pub(crate) const fn array(self) -> Option<VariableType> {
        match self {
            Self::Strings => Some(VariableType::ArrayString),
            Self::Numbers => Some(VariableType::ArrayNumber),
            Self::Objects => Some(VariableType::ArrayObject),
            Self::Booleans => Some(VariableType::ArrayBoolean),
            _ => None,
        }
    }

    /// The type of an element, for lists.
    pub(crate) const fn element(self) -> &'static str {
        match self {
            Self::Numbers => "number",
            Self::Objects => "object",
            Self::Booleans => "boolean",
            _ => "string",
        }
    }
}

#[derive(Deserialize)]
struct Raw {
    query: Selector,
    #[serde(default)]
    parameters: Vec<Parameter>,
    #[serde(default)]
    instruction: Option<String>,
    #[serde(default)]
    memory: Option<llm::RawMemory>,
    #[serde(default)]
    vision: Option<llm::RawVision>,
    #[serde(default)]
    reasoning_mode: Option<String>,
}

pub(crate) fn parse(data: &Map<String, Json>) -> Result<NodeData, String> {
    let model = llm::model::ModelChoice::read(data)?;
    let raw: Raw = read(data)?;
    for parameter in &raw.parameters {
        if parameter.name.is_empty()
            || ["__reason", "__is_success"].contains(&parameter.name.as_str())
        {
            return Err(format!("a parameter cannot be named {:?}", parameter.name));
        }
    }
    let instruction_text = raw.instruction.unwrap_or_default();
    Ok(NodeData::Extractor(Box::new(ExtractorData {
        model,
        query: raw.query,
        parameters: raw.parameters,
        instruction: Template::parse(&instruction_text),
        instruction_text,
        memory: raw.memory.map(llm::MemoryData::read),
        vision: llm::Vision::read(raw.vision),
        by_function: raw.reasoning_mode.as_deref() != Some("prompt"),
    })))
}

impl ExtractorData {
    /// The parameters as records show them.
    pub(crate) fn recorded(&self) -> Json {
        let one = |parameter: &Parameter| {
            json!({
                "name": parameter.name,
                "type": parameter.kind.name(),
                "options": parameter.options,
                "description": parameter.description,
                "required": parameter.required,
            })
        };
        self.parameters.iter().map(one).collect()
    }

    /// The parameters as a JSON schema.
    pub(crate) fn schema(&self) -> Json {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for parameter in &self.parameters {
            let mut schema = json!({"description": parameter.description});
            if parameter.kind.array().is_some() {
                schema["type"] = json!("array");
                schema["items"] = json!({"type": parameter.kind.element()});
            } else {
                schema["type"] = json!(parameter.kind.name());
            }
            if let Some(options) = &parameter.options {
                schema["enum"] = json!(options);
            }
            properties.insert(parameter.name.clone(), schema);
            if parameter.required {
                required.push(parameter.name.clone());
            }
        }
        json!({"type": "object", "properties": properties, "required": required})
    }
}
