//! What a model is: its type, mode, features, sizes and prices.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{parameter::ParameterRule, price::Pricing};

/// What a model is for.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum ModelType {
    /// Language models, which go on with messages or texts.
    #[default]
    Llm,
    /// Texts to vectors.
    TextEmbedding,
    /// Sorting documents by a question.
    Rerank,
    /// Models that turn speech into text.
    Speech2text,
    /// Models that judge whether a text may be shown.
    Moderation,
    /// Models that turn text into speech.
    Tts,
}

/// The text names no type of model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a type of model")]
pub struct NotAModelType;

impl ModelType {
    const ALL: [(Self, &'static str, &'static str); 6] = [
        (Self::Llm, "llm", "text-generation"),
        (Self::TextEmbedding, "text-embedding", "embeddings"),
        (Self::Rerank, "rerank", "reranking"),
        (Self::Speech2text, "speech2text", "speech2text"),
        (Self::Moderation, "moderation", "moderation"),
        (Self::Tts, "tts", "tts"),
    ];

    /// As APIs and files name it.
    pub fn as_str(self) -> &'static str {
        self.names().0
    }

    /// As some columns of the database name it.
    pub fn as_stored(self) -> &'static str {
        self.names().1
    }

    fn names(self) -> (&'static str, &'static str) {
        let all = Self::ALL.iter().find(|(kind, ..)| *kind == self);
        all.map_or(("llm", "text-generation"), |(_, name, stored)| {
            (name, stored)
        })
    }
}

/// By either of its names.
impl FromStr for ModelType {
    type Err = NotAModelType;

    fn from_str(text: &str) -> Result<Self, NotAModelType> {
        let mut all = Self::ALL.iter();
        let found = all.find(|(_, name, stored)| *name == text || *stored == text);
        found.map(|(kind, ..)| *kind).ok_or(NotAModelType)
    }
}

impl fmt::Display for ModelType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a language model is talked to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// By a list of messages.
    #[default]
    Chat,
    /// By one text that it goes on with.
    Completion,
}

impl Mode {
    /// As app files name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Completion => "completion",
        }
    }
}

/// What a model can do beyond talking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feature {
    /// Ask for a tool.
    ToolCall,
    /// Ask for several at once.
    MultiToolCall,
    /// Follow the ReAct pattern.
    AgentThought,
    /// It takes pictures.
    Vision,
    /// Ask for tools while streaming.
    StreamToolCall,
    /// It takes documents.
    Document,
    /// It takes moving pictures.
    Video,
    /// It takes sound.
    Audio,
    /// Answer by a JSON Schema.
    StructuredOutput,
}

/// What is known of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelEntity {
    /// As apps name it.
    pub name: String,
    /// As people read it.
    pub label: String,
    /// What it is for.
    pub model_type: ModelType,
    /// How it is talked to; of language models.
    pub mode: Mode,
    /// What it can do. Where the list is empty, it is sent nothing but text.
    pub features: Vec<Feature>,
    /// Tokens that prompt and answer may have together.
    pub context_size: Option<u64>,
    /// Which parameters the builder offers.
    pub parameter_rules: Vec<ParameterRule>,
    /// What it costs; absent: nothing.
    pub pricing: Option<Pricing>,
}

impl ModelEntity {
    /// Whether it can.
    pub fn can(&self, feature: Feature) -> bool {
        self.features.contains(&feature)
    }

    /// Whether the parameter may have this value by the model's own rules.
    pub fn offers(&self, parameter: &str, option: &str) -> bool {
        let mut rules = self.parameter_rules.iter();
        let rule = rules.find(|rule| rule.name == parameter);
        rule.is_some_and(|rule| rule.options.iter().any(|offered| offered == option))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_two_names() {
        for (kind, name, stored) in ModelType::ALL {
            assert_eq!(name.parse(), Ok(kind));
            assert_eq!(stored.parse(), Ok(kind));
            assert_eq!((kind.as_str(), kind.as_stored()), (name, stored));
            assert_eq!(serde_json::to_value(kind).unwrap(), name);
        }
        assert_eq!("chat".parse::<ModelType>(), Err(NotAModelType));
    }
}
