//! The routes of Dify's sandbox.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
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

async fn run(request: HttpRequest, state: Data<State>, body: Bytes) -> HttpResponse {
    if !is_known(&request, &state) {
        return HttpResponse::Unauthorized().finish();
    }
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
async fn dependencies(request: HttpRequest, state: Data<State>, of: Query<Of>) -> HttpResponse {
    if !is_known(&request, &state) {
        return HttpResponse::Unauthorized().finish();
    }
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

async fn update(request: HttpRequest, state: Data<State>, body: Bytes) -> HttpResponse {
    if !is_known(&request, &state) {
        return HttpResponse::Unauthorized().finish();
    }
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

fn is_known(request: &HttpRequest, state: &State) -> bool {
    let key = request.headers().get("X-Api-Key");
    key.is_some_and(|key| secrets_equal(key.as_bytes(), state.api_key.expose().as_bytes()))
}
