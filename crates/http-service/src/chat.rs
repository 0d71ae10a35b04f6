//! `/v1/chat-messages`: runs of apps of conversations.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use gatewright_http_kit::error::{ServiceErrorBody, ServiceFailure};
use gatewright_run_service::RunService;
use gatewright_usecase_apps::App;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{
    failure::NotRun,
    request::{EndUserName, ForUser},
    run::ResponseMode,
    workflows::{Success, UserRequest},
};

/// A message to an app.
#[derive(Debug, Deserialize, ToSchema)]
#[allow(dead_code, reason = "conversations do not run yet")]
pub(crate) struct ChatRequest {
    /// By the names that the app declares.
    #[schema(value_type = Object)]
    inputs: Map<String, Value>,
    /// What is said.
    query: String,
    /// `blocking` by default.
    response_mode: Option<ResponseMode>,
    /// For whom the app is run.
    #[schema(inline)]
    user: EndUserName,
}

/// Says something to the app of the key.
#[utoipa::path(
    post, path = "/v1/chat-messages", operation_id = "send_chat_message", request_body = ChatRequest,
    security(("app_key" = [])),
    responses((status = 200, content_type = "text/event-stream", body = String), (status = 400, body = ServiceErrorBody),
        (status = 429, body = ServiceErrorBody), (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn send(request: ForUser<ChatRequest>) -> Result<HttpResponse, ServiceFailure> {
    require_chat(&request.app)?;
    Err(NotRun::NotChat.into())
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
    let user = request.body.user.into_inner();
    let stopped = runs.stop_of_user(&request.app, &user, &task_id).await;
    stopped.map_err(NotRun::from)?;
    Ok(Json(Success { result: "success" }))
}

fn require_chat(app: &App) -> Result<(), NotRun> {
    match app.mode.as_str() {
        "advanced-chat" | "chat" | "agent-chat" => Ok(()),
        _ => Err(NotRun::NotChat),
    }
}
