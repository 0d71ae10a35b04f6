//! What the signed-in member may do, by name (console.md §7.13).

use actix_web::web::Json;
use gatewright_domain::permission::Keys;
use gatewright_http_kit::{
    error::ConsoleErrorBody,
    extract::{InWorkspace, WorkspaceMember},
};
use serde::Serialize;
use utoipa::ToSchema;

/// In the workspace.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WorkspacePermissions {
    #[schema(value_type = Vec<String>)]
    permission_keys: Keys,
}

/// With applications, or with knowledge.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ResourcePermissions {
    /// With each of them.
    #[schema(value_type = Vec<String>)]
    default_permission_keys: Keys,
    /// With single ones: none, since roles alone decide here.
    #[schema(value_type = Vec<Object>)]
    overrides: [(); 0],
}

impl ResourcePermissions {
    fn by_role(default_permission_keys: Keys) -> Self {
        Self {
            default_permission_keys,
            overrides: [],
        }
    }
}

/// What a member may do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MyPermissions {
    workspace: WorkspacePermissions,
    app: ResourcePermissions,
    dataset: ResourcePermissions,
}

/// What the signed-in member may do in the current workspace; follows from their role.
#[utoipa::path(
    get, path = "/console/api/workspaces/current/rbac/my-permissions", operation_id = "my_permissions",
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = MyPermissions), (status = 401, body = ConsoleErrorBody)),
)]
pub(crate) async fn my_permissions(here: InWorkspace<WorkspaceMember>) -> Json<MyPermissions> {
    let role = here.workspace.role;
    Json(MyPermissions {
        workspace: WorkspacePermissions {
            permission_keys: role.workspace_keys(),
        },
        app: ResourcePermissions::by_role(role.app_keys()),
        dataset: ResourcePermissions::by_role(role.dataset_keys()),
    })
}
