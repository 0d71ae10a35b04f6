//! One line for each request, at INFO: what was asked by its route's template, from where, how it ended
//! and how long it took. Paths, queries, headers and bodies stay out: codes and tokens stand in them.
//! Probes that go well (`/livez`, `/readyz`, `/health`) are left out.

use std::time::Instant;

use actix_web::{
    body::{BodySize, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{Method, StatusCode},
};
use gatewright_usecase_kit::Ctx;

use crate::operation::Passage;

/// A request that is being answered.
pub(crate) struct Visit {
    method: &'static str,
    is_probe: bool,
    began: Instant,
}

impl Visit {
    pub(crate) fn begin(request: &ServiceRequest) -> Self {
        let is_probe = matches!(request.path(), "/livez" | "/readyz" | "/health");
        Self {
            method: standard(request.method()),
            is_probe,
            began: Instant::now(),
        }
    }

    /// The handler's answer. The time is that until its body begins.
    pub(crate) fn answered<B: MessageBody>(
        self,
        ctx: &Ctx,
        passage: &Passage,
        response: &ServiceResponse<B>,
    ) {
        let bytes = match response.response().body().size() {
            BodySize::None => Some(0),
            BodySize::Sized(bytes) => Some(bytes),
            BodySize::Stream => None,
        };
        self.log(ctx, passage, response.status(), bytes);
    }

    /// An answer that no handler gave.
    pub(crate) fn failed(self, ctx: &Ctx, passage: &Passage, status: StatusCode) {
        self.log(ctx, passage, status, None);
    }

    fn log(self, ctx: &Ctx, passage: &Passage, status: StatusCode, bytes: Option<u64>) {
        // A probe every second that goes well is nobody's news.
        if self.is_probe && status.is_success() {
            return;
        }
        // As it was declared, such as `/openapi/v1/workspaces/{workspace_id}`: what a caller made up has
        // none.
        let route = passage.pattern().unwrap_or("-");
        let duration_ms = self.began.elapsed().as_secs_f64() * 1e3;
        let duration_ms = (duration_ms * 1e3).round() / 1e3;
        tracing::info!(
            event = "http.request",
            access = true,
            method = self.method,
            route,
            status = status.as_u16(),
            duration_ms,
            bytes,
            request_id = ctx.request_id,
            client = %ctx.address,
            "request"
        );
    }
}

/// A method may be any token that a caller thinks of: only those that exist are written down.
fn standard(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::TRACE => "TRACE",
        Method::CONNECT => "CONNECT",
        _ => "other",
    }
}
