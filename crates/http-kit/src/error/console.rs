//! `{code, message, status}` (console.md §1.4).

use std::fmt;

use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use gatewright_domain::Classify;
use serde::Serialize;
use utoipa::ToSchema;

use super::{OUTAGE, Surface, classified::Classified, ours, unreadable::first_sentence};
use crate::input::FieldProblem;

/// The console's error object.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ConsoleErrorBody {
    /// A code that the web console may compare.
    pub code: String,
    /// Text for people; the web console shows it.
    pub message: String,
    /// The HTTP status again.
    pub status: u16,
    /// The field that is wrong, where one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub params: Option<String>,
    /// `fail`, when a session cannot be renewed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<&'static str>,
    /// The code again, when there are as many API keys as there may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom: Option<&'static str>,
    /// On set-up, init and version the object of Dify's other envelope; on the routes of
    /// identity providers the message again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<serde_json::Value>,
}

impl ConsoleErrorBody {
    /// With a status, a code and a text; nothing else.
    pub fn new(status: StatusCode, code: &str, message: &str) -> Self {
        Self {
            code: code.to_owned(),
            message: message.to_owned(),
            status: status.as_u16(),
            params: None,
            result: None,
            custom: None,
            error: None,
        }
    }
}

/// An error on a route of `/console/api`.
#[derive(Debug)]
pub enum ConsoleFailure {
    /// An error of a slice, by its row.
    Slice(Box<Classified>),
    /// 400 `invalid_param`: which members are wrong, and how.
    Fields(Vec<FieldProblem>),
    /// 400 `bad_request`: the body is not JSON.
    Malformed,
    /// 415: the body does not even claim to be JSON.
    NotJson,
    /// 413: the body has more bytes than the operation allows.
    TooLarge,
}

impl<E: Classify> From<E> for ConsoleFailure {
    fn from(error: E) -> Self {
        Self::Slice(Box::new(error.into()))
    }
}

impl fmt::Display for ConsoleFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl ConsoleFailure {
    fn answer(&self) -> HttpResponse {
        match self {
            Self::Slice(error) => slice(error),
            Self::Fields(problems) => fields(problems),
            Self::Malformed => Surface::Console.malformed(),
            Self::NotJson => Surface::Console.not_json(),
            Self::TooLarge => Surface::Console.too_large(),
        }
    }
}

impl ResponseError for ConsoleFailure {
    fn error_response(&self) -> HttpResponse {
        ours(self.answer())
    }
}

fn fields(problems: &[FieldProblem]) -> HttpResponse {
    let first = problems.first();
    let message = first_sentence(problems);
    let mut body = ConsoleErrorBody::new(StatusCode::BAD_REQUEST, "invalid_param", &message);
    body.params = first.and_then(|problem| problem.loc.first().cloned());
    HttpResponse::BadRequest().json(body)
}

fn slice(error: &Classified) -> HttpResponse {
    error.log();
    let message = error.text(OUTAGE);
    let mut body = ConsoleErrorBody::new(error.status(), error.class.code, message);
    match error.class.extra {
        Some(("result", value)) => body.result = Some(value),
        Some(("custom", value)) => body.custom = Some(value),
        Some(("params", value)) => body.params = Some(value.to_owned()),
        _ => {}
    }
    error.builder().json(body)
}
