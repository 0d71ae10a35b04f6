//! Health and version, open to everybody.

use actix_web::web::{Data, Json};
use gatewright_auth::console::ConsoleSettings;
use gatewright_domain::DIFY_VERSION;
use serde::Serialize;
use utoipa::ToSchema;

/// The server answers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    ok: bool,
}

/// Says that the server answers; asks no dependency.
#[utoipa::path(get, path = "/openapi/v1/_health", operation_id = "openapi_health", responses((status = 200, body = Health)))]
pub(crate) async fn health() -> Json<Health> {
    Json(Health { ok: true })
}

/// What clients compare.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ServerVersion {
    /// The version of the API that is spoken.
    version: String,
    /// `SELF_HOSTED` or `CLOUD`.
    edition: String,
}

/// The version of the API. A bearer, good or bad, is ignored.
#[utoipa::path(get, path = "/openapi/v1/_version", operation_id = "openapi_version", responses((status = 200, body = ServerVersion)))]
pub(crate) async fn version(settings: Data<ConsoleSettings>) -> Json<ServerVersion> {
    Json(ServerVersion {
        version: DIFY_VERSION.into(),
        edition: settings.edition.as_str().into(),
    })
}
