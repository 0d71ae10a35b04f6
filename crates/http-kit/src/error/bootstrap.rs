//! The superset of the two console envelopes, on set-up, init and version (console.md §1.5).

use std::fmt;

use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use gatewright_domain::{Classify, ErrorKind};
use serde_json::{Value, json};

use super::{REASON, classified::Classified, ours};
use crate::input::FieldProblem;

/// An error on a bootstrap route.
#[derive(Debug)]
pub enum BootstrapFailure {
    /// An error of a slice, by its row.
    Slice(Box<Classified>),
    /// 422; the text names the parameter that failed: `payload` or `query`.
    Validation {
        /// Which part of the request: `payload`.
        parameter: &'static str,
        /// What is wrong with it.
        problems: Vec<FieldProblem>,
    },
    /// 413: the body has more bytes than the operation allows.
    TooLarge,
}

impl<E: Classify> From<E> for BootstrapFailure {
    fn from(error: E) -> Self {
        Self::Slice(Box::new(error.into()))
    }
}

impl fmt::Display for BootstrapFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl BootstrapFailure {
    fn answer(&self) -> HttpResponse {
        match self {
            Self::Slice(error) => slice(error),
            Self::Validation {
                parameter,
                problems,
            } => validation(parameter, problems),
            Self::TooLarge => {
                let code = "request_entity_too_large";
                let status = StatusCode::PAYLOAD_TOO_LARGE;
                HttpResponse::build(status)
                    .insert_header((REASON, code))
                    .json(body(status, code, "bad_request", "The body is too large."))
            }
        }
    }
}

impl ResponseError for BootstrapFailure {
    fn error_response(&self) -> HttpResponse {
        ours(self.answer())
    }
}

fn body(status: StatusCode, code: &str, kind: &str, message: &str) -> Value {
    json!({
        "code": code,
        "message": message,
        "status": status.as_u16(),
        "error": {"type": kind, "message": message, "status": status.as_u16()},
    })
}

fn validation(parameter: &str, problems: &[FieldProblem]) -> HttpResponse {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let message = format!("Validation error for parameter '{parameter}'");
    let details: Vec<String> = problems.iter().map(FieldProblem::sentence).collect();
    HttpResponse::build(status).json(json!({
        "code": "invalid_param",
        "message": details.first().unwrap_or(&message),
        "status": status.as_u16(),
        "error": {
            "type": "validation_error",
            "message": message,
            "status": status.as_u16(),
            "details": details.join(" "),
        },
    }))
}

fn slice(error: &Classified) -> HttpResponse {
    error.log();
    let mut builder = error.builder();
    if !error.is_outage() {
        builder.insert_header((REASON, error.reason()));
    }
    let message = error.text("Service Unavailable");
    let kind = type_of(error.class.kind);
    builder.json(body(error.status(), error.class.code, kind, message))
}

/// The word for a kind in the inner object.
fn type_of(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotFound => "resource_not_found",
        ErrorKind::Unauthenticated => "authentication_error",
        ErrorKind::Forbidden => "authorization_error",
        ErrorKind::RateLimited => "rate_limited",
        ErrorKind::Unavailable | ErrorKind::Upstream | ErrorKind::Internal => "service_unavailable",
        ErrorKind::Invalid
        | ErrorKind::TooLarge
        | ErrorKind::UnsupportedType
        | ErrorKind::Precondition
        | ErrorKind::Conflict => "bad_request",
    }
}
