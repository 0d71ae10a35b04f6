//! Runs as `/v1` and `/api` begin and answer them: waited for, or streamed.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header::CONTENT_TYPE},
};
use gatewright_http_kit::{
    error::{ServiceErrorBody, ServiceFailure},
    extract::RequestCtx,
};
use gatewright_run_events::{Answer, RunError, View};
use gatewright_run_service::{RunService, StartRun};
use gatewright_usecase_apps::App;
use gatewright_usecase_runs::{RunLines, blocking_answer};
use serde::Deserialize;
use utoipa::ToSchema;

use super::NotRun;
use crate::stream;

/// How a caller wants to hear of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// The end, as one JSON object.
    #[default]
    Blocking,
    /// Everything that happens, as server-sent events.
    Streaming,
}

/// How a caller hears of a run, and what of it.
#[derive(Debug, Clone, Copy)]
pub struct Listener {
    mode: ResponseMode,
    view: View,
}

impl Listener {
    /// The caller of a request; who says nothing waits for the end.
    pub fn new(mode: Option<ResponseMode>, view: View) -> Self {
        Self {
            mode: mode.unwrap_or_default(),
            view,
        }
    }

    /// Tells that what was sent makes no run, in the way in which the caller listens.
    pub fn refuse(self, message: &str) -> Result<HttpResponse, ServiceFailure> {
        match self.mode {
            ResponseMode::Streaming => Ok(stream::refused(&RunError::invalid_param(message))),
            ResponseMode::Blocking => Err(ServiceFailure::invalid_param(message)),
        }
    }
}

/// Begins a run of an app and answers it. What is wrong with inputs is told in the way in which the caller listens.
pub async fn answer(
    runs: &RunService,
    ctx: &RequestCtx,
    app: App,
    start: StartRun,
    listener: Listener,
) -> Result<HttpResponse, ServiceFailure> {
    let Listener { mode, view } = listener;
    let handle = match runs.start_known(ctx, app.clone(), start).await {
        Ok(handle) => handle,
        Err(error) => {
            let listens = mode == ResponseMode::Streaming;
            let told = listens.then(|| stream::refusal(&error, &app)).flatten();
            return told.ok_or_else(|| NotRun::from(error).into());
        }
    };
    let (reader, run) = (handle.reader(false), handle.plan.identity());
    match mode {
        ResponseMode::Streaming => Ok(stream::events(RunLines::live(reader, run, view))),
        ResponseMode::Blocking => match blocking_answer(reader, run, view).await {
            Answer::Body(body) => Ok(HttpResponse::Ok()
                .insert_header((CONTENT_TYPE, "application/json; charset=utf-8"))
                .body(body)),
            Answer::Refused(error) => Err(ServiceFailure::Told(body_of(&error))),
        },
    }
}

fn body_of(error: &RunError) -> ServiceErrorBody {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let code = error.code.as_deref().unwrap_or("internal_server_error");
    ServiceErrorBody::new(status, code, &error.message)
}
