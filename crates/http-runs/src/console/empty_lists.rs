//! What the console asks of an app on its overview and beside its annotations, and later slices fill: tracing, triggers, the app as a
//! server of MCP, replies by annotations. Typed and empty.

use std::collections::BTreeMap;

use actix_web::web::Json;
use gatewright_http_kit::{error::ConsoleErrorBody, extract::WorkspaceMember};
use serde::Serialize;
use utoipa::ToSchema;

use super::app_here::AppHere;

/// Where an app reports what its models are asked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tracing {
    /// Always `false`: nothing is reported before tracing comes.
    enabled: bool,
    #[schema(required)]
    tracing_provider: Option<String>,
}

/// Where the app reports what its models are asked: nowhere before tracing comes.
#[utoipa::path(
    get, path = "/console/api/apps/{app_id}/trace", operation_id = "app_tracing",
    params(("app_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = Tracing), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn tracing(_: AppHere<WorkspaceMember>) -> Json<Tracing> {
    Json(Tracing {
        enabled: false,
        tracing_provider: None,
    })
}

/// What starts an app without anybody asking it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Triggers {
    #[schema(value_type = Vec<Object>)]
    data: [(); 0],
}

/// What starts the app without anybody asking it: nothing before triggers come.
#[utoipa::path(
    get, path = "/console/api/apps/{app_id}/triggers", operation_id = "list_app_triggers",
    params(("app_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = Triggers), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn triggers(_: AppHere<WorkspaceMember>) -> Json<Triggers> {
    Json(Triggers { data: [] })
}

/// The app as a server of MCP: an empty object, for there is none before MCP comes.
#[utoipa::path(
    get, path = "/console/api/apps/{app_id}/server", operation_id = "app_mcp_server",
    params(("app_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = BTreeMap<String, String>), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn server(_: AppHere<WorkspaceMember>) -> Json<BTreeMap<String, String>> {
    Json(BTreeMap::new())
}

/// Whether annotations answer in the place of an app.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AnnotationSetting {
    /// Always `false`: they answer when knowledge comes.
    enabled: bool,
}

/// Whether annotations answer in the place of the app: not before knowledge comes.
#[utoipa::path(
    get, path = "/console/api/apps/{app_id}/annotation-setting", operation_id = "annotation_setting",
    params(("app_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = AnnotationSetting), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn annotation_setting(_: AppHere<WorkspaceMember>) -> Json<AnnotationSetting> {
    Json(AnnotationSetting { enabled: false })
}
