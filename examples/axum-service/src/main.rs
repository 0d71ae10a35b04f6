//! Another service, on axum, that trusts what Gatewright signs and hands out, with `gatewright-auth`
//! alone and with no key that opens anything else:
//!
//! ```sh
//! api-server keys export --purpose approval-grant > grants.json
//! api-server keys export --purpose subject-assertion > assertions.json
//! cargo run -p gatewright-example-axum -- grants.json assertions.json
//! ```
//!
//! * `POST /grants` and `POST /assertions` verify an approval grant and an external-subject assertion.
//! * `GET /whoami` is guarded by the bearer authenticator: the limit before the look-up, one answer
//!   for every dead token.
#![allow(clippy::print_stdout, reason = "an example")]

mod guard;

use std::sync::Arc;

use anyhow::Context as _;
use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    routing::{get, post},
};
use chrono::{DateTime, Utc};
use gatewright_auth::{
    domain::{Clock as _, SystemClock},
    envelope::{ApprovalGrant, SubjectAssertion, Verified, open},
    keys::{KeyRing, Purpose},
};
use guard::{Caller, Guard};
use serde_json::{Value, json};

/// What the routes need.
struct Service {
    grants: KeyRing,
    assertions: KeyRing,
    guard: Guard,
}

fn now() -> DateTime<Utc> {
    SystemClock.now()
}

type Answer = Result<Json<Value>, StatusCode>;

/// Whom a grant lets approve what. One answer for everything that is wrong with it.
async fn verify_grant(State(service): State<Arc<Service>>, text: String) -> Answer {
    let grant: Verified<ApprovalGrant> =
        open(&service.grants, &text, now()).map_err(|_| StatusCode::UNAUTHORIZED)?;
    Ok(Json(json!({
        "email": grant.subject.email.as_str(),
        "issuer": grant.subject.issuer.as_str(),
        "expires_at": grant.expires_at().to_rfc3339(),
    })))
}

/// Who an assertion speaks of.
async fn verify_assertion(State(service): State<Arc<Service>>, text: String) -> Answer {
    let assertion: Verified<SubjectAssertion> =
        open(&service.assertions, &text, now()).map_err(|_| StatusCode::BAD_REQUEST)?;
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

/// The keys that a file of `api-server keys export` holds.
fn keys(file: Option<String>, purpose: Purpose) -> anyhow::Result<KeyRing> {
    let file = file.context("usage: gatewright-example-axum GRANTS.json ASSERTIONS.json")?;
    let json = std::fs::read_to_string(&file).with_context(|| file.clone())?;
    KeyRing::from_exported(&json, purpose).context(file)
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut files = std::env::args().skip(1);
    let service = Service {
        grants: keys(files.next(), Purpose::ApprovalGrant)?,
        assertions: keys(files.next(), Purpose::SubjectAssertion)?,
        guard: Guard::new(),
    };
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, router(Arc::new(service))).await?)
}

#[cfg(test)]
mod tests;
