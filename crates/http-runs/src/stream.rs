//! A run as the body of an answer.

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName},
};
use bytes::Bytes;
use futures_util::stream;
use gatewright_run_events::{PING, RunError, View, early_error};
use gatewright_run_service::Attached;
use gatewright_usecase_runs::RunLines;

/// Proxies that gather answers before they pass them on are told not to.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

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
    let mut body = PING.to_vec();
    body.extend(early_error(error));
    head().body(body)
}

/// What a reader who attached is answered.
pub fn attached(attached: Attached, view: View) -> HttpResponse {
    match attached {
        Attached::Ended(line) => head().body(line),
        Attached::Live(attachment, run) => events(RunLines::attached(attachment, run, view)),
    }
}

fn head() -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response
        .insert_header((CONTENT_TYPE, "text/event-stream; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header((ACCEL_BUFFERING, "no"));
    response
}
