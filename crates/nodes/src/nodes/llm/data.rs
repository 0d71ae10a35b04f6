//! What an LLM node says about itself.

use gatewright_variables::{Selector, Template, inputs::JsonSchema};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::super::{
    NodeData, read,
    template::{Named, RawNamed},
};
use super::model::ModelChoice;
use crate::{
    call::{Memory, Role, RolePrefix},
    jinja::Jinja,
};

/// What an LLM node is configured with.
#[derive(Debug)]
pub(crate) struct LlmData {
    pub(crate) model: ModelChoice,
    pub(crate) messages: Vec<Message>,
    pub(crate) jinja_variables: Vec<Named>,
    pub(crate) memory: Option<MemoryData>,
    /// The variable whose value stands where `{{#context#}}` is.
    pub(crate) context: Option<Selector>,
    pub(crate) vision: Option<Vision>,
    /// The schema of the answer, or why it is none.
    pub(crate) structured_output: Option<Result<Schema, String>>,
    /// Whether reasoning is kept apart from the text.
    pub(crate) separated: bool,
}

/// One message of the prompt.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) role: Role,
    pub(crate) text: Text,
}

/// A text of the prompt: pieces between places for the context, or a Jinja2 template.
#[derive(Debug)]
pub(crate) enum Text {
    Basic(Vec<Template>),
    Jinja(Jinja),
}

/// The conversation so far, and the question that follows it.
#[derive(Debug)]
pub(crate) struct MemoryData {
    pub(crate) memory: Memory,
    pub(crate) query: Template,
}

/// The shape that an answer must have.
#[derive(Debug)]
pub(crate) struct Schema {
    pub(crate) json: Json,
    /// Checks answers; a schema that is none of draft 7 is only told to the model.
    pub(crate) check: Option<JsonSchema>,
}

impl Schema {
    fn read(raw: &Json) -> Result<Self, String> {
        let json = schema(raw)?;
        let check = JsonSchema::compile(&json).ok();
        Ok(Self { json, check })
    }
}

/// Files to look at.
#[derive(Debug)]
pub(crate) struct Vision {
    pub(crate) selector: Selector,
    pub(crate) detail: String,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    prompt_template: Json,
    #[serde(default)]
    prompt_config: Option<RawPromptConfig>,
    #[serde(default)]
    memory: Option<RawMemory>,
    #[serde(default)]
    context: Option<RawContext>,
    #[serde(default)]
    vision: Option<RawVision>,
    #[serde(default, alias = "structured_output_switch_on")]
    structured_output_enabled: Option<bool>,
    #[serde(default)]
    structured_output: Json,
    #[serde(default)]
    reasoning_format: Option<String>,
}

#[derive(Deserialize)]
struct RawMessage {
    #[serde(default)]
    role: Option<Role>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    edition_type: Option<String>,
    #[serde(default)]
    jinja2_text: Option<String>,
}

#[derive(Deserialize)]
struct RawPromptConfig {
    #[serde(default)]
    jinja2_variables: Option<Vec<RawNamed>>,
}

#[derive(Deserialize)]
pub(crate) struct RawMemory {
    #[serde(default)]
    role_prefix: Option<RolePrefix>,
    #[serde(default)]
    window: Option<RawWindow>,
    #[serde(default)]
    query_prompt_template: Option<String>,
}

#[derive(Deserialize)]
struct RawWindow {
    #[serde(default)]
    enabled: bool,
    #[serde(default)]
    size: Option<u32>,
}

#[derive(Deserialize)]
struct RawContext {
    #[serde(default)]
    enabled: bool,
    #[serde(default)]
    variable_selector: Json,
}

#[derive(Deserialize)]
pub(crate) struct RawVision {
    #[serde(default)]
    enabled: bool,
    #[serde(default)]
    configs: Option<RawVisionConfig>,
}

#[derive(Deserialize)]
struct RawVisionConfig {
    #[serde(default)]
    variable_selector: Json,
    #[serde(default)]
    detail: Option<String>,
}

/// Stands for the context.
const CONTEXT: &str = "{{#context#}}";

impl RawMessage {
    fn read(self) -> Message {
        let jinja = self.edition_type.as_deref() == Some("jinja2");
        let text = if jinja {
            Text::Jinja(Jinja::compile(
                &self.jinja2_text.or(self.text).unwrap_or_default(),
            ))
        } else {
            let text = self.text.unwrap_or_default();
            Text::Basic(text.split(CONTEXT).map(Template::parse).collect())
        };
        Message {
            role: self.role.unwrap_or(Role::User),
            text,
        }
    }
}

fn messages(raw: &Json) -> Result<Vec<Message>, String> {
    let wrong = |e: serde_json::Error| format!("prompt_template: {e}");
    Ok(match raw {
        Json::Null => Vec::new(),
        Json::Array(_) => {
            let messages: Vec<RawMessage> = Vec::deserialize(raw).map_err(wrong)?;
            messages.into_iter().map(RawMessage::read).collect()
        }
        one => vec![RawMessage::deserialize(one).map_err(wrong)?.read()],
    })
}

impl MemoryData {
    pub(crate) fn read(raw: RawMemory) -> Self {
        let window = raw.window.filter(|window| window.enabled);
        let query = raw.query_prompt_template.filter(|query| !query.is_empty());
        Self {
            memory: Memory {
                window: window.map(|window| window.size.unwrap_or(50)),
                prefixes: raw.role_prefix,
            },
            query: Template::parse(query.as_deref().unwrap_or("{{#sys.query#}}")),
        }
    }
}

impl Vision {
    pub(crate) fn read(raw: Option<RawVision>) -> Option<Self> {
        let raw = raw.filter(|vision| vision.enabled)?;
        let config = raw.configs;
        let selector = config
            .as_ref()
            .and_then(|config| Selector::from_json(&config.variable_selector).ok());
        Some(Self {
            selector: selector.or_else(|| Selector::new(["sys", "files"]).ok())?,
            detail: config
                .and_then(|config| config.detail)
                .unwrap_or_else(|| "high".to_owned()),
        })
    }
}

fn schema(raw: &Json) -> Result<Json, String> {
    match raw.get("schema") {
        None | Some(Json::Null) => {
            Err("Please provide a valid structured output schema".to_owned())
        }
        Some(Json::String(text)) => match serde_json::from_str(text) {
            Ok(Json::Object(schema)) => Ok(Json::Object(schema)),
            Ok(_) => Err("structured_output_schema must be a JSON object".to_owned()),
            Err(_) => Err("structured_output_schema is not valid JSON format".to_owned()),
        },
        Some(Json::Object(schema)) if schema.is_empty() => {
            Err("Please provide a valid structured output schema".to_owned())
        }
        Some(schema @ Json::Object(_)) => Ok(schema.clone()),
        Some(_) => Err("structured_output_schema must be a JSON object".to_owned()),
    }
}

pub(crate) fn parse(data: &Map<String, Json>) -> Result<NodeData, String> {
    let model = ModelChoice::read(data)?;
    let raw: Raw = read(data)?;
    let structured = raw.structured_output_enabled.unwrap_or(false);
    let context = raw.context.filter(|context| context.enabled);
    let jinja = raw
        .prompt_config
        .and_then(|config| config.jinja2_variables)
        .unwrap_or_default();
    Ok(NodeData::Llm(Box::new(LlmData {
        model,
        messages: messages(&raw.prompt_template)?,
        jinja_variables: jinja.into_iter().map(Named::from).collect(),
        memory: raw.memory.map(MemoryData::read),
        context: context.and_then(|context| Selector::from_json(&context.variable_selector).ok()),
        vision: Vision::read(raw.vision),
        structured_output: structured.then(|| Schema::read(&raw.structured_output)),
        separated: raw.reasoning_format.as_deref() == Some("separated"),
    })))
}
