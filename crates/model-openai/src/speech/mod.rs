//! `/audio/transcriptions` and `/audio/speech`: what was said as text, and texts read out. What is read out is passed on while it comes;
//! a long text is asked for in parts, one behind the other.

mod form;
mod parts;
#[cfg(test)]
mod tests;

use std::{collections::VecDeque, sync::Arc};

use bytes::Bytes;
use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture, stream};
use gatewright_model::{
    AudioStream, InvokeError, ModelType, Recording, Speech, Utterance,
    endpoint_file::{Endpoint, EndpointModel},
    error::InvokeErrorKind,
};
use gatewright_outbound::streaming::{Body, StreamingClient};
use http::{HeaderMap, Request, header};
use serde_json::{Map, Value};

use self::{form::Form, parts::parts};
use crate::{failure, request};

/// What was said has so many bytes of text at most.
const MAX_TEXT_BYTES: usize = 4 * 1024 * 1024;
/// The voice of a model of which nobody has said what voices it has: OpenAI's first.
const FIRST_VOICE: &str = "alloy";

/// A model of an endpoint that hears, or one that speaks.
#[derive(Debug, Clone)]
pub(crate) struct OpenAiSpeech {
    client: StreamingClient,
    endpoint: Arc<Endpoint>,
    model: EndpointModel,
}

impl OpenAiSpeech {
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

    /// That the model does this half.
    fn require(&self, wanted: ModelType) -> Result<(), InvokeError> {
        let entity = &self.model.entity;
        if entity.model_type == wanted {
            return Ok(());
        }
        let problem = format!("{} is no model of type {wanted}", entity.name);
        Err(InvokeError::new(
            InvokeErrorKind::ModelNotSupported,
            problem,
        ))
    }

    /// Asks, and is ready with an answer that is none of an error.
    async fn send(&self, call: Request<Vec<u8>>) -> Result<(HeaderMap, Body), InvokeError> {
        let name = &self.endpoint.name;
        let answer = self.client.send(call, self.endpoint.silence).await;
        let answer = answer.map_err(|error| failure::of_transport(name, &error))?;
        let (head, body) = answer.into_parts();
        if !head.status.is_success() {
            return Err(failure::of_answer(name, head.status.as_u16(), body).await);
        }
        Ok((head.headers, body))
    }

    async fn heard(&self, recording: Recording) -> Result<String, InvokeError> {
        self.require(ModelType::Speech2text)?;
        let mut members = Map::from_iter([
            ("model".to_owned(), self.model.upstream.as_str().into()),
            ("response_format".to_owned(), "json".into()),
        ]);
        if let Some(user) = &recording.user {
            members.insert("user".to_owned(), user.as_str().into());
        }
        request::put_over(&mut members, &self.model.body);
        let form = Form::of(&members, &recording);
        drop(recording);
        let head = request::head(&self.endpoint, "audio/transcriptions")?
            .header(header::CONTENT_TYPE, form.content_type)
            .header(header::ACCEPT, request::JSON);
        let (_, body) = self.send(request::with(head, form.body)?).await?;
        let name = &self.endpoint.name;
        let bytes = body.read(MAX_TEXT_BYTES).await;
        let bytes = bytes.map_err(|error| failure::of_transport(name, &error))?;
        let text = String::from_utf8_lossy(&bytes);
        let object: Value = serde_json::from_str(&text).unwrap_or_default();
        if let Some(error) = failure::in_stream(name, &object) {
            return Err(error);
        }
        let said = object["text"].as_str();
        let said = said.ok_or_else(|| failure::not_understood(name, &text))?;
        Ok(said.trim().to_owned())
    }

    /// Asks for one part of a text. An object in the place of sound is an error.
    async fn part(&self, text: &str, voice: Option<&str>) -> Result<Body, InvokeError> {
        let own = self.model.voices.first().map(String::as_str);
        let voice = voice.or(own).unwrap_or(FIRST_VOICE);
        let mut members = Map::from_iter([
            ("model".to_owned(), self.model.upstream.as_str().into()),
            ("input".to_owned(), text.into()),
            ("voice".to_owned(), voice.into()),
            ("response_format".to_owned(), "mp3".into()),
        ]);
        request::put_over(&mut members, &self.model.body);
        let head = request::head(&self.endpoint, "audio/speech")?
            .header(header::CONTENT_TYPE, request::JSON)
            .header(header::ACCEPT, "audio/mpeg");
        let call = request::with(head, Value::Object(members).to_string().into_bytes())?;
        let (headers, body) = self.send(call).await?;
        let kind = headers.get(header::CONTENT_TYPE);
        if kind.is_some_and(|kind| kind.as_bytes().starts_with(request::JSON.as_bytes())) {
            return Err(failure::of_answer(&self.endpoint.name, 500, body).await);
        }
        Ok(body)
    }

    async fn spoken(&self, utterance: Utterance) -> Result<AudioStream, InvokeError> {
        self.require(ModelType::Tts)?;
        let mut left: VecDeque<String> = parts(&utterance.text).into();
        let first = left.pop_front().unwrap_or_default();
        let body = self.part(&first, utterance.voice.as_deref()).await?;
        let speaking = Speaking {
            model: self.clone(),
            voice: utterance.voice,
            left,
            body: Some(body),
        };
        Ok(stream::try_unfold(speaking, Speaking::next).boxed())
    }
}

/// A text that is being read out.
struct Speaking {
    model: OpenAiSpeech,
    voice: Option<String>,
    /// Parts that were not asked for yet.
    left: VecDeque<String>,
    /// The sound of the part that is being read.
    body: Option<Body>,
}

impl Speaking {
    /// The next piece of sound.
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, InvokeError> {
        loop {
            let Some(body) = &mut self.body else {
                let Some(part) = self.left.pop_front() else {
                    return Ok(None);
                };
                self.body = Some(self.model.part(&part, self.voice.as_deref()).await?);
                continue;
            };
            let piece = body.chunk().await;
            let name = &self.model.endpoint.name;
            match piece.map_err(|error| failure::of_transport(name, &error))? {
                Some(piece) => return Ok(Some((piece, self))),
                None => self.body = None,
            }
        }
    }
}

impl Speech for OpenAiSpeech {
    fn transcribe(&self, recording: Recording) -> BoxFuture<'_, Result<String, InvokeError>> {
        self.heard(recording).boxed()
    }

    fn speak(&self, utterance: Utterance) -> BoxFuture<'_, Result<AudioStream, InvokeError>> {
        self.spoken(utterance).boxed()
    }
}
