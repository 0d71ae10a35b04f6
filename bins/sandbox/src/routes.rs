//! The routes of Dify's sandbox.

use std::{
    future::{Ready, ready},
    sync::Arc,
};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    dev::Payload,
    error::InternalError,
    http::StatusCode,
    web::{self, Bytes, Data, Query, ServiceConfig},
};
use gatewright_crypto::equal::secrets_equal;
use gatewright_domain::Secret;
use gatewright_sandbox::{Language, Program, Sandbox, SandboxError};
use serde::Deserialize;
use serde_json::json;

use crate::answer::{BUSY, CANNOT, REFUSED, done, problem};

/// Bytes of a request: a program, and its inputs in it.
const MAX_BODY_BYTES: usize = 32 << 20;

/// What routes need. Cheap to clone.
#[derive(Debug, Clone)]
pub struct State {
    /// Runs the programs.
    pub sandbox: Arc<Sandbox>,
    /// What callers must know.
    pub api_key: Secret,
}

/// All routes, behind the key; `/health` is open.
pub fn routes(config: &mut ServiceConfig, state: State) {
    config
        .app_data(Data::new(state))
        .app_data(web::PayloadConfig::new(MAX_BODY_BYTES))
        .route("/health", web::get().to(health))
        .route("/v1/sandbox/run", web::post().to(run))
        .route("/v1/sandbox/dependencies", web::get().to(dependencies))
        .route(
            "/v1/sandbox/dependencies/refresh",
            web::get().to(dependencies),
        )
        .route("/v1/sandbox/dependencies/update", web::post().to(update))
        .default_service(web::to(not_found));
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    language: String,
    code: String,
    enable_network: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Of {
    language: String,
}

async fn health() -> HttpResponse {
    HttpResponse::Ok().json("ok")
}

async fn not_found() -> HttpResponse {
    HttpResponse::NotFound()
        .content_type("text/plain")
        .body("404 page not found")
}

async fn run(_: Caller, state: Data<State>, body: Bytes) -> HttpResponse {
    let asked: Asked = match serde_json::from_slice(&body) {
        Ok(asked) => asked,
        Err(error) => return problem(StatusCode::BAD_REQUEST, REFUSED, &error.to_string()),
    };
    let missing: Vec<_> = [("Language", &asked.language), ("Code", &asked.code)]
        .into_iter()
        .filter(|(_, value)| value.is_empty())
        .map(|(name, _)| {
            format!(
                "Key: '{name}' Error:Field validation for '{name}' failed on the 'required' tag"
            )
        })
        .collect();
    if !missing.is_empty() {
        return problem(StatusCode::BAD_REQUEST, REFUSED, &missing.join("\n"));
    }
    let Some(language) = named(&asked.language) else {
        return unsupported();
    };
    let program = Program {
        language,
        code: &asked.code,
        network: asked.enable_network,
    };
    match state.sandbox.run(program).await {
        Ok(outcome) => done(outcome),
        Err(SandboxError::Busy) => {
            problem(StatusCode::SERVICE_UNAVAILABLE, BUSY, "Too many requests")
        }
        // Dify shows the message of an answer that is none of a program, and of no other status.
        Err(error) => problem(StatusCode::OK, CANNOT, &error.to_string()),
    }
}

/// None is installed by a request: packages are those of the operator's Python.
async fn dependencies(_: Caller, state: Data<State>, of: Query<Of>) -> HttpResponse {
    match named(&of.language) {
        Some(Language::Python) => {
            let packages = state.sandbox.packages().await;
            let packages: Vec<_> = packages
                .iter()
                .map(|(name, version)| json!({"name": name, "version": version}))
                .collect();
            done(json!({"dependencies": packages}))
        }
        _ => unsupported(),
    }
}

async fn update(_: Caller, body: Bytes) -> HttpResponse {
    let of: Of = serde_json::from_slice(&body).unwrap_or_default();
    match named(&of.language) {
        Some(Language::Python) => done(json!({})),
        _ => unsupported(),
    }
}

fn unsupported() -> HttpResponse {
    problem(StatusCode::BAD_REQUEST, REFUSED, "unsupported language")
}

fn named(name: &str) -> Option<Language> {
    Language::ALL
        .into_iter()
        .find(|language| language.name() == name)
}

/// Whoever knows the key. The first parameter of a handler: before its body is read.
struct Caller;

impl FromRequest for Caller {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let key = request.headers().get("X-Api-Key");
        let state = request.app_data::<Data<State>>();
        let is_known = key.zip(state).is_some_and(|(key, state)| {
            secrets_equal(key.as_bytes(), state.api_key.expose().as_bytes())
        });
        ready(if is_known {
            Ok(Self)
        } else {
            let answer = HttpResponse::Unauthorized().finish();
            Err(InternalError::from_response("no key", answer).into())
        })
    }
}
