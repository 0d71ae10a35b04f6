//! A run as the body of an answer.

use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName},
};
use bytes::Bytes;
use futures_util::stream;
use gatewright_usecase_runs::RunLines;

/// Proxies that gather answers before they pass them on are told not to.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// 200, and lines as they come. A client that goes away ends the stream, not the run.
pub(crate) fn events(lines: RunLines) -> HttpResponse {
    let body = stream::unfold(lines, |mut lines| async {
        let bytes = lines.next().await?;
        Some((Ok::<_, actix_web::Error>(Bytes::from(bytes)), lines))
    });
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/event-stream; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header((ACCEL_BUFFERING, "no"))
        .streaming(body)
}
