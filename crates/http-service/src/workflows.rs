//! `/v1/workflows`: runs of apps of mode `workflow`.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use gatewright_auth::console::ConsoleSettings;
use gatewright_domain::ids::WorkflowId;
use gatewright_http_kit::{
    error::{ServiceErrorBody, ServiceFailure},
    extract::{PathId, RequestCtx},
};
use gatewright_http_runs::wire::{
    Listener, NotRun, ResponseMode, Success, answer, require_workflow,
};
use gatewright_run_service::{Caller, RunDetail, RunService, StartRun, Surface};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    events::view,
    key::KeyedApp,
    request::{EndUserName, ForUser},
};

/// What a run takes.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct WorkflowRunRequest {
    /// By the names that the app declares.
    #[schema(value_type = Object)]
    inputs: Map<String, Value>,
    /// Files beside the inputs, for apps that take them: `{type, transfer_method, upload_file_id | url}`.
    #[schema(value_type = Option<Vec<Object>>)]
    files: Option<Vec<Value>>,
    /// `blocking` by default.
    response_mode: Option<ResponseMode>,
    /// For whom the app is run.
    #[schema(inline)]
    user: EndUserName,
}

/// In whose name something is asked.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct UserRequest {
    /// For whom the app was run.
    #[schema(inline)]
    pub(crate) user: EndUserName,
}

/// Runs the published version of the app of the key.
#[utoipa::path(
    post, path = "/v1/workflows/run", operation_id = "run_workflow", request_body = WorkflowRunRequest,
    security(("app_key" = [])),
    responses((status = 200, content_type = "text/event-stream", body = String), (status = 400, body = ServiceErrorBody),
        (status = 429, body = ServiceErrorBody), (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn run(
    runs: Data<RunService>,
    settings: Data<ConsoleSettings>,
    ctx: RequestCtx,
    request: ForUser<WorkflowRunRequest>,
) -> Result<HttpResponse, ServiceFailure> {
    begin(&runs, &settings, &ctx, request, None).await
}

/// Runs a published version of the app of the key.
#[utoipa::path(
    post, path = "/v1/workflows/{workflow_id}/run", operation_id = "run_workflow_version", request_body = WorkflowRunRequest,
    params(("workflow_id" = String, Path)),
    security(("app_key" = [])),
    responses((status = 200, content_type = "text/event-stream", body = String), (status = 400, body = ServiceErrorBody),
        (status = 404, body = ServiceErrorBody), (status = 429, body = ServiceErrorBody),
        (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn run_version(
    runs: Data<RunService>,
    settings: Data<ConsoleSettings>,
    ctx: RequestCtx,
    version: Path<PathId<WorkflowId>>,
    request: ForUser<WorkflowRunRequest>,
) -> Result<HttpResponse, ServiceFailure> {
    let version = version.or(NotRun::BadVersion);
    begin(&runs, &settings, &ctx, request, Some(version)).await
}

async fn begin(
    runs: &RunService,
    settings: &ConsoleSettings,
    ctx: &RequestCtx,
    request: ForUser<WorkflowRunRequest>,
    version: Option<Result<WorkflowId, NotRun>>,
) -> Result<HttpResponse, ServiceFailure> {
    let ForUser { app, body } = request;
    let listener = Listener::new(body.response_mode, view(settings, ctx));
    require_workflow(&app)?;
    let start = StartRun {
        surface: Surface::Service,
        version: version.transpose()?,
        inputs: body.inputs,
        files: body.files.unwrap_or_default(),
        caller: Caller::User(body.user.into_inner()),
        asked: None,
    };
    answer(runs, ctx, app, start, listener).await
}

/// A run, as it stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WorkflowRun {
    id: Uuid,
    workflow_id: Uuid,
    /// `running`, `paused`, `succeeded`, `partial-succeeded`, `failed` or `stopped`.
    status: String,
    /// JSON in a text: the inputs with `sys.*`.
    inputs: String,
    #[schema(value_type = Object)]
    outputs: Value,
    error: Option<String>,
    total_steps: i32,
    total_tokens: i64,
    /// When it began, in Unix seconds.
    created_at: i64,
    /// When it ended, in Unix seconds; null while it has not.
    finished_at: Option<i64>,
    /// Seconds that it took.
    elapsed_time: f64,
}

impl From<RunDetail> for WorkflowRun {
    fn from(run: RunDetail) -> Self {
        Self {
            id: run.id,
            workflow_id: run.workflow_id,
            status: run.status,
            inputs: run.inputs,
            outputs: run.outputs,
            error: run.error,
            total_steps: run.total_steps,
            total_tokens: run.total_tokens,
            created_at: run.created_at.timestamp(),
            finished_at: run.finished_at.map(|at| at.timestamp()),
            elapsed_time: run.elapsed_time,
        }
    }
}

/// A run of the app of the key.
#[utoipa::path(
    get, path = "/v1/workflows/run/{workflow_run_id}", operation_id = "workflow_run",
    params(("workflow_run_id" = String, Path)),
    security(("app_key" = [])),
    responses((status = 200, body = WorkflowRun), (status = 404, body = ServiceErrorBody),
        (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn detail(
    runs: Data<RunService>,
    caller: KeyedApp,
    run: Path<PathId<Uuid>>,
) -> Result<Json<WorkflowRun>, ServiceFailure> {
    require_workflow(&caller.0)?;
    let run = run.or(NotRun::NoSuchRun)?;
    let found = runs.detail(&caller.0, run).await.map_err(NotRun::from)?;
    Ok(Json(found.ok_or(NotRun::NoSuchRun)?.into()))
}

/// Stops a run of the app of the key.
#[utoipa::path(
    post, path = "/v1/workflows/tasks/{task_id}/stop", operation_id = "stop_workflow_run", request_body = UserRequest,
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
    require_workflow(&request.app)?;
    Ok(stopped(&runs, request, &task_id).await?)
}

/// Stops what the user began, if it is under way; success either way.
pub(crate) async fn stopped(
    runs: &RunService,
    request: ForUser<UserRequest>,
    task_id: &str,
) -> Result<Json<Success>, NotRun> {
    let user = request.body.user.into_inner();
    runs.stop_of_user(&request.app, &user, task_id).await?;
    Ok(Json(Success::default()))
}
