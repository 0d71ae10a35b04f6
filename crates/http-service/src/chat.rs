//! `/v1/chat-messages`: runs of apps of conversations.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use gatewright_auth::console::ConsoleSettings;
use gatewright_domain::ids::WorkflowId;
use gatewright_http_kit::{
    error::{ServiceErrorBody, ServiceFailure},
    extract::RequestCtx,
};
use gatewright_http_runs::wire::{
    Listener, MaybeId, NotRun, ResponseMode, Success, answer, require_chat, require_runnable,
};
use gatewright_run_service::{Asked, Caller, RunService, StartRun, Surface, UnknownConversation};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{
    events::view,
    request::{EndUserName, ForUser},
    workflows::{UserRequest, stopped},
};

/// A message to an app.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ChatRequest {
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
    /// The conversation that goes on; empty, missing or unknown: a new one begins.
    #[schema(inline)]
    conversation_id: Option<MaybeId>,
    /// Whether a conversation that begins is named by a model, `true` by default; else it keeps the beginning of the question.
    auto_generate_name: Option<bool>,
    /// A published version; the current one by default.
    workflow_id: Option<String>,
    /// For whom the app is run.
    #[schema(inline)]
    user: EndUserName,
}

/// Says something to the app of the key.
#[utoipa::path(
    post, path = "/v1/chat-messages", operation_id = "send_chat_message", request_body = ChatRequest,
    security(("app_key" = [])),
    responses((status = 200, content_type = "text/event-stream", body = String), (status = 400, body = ServiceErrorBody),
        (status = 404, body = ServiceErrorBody), (status = 429, body = ServiceErrorBody),
        (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn send(
    runs: Data<RunService>,
    settings: Data<ConsoleSettings>,
    ctx: RequestCtx,
    request: ForUser<ChatRequest>,
) -> Result<HttpResponse, ServiceFailure> {
    let ForUser { app, body } = request;
    require_chat(&app)?;
    require_runnable(&app)?;
    let listener = Listener::new(body.response_mode, view(&settings, &ctx));
    if body.query.is_empty() {
        return listener.refuse("query is required");
    }
    let conversation = body.conversation_id.and_then(MaybeId::get);
    let start = StartRun {
        surface: Surface::Service,
        version: body.workflow_id.as_deref().map(version).transpose()?,
        inputs: body.inputs,
        files: body.files.unwrap_or_default(),
        caller: Caller::User(body.user.into_inner()),
        asked: Some(
            Asked::new(body.query, conversation, UnknownConversation::Begins)
                .named_by_model(body.auto_generate_name.unwrap_or(true)),
        ),
    };
    answer(&runs, &ctx, app, start, listener).await
}

fn version(id: &str) -> Result<WorkflowId, NotRun> {
    id.parse().map_err(|_| NotRun::BadVersion)
}

/// Stops an answer of the app of the key.
#[utoipa::path(
    post, path = "/v1/chat-messages/{task_id}/stop", operation_id = "stop_chat_message", request_body = UserRequest,
    params(("task_id" = String, Path)),
    security(("app_key" = [])),
    responses((status = 200, body = Success), (status = 400, body = ServiceErrorBody),
        (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn stop(
    runs: Data<RunService>,
    task_id: Path<String>,
    request: ForUser<UserRequest>,
) -> Result<Json<Success>, ServiceFailure> {
    require_chat(&request.app)?;
    Ok(stopped(&runs, request, &task_id).await?)
}
