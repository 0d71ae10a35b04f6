//! Health and version, open to everybody.

use actix_web::web::{Data, Json};
use gatewright_auth::console::ConsoleSettings;
use gatewright_http_kit::extract::RequestCtx;
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
    /// The version of Dify that the caller's generation expects.
    version: &'static str,
    /// `COMMUNITY`, `ENTERPRISE` or `CLOUD`; towards the older generation `SELF_HOSTED` or `CLOUD`.
    edition: &'static str,
}

/// The version of the API: `difyctl` below 0.2 hears the older one, everybody else the newer. A bearer,
/// good or bad, is ignored.
#[utoipa::path(get, path = "/openapi/v1/_version", operation_id = "openapi_version", responses((status = 200, body = ServerVersion)))]
pub(crate) async fn version(
    settings: Data<ConsoleSettings>,
    ctx: RequestCtx,
) -> Json<ServerVersion> {
    let generation = settings.dify_version.towards(ctx.user_agent.as_deref());
    Json(ServerVersion {
        version: generation.version(),
        edition: settings.edition().name(generation),
    })
}
