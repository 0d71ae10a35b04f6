//! The superset of the two console envelopes, on set-up, init and version (console.md §1.5).

use std::fmt;

use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use gatewright_domain::error::Unavailable;
use gatewright_usecase_identity::console::SetupError;
use serde_json::json;

use super::{REASON, RETRY_AFTER_OUTAGE, log_outage, ours, retry_after};
use crate::extract::FieldProblem;

/// An error on a bootstrap route.
#[derive(Debug)]
pub enum BootstrapFailure {
    /// Set-up refused.
    Setup(SetupError),
    /// 422; the text names the parameter that failed: `payload` or `query`.
    Validation {
        /// Which part of the request: `payload`.
        parameter: &'static str,
        /// What is wrong with it.
        problems: Vec<FieldProblem>,
    },
    /// 413.
    TooLarge,
}

impl From<SetupError> for BootstrapFailure {
    fn from(error: SetupError) -> Self {
        Self::Setup(error)
    }
}

impl From<Unavailable> for BootstrapFailure {
    fn from(error: Unavailable) -> Self {
        Self::Setup(SetupError::Unavailable(error))
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
            Self::Setup(error) => setup(error),
            Self::Validation {
                parameter,
                problems,
            } => validation(parameter, problems),
            Self::TooLarge => answer(
                StatusCode::PAYLOAD_TOO_LARGE,
                ("request_entity_too_large", "bad_request"),
                "The body is too large.",
            ),
        }
    }
}

impl ResponseError for BootstrapFailure {
    fn error_response(&self) -> HttpResponse {
        ours(self.answer())
    }
}

fn answer(status: StatusCode, (code, kind): (&str, &str), message: &str) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header((REASON, code))
        .json(json!({
            "code": code,
            "message": message,
            "status": status.as_u16(),
            "error": {"type": kind, "message": message, "status": status.as_u16()},
        }))
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

fn setup(error: &SetupError) -> HttpResponse {
    let message = error.to_string();
    match error {
        SetupError::WrongEdition => answer(
            StatusCode::NOT_FOUND,
            ("not_found", "resource_not_found"),
            &message,
        ),
        SetupError::AlreadySetup => answer(
            StatusCode::FORBIDDEN,
            ("already_setup", "authorization_error"),
            &message,
        ),
        SetupError::NotInitValidated => answer(
            StatusCode::UNAUTHORIZED,
            ("not_init_validated", "authentication_error"),
            &message,
        ),
        SetupError::InitFailed => answer(
            StatusCode::UNAUTHORIZED,
            ("init_validate_failed", "authentication_error"),
            &message,
        ),
        SetupError::RateLimited { retry_after } => {
            let mut response = answer(
                StatusCode::TOO_MANY_REQUESTS,
                ("too_many_requests", "rate_limited"),
                &message,
            );
            response
                .headers_mut()
                .insert(actix_web::http::header::RETRY_AFTER, (*retry_after).into());
            response
        }
        SetupError::Unavailable(error) => {
            log_outage(error);
            let status = StatusCode::SERVICE_UNAVAILABLE;
            let mut builder = HttpResponse::build(status);
            retry_after(&mut builder, RETRY_AFTER_OUTAGE);
            builder.json(json!({
                "code": "service_unavailable",
                "message": "Service Unavailable",
                "status": 503,
                "error": {"type": "service_unavailable", "message": "Service Unavailable", "status": 503},
            }))
        }
    }
}
