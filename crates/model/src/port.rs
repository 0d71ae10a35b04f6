//! What vendors and catalogues implement.

use std::sync::Arc;

use futures_util::{future::BoxFuture, stream::BoxStream};
use gatewright_domain::ids::WorkspaceId;

use crate::{
    call::ChatCall, chunk::Chunk, entity::ModelEntity, entity::ModelType, error::InvokeError,
    provider_id::ProviderId,
};

/// The pieces of an answer. After an error nothing comes any more. Dropping it closes the vendor's connection.
pub type ChunkStream = BoxStream<'static, Result<Chunk, InvokeError>>;

/// A language model that can be called.
pub trait ChatModel: Send + Sync {
    /// Asks it. Ready when the vendor has begun to answer; dropped before, the call is given up.
    fn chat(&self, call: ChatCall) -> BoxFuture<'_, Result<ChunkStream, InvokeError>>;
}

/// A model that an app may call.
#[derive(Clone)]
pub struct ConfiguredModel {
    /// As the app named it, in the long form.
    pub provider: ProviderId,
    /// What it is.
    pub entity: Arc<ModelEntity>,
    /// How it is called.
    pub chat: Arc<dyn ChatModel>,
}

/// Why nobody answers for a name. The texts are those that clients get, as `invalid_param` 400.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LookupError {
    /// No endpoint of this workspace claims the provider.
    #[error("Provider {0} does not exist.")]
    NoProvider(String),
    /// The provider is claimed, and has no such model.
    #[error("Model {0} not exist.")]
    NoModel(String),
    /// No default is set for the type.
    #[error("Default model not found for {0}")]
    NoDefault(ModelType),
}

/// Who answers for which name.
pub trait ModelCatalogue: Send + Sync {
    /// The language model of that name; `provider` in its long or short form.
    fn chat_model<'a>(
        &'a self,
        workspace: WorkspaceId,
        provider: &'a str,
        model: &'a str,
    ) -> BoxFuture<'a, Result<ConfiguredModel, LookupError>>;

    /// The language model that is called where an app names none.
    fn default_chat_model(
        &self,
        workspace: WorkspaceId,
    ) -> BoxFuture<'_, Result<ConfiguredModel, LookupError>>;
}
