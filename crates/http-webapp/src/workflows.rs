//! `/api/workflows`: workflows run by visitors.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use gatewright_auth::console::ConsoleSettings;
use gatewright_http_kit::{
    error::{ServiceErrorBody, ServiceFailure},
    extract::{Body, RequestCtx, ServiceFormat, Then},
};
use gatewright_http_runs::wire::{Listener, ResponseMode, Success, answer, require_workflow};
use gatewright_run_service::{RunService, StartRun, Surface};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{chat::stopped, events::view, visitor::Visiting};

/// What a run takes. It is streamed, whatever `response_mode` says.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct WebRunRequest {
    /// By the names that the app declares.
    #[schema(value_type = Object)]
    inputs: Map<String, Value>,
    /// Files beside the inputs, for apps that take them: `{type, transfer_method, upload_file_id | url}`.
    #[schema(value_type = Option<Vec<Object>>)]
    files: Option<Vec<Value>>,
}

/// Runs the app of the page.
#[utoipa::path(
    post, path = "/api/workflows/run", operation_id = "run_web_workflow", request_body = WebRunRequest,
    security(("passport" = [])),
    responses((status = 200, content_type = "text/event-stream", body = String), (status = 400, body = ServiceErrorBody),
        (status = 429, body = ServiceErrorBody), (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn run(
    runs: Data<RunService>,
    settings: Data<ConsoleSettings>,
    ctx: RequestCtx,
    request: Then<Visiting, Body<WebRunRequest, ServiceFormat>>,
) -> Result<HttpResponse, ServiceFailure> {
    let Then(Visiting(visitor), body) = request;
    require_workflow(&visitor.app)?;
    let body = body.into_inner();
    let start = StartRun {
        surface: Surface::WebApp,
        version: None,
        inputs: body.inputs,
        files: body.files.unwrap_or_default(),
        caller: visitor.as_caller(),
        asked: None,
    };
    let listener = Listener::new(Some(ResponseMode::Streaming), view(&settings, &ctx));
    answer(&runs, &ctx, visitor.app, start, listener).await
}

/// Stops a run of the visitor's.
#[utoipa::path(
    post, path = "/api/workflows/tasks/{task_id}/stop", operation_id = "stop_web_workflow",
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
    require_workflow(&visitor.0.app)?;
    Ok(stopped(&runs, &visitor, &task_id).await?)
}
