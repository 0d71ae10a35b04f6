//! The caller's workspaces (device-flow.md §11.1–11.3).

use actix_web::web::{Data, Json, Path};
use gatewright_domain::{
    ids::WorkspaceId,
    workspace::{MemberWorkspace, WorkspaceStatus},
};
use gatewright_usecase_device::bearer::BearerRouteError;
use gatewright_usecase_workspace::workspace::Workspaces;
use serde::Serialize;
use utoipa::ToSchema;

use gatewright_http_kit::{
    error::{ErrorBody, OpenApiFailure},
    extract::{PathId, RequestCtx, Require, WorkspaceReadScope},
};

/// A workspace in the list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WorkspaceRow {
    id: String,
    name: String,
    role: String,
    /// `normal` or `archive`.
    status: String,
    /// Whether the account works in it.
    current: bool,
}

/// The caller's workspaces.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WorkspaceListResponse {
    workspaces: Vec<WorkspaceRow>,
}

/// A workspace, as one of its members sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WorkspaceDetail {
    id: String,
    name: String,
    role: String,
    status: String,
    current: bool,
    /// ISO 8601 without zone; UTC.
    created_at: Option<String>,
}

impl From<&MemberWorkspace> for WorkspaceDetail {
    fn from(workspace: &MemberWorkspace) -> Self {
        Self {
            id: workspace.id.to_string(),
            name: workspace.name.clone(),
            role: workspace.role.as_str().into(),
            status: workspace.status.as_str().into(),
            current: workspace.is_current,
            created_at: Some(workspace.created_at.format("%Y-%m-%dT%H:%M:%S").to_string()),
        }
    }
}

/// All workspaces of the caller, archived ones too, the oldest first.
#[utoipa::path(
    get, path = "/openapi/v1/workspaces", operation_id = "list_workspaces",
    security(("bearer" = [])),
    responses((status = 200, body = WorkspaceListResponse), (status = "default", body = ErrorBody)),
)]
pub(crate) async fn list(caller: Require<WorkspaceReadScope>) -> Json<WorkspaceListResponse> {
    let workspaces = caller
        .identity
        .workspaces
        .iter()
        .map(|workspace| WorkspaceRow {
            id: workspace.id.to_string(),
            name: workspace.name.clone(),
            role: workspace.role.as_str().into(),
            status: workspace.status.as_str().into(),
            current: workspace.is_current,
        })
        .collect();
    Json(WorkspaceListResponse { workspaces })
}

/// One workspace of the caller.
#[utoipa::path(
    get, path = "/openapi/v1/workspaces/{workspace_id}", operation_id = "get_workspace",
    params(("workspace_id" = String, Path)),
    security(("bearer" = [])),
    responses((status = 200, body = WorkspaceDetail), (status = 404, body = ErrorBody), (status = "default", body = ErrorBody)),
)]
pub(crate) async fn get(
    caller: Require<WorkspaceReadScope>,
    workspace_id: Path<PathId<WorkspaceId>>,
) -> Result<Json<WorkspaceDetail>, OpenApiFailure> {
    let id = workspace_id.or(BearerRouteError::WorkspaceNotFound)?;
    let found = caller
        .identity
        .workspaces
        .iter()
        .find(|workspace| workspace.id == id);
    Ok(Json(
        found.ok_or(BearerRouteError::WorkspaceNotFound)?.into(),
    ))
}

/// Makes a workspace the caller's current one, for the console too. Newer clients ask at
/// `/workspaces/{workspace_id}:switch`.
#[utoipa::path(
    post, path = "/openapi/v1/workspaces/{workspace_id}/switch", operation_id = "switch_workspace",
    extensions(("x-also-at" = json!(["POST /openapi/v1/workspaces/{workspace_id}:switch"]))),
    params(("workspace_id" = String, Path)),
    security(("bearer" = [])),
    responses((status = 200, body = WorkspaceDetail), (status = 404, body = ErrorBody), (status = "default", body = ErrorBody)),
)]
pub(crate) async fn switch(
    workspaces: Data<Workspaces>,
    ctx: RequestCtx,
    caller: Require<WorkspaceReadScope>,
    workspace_id: Path<PathId<WorkspaceId>>,
) -> Result<Json<WorkspaceDetail>, OpenApiFailure> {
    let id = workspace_id.or(BearerRouteError::WorkspaceNotFound)?;
    let is_member = caller
        .identity
        .workspaces
        .iter()
        .any(|workspace| workspace.id == id && workspace.status == WorkspaceStatus::Normal);
    if !is_member {
        return Err(BearerRouteError::WorkspaceNotFound.into());
    }
    let switched = workspaces
        .switch(&ctx, caller.identity.account.id, id)
        .await?;
    Ok(Json(
        (&switched.ok_or(BearerRouteError::WorkspaceNotFound)?).into(),
    ))
}
