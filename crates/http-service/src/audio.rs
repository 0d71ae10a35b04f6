//! `/v1/audio-to-text` and `/v1/text-to-audio`: speech of the app of the key.

use actix_multipart::Multipart;
use actix_web::{
    HttpResponse,
    web::{Data, Json},
};
use gatewright_conversation_service::{Conversations, Edition};
use gatewright_http_kit::{
    error::{ServiceErrorBody, ServiceFailure},
    extract::Then,
};
use gatewright_http_runs::wire::{
    MaybeId, Words,
    speech::{RecordingForm, SpeechRequest, Transcript, Voice, hear, read_out},
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    key::KeyedApp,
    request::{EndUserName, ForAnyUser},
};

/// What was said in a recording, where the app takes speech.
#[utoipa::path(
    post, path = "/v1/audio-to-text", operation_id = "audio_to_text",
    request_body(content = RecordingForm, content_type = "multipart/form-data"),
    security(("app_key" = [])),
    responses((status = 200, body = Transcript), (status = 400, body = ServiceErrorBody),
        (status = 413, body = ServiceErrorBody), (status = 415, body = ServiceErrorBody),
        (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn transcribe(
    conversations: Data<Conversations>,
    request: Then<KeyedApp, Multipart>,
) -> Result<Json<Transcript>, ServiceFailure> {
    let Then(KeyedApp(app), body) = request;
    let heard = hear(&conversations, &app, Edition::Published, body, None);
    Ok(Json(heard.await?))
}

/// What is to be read out, and for whom.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct UserSpeechRequest {
    /// A text, where no message is named.
    #[schema(inline)]
    text: Option<Words>,
    /// The message whose answer is read out.
    #[schema(inline)]
    message_id: Option<MaybeId>,
    /// One that the model has; else the app's, else the model's first.
    #[schema(inline)]
    voice: Option<Voice>,
    /// Passed over: sound always comes while it is made.
    #[allow(dead_code, reason = "clients send it")]
    streaming: Option<bool>,
    /// Whose message it is; nobody's in particular by default.
    #[schema(inline)]
    user: Option<EndUserName>,
}

/// Reads a text or an answer out, where the app speaks: an MP3.
#[utoipa::path(
    post, path = "/v1/text-to-audio", operation_id = "text_to_audio", request_body = UserSpeechRequest,
    security(("app_key" = [])),
    responses((status = 200, body = Vec<u8>, content_type = "audio/mpeg"), (status = 400, body = ServiceErrorBody),
        (status = 404, body = ServiceErrorBody), (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn speak(
    conversations: Data<Conversations>,
    request: ForAnyUser<UserSpeechRequest>,
) -> Result<HttpResponse, ServiceFailure> {
    let ForAnyUser { app, body } = request;
    let talker = conversations
        .talker(&app, &EndUserName::of(body.user))
        .await?;
    let wanted = SpeechRequest::new(body.text, body.message_id, body.voice);
    let edition = Edition::Published;
    let sound = read_out(&conversations, &app, edition, Some(&talker), wanted);
    Ok(sound.await?)
}
