//! The models of the file of endpoints, ready to be called.

use std::sync::Arc;

use futures_util::{FutureExt as _, future, future::BoxFuture};
use gatewright_domain::ids::WorkspaceId;
use gatewright_model::{
    ConfiguredModel, ConfiguredSpeech, Endpoints, LookupError, ModelCatalogue, ModelType,
    Moderator, ModeratorCatalogue, SpeechCatalogue, endpoint_file::Found,
};
use gatewright_outbound::streaming::StreamingClient;

use crate::{OpenAiModel, moderation::OpenAiModerator, speech::OpenAiSpeech};

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

impl SpeechCatalogue for EndpointCatalogue {
    fn speech(
        &self,
        workspace: WorkspaceId,
        model_type: ModelType,
    ) -> BoxFuture<'_, Result<ConfiguredSpeech, LookupError>> {
        let ready = |found: Found| ConfiguredSpeech {
            entity: found.model.entity.clone(),
            voices: Arc::clone(&found.model.voices),
            speech: Arc::new(OpenAiSpeech::new(
                self.client.clone(),
                found.endpoint,
                found.model,
            )),
        };
        let found = self.endpoints.find_default(workspace, model_type);
        future::ready(found.map(ready)).boxed()
    }
}

impl ModeratorCatalogue for EndpointCatalogue {
    fn moderator(
        &self,
        workspace: WorkspaceId,
    ) -> BoxFuture<'_, Result<Arc<dyn Moderator>, LookupError>> {
        let ready = |found: Found| {
            let client = self.client.clone();
            let moderator = OpenAiModerator::new(client, found.endpoint, found.model);
            Arc::new(moderator) as Arc<dyn Moderator>
        };
        let found = self
            .endpoints
            .find_default(workspace, ModelType::Moderation);
        future::ready(found.map(ready)).boxed()
    }
}
