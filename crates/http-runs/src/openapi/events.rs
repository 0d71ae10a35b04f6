//! A run that goes on, for a program that was not there from the beginning.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use gatewright_auth::console::ConsoleSettings;
use gatewright_http_kit::{
    error::{ErrorBody, OpenApiFailure},
    extract::{ApiFormat, Query, RequestCtx, Then},
};
use gatewright_run_events::Audience;
use gatewright_run_service::{AttachRun, RunService};
use serde::Deserialize;
use utoipa::IntoParams;

use super::reached::Reached;
use crate::{failure::NotRun, stream};

/// How a run is read on.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventsQuery {
    /// Whether where the run stands comes first; `false` by default.
    include_state_snapshot: Option<bool>,
    /// Whether the stream waits with a run that waits for people; `false` by default: it ends there.
    continue_on_pause: Option<bool>,
}

/// Streams what happens in a run from now on, as server-sent events. Of a run that has ended it is the end alone.
#[utoipa::path(
    get, path = "/openapi/v1/apps/{app_id}/tasks/{task_id}/events", operation_id = "read_app_run_events",
    params(("app_id" = String, Path), ("task_id" = String, Path, description = "The id of the run."), EventsQuery),
    security(("bearer" = [])),
    responses((status = 200, content_type = "text/event-stream", body = String), (status = 404, body = ErrorBody),
        (status = 422, body = ErrorBody), (status = "default", body = ErrorBody)),
)]
pub(crate) async fn events(
    service: Data<RunService>,
    settings: Data<ConsoleSettings>,
    ctx: RequestCtx,
    path: Path<(String, String)>,
    request: Then<Reached, Query<EventsQuery, ApiFormat>>,
) -> Result<HttpResponse, OpenApiFailure> {
    let Then(caller, query) = request;
    let (query, (_, run)) = (query.into_inner(), path.into_inner());
    let app = &caller.target.app;
    let attach = AttachRun {
        workspace: app.workspace,
        app: app.id,
        run,
        caller: caller.as_caller(),
        with_snapshot: query.include_state_snapshot.unwrap_or(false),
        continue_on_pause: query.continue_on_pause.unwrap_or(false),
    };
    let attached = service.attach(&attach).await.map_err(NotRun)?;
    let view = stream::view(Audience::Openapi, &settings, &ctx);
    Ok(stream::attached(attached, view))
}
