//! Another service, on axum, that trusts what Gatewright signs and hands out, with `gatewright-auth`
//! alone: `cargo run -p gatewright-example-axum`.
//!
//! * `POST /grants` and `POST /assertions` verify an approval grant and an external-subject assertion.
//! * `GET /whoami` is guarded by the bearer authenticator: the limit before the look-up, one answer
//!   for every dead token.
#![allow(clippy::print_stdout, reason = "an example")]

mod guard;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    routing::{get, post},
};
use chrono::{DateTime, Utc};
use gatewright_auth::{
    domain::{Clock as _, SystemClock},
    envelope::{ApprovalGrant, EnvelopeKeys, SubjectAssertion, Verified, open},
    keys::MasterKeys,
};
use guard::{Caller, Guard};
use serde_json::{Value, json};

/// What the routes need.
struct Service {
    keys: EnvelopeKeys,
    guard: Guard,
}

fn now() -> DateTime<Utc> {
    SystemClock.now()
}

type Answer = Result<Json<Value>, StatusCode>;

/// Whom a grant lets approve what. One answer for everything that is wrong with it.
async fn verify_grant(State(service): State<Arc<Service>>, text: String) -> Answer {
    let grant: Verified<ApprovalGrant> =
        open(&service.keys.grant, &text, now()).map_err(|_| StatusCode::UNAUTHORIZED)?;
    Ok(Json(json!({
        "email": grant.subject.email.as_str(),
        "issuer": grant.subject.issuer.as_str(),
        "expires_at": grant.expires_at().to_rfc3339(),
    })))
}

/// Who an assertion speaks of.
async fn verify_assertion(State(service): State<Arc<Service>>, text: String) -> Answer {
    let assertion: Verified<SubjectAssertion> =
        open(&service.keys.assertion, &text, now()).map_err(|_| StatusCode::BAD_REQUEST)?;
    Ok(Json(json!({"email": assertion.subject.email.as_str()})))
}

/// Only with a live bearer.
async fn who_am_i(Caller(principal): Caller) -> Json<Value> {
    Json(json!({"email": principal.subject_email, "client": principal.client_id}))
}

fn router(service: Arc<Service>) -> Router {
    Router::new()
        .route("/grants", post(verify_grant))
        .route("/assertions", post(verify_assertion))
        .route("/whoami", get(who_am_i))
        .with_state(service)
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let master = MasterKeys::new(b"the SECRET_KEY of the installation, in real life", []);
    let service = Service {
        keys: EnvelopeKeys::own(&master),
        guard: Guard::new(),
    };
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, router(Arc::new(service))).await
}

#[cfg(test)]
mod tests;
