//! Answers in the envelope of Dify's sandbox: `code` 0, or what was wrong.

use actix_web::{HttpResponse, http::StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

/// What is refused, by the code of the envelope.
pub(crate) const REFUSED: i32 = -400;
/// Nothing can be run here.
pub(crate) const CANNOT: i32 = -500;
/// Too many programs wait.
pub(crate) const BUSY: i32 = -503;

/// It was done.
pub(crate) fn done(data: impl Serialize) -> HttpResponse {
    HttpResponse::Ok().json(json!({"code": 0, "message": "success", "data": data}))
}

/// It was not.
pub(crate) fn problem(status: StatusCode, code: i32, message: &str) -> HttpResponse {
    let body = json!({"code": code, "message": message, "data": Value::Null});
    HttpResponse::build(status).json(body)
}
