//! The wire formats of errors, each with its table. Causes are logged here once; no body carries one.

mod bootstrap;
mod console;
mod oauth;
mod openapi;

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::{StatusCode, header},
};
use gatewright_domain::error::Unavailable;

pub(crate) use bootstrap::BootstrapFailure;
pub(crate) use console::{ConsoleErrorBody, ConsoleFailure};
pub(crate) use oauth::{OAuthErrorBody, OAuthFailure, console_url_unset};
pub(crate) use openapi::{ErrorBody, OpenApiFailure};

/// The header that says in one word why a request was refused.
pub(crate) const REASON: &str = "X-Gatewright-Reason";
/// What a caller is told to wait when a dependency failed, in seconds.
const RETRY_AFTER_OUTAGE: u64 = 1;

/// Logs the cause of an outage once.
fn log_outage(unavailable: &Unavailable) {
    tracing::error!(
        dependency = unavailable.dependency,
        cause = %unavailable.source,
        "a dependency failed; answered 503"
    );
}

fn retry_after(builder: &mut HttpResponseBuilder, seconds: u64) {
    builder.insert_header((header::RETRY_AFTER, seconds.max(1)));
}

/// Whether a path belongs to the console, whose errors have another shape.
fn is_console(request: &HttpRequest) -> bool {
    request.path().starts_with("/console/api")
}

fn generic(request: &HttpRequest, status: StatusCode, code: &str, message: &str) -> HttpResponse {
    let mut builder = HttpResponse::build(status);
    if is_console(request) {
        builder.json(ConsoleErrorBody::new(status, code, message))
    } else {
        builder.json(ErrorBody::new(status, code, message))
    }
}

/// 404 for a path that nobody registered.
pub(crate) async fn not_found(request: HttpRequest) -> HttpResponse {
    generic(&request, StatusCode::NOT_FOUND, "not_found", "The requested URL was not found on the server.")
}

/// 405 with the methods that the path does have.
pub(crate) fn method_not_allowed(request: &HttpRequest, allow: &str) -> HttpResponse {
    let message = "The method is not allowed for the requested URL.";
    let mut response = generic(request, StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message);
    if let Ok(value) = header::HeaderValue::from_str(allow) {
        response.headers_mut().insert(header::ALLOW, value);
    }
    response
}

/// 503 in the shape of the path.
pub(crate) fn unavailable(request: &HttpRequest) -> HttpResponse {
    let message = "A service that this request needs did not answer. Try again.";
    let mut response = generic(request, StatusCode::SERVICE_UNAVAILABLE, "service_unavailable", message);
    response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER_OUTAGE.into());
    response
}

/// Whatever the framework itself refuses (an unreadable body, a bad path segment).
pub(crate) fn from_framework_error(request: &HttpRequest, error: &actix_web::Error) -> HttpResponse {
    let response = error.error_response();
    match response.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            generic(request, StatusCode::PAYLOAD_TOO_LARGE, "request_entity_too_large", "The body is too large.")
        }
        status if response.headers().contains_key(header::CONTENT_TYPE) || status.is_success() => response,
        status if status.is_client_error() => {
            generic(request, StatusCode::BAD_REQUEST, "bad_request", "The request could not be read.")
        }
        _ => {
            tracing::error!(%error, path = request.path(), "the framework failed");
            unavailable(request)
        }
    }
}
