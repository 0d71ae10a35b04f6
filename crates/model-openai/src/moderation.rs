//! `/moderations`: whether a text may be shown.

use std::sync::Arc;

use futures_util::{FutureExt as _, future::BoxFuture};
use gatewright_model::{
    InvokeError, Moderator,
    endpoint_file::{Endpoint, EndpointModel},
};
use gatewright_outbound::streaming::StreamingClient;
use http::header;
use serde_json::{Map, Value};

use crate::{failure, request};

/// A judgement has so many bytes at most.
const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// A model of an endpoint that judges texts.
#[derive(Debug, Clone)]
pub(crate) struct OpenAiModerator {
    client: StreamingClient,
    endpoint: Arc<Endpoint>,
    model: EndpointModel,
}

impl OpenAiModerator {
    pub(crate) fn new(
        client: StreamingClient,
        endpoint: Arc<Endpoint>,
        model: EndpointModel,
    ) -> Self {
        Self {
            client,
            endpoint,
            model,
        }
    }

    async fn ask(&self, text: String) -> Result<bool, InvokeError> {
        let name = &self.endpoint.name;
        let mut body = Map::from_iter([
            ("model".to_owned(), self.model.upstream.as_str().into()),
            ("input".to_owned(), text.into()),
        ]);
        request::put_over(&mut body, &self.model.body);
        let head = request::head(&self.endpoint, "moderations")?
            .header(header::CONTENT_TYPE, request::JSON)
            .header(header::ACCEPT, request::JSON);
        let call = request::with(head, Value::Object(body).to_string().into_bytes())?;
        let answer = self.client.send(call, self.endpoint.silence).await;
        let (head, body) = answer
            .map_err(|error| failure::of_transport(name, &error))?
            .into_parts();
        if !head.status.is_success() {
            return Err(failure::of_answer(name, head.status.as_u16(), body).await);
        }
        let bytes = body.read(MAX_ANSWER_BYTES).await;
        let bytes = bytes.map_err(|error| failure::of_transport(name, &error))?;
        let object: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let results = object["results"].as_array().filter(|all| !all.is_empty());
        let flags =
            results.and_then(|all| all.iter().map(|one| one["flagged"].as_bool()).collect());
        // A judgement that is not understood is none: nobody takes it for a yes.
        let flags: Vec<bool> =
            flags.ok_or_else(|| failure::not_understood(name, &String::from_utf8_lossy(&bytes)))?;
        Ok(flags.contains(&true))
    }
}

impl Moderator for OpenAiModerator {
    fn flags(&self, text: String) -> BoxFuture<'_, Result<bool, InvokeError>> {
        self.ask(text).boxed()
    }
}
