//! One line for each request, at INFO: what was asked by its route's template, from where, how it ended
//! and how long it took. Paths, queries, headers and bodies stay out: codes and tokens stand in them.
//! Probes that go well (`/livez`, `/readyz`, `/health`) are left out of the log; the figures of requests count them too.

use std::{sync::Arc, time::Instant};

use actix_web::{
    body::{BodySize, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{Method, StatusCode},
    web::Data,
};
use gatewright_observe::metrics::{OpenStream, Requests};
use gatewright_usecase_kit::Ctx;

use crate::{operation::Passage, request_span};

/// A request that is being answered.
pub(crate) struct Visit {
    method: &'static str,
    is_probe: bool,
    began: Instant,
    requests: Option<Data<Requests>>,
}

impl Visit {
    pub(crate) fn begin(request: &ServiceRequest) -> Self {
        let is_probe = matches!(request.path(), "/livez" | "/readyz" | "/health");
        Self {
            method: standard(request.method()),
            is_probe,
            began: Instant::now(),
            requests: request.app_data::<Data<Requests>>().cloned(),
        }
    }

    /// One that exists, or `other`.
    pub(crate) fn method(&self) -> &'static str {
        self.method
    }

    /// The handler's answer. The time is that until its body begins; one that goes on is counted until what is returned is dropped.
    pub(crate) fn answered<B: MessageBody>(
        self,
        ctx: &Ctx,
        passage: &Passage,
        response: &ServiceResponse<B>,
    ) -> Option<OpenStream> {
        let bytes = match response.response().body().size() {
            BodySize::None => Some(0),
            BodySize::Sized(bytes) => Some(bytes),
            BodySize::Stream => None,
        };
        let goes_on = bytes.is_none();
        let stream = self.requests.as_ref().filter(|_| goes_on);
        let stream = stream.map(|requests| requests.stream());
        self.log(ctx, passage, response.status(), bytes);
        stream
    }

    /// An answer that no handler gave.
    pub(crate) fn failed(self, ctx: &Ctx, passage: &Passage, status: StatusCode) {
        self.log(ctx, passage, status, None);
    }

    fn log(self, ctx: &Ctx, passage: &Passage, status: StatusCode, bytes: Option<u64>) {
        // As it was declared, such as `/openapi/v1/workspaces/{workspace_id}`: what a caller made up has
        // none.
        let route = passage.pattern();
        request_span::answered(route, status.as_u16());
        let route = route.map_or_else(|| Arc::from("-"), Arc::clone);
        let took = self.began.elapsed();
        if let Some(requests) = &self.requests {
            requests.answered(self.method, &route, status.as_u16(), took);
        }
        // A probe every second that goes well is nobody's news.
        if self.is_probe && status.is_success() {
            return;
        }
        let duration_ms = took.as_secs_f64() * 1e3;
        let duration_ms = (duration_ms * 1e3).round() / 1e3;
        tracing::info!(
            event = "http.request",
            access = true,
            method = self.method,
            route = &*route,
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
