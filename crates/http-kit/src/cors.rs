//! Cross-origin rules (device-flow.md §2.3, console.md §1.3): exact origins where a cookie counts; any where a header does.

use actix_cors::Cors;
use actix_web::{
    http::{Method, header, header::HeaderName},
    middleware::Condition,
};
use gatewright_auth::origin::{BaseUrl, PublicUrls};

use crate::settings::HttpSettings;

/// What scripts of other origins may read of an answer.
const EXPOSED: [&str; 5] = [
    "X-Version",
    "X-Env",
    "X-Trace-Id",
    "X-Request-Id",
    "X-Gatewright-Reason",
];
/// What scripts of other origins may ask with.
const METHODS: [Method; 6] = [
    Method::GET,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::OPTIONS,
];
const APP_CODE: HeaderName = HeaderName::from_static("x-app-code");
const APP_PASSPORT: HeaderName = HeaderName::from_static("x-app-passport");
const CSRF: HeaderName = HeaderName::from_static("x-csrf-token");

/// For `/openapi/v1`: the origins of `OPENAPI_CORS_ALLOW_ORIGINS`.
pub fn openapi(settings: &HttpSettings) -> Condition<Cors> {
    with_origins(&settings.openapi_origins, Some(600))
}

/// For `/console/api`: the configured origins and that of the web console.
pub fn console(settings: &HttpSettings, urls: &PublicUrls) -> Condition<Cors> {
    let mut origins = settings.console_origins.clone();
    origins.extend(
        urls.console_web
            .as_ref()
            .map(BaseUrl::origin)
            .map(str::to_owned),
    );
    with_origins(&origins, None)
}

/// For `/v1`: any origin, for a key in a header is all that counts there; no cookies (apps.md §1.1).
pub fn service() -> Cors {
    Cors::default()
        .allow_any_origin()
        .send_wildcard()
        .allowed_methods(METHODS)
        .allowed_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            APP_CODE,
            APP_PASSPORT,
        ])
        .expose_headers(EXPOSED)
}

/// For `/api`: the configured origins, any by default (console.md §1.3). The stock web app sends its requests with credentials, and no
/// route below `/api` reads a cookie: a passport is a header, which no other page can send for its visitor.
pub fn web(settings: &HttpSettings) -> Cors {
    of_web(settings).supports_credentials()
}

/// For `/api/chat-messages` and below: the same without credentials, as pages that embed a chat call it.
pub fn web_chat(settings: &HttpSettings) -> Cors {
    of_web(settings)
}

fn of_web(settings: &HttpSettings) -> Cors {
    let cors = Cors::default()
        .block_on_origin_mismatch(false)
        .allowed_methods(METHODS)
        .allowed_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            APP_CODE,
            APP_PASSPORT,
            CSRF,
        ])
        .expose_headers(EXPOSED);
    if settings.web_origins.iter().any(|origin| origin == "*") {
        return cors.allow_any_origin();
    }
    exact(&settings.web_origins).fold(cors, Cors::allowed_origin)
}

/// The origins of a setting, as browsers name them; `*` is none.
fn exact(origins: &[String]) -> impl Iterator<Item = &str> {
    let origins = origins.iter().map(|origin| origin.trim_end_matches('/'));
    origins.filter(|origin| *origin != "*" && !origin.is_empty())
}

/// Without a configured origin there is nothing to say, so nothing is said.
fn with_origins(origins: &[String], max_age: Option<usize>) -> Condition<Cors> {
    let cors = Cors::default()
        .block_on_origin_mismatch(false)
        .max_age(max_age)
        .supports_credentials()
        .allowed_methods(METHODS)
        .allowed_headers([header::AUTHORIZATION, header::CONTENT_TYPE, CSRF])
        .expose_headers(EXPOSED);
    let is_wanted = exact(origins).next().is_some();
    Condition::new(is_wanted, exact(origins).fold(cors, Cors::allowed_origin))
}
