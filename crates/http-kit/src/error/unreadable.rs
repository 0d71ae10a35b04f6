//! What is wrong with a body, in the words that the surfaces have in common.

use actix_web::{HttpResponse, http::StatusCode};

use super::Surface;
use crate::input::FieldProblem;

impl Surface {
    /// 400: the body is not JSON.
    pub(super) fn malformed(self) -> HttpResponse {
        let message = "Invalid JSON payload received or JSON payload is empty.";
        self.answer(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    /// 415: the body does not even claim to be JSON.
    pub(super) fn not_json(self) -> HttpResponse {
        let message = "The request must have Content-Type: application/json.";
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        self.answer(status, "unsupported_media_type", message)
    }

    /// 413: the body has more bytes than the operation allows.
    pub(super) fn too_large(self) -> HttpResponse {
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        self.answer(status, "request_entity_too_large", "The body is too large.")
    }
}

/// What is wrong with the first member that does not fit.
pub(super) fn first_sentence(problems: &[FieldProblem]) -> String {
    let first = problems.first();
    first.map_or_else(|| "Invalid request.".to_owned(), FieldProblem::sentence)
}
