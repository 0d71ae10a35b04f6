//! The models of the file of endpoints, ready to be called.

use std::sync::Arc;

use futures_util::{FutureExt as _, future, future::BoxFuture};
use gatewright_domain::ids::WorkspaceId;
use gatewright_model::{
    ConfiguredModel, Endpoints, LookupError, ModelCatalogue, ModelType, endpoint_file::Found,
};
use gatewright_outbound::streaming::StreamingClient;

use crate::OpenAiModel;

/// Who answers for which name, by the operator's file.
#[derive(Debug, Clone)]
pub struct EndpointCatalogue {
    endpoints: Arc<Endpoints>,
    client: StreamingClient,
}

impl EndpointCatalogue {
    /// Of a file.
    pub fn new(endpoints: Arc<Endpoints>, client: StreamingClient) -> Self {
        Self { endpoints, client }
    }

    fn ready(&self, found: Found) -> ConfiguredModel {
        let entity = found.model.entity.clone();
        let model = OpenAiModel::new(self.client.clone(), found.endpoint, found.model);
        ConfiguredModel {
            provider: found.provider,
            entity,
            chat: Arc::new(model),
        }
    }
}

impl ModelCatalogue for EndpointCatalogue {
    fn chat_model<'a>(
        &'a self,
        workspace: WorkspaceId,
        provider: &'a str,
        model: &'a str,
    ) -> BoxFuture<'a, Result<ConfiguredModel, LookupError>> {
        let found = self
            .endpoints
            .find(workspace, provider, ModelType::Llm, model);
        future::ready(found.map(|found| self.ready(found))).boxed()
    }

    fn default_chat_model(
        &self,
        workspace: WorkspaceId,
    ) -> BoxFuture<'_, Result<ConfiguredModel, LookupError>> {
        let found = self.endpoints.find_default(workspace, ModelType::Llm);
        future::ready(found.map(|found| self.ready(found))).boxed()
    }
}
