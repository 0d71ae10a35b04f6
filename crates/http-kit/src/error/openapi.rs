//! `ErrorBody` (device-flow.md §2.4).

use std::fmt;

use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use gatewright_domain::{Classify, ErrorKind};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Surface, classified::Classified, oauth, ours};
use crate::input::FieldProblem;

/// The canonical error object. Absent members are omitted.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ErrorBody {
    /// A semantic code; treat the list as open.
    pub code: String,
    /// Text for people.
    pub message: String,
    /// The HTTP status again.
    pub status: u16,
    /// The next step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// What is wrong with which field. Never contains what was submitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Vec<FieldProblem>>,
    /// RFC 6749 §5.2, beside the rest, on the protocol routes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl ErrorBody {
    /// With a status, a code and a text; nothing else.
    pub fn new(status: StatusCode, code: &str, message: &str) -> Self {
        Self {
            code: code.to_owned(),
            message: message.to_owned(),
            status: status.as_u16(),
            hint: None,
            details: None,
            error: None,
        }
    }
}

/// An error on a route of `/openapi/v1`.
#[derive(Debug)]
pub enum OpenApiFailure {
    /// An error of a slice, by its row.
    Slice(Box<Classified>),
    /// 422 with details.
    Query(Vec<FieldProblem>),
    /// 400 with details, on the protocol routes.
    Body(Vec<FieldProblem>),
    /// 422 with a text that clients compare.
    Unprocessable(&'static str),
    /// 413: the body has more bytes than the operation allows.
    TooLarge,
}

impl<E: Classify> From<E> for OpenApiFailure {
    fn from(error: E) -> Self {
        Self::Slice(Box::new(error.into()))
    }
}

impl fmt::Display for OpenApiFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl OpenApiFailure {
    fn answer(&self) -> HttpResponse {
        match self {
            Self::Slice(error) => slice(error),
            Self::Query(details) => invalid(
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid_param",
                details,
                None,
            ),
            Self::Body(details) => invalid(
                StatusCode::BAD_REQUEST,
                "bad_request",
                details,
                Some("invalid_request"),
            ),
            Self::Unprocessable(message) => {
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                HttpResponse::build(status).json(ErrorBody::new(status, "invalid_param", message))
            }
            Self::TooLarge => Surface::OpenApi.too_large(),
        }
    }
}

impl ResponseError for OpenApiFailure {
    fn error_response(&self) -> HttpResponse {
        ours(self.answer())
    }
}

fn invalid(
    status: StatusCode,
    code: &str,
    details: &[FieldProblem],
    error: Option<&str>,
) -> HttpResponse {
    let mut body = ErrorBody::new(status, code, "Request validation failed");
    body.details = Some(details.to_vec());
    body.error = error.map(str::to_owned);
    HttpResponse::build(status).json(body)
}

fn slice(error: &Classified) -> HttpResponse {
    error.log();
    if error.class.is_protocol {
        return error.builder().json(oauth::outcome(error));
    }
    let (code, message) = match error.class.kind {
        ErrorKind::RateLimited => ("too_many_requests", "rate_limited"),
        ErrorKind::Unavailable => (error.class.code, "Internal Server Error"),
        _ => (error.class.code, error.message.as_str()),
    };
    let mut body = ErrorBody::new(error.status(), code, message);
    body.hint = error.class.hint.map(str::to_owned);
    if let Some(("error", value)) = error.class.extra {
        body.error = Some(value.to_owned());
    }
    error.builder().json(body)
}
