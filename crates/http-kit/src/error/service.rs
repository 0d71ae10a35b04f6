//! `{code, message, status}` of `/v1` (apps.md §3.5).

use std::fmt;

use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use gatewright_domain::Classify;
use serde::Serialize;
use utoipa::ToSchema;

use super::{OUTAGE, Surface, classified::Classified, ours, unreadable::first_sentence};
use crate::input::FieldProblem;

/// The error object of the service API.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ServiceErrorBody {
    /// A code that clients compare.
    pub code: String,
    /// Text for people.
    pub message: String,
    /// The HTTP status again.
    pub status: u16,
}

impl ServiceErrorBody {
    /// With a status, a code and a text.
    pub fn new(status: StatusCode, code: &str, message: &str) -> Self {
        Self {
            code: code.to_owned(),
            message: message.to_owned(),
            status: status.as_u16(),
        }
    }
}

/// An error on a route of `/v1`.
#[derive(Debug)]
pub enum ServiceFailure {
    /// An error of a slice, by its row.
    Slice(Box<Classified>),
    /// 400 `invalid_param`: which members are wrong, and how; the first is told.
    Fields(Vec<FieldProblem>),
    /// 400 `bad_request`: the body is not JSON.
    Malformed,
    /// 415: the body does not even claim to be JSON.
    NotJson,
    /// 413: the body has more bytes than the operation allows.
    TooLarge,
    /// Told as it is: what a run ended with, or a text that clients compare.
    Told(ServiceErrorBody),
}

impl<E: Classify> From<E> for ServiceFailure {
    fn from(error: E) -> Self {
        Self::Slice(Box::new(error.into()))
    }
}

impl fmt::Display for ServiceFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl ServiceFailure {
    /// 400 `invalid_param` with this text.
    pub fn invalid_param(message: &str) -> Self {
        let status = StatusCode::BAD_REQUEST;
        Self::Told(ServiceErrorBody::new(status, "invalid_param", message))
    }

    fn answer(&self) -> HttpResponse {
        match self {
            Self::Slice(error) => slice(error),
            Self::Fields(problems) => fields(problems),
            Self::Malformed => Surface::Service.malformed(),
            Self::NotJson => Surface::Service.not_json(),
            Self::TooLarge => Surface::Service.too_large(),
            Self::Told(body) => {
                let status = StatusCode::from_u16(body.status);
                let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                HttpResponse::build(status).json(body)
            }
        }
    }
}

impl ResponseError for ServiceFailure {
    fn error_response(&self) -> HttpResponse {
        ours(self.answer())
    }
}

fn fields(problems: &[FieldProblem]) -> HttpResponse {
    let message = first_sentence(problems);
    Surface::Service.answer(StatusCode::BAD_REQUEST, "invalid_param", &message)
}

fn slice(error: &Classified) -> HttpResponse {
    error.log();
    let message = error.text(OUTAGE);
    let body = ServiceErrorBody::new(error.status(), error.class.code, message);
    error.builder().json(body)
}
