//! A run of the visitor's that goes on, for a page that was not there from the beginning.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use gatewright_auth::console::ConsoleSettings;
use gatewright_http_kit::{
    error::{ServiceErrorBody, ServiceFailure},
    extract::{Query, RequestCtx, ServiceFormat, Then},
};
use gatewright_http_runs::{stream, wire::NotRun};
use gatewright_run_events::{Audience, View};
use gatewright_run_service::{AttachRun, RunService};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::visitor::Visiting;

/// How a run is read on.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WebEventsQuery {
    /// Whether where the run stands comes first; `false` by default.
    include_state_snapshot: Option<bool>,
    /// Whether the stream waits with a run that waits for people; `false` by default: it ends there.
    continue_on_pause: Option<bool>,
}

/// Streams what happens in a run from now on, as server-sent events. Of a run that has ended it is the end alone.
#[utoipa::path(
    get, path = "/api/workflow/{task_id}/events", operation_id = "web_run_events",
    params(("task_id" = String, Path, description = "The id of the run."), WebEventsQuery),
    security(("passport" = [])),
    responses((status = 200, content_type = "text/event-stream", body = String), (status = 400, body = ServiceErrorBody),
        (status = 404, body = ServiceErrorBody), (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn read(
    service: Data<RunService>,
    settings: Data<ConsoleSettings>,
    ctx: RequestCtx,
    path: Path<String>,
    request: Then<Visiting, Query<WebEventsQuery, ServiceFormat>>,
) -> Result<HttpResponse, ServiceFailure> {
    let Then(Visiting(visitor), query) = request;
    let query = query.into_inner();
    let attach = AttachRun {
        workspace: visitor.app.workspace,
        app: visitor.app.id,
        run: path.into_inner(),
        caller: visitor.as_caller(),
        with_snapshot: query.include_state_snapshot.unwrap_or(false),
        continue_on_pause: query.continue_on_pause.unwrap_or(false),
    };
    let attached = service.attach(&attach).await.map_err(NotRun::from)?;
    Ok(stream::attached(attached, view(&settings, &ctx)))
}

/// How visitors see a run.
pub(crate) fn view(settings: &ConsoleSettings, ctx: &RequestCtx) -> View {
    stream::view(Audience::WebApp, settings, ctx)
}
