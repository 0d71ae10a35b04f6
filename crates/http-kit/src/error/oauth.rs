//! `{"error": …}` (RFC 6749 §5.2, RFC 8628 §3.5, device-flow.md §2.5).

use std::fmt;

use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use gatewright_usecase_device::device::PollError;
use serde::Serialize;
use utoipa::ToSchema;

use super::{RETRY_AFTER_OUTAGE, log_outage, ours, retry_after};

/// The error object of the OAuth routes.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OAuthErrorBody {
    /// A code of RFC 6749, RFC 8628 or of the page.
    pub error: String,
    /// Text for people, where there is something to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_description: Option<String>,
    /// With `slow_down`: the seconds that must lie between polls from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<u64>,
}

pub(super) fn body(error: &str) -> OAuthErrorBody {
    OAuthErrorBody {
        error: error.to_owned(),
        error_description: None,
        interval: None,
    }
}

/// The error of a domain outcome.
pub(super) fn domain(status: StatusCode, error: &str) -> HttpResponse {
    HttpResponse::build(status).json(body(error))
}

/// No public address: nothing that needs one can be answered.
pub fn console_url_unset() -> HttpResponse {
    let mut answer = body("console_url_unset");
    answer.error_description =
        Some("The server has no public address: set CONSOLE_API_URL or CONSOLE_WEB_URL.".into());
    let mut builder = HttpResponse::ServiceUnavailable();
    retry_after(&mut builder, 60);
    builder.json(answer)
}

/// An error on a protocol route.
#[derive(Debug)]
pub enum OAuthFailure {
    /// Polling: RFC 8628 §3.5.
    Poll(PollError),
    /// Malformed: `invalid_request`, never `ErrorBody`, never 429.
    Malformed,
    /// `unsupported_grant_type`.
    Grant,
}

impl From<PollError> for OAuthFailure {
    fn from(error: PollError) -> Self {
        Self::Poll(error)
    }
}

impl fmt::Display for OAuthFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl OAuthFailure {
    fn answer(&self) -> HttpResponse {
        match self {
            Self::Malformed => domain(StatusCode::BAD_REQUEST, "invalid_request"),
            Self::Grant => domain(StatusCode::BAD_REQUEST, "unsupported_grant_type"),
            Self::Poll(PollError::Unavailable(error)) => {
                log_outage(error);
                let mut builder = HttpResponse::ServiceUnavailable();
                retry_after(&mut builder, RETRY_AFTER_OUTAGE);
                builder.json(body("temporarily_unavailable"))
            }
            Self::Poll(error) => {
                let mut answer = body(&error.to_string());
                if let PollError::SlowDown { interval } = error {
                    answer.interval = Some(*interval);
                }
                HttpResponse::BadRequest().json(answer)
            }
        }
    }
}

impl ResponseError for OAuthFailure {
    fn error_response(&self) -> HttpResponse {
        ours(self.answer())
    }
}
