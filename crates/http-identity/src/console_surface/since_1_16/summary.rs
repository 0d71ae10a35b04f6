//! The workspace in a few words (console.md §7.13).

use actix_web::web::Json;
use gatewright_http_kit::{
    error::ConsoleErrorBody,
    extract::{InWorkspace, WorkspaceMember},
};
use serde::Serialize;
use utoipa::ToSchema;

/// The workspace that the session works in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WorkspaceSummary {
    id: String,
    name: String,
    role: &'static str,
    /// Null outside of the cloud edition.
    plan: Option<String>,
    /// Null outside of the cloud edition.
    credits: Option<i64>,
}

/// The workspace that the session works in, in a few words.
#[utoipa::path(
    get, path = "/console/api/workspaces/current/summary", operation_id = "current_tenant_summary",
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = WorkspaceSummary), (status = 401, body = ConsoleErrorBody)),
)]
pub(crate) async fn summary(here: InWorkspace<WorkspaceMember>) -> Json<WorkspaceSummary> {
    Json(WorkspaceSummary {
        id: here.workspace.id.to_string(),
        name: here.workspace.name,
        role: here.workspace.role.as_str(),
        plan: None,
        credits: None,
    })
}
