//! `/api/audio-to-text` and `/api/text-to-audio`: visitors speak, and are spoken to.

use actix_multipart::Multipart;
use actix_web::{
    HttpResponse,
    web::{Data, Json},
};
use gatewright_conversation_service::{Conversations, Edition};
use gatewright_domain::file::FileOwner;
use gatewright_http_kit::{
    error::{ServiceErrorBody, ServiceFailure},
    extract::{Body, ServiceFormat, Then},
};
use gatewright_http_runs::wire::speech::{
    RecordingForm, SpeechRequest, Transcript, hear, read_out,
};
use gatewright_usecase_files::Files;

use crate::visitor::Visiting;

/// What was said in a recording, where the app takes speech. It counts as an upload: a visitor is anybody.
#[utoipa::path(
    post, path = "/api/audio-to-text", operation_id = "web_audio_to_text",
    request_body(content = RecordingForm, content_type = "multipart/form-data"),
    security(("passport" = [])),
    responses((status = 200, body = Transcript), (status = 400, body = ServiceErrorBody),
        (status = 413, body = ServiceErrorBody), (status = 415, body = ServiceErrorBody), (status = 429, body = ServiceErrorBody),
        (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn transcribe(
    conversations: Data<Conversations>,
    files: Data<Files>,
    request: Then<Visiting, Multipart>,
) -> Result<Json<Transcript>, ServiceFailure> {
    let Then(Visiting(visitor), body) = request;
    files.charge(FileOwner::EndUser(visitor.id)).await?;
    let user = Some(visitor.id.to_string());
    let heard = hear(&conversations, &visitor.app, Edition::Published, body, user);
    Ok(Json(heard.await?))
}

/// Reads a text or an answer out, where the app speaks: an MP3.
#[utoipa::path(
    post, path = "/api/text-to-audio", operation_id = "web_text_to_audio", request_body = SpeechRequest,
    security(("passport" = [])),
    responses((status = 200, body = Vec<u8>, content_type = "audio/mpeg"), (status = 400, body = ServiceErrorBody),
        (status = 404, body = ServiceErrorBody), (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn speak(
    conversations: Data<Conversations>,
    request: Then<Visiting, Body<SpeechRequest, ServiceFormat>>,
) -> Result<HttpResponse, ServiceFailure> {
    let Then(visitor, body) = request;
    let (app, talker) = (&visitor.0.app, visitor.talker());
    let edition = Edition::Published;
    let sound = read_out(
        &conversations,
        app,
        edition,
        Some(&talker),
        body.into_inner(),
    );
    Ok(sound.await?)
}
