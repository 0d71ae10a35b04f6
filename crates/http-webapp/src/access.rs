//! `/api/webapp`: who may see a page. Without the enterprise product everybody may.

use actix_web::web::Json;
use gatewright_http_kit::{
    error::{ServiceErrorBody, ServiceFailure},
    extract::{Query, ServiceFormat},
    input::text::Text,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which app is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "all apps are open to everybody")]
pub(crate) struct AccessModeQuery {
    /// The code in the address of its page.
    #[serde(rename = "appCode")]
    #[param(inline)]
    code: Option<Text>,
    /// The id of the app.
    #[serde(rename = "appId")]
    #[param(inline)]
    id: Option<Text>,
}

/// Who may see the page of an app.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccessMode {
    /// Always `public`.
    #[serde(rename = "accessMode")]
    mode: &'static str,
}

/// Who may see the page of an app: everybody who has its address.
#[utoipa::path(
    get, path = "/api/webapp/access-mode", operation_id = "web_app_access_mode",
    params(AccessModeQuery),
    responses((status = 200, body = AccessMode), (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn mode(_: Query<AccessModeQuery, ServiceFormat>) -> Json<AccessMode> {
    Json(AccessMode { mode: "public" })
}

/// Which app is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PermissionQuery {
    /// The id of the app.
    #[serde(rename = "appId")]
    #[param(inline)]
    id: Text,
}

/// Whether a page may be seen.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Permission {
    /// Always `true`.
    result: bool,
}

/// Whether the visitor may see the page of an app: everybody may who has its address.
#[utoipa::path(
    get, path = "/api/webapp/permission", operation_id = "web_app_permission",
    params(PermissionQuery),
    responses((status = 200, body = Permission), (status = 400, body = ServiceErrorBody),
        (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn permission(
    query: Query<PermissionQuery, ServiceFormat>,
) -> Result<Json<Permission>, ServiceFailure> {
    if query.into_inner().id.is_empty() {
        return Err(ServiceFailure::invalid_param("appId is required"));
    }
    Ok(Json(Permission { result: true }))
}
