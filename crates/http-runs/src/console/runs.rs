//! `/console/api/apps/{app_id}/workflow-runs…`: runs of an app, looked at and stopped.

use actix_web::web::{Data, Json, Path};
use gatewright_conversation_service::{ConversationError, Conversations, ListedRun, RunFilter};
use gatewright_http_kit::{
    error::{ConsoleErrorBody, ConsoleFailure},
    extract::{ConsoleFormat, EditsApps, PathId, Query, RequestCtx, Then, WorkspaceMember},
    input::{
        number::WholeNumber,
        text::{Id, Text},
    },
    page::Scroll,
};
use gatewright_run_service::RunService;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{
    app_here::{AppHere, CHATFLOW, GRAPH},
    days::ago,
    run_body::{ListedChatRunBody, ListedRunBody, NodeExecutionBody, RunCreator, RunDetailBody},
};
use crate::{
    conversation::scroll,
    failure::NotRun,
    log::RunState,
    wire::{LIMIT, Success},
};

/// What set a run off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TriggeredFrom {
    /// Somebody tried the draft.
    Debugging,
    /// Somebody used the app.
    AppRun,
}

/// Which runs are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RunsQuery {
    /// The last one that was shown.
    #[param(inline)]
    last_id: Option<Id>,
    /// 20 by default.
    #[param(inline)]
    limit: Option<WholeNumber<1, 100>>,
    /// How the run stands.
    #[param(inline)]
    status: Option<RunState>,
    /// `debugging` by default.
    #[param(inline)]
    triggered_from: Option<TriggeredFrom>,
}

fn filter(status: Option<RunState>, triggered_from: Option<TriggeredFrom>) -> RunFilter {
    RunFilter {
        triggered_from: match triggered_from {
            Some(TriggeredFrom::AppRun) => "app-run",
            Some(TriggeredFrom::Debugging) | None => "debugging",
        },
        status: status.map(RunState::as_str),
    }
}

async fn part<T: From<ListedRun>>(
    conversations: &Conversations,
    asked: &AppHere<WorkspaceMember>,
    query: RunsQuery,
) -> Result<Json<Scroll<T>>, ConsoleFailure> {
    let limit = query.limit.map_or(LIMIT, WholeNumber::get);
    let filter = filter(query.status, query.triggered_from);
    let last = query.last_id.map(Id::into_inner);
    let found = conversations.runs(&asked.app, filter, last, limit).await?;
    Ok(Json(scroll(limit, found)))
}

/// Runs of an app, the newest first.
#[utoipa::path(
    get, path = "/console/api/apps/{app_id}/workflow-runs", operation_id = "list_workflow_runs",
    params(("app_id" = String, Path), RunsQuery), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = Scroll<ListedRunBody>), (status = 400, body = ConsoleErrorBody),
        (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn list(
    conversations: Data<Conversations>,
    request: Then<AppHere<WorkspaceMember>, Query<RunsQuery, ConsoleFormat>>,
) -> Result<Json<Scroll<ListedRunBody>>, ConsoleFailure> {
    let Then(asked, query) = request;
    asked.require(GRAPH)?;
    part(&conversations, &asked, query.into_inner()).await
}

/// Runs of a chatflow, the newest first, each with its message.
#[utoipa::path(
    get, path = "/console/api/apps/{app_id}/advanced-chat/workflow-runs", operation_id = "list_chatflow_runs",
    params(("app_id" = String, Path), RunsQuery), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = Scroll<ListedChatRunBody>), (status = 400, body = ConsoleErrorBody),
        (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn list_chat(
    conversations: Data<Conversations>,
    request: Then<AppHere<WorkspaceMember>, Query<RunsQuery, ConsoleFormat>>,
) -> Result<Json<Scroll<ListedChatRunBody>>, ConsoleFailure> {
    let Then(asked, query) = request;
    asked.require(CHATFLOW)?;
    part(&conversations, &asked, query.into_inner()).await
}

/// Which runs are counted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CountQuery {
    /// How the run stands: then the others are not counted.
    #[param(inline)]
    status: Option<RunState>,
    /// Those of the last `7d`, `24h`, `30m` or `90s`.
    #[param(inline)]
    time_range: Option<Text>,
    /// `debugging` by default.
    #[param(inline)]
    triggered_from: Option<TriggeredFrom>,
}

/// How many runs stand in which way.
#[derive(Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct RunCounts {
    /// Those that wait among them.
    total: i64,
    running: i64,
    succeeded: i64,
    failed: i64,
    stopped: i64,
    partial_succeeded: i64,
}

async fn counts(
    conversations: &Conversations,
    ctx: &RequestCtx,
    asked: &AppHere<WorkspaceMember>,
    query: CountQuery,
) -> Result<Json<RunCounts>, ConsoleFailure> {
    let range = query.time_range.filter(|text| !text.is_empty());
    let since = range.map(|text| ago(ctx.now, &text)).transpose()?;
    let filter = filter(query.status, query.triggered_from);
    let found = conversations.run_counts(&asked.app, filter, since).await?;
    let mut counts = RunCounts::default();
    for row in found {
        counts.total += row.runs;
        match row.status.as_str() {
            "running" => counts.running = row.runs,
            "succeeded" => counts.succeeded = row.runs,
            "failed" => counts.failed = row.runs,
            "stopped" => counts.stopped = row.runs,
            "partial-succeeded" => counts.partial_succeeded = row.runs,
            _ => {}
        }
    }
    Ok(Json(counts))
}

/// How many runs of an app stand in which way.
#[utoipa::path(
    get, path = "/console/api/apps/{app_id}/workflow-runs/count", operation_id = "count_workflow_runs",
    params(("app_id" = String, Path), CountQuery), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = RunCounts), (status = 400, body = ConsoleErrorBody),
        (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn count(
    conversations: Data<Conversations>,
    ctx: RequestCtx,
    request: Then<AppHere<WorkspaceMember>, Query<CountQuery, ConsoleFormat>>,
) -> Result<Json<RunCounts>, ConsoleFailure> {
    let Then(asked, query) = request;
    asked.require(GRAPH)?;
    counts(&conversations, &ctx, &asked, query.into_inner()).await
}

/// How many runs of a chatflow stand in which way.
#[utoipa::path(
    get, path = "/console/api/apps/{app_id}/advanced-chat/workflow-runs/count", operation_id = "count_chatflow_runs",
    params(("app_id" = String, Path), CountQuery), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = RunCounts), (status = 400, body = ConsoleErrorBody),
        (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn count_chat(
    conversations: Data<Conversations>,
    ctx: RequestCtx,
    request: Then<AppHere<WorkspaceMember>, Query<CountQuery, ConsoleFormat>>,
) -> Result<Json<RunCounts>, ConsoleFailure> {
    let Then(asked, query) = request;
    asked.require(CHATFLOW)?;
    counts(&conversations, &ctx, &asked, query.into_inner()).await
}

/// A run of an app.
#[utoipa::path(
    get, path = "/console/api/apps/{app_id}/workflow-runs/{run_id}", operation_id = "get_workflow_run",
    params(("app_id" = String, Path), ("run_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = RunDetailBody), (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn detail(
    conversations: Data<Conversations>,
    ctx: RequestCtx,
    asked: AppHere<WorkspaceMember>,
    ids: Path<(String, PathId<Uuid>)>,
) -> Result<Json<RunDetailBody>, ConsoleFailure> {
    asked.require(GRAPH)?;
    let run = ids.1.or(ConversationError::RunNotFound)?;
    let found = conversations.run(&ctx, &asked.app, run).await?;
    Ok(Json(found.into()))
}

/// What the nodes of a run took and gave.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NodeExecutions {
    /// The oldest first.
    data: Vec<NodeExecutionBody>,
}

/// The executions of the nodes of a run.
#[utoipa::path(
    get, path = "/console/api/apps/{app_id}/workflow-runs/{run_id}/node-executions", operation_id = "list_node_executions",
    params(("app_id" = String, Path), ("run_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = NodeExecutions), (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn nodes(
    conversations: Data<Conversations>,
    ctx: RequestCtx,
    asked: AppHere<WorkspaceMember>,
    ids: Path<(String, PathId<Uuid>)>,
) -> Result<Json<NodeExecutions>, ConsoleFailure> {
    asked.require(GRAPH)?;
    let run = ids.1.or(ConversationError::RunNotFound)?;
    let (run, nodes) = conversations.run_nodes(&ctx, &asked.app, run).await?;
    let by = RunCreator::from(run);
    let rows = nodes.into_iter();
    Ok(Json(NodeExecutions {
        data: rows.map(|node| NodeExecutionBody::new(node, &by)).collect(),
    }))
}

/// Stops a run of an app; what does not run is left alone.
#[utoipa::path(
    post, path = "/console/api/apps/{app_id}/workflow-runs/tasks/{task_id}/stop", operation_id = "stop_run_of_app",
    params(("app_id" = String, Path), ("task_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = Success), (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn stop(
    runs: Data<RunService>,
    asked: AppHere<EditsApps>,
    ids: Path<(String, String)>,
) -> Result<Json<Success>, ConsoleFailure> {
    asked.require(GRAPH)?;
    let stopped = runs.stop(asked.app.id, &ids.1).await;
    stopped.map_err(NotRun::from)?;
    Ok(Json(Success::default()))
}
