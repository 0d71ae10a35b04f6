//! The file as it is written, before anything is checked.

use std::collections::BTreeMap;

use gatewright_domain::Secret;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::EndpointFileError;
use crate::{
    entity::{Feature, Mode, ModelType},
    price::Pricing,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileShape {
    #[serde(default, rename = "endpoint")]
    pub(super) endpoints: Vec<EndpointShape>,
    #[serde(default)]
    pub(super) defaults: BTreeMap<ModelType, DefaultShape>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EndpointShape {
    pub(super) name: String,
    pub(super) base_url: String,
    pub(super) api_key: Option<Secret>,
    pub(super) api_key_file: Option<String>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, Secret>,
    pub(super) providers: Vec<String>,
    pub(super) workspaces: Option<Vec<String>>,
    pub(super) silence_seconds: Option<u64>,
    #[serde(default, rename = "model")]
    pub(super) models: Vec<ModelShape>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ModelShape {
    pub(super) name: String,
    pub(super) label: Option<String>,
    pub(super) upstream: Option<String>,
    #[serde(default, rename = "type")]
    pub(super) model_type: ModelType,
    #[serde(default)]
    pub(super) mode: Mode,
    #[serde(default)]
    pub(super) features: Vec<Feature>,
    pub(super) context_size: Option<u64>,
    pub(super) max_tokens: Option<u64>,
    pub(super) pricing: Option<Pricing>,
    #[serde(default)]
    pub(super) voices: Vec<String>,
    #[serde(default)]
    pub(super) body: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DefaultShape {
    pub(super) provider: String,
    pub(super) model: String,
}

pub(super) fn parse(text: &str) -> Result<FileShape, EndpointFileError> {
    toml::from_str(text).map_err(|error| {
        // Its own text shows the line, which may hold a key.
        let before = error.span().and_then(|span| text.get(..span.start));
        EndpointFileError::Syntax {
            line: before.map_or(0, |before| before.matches('\n').count()) + 1,
            problem: error.message().to_owned(),
        }
    })
}
