//! Answers that go on: server-sent events.

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName},
};

/// Proxies that gather answers before they pass them on are told not to.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Begins a stream of events, whose body follows.
pub fn event_stream(cache_control: &'static str) -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response
        .insert_header((CONTENT_TYPE, "text/event-stream; charset=utf-8"))
        .insert_header((CACHE_CONTROL, cache_control))
        .insert_header((ACCEL_BUFFERING, "no"));
    response
}
