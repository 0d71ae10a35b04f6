//! A run as the body of an answer.

use actix_web::{HttpResponse, HttpResponseBuilder};
use bytes::Bytes;
use futures_util::stream;
use gatewright_auth::console::ConsoleSettings;
use gatewright_domain::generation::Generation as Client;
use gatewright_http_kit::{event_stream, extract::RequestCtx};
use gatewright_run_events::{
    Audience, Generation, PING, RunError, View, early_error, unready_error,
};
use gatewright_run_service::{Attached, RunServiceError};
use gatewright_usecase_apps::App;
use gatewright_usecase_runs::RunLines;

/// 200, and lines as they come. A client that goes away ends the stream, not the run.
pub fn events(lines: RunLines) -> HttpResponse {
    let body = stream::unfold(lines, |mut lines| async {
        let bytes = lines.next().await?;
        Some((Ok::<_, actix_web::Error>(Bytes::from(bytes)), lines))
    });
    head().streaming(body)
}

/// 200, and a stream that ends at once: the run could not even be made.
pub fn refused(error: &RunError) -> HttpResponse {
    only(&early_error(error))
}

/// The same for a reader whose run did not begin for its inputs, its graph or its models. Whatever else keeps a run from beginning is told
/// before a stream opens.
pub fn refusal(error: &RunServiceError, app: &App) -> Option<HttpResponse> {
    let told = RunError::invalid_param(error.to_string());
    match error {
        RunServiceError::Graph(_) | RunServiceError::Model(_) if app.mode == "workflow" => {
            Some(only(&unready_error(&told)))
        }
        RunServiceError::Input(_)
        | RunServiceError::File(_)
        | RunServiceError::Graph(_)
        | RunServiceError::Model(_) => Some(refused(&told)),
        _ => None,
    }
}

fn only(line: &[u8]) -> HttpResponse {
    let mut body = PING.to_vec();
    body.extend_from_slice(line);
    head().body(body)
}

/// What a reader who attached is answered.
pub fn attached(attached: Attached, view: View) -> HttpResponse {
    match attached {
        Attached::Ended(line) => head().body(line),
        Attached::Live(attachment, run) => events(RunLines::attached(attachment, run, view)),
    }
}

/// How callers see a run: by what their surface shows, in the words of the version that they are of.
pub fn view(audience: Audience, settings: &ConsoleSettings, ctx: &RequestCtx) -> View {
    View {
        audience,
        generation: match settings.dify_version.towards(ctx.user_agent.as_deref()) {
            Client::V1_14 => Generation::V1_14,
            Client::V1_16 => Generation::V1_16,
        },
    }
}

fn head() -> HttpResponseBuilder {
    event_stream("no-cache")
}
