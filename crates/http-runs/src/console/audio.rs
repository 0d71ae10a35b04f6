//! `/console/api/apps/{app_id}/audio-to-text`, `…/text-to-audio`: speech of an app in its editor, which goes by the draft.

use actix_multipart::Multipart;
use actix_web::{
    HttpResponse,
    web::{Data, Json},
};
use gatewright_conversation_service::{Conversations, Edition};
use gatewright_http_kit::{
    error::{ConsoleErrorBody, ConsoleFailure},
    extract::{Body, ConsoleFormat, EditsApps, Query, Then, WorkspaceMember},
    input::text::Text,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::app_here::{AppHere, CHAT};
use crate::wire::speech::{RecordingForm, SpeechRequest, Transcript, hear, read_out};

/// What was said in a recording.
#[utoipa::path(
    post, path = "/console/api/apps/{app_id}/audio-to-text", operation_id = "app_audio_to_text",
    request_body(content = RecordingForm, content_type = "multipart/form-data"),
    params(("app_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = Transcript), (status = 400, body = ConsoleErrorBody), (status = 403, body = ConsoleErrorBody),
        (status = 404, body = ConsoleErrorBody), (status = 413, body = ConsoleErrorBody), (status = 415, body = ConsoleErrorBody)),
)]
pub(crate) async fn transcribe(
    conversations: Data<Conversations>,
    request: Then<AppHere<EditsApps>, Multipart>,
) -> Result<Json<Transcript>, ConsoleFailure> {
    let Then(asked, body) = request;
    asked.require(CHAT)?;
    let user = Some(asked.here.identity.account.id.to_string());
    let heard = hear(&conversations, &asked.app, Edition::Draft, body, user);
    Ok(Json(heard.await?))
}

/// Reads a text or an answer out: an MP3.
#[utoipa::path(
    post, path = "/console/api/apps/{app_id}/text-to-audio", operation_id = "app_text_to_audio", request_body = SpeechRequest,
    params(("app_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = Vec<u8>, content_type = "audio/mpeg"), (status = 400, body = ConsoleErrorBody),
        (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn speak(
    conversations: Data<Conversations>,
    request: Then<AppHere<EditsApps>, Body<SpeechRequest, ConsoleFormat>>,
) -> Result<HttpResponse, ConsoleFailure> {
    let Then(asked, body) = request;
    let sound = read_out(
        &conversations,
        &asked.app,
        Edition::Draft,
        None,
        body.into_inner(),
    );
    Ok(sound.await?)
}

/// For which language.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct VoicesQuery {
    /// The language that is to be spoken; the operator's file of models names voices for all of them.
    #[param(inline)]
    #[allow(dead_code, reason = "voices are not told apart by it")]
    language: Text,
}

/// A voice of a model.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VoiceBody {
    name: String,
    value: String,
}

/// The voices of whoever speaks for the apps of the workspace.
#[utoipa::path(
    get, path = "/console/api/apps/{app_id}/text-to-audio/voices", operation_id = "list_app_voices",
    params(("app_id" = String, Path), VoicesQuery), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = Vec<VoiceBody>), (status = 400, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn voices(
    conversations: Data<Conversations>,
    request: Then<AppHere<WorkspaceMember>, Query<VoicesQuery, ConsoleFormat>>,
) -> Result<Json<Vec<VoiceBody>>, ConsoleFailure> {
    let names = conversations.voices(&request.0.app).await?;
    let voice = |name: String| VoiceBody {
        value: name.clone(),
        name,
    };
    Ok(Json(names.into_iter().map(voice).collect()))
}
