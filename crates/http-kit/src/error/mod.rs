//! The wire formats of errors. Each is one type that takes an error of any slice by its row
//! ([`gatewright_domain::Class`]); none names a slice. Causes of outages are logged here once; no body carries
//! one.

mod bootstrap;
mod classified;
mod console;
mod external_login;
mod framework;
mod oauth;
mod openapi;
mod service;
mod sso;
mod unreadable;

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::{ConnectionType, StatusCode, header},
};

pub use bootstrap::BootstrapFailure;
pub use classified::{Classified, status_of};
pub use console::{ConsoleErrorBody, ConsoleFailure};
pub use external_login::ExternalLoginFailure;
pub use framework::{Cause, FrameworkFailure, ours, without_foreign_text};
pub use oauth::{OAuthErrorBody, OAuthFailure};
pub use openapi::{ErrorBody, OpenApiFailure};
pub use service::{ServiceErrorBody, ServiceFailure};
pub use sso::SsoFailure;

/// The header that says in one word why a request was refused.
pub const REASON: &str = "X-Gatewright-Reason";
/// What a caller is told to wait when a dependency failed, in seconds.
const RETRY_AFTER_OUTAGE: u64 = 1;
/// What a caller is told then; the cause is nobody's business.
const OUTAGE: &str = "A service that this request needs did not answer. Try again.";

fn retry_after(builder: &mut HttpResponseBuilder, seconds: u64) {
    builder.insert_header((header::RETRY_AFTER, seconds.max(1)));
}

/// The beginning of a 302 to this URL.
pub fn redirect(url: &str) -> HttpResponseBuilder {
    let mut response = HttpResponse::Found();
    response.insert_header((header::LOCATION, url));
    response
}

/// Which shape of error a path has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    /// `/console/api` and `/files`.
    Console,
    /// The protocol routes, whose clients read `error` (RFC 6749 §5.2).
    Protocol,
    /// `/v1`, the service API, and `/api`, that of web apps.
    Service,
    /// All other paths, with the envelope of `/openapi/v1`.
    OpenApi,
}

impl Surface {
    /// By the beginning of the path.
    pub fn of(path: &str) -> Self {
        if path.starts_with("/console/api") || path.starts_with("/files/") {
            Self::Console
        } else if path.starts_with("/v1/") || path.starts_with("/api/") {
            Self::Service
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
            Self::Service => builder.json(ServiceErrorBody::new(status, code, message)),
            Self::Protocol => {
                let mut body = ErrorBody::new(status, code, message);
                body.error = Some("invalid_request".into());
                builder.json(body)
            }
            Self::OpenApi => builder.json(ErrorBody::new(status, code, message)),
        }
    }
}

impl Surface {
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
        let (code, message) = ("service_unavailable", OUTAGE);
        let mut builder = HttpResponse::build(status);
        retry_after(&mut builder, RETRY_AFTER_OUTAGE);
        builder.insert_header((header::CACHE_CONTROL, "no-store"));
        builder.insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"));
        builder.insert_header((header::X_FRAME_OPTIONS, "DENY"));
        match self {
            Self::Console => builder.json(ConsoleErrorBody::new(status, code, message)),
            Self::Service => builder.json(ServiceErrorBody::new(status, code, message)),
            Self::Protocol | Self::OpenApi => {
                let mut body = ErrorBody::new(status, code, message);
                body.error = Some("temporarily_unavailable".into());
                builder.json(body)
            }
        }
    }
}

/// 404 for a path that nobody registered.
#[allow(clippy::unused_async, reason = "a handler is a future")]
pub async fn not_found(request: HttpRequest) -> HttpResponse {
    let message = "The requested URL was not found on the server.";
    Surface::of(request.path()).answer(StatusCode::NOT_FOUND, "not_found", message)
}

/// 405 with the methods that the path does have.
pub fn method_not_allowed(request: &HttpRequest, allow: &str) -> HttpResponse {
    let message = "The method is not allowed for the requested URL.";
    let mut response = Surface::of(request.path()).answer(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        message,
    );
    if let Ok(value) = header::HeaderValue::from_str(allow) {
        response.headers_mut().insert(header::ALLOW, value);
    }
    response
}
