//! Whether what the file says can be.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use gatewright_domain::{Secret, ids::WorkspaceId};
use url::Url;

use super::{
    ANY, Claims, Endpoint, EndpointModel, Endpoints,
    shape::{EndpointShape, FileShape, ModelShape},
};
use crate::{
    entity::{Feature, ModelEntity, ModelType},
    parameter,
    provider_id::ProviderId,
};

/// How long a server may be silent unless the file says otherwise.
const SILENCE: Duration = Duration::from_mins(10);
/// What an answer may have at most where nothing is said, in tokens.
const DEFAULT_MAX_TOKENS: u64 = 4096;

/// What is wrong with the file. Never says a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointFileError {
    /// It is not TOML, or has members that do not exist, lack, or are of another type.
    #[error("line {line}: {problem}")]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// What the parser found, in words for people.
        problem: String,
    },
    /// An endpoint cannot be as it is described.
    #[error("endpoint `{endpoint}`: {problem}")]
    Endpoint {
        /// The name of the endpoint.
        endpoint: String,
        /// What is wrong with it, in words for people.
        problem: String,
    },
    /// A default names what nobody answers for.
    #[error("defaults.{model_type}: no endpoint has model `{model}` for provider `{provider}`")]
    Default {
        /// Of which type.
        model_type: ModelType,
        /// The provider as the file names it.
        provider: String,
        /// The model as the file names it.
        model: String,
    },
}

type ReadSecret<'a> = &'a dyn Fn(&str) -> Result<String, String>;

pub(super) fn endpoints(
    file: FileShape,
    read_secret: ReadSecret<'_>,
) -> Result<Endpoints, EndpointFileError> {
    let mut endpoints = Endpoints::default();
    let mut names = BTreeSet::new();
    for shape in file.endpoints {
        let name = shape.name.clone();
        let wrong = |problem: String| EndpointFileError::Endpoint {
            endpoint: name.clone(),
            problem,
        };
        if name.is_empty() || !names.insert(name.clone()) {
            return Err(wrong("its name is empty or taken".to_owned()));
        }
        let endpoint = endpoint(shape, read_secret).map_err(wrong)?;
        endpoints.all.push(Arc::new(endpoint));
    }
    for (model_type, default) in file.defaults {
        let provider = default.provider.parse::<ProviderId>();
        let answers = |endpoint: &Arc<Endpoint>, id: &ProviderId| {
            let claims = endpoint.claims_by_name(id) || matches!(endpoint.claims, Claims::All);
            let mut names = [default.model.as_str(), ANY].into_iter();
            claims && names.any(|name| endpoint.model(model_type, name).is_some())
        };
        match provider {
            Ok(id) if endpoints.all.iter().any(|e| answers(e, &id)) => {
                endpoints.defaults.insert(model_type, (id, default.model));
            }
            _ => {
                return Err(EndpointFileError::Default {
                    model_type,
                    provider: default.provider,
                    model: default.model,
                });
            }
        }
    }
    Ok(endpoints)
}

fn endpoint(shape: EndpointShape, read_secret: ReadSecret<'_>) -> Result<Endpoint, String> {
    let api_key = match (shape.api_key, shape.api_key_file) {
        (Some(_), Some(_)) => return Err("api_key and api_key_file exclude each other".to_owned()),
        (Some(key), None) => key,
        (None, Some(path)) => Secret::new(read_secret(&path)?.trim()),
        (None, None) => Secret::default(),
    };
    if !is_header_value(api_key.expose()) {
        return Err("the API key has letters that no header can carry".to_owned());
    }
    let headers: Vec<_> = shape.headers.into_iter().collect();
    if let Some((name, _)) = headers
        .iter()
        .find(|(name, value)| !is_header_name(name) || !is_header_value(value.expose()))
    {
        return Err(format!("header `{name}` cannot be sent"));
    }
    if shape.models.is_empty() {
        return Err("it has no [[endpoint.model]]".to_owned());
    }
    let speaks = |model: &ModelShape| model.model_type == ModelType::Tts;
    if let Some(model) = (shape.models.iter()).find(|m| !m.voices.is_empty() && !speaks(m)) {
        return Err(format!("model `{}` has voices and is no `tts`", model.name));
    }
    let models: Vec<_> = shape.models.into_iter().map(model).collect();
    let mut seen = BTreeSet::new();
    for model in &models {
        let named = (model.entity.model_type, model.entity.name.clone());
        if model.entity.name.is_empty() || !seen.insert(named) {
            return Err(format!(
                "model `{}` is empty or there twice",
                model.entity.name
            ));
        }
    }
    Ok(Endpoint {
        base_url: base_url(&shape.base_url)?,
        claims: claims(&shape.providers)?,
        workspaces: shape.workspaces.map(workspaces).transpose()?,
        silence: shape.silence_seconds.map_or(SILENCE, Duration::from_secs),
        name: shape.name,
        api_key,
        headers,
        models,
    })
}

fn base_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("base_url: {error}"))?;
    let is_plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if !is_plain {
        return Err("base_url must be http(s)://host[:port][/path], nothing more".to_owned());
    }
    // `join` replaces what stands behind the last slash.
    let with_slash = format!("{}/", url.as_str().trim_end_matches('/'));
    Url::parse(&with_slash).map_err(|error| format!("base_url: {error}"))
}

fn claims(providers: &[String]) -> Result<Claims, String> {
    match providers {
        [] => Err("it claims no providers; `providers = [\"*\"]` claims all".to_owned()),
        [any] if any == ANY => Ok(Claims::All),
        _ => {
            let ids = providers.iter().map(|text| {
                let id = text.parse::<ProviderId>();
                id.map_err(|error| format!("provider `{text}`: {error}"))
            });
            ids.collect::<Result<_, _>>().map(Claims::These)
        }
    }
}

fn workspaces(texts: Vec<String>) -> Result<Vec<WorkspaceId>, String> {
    let ids = texts.iter().map(|text| {
        let id = text.parse::<WorkspaceId>();
        id.map_err(|error| format!("workspace `{text}`: {error}"))
    });
    ids.collect()
}

fn model(shape: ModelShape) -> EndpointModel {
    let is_language_model = shape.model_type == ModelType::Llm;
    let most_tokens = shape.max_tokens.or(shape.context_size);
    let answers_by_schema = shape.features.contains(&Feature::StructuredOutput);
    let parameter_rules = if is_language_model {
        parameter::of_language_model(most_tokens.unwrap_or(DEFAULT_MAX_TOKENS), answers_by_schema)
    } else {
        vec![]
    };
    let entity = ModelEntity {
        label: shape.label.unwrap_or_else(|| shape.name.clone()),
        model_type: shape.model_type,
        mode: shape.mode,
        features: shape.features,
        context_size: shape.context_size,
        parameter_rules,
        pricing: shape.pricing,
        name: shape.name,
    };
    EndpointModel {
        upstream: shape.upstream.unwrap_or_else(|| entity.name.clone()),
        entity: Arc::new(entity),
        voices: shape.voices.into(),
        body: shape.body,
    }
}

/// RFC 9110 §5.6.2. Those that belong to the transport cannot be set.
fn is_header_name(name: &str) -> bool {
    let of_tokens = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let transport = ["host", "content-length", "transfer-encoding", "connection"];
    !name.is_empty()
        && name.bytes().all(of_tokens)
        && !transport.contains(&name.to_ascii_lowercase().as_str())
}

/// RFC 9110 §5.5, without letters beyond ASCII.
fn is_header_value(value: &str) -> bool {
    value.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}
