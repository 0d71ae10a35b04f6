//! The licence, for those who are signed in (console.md §7.18).

use actix_web::web::Json;
use gatewright_http_kit::{error::ConsoleErrorBody, extract::SignedIn};
use serde::Serialize;
use utoipa::ToSchema;

use crate::console_surface::features::{LicenceQuota, UNLICENSED};

/// The licence, which a self-hosted installation does not need.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LicenseDetail {
    /// `none`: there is nothing to license here.
    status: &'static str,
    /// Always empty: it never expires.
    expired_at: &'static str,
    workspaces: LicenceQuota,
    seats: LicenceQuota,
    license_expiry_notice_enabled: bool,
}

/// The licence: there is none, and nothing that it would limit.
#[utoipa::path(
    get, path = "/console/api/system-features/license", operation_id = "license",
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = LicenseDetail), (status = 401, body = ConsoleErrorBody)),
)]
pub(crate) async fn license(_: SignedIn) -> Json<LicenseDetail> {
    Json(LicenseDetail {
        status: "none",
        expired_at: "",
        workspaces: UNLICENSED,
        seats: UNLICENSED,
        license_expiry_notice_enabled: false,
    })
}
