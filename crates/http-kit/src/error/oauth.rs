//! `{"error": …}` (RFC 6749 §5.2, RFC 8628 §3.5, device-flow.md §2.5).

use std::fmt;

use actix_web::{HttpResponse, ResponseError};
use gatewright_domain::{Classify, ErrorKind};
use serde::Serialize;
use utoipa::ToSchema;

use super::{classified::Classified, ours};

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

/// The error of an outcome of the protocol; what can be done about it is its description.
pub(super) fn outcome(error: &Classified) -> OAuthErrorBody {
    OAuthErrorBody {
        error_description: error.class.hint.map(str::to_owned),
        ..body(error.class.code)
    }
}

/// An error on a protocol route.
#[derive(Debug)]
pub enum OAuthFailure {
    /// An error of a slice, by its row: 400 whatever it is (RFC 8628 §3.5), but for an outage.
    Slice(Box<Classified>),
    /// Malformed: `invalid_request`, never `ErrorBody`, never 429.
    Malformed,
    /// `unsupported_grant_type` (RFC 6749 §5.2).
    Grant,
}

impl<E: Classify> From<E> for OAuthFailure {
    fn from(error: E) -> Self {
        Self::Slice(Box::new(error.into()))
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
            Self::Malformed => HttpResponse::BadRequest().json(body("invalid_request")),
            Self::Grant => HttpResponse::BadRequest().json(body("unsupported_grant_type")),
            Self::Slice(error) => slice(error),
        }
    }
}

impl ResponseError for OAuthFailure {
    fn error_response(&self) -> HttpResponse {
        ours(self.answer())
    }
}

/// How long to wait stands in the body: `Retry-After` is not what clients of RFC 8628 look at.
fn slice(error: &Classified) -> HttpResponse {
    error.log();
    let mut answer = outcome(error);
    if error.class.kind == ErrorKind::Unavailable {
        return error.builder().json(answer);
    }
    answer.interval = error.class.retry_after;
    HttpResponse::BadRequest().json(answer)
}
