//! Members that are one of a few words.

use gatewright_domain::language::Language;
use gatewright_http_kit::{holds, input::text::Limited};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

/// An interface language.
#[derive(Debug, Clone)]
pub struct LanguageTag(String);

impl<'de> Deserialize<'de> for LanguageTag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tag = Limited::deserialize(deserializer)?.plain();
        let tag = tag.map_err(D::Error::custom)?;
        if Language::tags().any(|known| known == tag) {
            return Ok(Self(tag));
        }
        Err(D::Error::custom("is not a supported language."))
    }
}

impl PartialSchema for LanguageTag {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("An interface language."))
            .enum_values(Some(Language::tags()))
            .into()
    }
}

impl ToSchema for LanguageTag {}

holds! { LanguageTag: String, seen as str; }

/// How the console looks.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(try_from = "Limited", rename_all = "lowercase")]
pub enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// The text in the database and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

impl TryFrom<Limited> for Theme {
    type Error = String;

    fn try_from(text: Limited) -> Result<Self, String> {
        match text.plain()?.as_str() {
            "light" => Ok(Self::Light),
            "dark" => Ok(Self::Dark),
            _ => Err("must be light or dark".to_owned()),
        }
    }
}

/// What a tag is for.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(try_from = "Limited", rename_all = "lowercase")]
pub enum TagType {
    /// Tags of knowledge bases.
    Knowledge,
    /// Tags of applications.
    App,
    /// Tags of snippets.
    Snippet,
}

impl TagType {
    /// The text in the database and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Knowledge => "knowledge",
            Self::App => "app",
            Self::Snippet => "snippet",
        }
    }
}

impl TryFrom<Limited> for TagType {
    type Error = String;

    fn try_from(text: Limited) -> Result<Self, String> {
        match text.plain()?.as_str() {
            "knowledge" => Ok(Self::Knowledge),
            "app" => Ok(Self::App),
            "snippet" => Ok(Self::Snippet),
            _ => Err("must be knowledge, app or snippet".to_owned()),
        }
    }
}

// apps.md §5.1.
/// A type of models.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(try_from = "String", rename_all = "kebab-case")]
pub enum ModelType {
    /// Large language models.
    Llm,
    /// Embeddings of texts.
    TextEmbedding,
    /// Order what was found.
    Rerank,
    /// Speech to text.
    Speech2text,
    /// Judge whether a text may be shown.
    Moderation,
    /// Text to speech.
    Tts,
}

impl TryFrom<String> for ModelType {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        Ok(match name.as_str() {
            "llm" => Self::Llm,
            "text-embedding" => Self::TextEmbedding,
            "rerank" => Self::Rerank,
            "speech2text" => Self::Speech2text,
            "moderation" => Self::Moderation,
            "tts" => Self::Tts,
            _ => {
                let all = "llm, text-embedding, rerank, speech2text, moderation, tts";
                return Err(format!("must be one of {all}"));
            }
        })
    }
}

// plugins.md §P1.
/// A category of plugins.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", rename_all = "kebab-case")]
pub enum PluginCategory {
    /// Plugins with tools.
    Tool,
    /// Plugins with models.
    Model,
    /// Plugins that extend the API.
    Extension,
    /// Strategies of agents.
    AgentStrategy,
    /// Sources of data.
    Datasource,
    /// Plugins with triggers.
    Trigger,
}

impl TryFrom<String> for PluginCategory {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        Ok(match name.as_str() {
            "tool" => Self::Tool,
            "model" => Self::Model,
            "extension" => Self::Extension,
            "agent-strategy" => Self::AgentStrategy,
            "datasource" => Self::Datasource,
            "trigger" => Self::Trigger,
            _ => return Err("invalid plugin category"),
        })
    }
}

/// A type of tags to look for; an empty text is none.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "Limited")]
pub struct TagFilter(Option<TagType>);

impl TagFilter {
    /// The type; none when the parameter is empty.
    pub fn get(self) -> Option<TagType> {
        self.0
    }
}

impl TryFrom<Limited> for TagFilter {
    type Error = String;

    fn try_from(text: Limited) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self(None));
        }
        TagType::try_from(text).map(Some).map(Self)
    }
}
