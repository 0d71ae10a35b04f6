//! The wire formats of errors, each with its table. Causes are logged here once; no body carries one.

mod bootstrap;
mod console;
mod external_login;
mod oauth;
mod openapi;
mod sso;

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder, ResponseError,
    http::{ConnectionType, StatusCode, header},
};
use gatewright_domain::error::Unavailable;

use crate::pages::elsewhere;

pub(crate) use bootstrap::BootstrapFailure;
pub(crate) use console::{ConsoleErrorBody, ConsoleFailure};
pub(crate) use external_login::ExternalLoginFailure;
pub(crate) use oauth::{OAuthErrorBody, OAuthFailure, console_url_unset};
pub(crate) use openapi::{ErrorBody, OpenApiFailure};
pub(crate) use sso::SsoFailure;

use crate::request_id::{self, REQUEST_ID};

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

/// 302.
pub(crate) fn redirect(url: &str) -> HttpResponseBuilder {
    let mut response = HttpResponse::Found();
    response.insert_header((header::LOCATION, url));
    response
}

/// Which shape of error a path has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// `/console/api` and `/files`.
    Console,
    /// The protocol routes, whose clients read `error` (RFC 6749 §5.2).
    Protocol,
    /// Everywhere else.
    OpenApi,
}

impl Place {
    pub(crate) fn of(path: &str) -> Self {
        if path.starts_with("/console/api") || path.starts_with("/files/") {
            Self::Console
        } else if path.starts_with("/openapi/v1/oauth/") {
            Self::Protocol
        } else {
            Self::OpenApi
        }
    }

    fn answer(self, status: StatusCode, code: &str, message: &str) -> HttpResponse {
        let mut builder = HttpResponse::build(status);
        match self {
            Self::Console => builder.json(ConsoleErrorBody::new(status, code, message)),
            Self::Protocol => {
                let mut body = ErrorBody::new(status, code, message);
                body.error = Some("invalid_request".into());
                builder.json(body)
            }
            Self::OpenApi => builder.json(ErrorBody::new(status, code, message)),
        }
    }
}

impl Place {
    /// 408, and the end of the connection: what comes on it later is the rest of this body.
    fn slow_body(self) -> HttpResponse {
        let message = "The body of the request did not arrive in time. Try again.";
        let mut response = self.answer(StatusCode::REQUEST_TIMEOUT, "request_timeout", message);
        response
            .head_mut()
            .set_connection_type(ConnectionType::Close);
        response
    }

    /// 503 with the headers that the outer middleware has no chance to add.
    fn outage(self) -> HttpResponse {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        let (code, message) = (
            "service_unavailable",
            "A service that this request needs did not answer. Try again.",
        );
        let mut builder = HttpResponse::build(status);
        retry_after(&mut builder, RETRY_AFTER_OUTAGE);
        builder.insert_header((header::CACHE_CONTROL, "no-store"));
        builder.insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"));
        builder.insert_header((header::X_FRAME_OPTIONS, "DENY"));
        match self {
            Self::Console => builder.json(ConsoleErrorBody::new(status, code, message)),
            Self::Protocol | Self::OpenApi => {
                let mut body = ErrorBody::new(status, code, message);
                body.error = Some("temporarily_unavailable".into());
                builder.json(body)
            }
        }
    }
}

/// 404 for a path that nobody registered.
pub(crate) async fn not_found(request: HttpRequest) -> HttpResponse {
    let message = "The requested URL was not found on the server.";
    Place::of(request.path()).answer(StatusCode::NOT_FOUND, "not_found", message)
}

/// The same outside of the APIs, where a person may have come by a link: a browser gets a page.
pub(crate) async fn nowhere(request: HttpRequest) -> HttpResponse {
    if elsewhere::is_navigation(&request) {
        return elsewhere::missing(&request);
    }
    let mut answer = not_found(request).await;
    let vary = header::HeaderValue::from_static("Accept, Sec-Fetch-Mode");
    answer.headers_mut().append(header::VARY, vary);
    answer
}

/// 405 with the methods that the path does have.
pub(crate) fn method_not_allowed(request: &HttpRequest, allow: &str) -> HttpResponse {
    let message = "The method is not allowed for the requested URL.";
    let mut response = Place::of(request.path()).answer(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        message,
    );
    if let Ok(value) = header::HeaderValue::from_str(allow) {
        response.headers_mut().insert(header::ALLOW, value);
    }
    response
}

/// What no handler answered.
#[derive(Debug)]
pub(crate) struct FrameworkFailure {
    pub(crate) place: Place,
    pub(crate) cause: Cause,
    pub(crate) request_id: String,
}

/// Why.
#[derive(Debug)]
pub(crate) enum Cause {
    /// A dependency hung.
    NoAnswer,
    /// The client did not send the rest of its body.
    SlowBody,
    /// The framework refused the request, or failed.
    Framework(actix_web::Error),
}

impl std::fmt::Display for FrameworkFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the request was not answered by a handler")
    }
}

impl ResponseError for FrameworkFailure {
    fn status_code(&self) -> StatusCode {
        let refusal = match &self.cause {
            Cause::NoAnswer => None,
            Cause::SlowBody => Some(StatusCode::REQUEST_TIMEOUT),
            Cause::Framework(error) => Some(error.as_response_error().status_code()),
        };
        match refusal {
            Some(StatusCode::PAYLOAD_TOO_LARGE) => StatusCode::PAYLOAD_TOO_LARGE,
            Some(StatusCode::REQUEST_TIMEOUT) => StatusCode::REQUEST_TIMEOUT,
            Some(status) if status.is_client_error() => StatusCode::BAD_REQUEST,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = self.answer();
        let id = request_id::header(&self.request_id);
        response.headers_mut().insert(REQUEST_ID, id);
        response
    }
}

impl FrameworkFailure {
    fn answer(&self) -> HttpResponse {
        let status = self.status_code();
        match status {
            StatusCode::PAYLOAD_TOO_LARGE => {
                let code = "request_entity_too_large";
                self.place.answer(status, code, "The body is too large.")
            }
            StatusCode::REQUEST_TIMEOUT => self.place.slow_body(),
            StatusCode::BAD_REQUEST => {
                let message = "The request could not be read.";
                self.place.answer(status, "bad_request", message)
            }
            _ => {
                if let Cause::Framework(error) = &self.cause {
                    tracing::error!(?error, "the framework failed");
                }
                self.place.outage()
            }
        }
    }
}
