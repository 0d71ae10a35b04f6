//! Runs for programs of people with an account: begun and streamed, stopped.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use gatewright_auth::console::ConsoleSettings;
use gatewright_http_kit::{
    error::{ErrorBody, OpenApiFailure},
    extract::{ApiFormat, Body, RequestCtx, Then},
    input::FieldProblem,
};
use gatewright_run_events::Audience;
use gatewright_run_service::{Asked, RunService, StartRun, Surface, UnknownConversation};
use gatewright_usecase_runs::RunLines;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::reached::Reached;
use crate::{failure::NotRun, stream};

/// What a run takes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunRequest {
    /// By the names that the app declares.
    #[schema(value_type = Object)]
    inputs: Map<String, Value>,
    /// What is said, to an app that answers in conversations.
    query: Option<String>,
    /// The conversation that goes on; empty or missing: a new one.
    conversation_id: Option<String>,
    /// Whether a conversation that begins is named by a model, `true` by default; else it keeps the beginning of the question.
    auto_generate_name: Option<bool>,
    /// A published version; the current one by default.
    workflow_id: Option<String>,
    /// The workspace of the app, which is the app's own.
    #[allow(dead_code, reason = "the app says it")]
    workspace_id: Option<String>,
    /// Files beside the inputs, for apps that take them: `{type, transfer_method, upload_file_id | url}`.
    #[schema(value_type = Option<Vec<Object>>)]
    files: Option<Vec<Value>>,
}

/// The run was told to stop.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Stopped {
    /// Always `success`, also when there is no such run.
    result: &'static str,
}

/// Runs an app and streams what happens, as server-sent events.
#[utoipa::path(
    post, path = "/openapi/v1/apps/{app_id}/run", operation_id = "run_app", request_body = RunRequest,
    extensions(("x-also-at" = json!(["POST /openapi/v1/apps/{app_id}:run"]))),
    params(("app_id" = String, Path)),
    security(("bearer" = [])),
    responses((status = 200, content_type = "text/event-stream", body = String), (status = 400, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 422, body = ErrorBody), (status = "default", body = ErrorBody)),
)]
pub(crate) async fn run(
    runs: Data<RunService>,
    settings: Data<ConsoleSettings>,
    ctx: RequestCtx,
    request: Then<Reached, Body<RunRequest, ApiFormat>>,
) -> Result<HttpResponse, OpenApiFailure> {
    let Then(caller, body) = request;
    let body = body.into_inner();
    let app = &caller.target.app;
    require_runnable(&app.mode, body.query.as_deref())?;
    let version = body.workflow_id.map(|id| id.parse()).transpose();
    let version = version.map_err(|_| no_uuid("workflow_id"))?;
    let named_by_model = body.auto_generate_name.unwrap_or(true);
    let asked = asked(body.query, body.conversation_id)?;
    let asked = asked.map(|asked| asked.named_by_model(named_by_model));
    let start = StartRun {
        surface: Surface::Programs,
        version,
        inputs: body.inputs,
        asked,
        files: body.files.unwrap_or_default(),
        caller: caller.as_caller(),
    };
    let handle = match runs.start_known(&ctx, app.clone(), start).await {
        Ok(handle) => handle,
        Err(error) => {
            return stream::refusal(&error, app).ok_or_else(|| NotRun(error).into());
        }
    };
    Ok(stream::events(RunLines::live(
        handle.reader(false),
        handle.plan.identity(),
        stream::view(Audience::Openapi, &settings, &ctx),
    )))
}

/// Stops a run.
#[utoipa::path(
    post, path = "/openapi/v1/apps/{app_id}/tasks/{task_id}/stop", operation_id = "stop_app_run",
    extensions(("x-also-at" = json!(["POST /openapi/v1/apps/{app_id}/tasks/{task_id}:stop"]))),
    params(("app_id" = String, Path), ("task_id" = String, Path)),
    security(("bearer" = [])),
    responses((status = 200, body = Stopped), (status = 404, body = ErrorBody), (status = "default", body = ErrorBody)),
)]
pub(crate) async fn stop(
    runs: Data<RunService>,
    caller: Reached,
    path: Path<(String, String)>,
) -> Result<Json<Stopped>, OpenApiFailure> {
    let (_, task_id) = path.into_inner();
    let stopped = runs.stop(caller.target.app.id, &task_id).await;
    stopped.map_err(NotRun)?;
    Ok(Json(Stopped { result: "success" }))
}

/// What is asked. A message here follows whichever came before in its conversation.
fn asked(
    query: Option<String>,
    conversation: Option<String>,
) -> Result<Option<Asked>, OpenApiFailure> {
    let named = conversation.filter(|id| !id.is_empty());
    let conversation = named.map(|id| id.parse()).transpose();
    let conversation = conversation.map_err(|_| no_uuid("conversation_id"))?;
    Ok(query.map(|query| Asked::new(query, conversation, UnknownConversation::Refused)))
}

fn no_uuid(member: &str) -> OpenApiFailure {
    let message = format!("Value error, {member} must be a valid UUID");
    OpenApiFailure::Query(vec![FieldProblem::new("value_error", member, message)])
}

/// Workflows and chatflows run so far; each kind of app takes what it is for.
fn require_runnable(mode: &str, query: Option<&str>) -> Result<(), OpenApiFailure> {
    match (mode, query) {
        ("workflow", None) => Ok(()),
        ("advanced-chat", Some(query)) if !query.trim().is_empty() => Ok(()),
        ("workflow", Some(_)) => Err(OpenApiFailure::Unprocessable(
            "query_not_supported_for_workflow",
        )),
        ("advanced-chat", _) => Err(OpenApiFailure::Unprocessable("query_required_for_chat")),
        _ => Err(OpenApiFailure::Unprocessable("mode_not_runnable")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mode_of_app_takes_what_it_is_for() {
        for (mode, query, refused) in [
            ("workflow", None, None),
            (
                "workflow",
                Some("q"),
                Some("query_not_supported_for_workflow"),
            ),
            ("advanced-chat", None, Some("query_required_for_chat")),
            ("advanced-chat", Some(" "), Some("query_required_for_chat")),
            ("advanced-chat", Some("q"), None),
            ("completion", Some("q"), Some("mode_not_runnable")),
        ] {
            let found = require_runnable(mode, query).err();
            let text = found.map(|failure| match failure {
                OpenApiFailure::Unprocessable(text) => text,
                _ => "another",
            });
            assert_eq!(text, refused, "{mode} {query:?}");
        }
    }
}
