//! Which model a node asks, and with which parameters: the same for all nodes that ask one.

use gatewright_variables::{Form, Selector, Template};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::super::{Context, NodeData, or_default};
use crate::{call::ModelMode, failure::Failure, fields::Fields, graph::Node};

/// Characters that a templated parameter has at most; the rest is cut.
const MAX_PARAMETER: usize = 1024;

/// A model as a node names it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Model {
    #[serde(default)]
    pub(crate) provider: String,
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default = "chat")]
    pub(crate) mode: ModelMode,
    #[serde(default, deserialize_with = "or_default")]
    completion_params: Map<String, Json>,
}

const fn chat() -> ModelMode {
    ModelMode::Chat
}

/// A node's model, or the environment variable that names it.
#[derive(Debug)]
pub(crate) struct ModelChoice {
    pub(crate) model: Model,
    /// `["env", name]`; anything else says nothing.
    pub(crate) selector: Option<Selector>,
}

impl ModelChoice {
    /// Reads `model` and `model_selector` of a node's data.
    pub(crate) fn read(data: &Map<String, Json>) -> Result<Self, String> {
        let model = data.get("model").ok_or("model is missing")?;
        let selector = data
            .get("model_selector")
            .and_then(|selector| Selector::from_json(selector).ok());
        Ok(Self {
            model: Model::deserialize(model).map_err(|e| format!("model: {e}"))?,
            selector: selector.filter(|selector| selector.node() == "env"),
        })
    }

    /// The model to ask.
    pub(crate) fn resolved(&self, context: &Context<'_>) -> Result<Model, Failure> {
        let Some(selector) = &self.selector else {
            return Ok(self.model.clone());
        };
        let wrong =
            |what: &str| Failure::new("ValueError", format!("Model variable {selector} {what}"));
        let found = context
            .pool
            .get(selector)
            .ok_or_else(|| wrong("not found"))?;
        let chosen = Model::deserialize(found.json()).map_err(|_| wrong("names no model"))?;
        if chosen.mode != self.model.mode {
            return Err(wrong("has another mode than the node"));
        }
        let parameters = match found.json().get("completion_params") {
            Some(_) => chosen.completion_params,
            None => self.model.completion_params.clone(),
        };
        Ok(Model {
            completion_params: parameters,
            ..chosen
        })
    }
}

impl Node {
    /// Provider and name of the model that it asks. One that a variable names is known only when the node runs.
    pub fn model(&self) -> Option<(&str, &str)> {
        let choice = match &self.data {
            NodeData::Llm(data) => &data.model,
            NodeData::Classifier(data) => &data.model,
            NodeData::Extractor(data) => &data.model,
            _ => return None,
        };
        let model = choice.selector.is_none().then_some(&choice.model)?;
        Some((&model.provider, &model.name))
    }
}

impl Model {
    /// Parameters with their templates rendered.
    pub(crate) fn parameters(&self, context: &Context<'_>) -> Map<String, Json> {
        let rendered = |value: &Json| match value {
            Json::String(text) if text.contains("{{#") => {
                let text = Template::parse(text).render(
                    context.pool,
                    Form::Text,
                    context.limits.output_bytes,
                );
                Json::String(
                    text.unwrap_or_default()
                        .chars()
                        .take(MAX_PARAMETER)
                        .collect(),
                )
            }
            other => other.clone(),
        };
        self.completion_params
            .iter()
            .map(|(name, value)| (name.clone(), rendered(value)))
            .collect()
    }

    /// Recorded inputs end with the model.
    pub(crate) fn named(&self, inputs: Fields) -> Fields {
        inputs
            .with("model_provider", self.provider.as_str())
            .with("model_name", self.name.as_str())
    }

    /// How the mode is written in records.
    pub(crate) const fn mode_name(&self) -> &'static str {
        match self.mode {
            ModelMode::Chat => "chat",
            ModelMode::Completion => "completion",
        }
    }
}
