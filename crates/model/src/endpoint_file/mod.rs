//! Which servers answer for which models: the file that `GATEWRIGHT_MODEL_ENDPOINTS` names, in TOML. An
//! endpoint claims provider ids, so that apps made elsewhere run here; `docs/models.md` describes it.

mod check;
mod shape;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use gatewright_domain::{Secret, ids::WorkspaceId};
use serde_json::{Map, Value};
use url::Url;

pub use self::check::EndpointFileError;
use crate::{
    entity::{ModelEntity, ModelType},
    port::LookupError,
    provider_id::ProviderId,
};

/// Stands for every provider that no other endpoint claims, and for every model that is not named.
const ANY: &str = "*";

/// A server that speaks the OpenAI protocol.
#[derive(Debug)]
pub struct Endpoint {
    /// For logs and errors.
    pub name: String,
    /// What `/chat/completions` is put behind; ends with `/`.
    pub base_url: Url,
    /// The bearer; empty: none is sent.
    pub api_key: Secret,
    /// Further headers; their values may be secrets too.
    pub headers: Vec<(String, Secret)>,
    /// So long may it be silent, before its first byte and between two.
    pub silence: Duration,
    claims: Claims,
    workspaces: Option<Vec<WorkspaceId>>,
    models: Vec<EndpointModel>,
}

/// A model of an endpoint.
#[derive(Debug, Clone)]
pub struct EndpointModel {
    /// As apps see it.
    pub entity: Arc<ModelEntity>,
    /// As the server names it.
    pub upstream: String,
    /// Of a model that speaks: the voices that it has, the one that is used by default first.
    pub voices: Arc<[String]>,
    /// What is put into the body of each call, over what the app says.
    pub body: Map<String, Value>,
}

#[derive(Debug)]
enum Claims {
    These(Vec<ProviderId>),
    All,
}

/// The endpoints of a file. Empty: no model answers.
#[derive(Debug, Default)]
pub struct Endpoints {
    all: Vec<Arc<Endpoint>>,
    defaults: BTreeMap<ModelType, (ProviderId, String)>,
}

/// The endpoint and the model that answer for a name.
#[derive(Debug, Clone)]
pub struct Found {
    /// As the app named it, in the long form.
    pub provider: ProviderId,
    /// The server that is called.
    pub endpoint: Arc<Endpoint>,
    /// The model as the endpoint declares it.
    pub model: EndpointModel,
}

impl Endpoints {
    /// Reads a file. `read_secret` reads a file with a secret, by the path that the endpoint gives.
    ///
    /// # Errors
    /// The first line that cannot be right, with what is wrong; never with a secret.
    pub fn parse(
        text: &str,
        read_secret: &dyn Fn(&str) -> Result<String, String>,
    ) -> Result<Self, EndpointFileError> {
        check::endpoints(shape::parse(text)?, read_secret)
    }

    /// All of them, in the order of the file.
    pub fn all(&self) -> &[Arc<Endpoint>] {
        &self.all
    }

    /// Who answers for a model in a workspace: an endpoint that claims the provider by name, else one that
    /// claims all; a model of that name, else one that stands for any. The first in the file wins.
    pub fn find(
        &self,
        workspace: WorkspaceId,
        provider: &str,
        model_type: ModelType,
        model: &str,
    ) -> Result<Found, LookupError> {
        let unknown = || LookupError::NoProvider(provider.to_owned());
        let id: ProviderId = provider.parse().map_err(|_| unknown())?;
        let usable = || self.all.iter().filter(|e| e.serves(workspace));
        let mut claiming: Vec<_> = usable().filter(|e| e.claims_by_name(&id)).collect();
        if claiming.is_empty() {
            claiming = usable()
                .filter(|e| matches!(e.claims, Claims::All))
                .collect();
        }
        if claiming.is_empty() {
            return Err(LookupError::NoProvider(id.to_string()));
        }
        let by_name = |name: &str| {
            let mut all = claiming.iter();
            all.find_map(|e| e.model(model_type, name).map(|found| ((*e).clone(), found)))
        };
        let (endpoint, found) = by_name(model)
            .or_else(|| by_name(ANY))
            .ok_or_else(|| LookupError::NoModel(model.to_owned()))?;
        Ok(Found {
            provider: id,
            endpoint,
            model: found.named(model),
        })
    }

    /// Who answers where an app names no model.
    pub fn find_default(
        &self,
        workspace: WorkspaceId,
        model_type: ModelType,
    ) -> Result<Found, LookupError> {
        let default = self.defaults.get(&model_type);
        let (provider, model) = default.ok_or(LookupError::NoDefault(model_type))?;
        self.find(workspace, provider.as_str(), model_type, model)
    }
}

impl Endpoint {
    fn serves(&self, workspace: WorkspaceId) -> bool {
        let listed = self.workspaces.as_ref();
        listed.is_none_or(|listed| listed.contains(&workspace))
    }

    fn claims_by_name(&self, provider: &ProviderId) -> bool {
        matches!(&self.claims, Claims::These(claimed) if claimed.contains(provider))
    }

    fn model(&self, model_type: ModelType, name: &str) -> Option<&EndpointModel> {
        let mut models = self.models.iter();
        models.find(|model| model.entity.model_type == model_type && model.entity.name == name)
    }
}

impl EndpointModel {
    /// One that stands for any model becomes the one that was asked for.
    fn named(&self, name: &str) -> Self {
        if self.entity.name != ANY {
            return self.clone();
        }
        let entity = ModelEntity {
            name: name.to_owned(),
            label: name.to_owned(),
            ..(*self.entity).clone()
        };
        Self {
            entity: Arc::new(entity),
            upstream: name.to_owned(),
            voices: Arc::clone(&self.voices),
            body: self.body.clone(),
        }
    }
}
