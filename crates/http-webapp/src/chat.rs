//! `/api/chat-messages`: what a visitor says to a chatflow.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use gatewright_auth::console::ConsoleSettings;
use gatewright_http_kit::{
    error::{ServiceErrorBody, ServiceFailure},
    extract::{Body, RequestCtx, ServiceFormat, Then},
};
use gatewright_http_runs::wire::{
    Listener, MaybeId, NotRun, ResponseMode, Success, answer, require_chat, require_runnable,
};
use gatewright_run_service::{Asked, RunService, StartRun, Surface, UnknownConversation};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{events::view, visitor::Visiting};

/// A message to the app of the page.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct WebChatRequest {
    /// By the names that the app declares.
    #[schema(value_type = Object)]
    inputs: Map<String, Value>,
    /// What is said.
    query: String,
    /// Files beside it, for apps that take them: `{type, transfer_method, upload_file_id | url}`.
    #[schema(value_type = Option<Vec<Object>>)]
    files: Option<Vec<Value>>,
    /// `blocking` by default.
    response_mode: Option<ResponseMode>,
    /// The conversation that goes on; empty or missing: a new one begins.
    #[schema(inline)]
    conversation_id: Option<MaybeId>,
    /// The message that it follows; empty or missing: it begins a thread.
    #[schema(inline)]
    parent_message_id: Option<MaybeId>,
}

/// Says something to the app of the page. A conversation that begins is called by its question; `POST /api/conversations/{c_id}/name`
/// has a model find a name.
#[utoipa::path(
    post, path = "/api/chat-messages", operation_id = "web_chat", request_body = WebChatRequest,
    security(("passport" = [])),
    responses((status = 200, content_type = "text/event-stream", body = String), (status = 400, body = ServiceErrorBody),
        (status = 404, body = ServiceErrorBody), (status = 429, body = ServiceErrorBody),
        (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn send(
    runs: Data<RunService>,
    settings: Data<ConsoleSettings>,
    ctx: RequestCtx,
    request: Then<Visiting, Body<WebChatRequest, ServiceFormat>>,
) -> Result<HttpResponse, ServiceFailure> {
    let Then(Visiting(visitor), body) = request;
    require_chat(&visitor.app)?;
    require_runnable(&visitor.app)?;
    let body = body.into_inner();
    let listener = Listener::new(body.response_mode, view(&settings, &ctx));
    if body.query.is_empty() {
        return listener.refuse("query is required");
    }
    let conversation = body.conversation_id.and_then(MaybeId::get);
    let start = StartRun {
        surface: Surface::WebApp,
        version: None,
        inputs: body.inputs,
        files: body.files.unwrap_or_default(),
        caller: visitor.as_caller(),
        asked: Some(Asked {
            parent_message_id: body.parent_message_id.and_then(MaybeId::get),
            ..Asked::new(body.query, conversation, UnknownConversation::Refused)
        }),
    };
    answer(&runs, &ctx, visitor.app, start, listener).await
}

/// Stops an answer to the visitor.
#[utoipa::path(
    post, path = "/api/chat-messages/{task_id}/stop", operation_id = "stop_web_chat",
    params(("task_id" = String, Path)),
    security(("passport" = [])),
    responses((status = 200, body = Success), (status = 400, body = ServiceErrorBody),
        (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn stop(
    runs: Data<RunService>,
    task_id: Path<String>,
    visitor: Visiting,
) -> Result<Json<Success>, ServiceFailure> {
    require_chat(&visitor.0.app)?;
    Ok(stopped(&runs, &visitor, &task_id).await?)
}

/// Stops what the visitor began, if it is under way; success either way.
pub(crate) async fn stopped(
    runs: &RunService,
    visitor: &Visiting,
    task_id: &str,
) -> Result<Json<Success>, NotRun> {
    let Visiting(visitor) = visitor;
    let stopped = runs.stop_of_visitor(visitor.app.id, visitor.id.0, task_id);
    stopped.await?;
    Ok(Json(Success::default()))
}
