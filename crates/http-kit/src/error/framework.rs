//! What no handler answered: a dependency hung, or the framework refused the request. Its own texts are
//! for its developers, and never leave the server.

use actix_web::{
    HttpResponse, ResponseError,
    body::{EitherBody, MessageBody},
    dev::ServiceResponse,
    http::StatusCode,
};

use super::Surface;
use crate::operation::Late;
use crate::request_id::{self, REQUEST_ID};

/// What no handler answered.
#[derive(Debug)]
pub struct FrameworkFailure {
    surface: Surface,
    /// Of the refusal; none: there was no answer in time.
    status: Option<StatusCode>,
    request_id: String,
}

/// Why a request got no answer from its handler.
#[derive(Debug)]
pub enum Cause {
    /// A dependency hung.
    NoAnswer,
    /// The client did not send the rest of its body.
    SlowBody,
    /// The framework refused the request, or failed.
    Framework(actix_web::Error),
}

impl Cause {
    /// Why a request came back without an answer.
    pub fn of(error: actix_web::Error) -> Self {
        match error.as_error::<Late>() {
            Some(Late::SlowBody) => Self::SlowBody,
            Some(Late::NoAnswer) => Self::NoAnswer,
            None => Self::Framework(error),
        }
    }
}

impl FrameworkFailure {
    /// Of a request to `surface`, for a cause.
    pub fn new(surface: Surface, request_id: &str, cause: &Cause) -> Self {
        let status = match cause {
            Cause::NoAnswer => None,
            Cause::SlowBody => Some(StatusCode::REQUEST_TIMEOUT),
            Cause::Framework(error) => Some(status_of(error)),
        };
        Self {
            surface,
            status,
            request_id: request_id.to_owned(),
        }
    }

    fn answer(&self) -> HttpResponse {
        let status = self.status_code();
        match status {
            StatusCode::PAYLOAD_TOO_LARGE => {
                let code = "request_entity_too_large";
                self.surface.answer(status, code, "The body is too large.")
            }
            StatusCode::REQUEST_TIMEOUT => self.surface.slow_body(),
            StatusCode::NOT_FOUND => {
                let message = "The requested URL was not found on the server.";
                self.surface.answer(status, "not_found", message)
            }
            StatusCode::BAD_REQUEST => {
                let message = "The request could not be read.";
                self.surface.answer(status, "bad_request", message)
            }
            _ => self.surface.outage(),
        }
    }
}

impl std::fmt::Display for FrameworkFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the request was not answered by a handler")
    }
}

impl ResponseError for FrameworkFailure {
    fn status_code(&self) -> StatusCode {
        match self.status {
            Some(
                known @ (StatusCode::PAYLOAD_TOO_LARGE
                | StatusCode::REQUEST_TIMEOUT
                | StatusCode::NOT_FOUND),
            ) => known,
            Some(status) if status.is_client_error() => StatusCode::BAD_REQUEST,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = self.answer();
        let id = request_id::header(&self.request_id);
        response.headers_mut().insert(REQUEST_ID, id);
        ours(response)
    }
}

fn status_of(error: &actix_web::Error) -> StatusCode {
    let status = error.as_response_error().status_code();
    if status.is_server_error() {
        tracing::error!(
            event = "http.framework_failed",
            ?error,
            "the framework failed"
        );
    }
    status
}

/// What an extractor or a middleware of the framework refused, said in our words.
pub fn without_foreign_text<B: MessageBody + 'static>(
    response: ServiceResponse<B>,
    surface: Surface,
    request_id: &str,
) -> ServiceResponse<EitherBody<B>> {
    let is_ours = response.response().extensions().contains::<Ours>();
    let foreign = response.response().error().filter(|_| !is_ours);
    let Some(status) = foreign.map(status_of) else {
        return response.map_into_left_body();
    };
    let failure = FrameworkFailure {
        surface,
        status: Some(status),
        request_id: request_id.to_owned(),
    };
    let (request, _) = response.into_parts();
    ServiceResponse::new(request, failure.error_response()).map_into_right_body()
}

/// Marks an answer as one of ours: made in the format of its route, by an error type of ours.
struct Ours;

/// Marks the answer of an error type of ours. What is not marked is taken for the framework's own
/// text, which never leaves the server.
pub fn ours(mut response: HttpResponse) -> HttpResponse {
    response.extensions_mut().insert(Ours);
    response
}
