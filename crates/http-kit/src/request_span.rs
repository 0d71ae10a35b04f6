//! The span around a request: its log lines carry what it knows, and a collector of traces is told of it when it ends. What is not known at
//! the beginning is said by whoever finds out.

use std::sync::Arc;

use actix_web::HttpRequest;
use gatewright_domain::ids::WorkspaceId;
use tracing::{Span, field::Empty};

/// The header by which a caller says which trace the request belongs to (W3C Trace Context).
const TRACEPARENT: &str = "traceparent";
/// A header that is longer belongs to no version that is known.
const MAX_TRACEPARENT_BYTES: usize = 128;

/// Begins. A caller's word that its trace is kept counts if the caller `is_trusted`; its ids are read in any case.
pub(crate) fn begin(
    request: &HttpRequest,
    method: &'static str,
    request_id: &str,
    is_trusted: bool,
) -> Span {
    // At the level of errors, so that no filter of levels takes the ids away from lines that it lets through.
    tracing::error_span!(
        target: "gatewright::request",
        parent: None,
        "request",
        request_id,
        method,
        traceparent = traceparent(request),
        is_trusted,
        route = Empty,
        status = Empty,
        run_id = Empty,
        tenant_id = Empty,
    )
}

/// The one header of that name.
fn traceparent(request: &HttpRequest) -> Option<&str> {
    let mut values = request.headers().get_all(TRACEPARENT);
    let value = values.next()?.to_str().ok()?;
    let is_one = values.next().is_none() && value.len() <= MAX_TRACEPARENT_BYTES;
    is_one.then_some(value)
}

/// It was answered.
pub(crate) fn answered(route: Option<&Arc<str>>, status: u16) {
    let span = Span::current();
    span.record("status", u64::from(status));
    if let Some(route) = route {
        span.record("route", &**route);
    }
}

/// The request belongs to this workspace.
pub fn of_workspace(workspace: WorkspaceId) {
    Span::current().record("tenant_id", tracing::field::display(workspace.0));
}
