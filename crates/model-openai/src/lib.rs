//! Models behind the OpenAI protocol, which most servers speak: `/chat/completions` and `/completions`, streamed;
//! `/audio/transcriptions`, `/audio/speech`, `/moderations`. What a server adds or leaves out is tolerated where its meaning is clear; what is
//! not understood is an error that keeps the server's words.

mod answer;
mod body;
mod catalogue;
mod failure;
mod moderation;
mod request;
mod speech;
mod stream;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use futures_util::{FutureExt as _, future::BoxFuture};
use gatewright_model::{
    ChatCall, ChatModel, ChunkStream, InvokeError,
    endpoint_file::{Endpoint, EndpointModel},
};
use gatewright_outbound::streaming::StreamingClient;
use http::{Request, header};

pub use catalogue::EndpointCatalogue;

/// A model of an endpoint, ready to be called.
#[derive(Debug, Clone)]
pub struct OpenAiModel {
    client: StreamingClient,
    endpoint: Arc<Endpoint>,
    model: EndpointModel,
}

impl OpenAiModel {
    /// Of an endpoint. Clients are shared by all of them.
    pub fn new(client: StreamingClient, endpoint: Arc<Endpoint>, model: EndpointModel) -> Self {
        Self {
            client,
            endpoint,
            model,
        }
    }

    async fn start(&self, call: ChatCall) -> Result<ChunkStream, InvokeError> {
        let name = &self.endpoint.name;
        let request = self.request(&call)?;
        let answer = self.client.send(request, self.endpoint.silence).await;
        let answer = answer.map_err(|error| failure::of_transport(name, &error))?;
        let (head, body) = answer.into_parts();
        if !head.status.is_success() {
            return Err(failure::of_answer(name, head.status.as_u16(), body).await);
        }
        let content_type = head.headers.get(header::CONTENT_TYPE);
        let is_json =
            content_type.is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
        if is_json {
            return stream::of_whole(name.clone(), body).await;
        }
        Ok(stream::of_events(name.clone(), body))
    }

    fn request(&self, call: &ChatCall) -> Result<Request<Vec<u8>>, InvokeError> {
        let mode = self.model.entity.mode;
        let body = body::of(call, mode, &self.model)?;
        let head = request::head(&self.endpoint, body::path(mode))?
            .header(header::CONTENT_TYPE, request::JSON)
            .header(header::ACCEPT, "text/event-stream, application/json");
        request::with(head, body.to_string().into_bytes())
    }
}

impl ChatModel for OpenAiModel {
    fn chat(&self, call: ChatCall) -> BoxFuture<'_, Result<ChunkStream, InvokeError>> {
        self.start(call).boxed()
    }
}
