//! What stands outside the two surfaces: health, and the document that stock OAuth clients start from.

use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::{HttpRequest, HttpResponse, ResponseError as _, http::StatusCode, web::Data};
use gatewright_auth::{
    console::ConsoleSettings, device::DeviceSettings, keys::MasterKeys, origin::PublicUrls,
};
use gatewright_domain::GATEWRIGHT_VERSION;
use gatewright_usecase_device::device::StartError;
use gatewright_usecase_kit::readiness::Readiness;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use gatewright_http_kit::{
    error::{ErrorBody, OAuthErrorBody, OpenApiFailure},
    operation::Operations,
    operations,
};

/// Health and what stands beside it.
pub fn operations() -> Operations {
    use crate::system_surface as system;
    operations!["system": system::health, system::livez, system::readyz, system::robots]
}

/// The documents that OAuth clients start from.
pub fn discovery_operations() -> Operations {
    use crate::system_surface as system;
    operations!["discovery": system::authorization_server_metadata]
}

/// Static answer, as Dify gives it; says nothing about dependencies.
#[utoipa::path(get, path = "/health", responses((status = 200)))]
pub(crate) async fn health(settings: Data<ConsoleSettings>) -> HttpResponse {
    let version = settings.dify_version.stated();
    HttpResponse::Ok().json(json!({"pid": std::process::id(), "status": "ok", "version": version}))
}

/// Whether the process runs.
#[utoipa::path(get, path = "/livez", responses((status = 200)))]
pub(crate) async fn livez() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "ok"}))
}

/// Whether requests can be served: PostgreSQL, Redis, schema; 503 while one is missing or while
/// the server shuts down.
#[utoipa::path(get, path = "/readyz", responses((status = 200), (status = 503)))]
pub(crate) async fn readyz(
    readiness: Data<Readiness>,
    keys: Data<MasterKeys>,
    draining: Data<AtomicBool>,
) -> HttpResponse {
    let health = readiness.check().await;
    let draining = draining.load(Ordering::Relaxed);
    let is_ready = health.is_ready() && !draining;
    let say = |problem: &Option<String>| problem.clone().unwrap_or_else(|| "ok".into());
    let status = if is_ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let mut builder = HttpResponse::build(status);
    if !is_ready {
        builder.insert_header(("Retry-After", "1"));
    }
    builder.json(json!({
        "status": if is_ready { "ready" } else if draining { "draining" } else { "not ready" },
        "version": GATEWRIGHT_VERSION,
        // Ids, the signing key first: whether this node has noticed a rotation.
        "keys": keys.key_ids(),
        "checks": {
            "postgres": say(&health.postgres.or(health.writes)),
            "redis": say(&health.redis),
            "schema": say(&health.schema),
        },
    }))
}

/// Nothing here is for search engines.
#[utoipa::path(get, path = "/robots.txt", responses((status = 200)))]
pub(crate) async fn robots() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body("User-agent: *\nDisallow: /\n")
}

/// RFC 8414 metadata.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuthorizationServerMetadata {
    /// The public address of the API (`CONSOLE_API_URL`).
    issuer: String,
    /// Where a device asks for codes (RFC 8628 §3.1).
    device_authorization_endpoint: String,
    /// Where a device asks for its token (RFC 6749 §3.2).
    token_endpoint: String,
    /// Where a token is revoked (RFC 7009 §2).
    revocation_endpoint: String,
    grant_types_supported: Vec<String>,
    response_types_supported: Vec<String>,
    token_endpoint_auth_methods_supported: Vec<String>,
    revocation_endpoint_auth_methods_supported: Vec<String>,
    scopes_supported: Vec<String>,
    /// RFC 7662, where it is switched on.
    #[serde(skip_serializing_if = "Option::is_none")]
    introspection_endpoint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    introspection_endpoint_auth_methods_supported: Option<Vec<String>>,
}

/// Where a stock OAuth client finds the device flow (RFC 8414).
#[utoipa::path(
    get,
    path = "/.well-known/oauth-authorization-server",
    responses(
        (status = 200, body = AuthorizationServerMetadata),
        (status = 503, body = OAuthErrorBody, description = "CONSOLE_API_URL is not set"),
        (status = "default", body = ErrorBody),
    ),
)]
pub(crate) async fn authorization_server_metadata(
    urls: Data<PublicUrls>,
    settings: Data<DeviceSettings>,
    _: HttpRequest,
) -> HttpResponse {
    let Ok(issuer) = urls.issuer() else {
        return OpenApiFailure::from(StartError::ConsoleUrlUnset).error_response();
    };
    let at = |path: &str| format!("{issuer}/openapi/v1/oauth/{path}");
    let list = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let introspects = settings.offers_introspection();
    let methods = list(&["client_secret_basic", "client_secret_post"]);
    HttpResponse::Ok().json(AuthorizationServerMetadata {
        introspection_endpoint: introspects.then(|| at("introspect")),
        introspection_endpoint_auth_methods_supported: introspects.then_some(methods),
        issuer: issuer.to_owned(),
        device_authorization_endpoint: at("device/code"),
        token_endpoint: at("device/token"),
        revocation_endpoint: at("revoke"),
        grant_types_supported: list(&[crate::openapi_surface::DEVICE_GRANT_TYPE]),
        response_types_supported: list(&[]),
        token_endpoint_auth_methods_supported: list(&["none"]),
        revocation_endpoint_auth_methods_supported: list(&["none"]),
        scopes_supported: list(&["full"]),
    })
}
