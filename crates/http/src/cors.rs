//! Cross-origin rules (device-flow.md §2.3, console.md §1.3): exact origins, never a wildcard.

use actix_cors::Cors;
use actix_web::http::{Method, header, header::HeaderName};
use gatewright_auth::origin::BaseUrl;

use crate::services::Services;

const CSRF: HeaderName = HeaderName::from_static("x-csrf-token");

pub(crate) fn openapi(services: &Services) -> Cors {
    with_origins(&services.http.openapi_origins).max_age(600)
}

pub(crate) fn console(services: &Services) -> Cors {
    let mut origins = services.http.console_origins.clone();
    origins.extend(services.urls.console_web.as_ref().map(BaseUrl::origin).map(str::to_owned));
    with_origins(&origins)
}

fn with_origins(origins: &[String]) -> Cors {
    let cors = Cors::default()
        .block_on_origin_mismatch(false)
        .supports_credentials()
        .allowed_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS])
        .allowed_headers([header::AUTHORIZATION, header::CONTENT_TYPE, CSRF])
        .expose_headers(["X-Version", "X-Env", "X-Trace-Id", "X-Gatewright-Reason"]);
    let exact = origins.iter().filter(|origin| origin.as_str() != "*");
    exact.fold(cors, |cors, origin| cors.allowed_origin(origin.trim_end_matches('/')))
}
