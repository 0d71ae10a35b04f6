//! The signed-in account's workspaces (console.md §7.13, read side and switch).

use actix_web::web::{Data, Json};
use gatewright_domain::{
    ids::WorkspaceId,
    workspace::{MemberWorkspace, WorkspaceStatus},
};
use gatewright_usecase_identity::{console::ConsoleError, member::Members};
use gatewright_usecase_kit::ConsoleIdentity;
use gatewright_usecase_workspace::workspace::Workspaces;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::input::WorkspaceName;
use gatewright_http_kit::input::text::Text;
use gatewright_http_kit::{
    error::{ConsoleErrorBody, ConsoleFailure},
    extract::{Body, ChangesWorkspace, ConsoleFormat, InWorkspace, RequestCtx, SignedIn, Then},
};

/// The feature plan of self-hosted installations, which the list shows instead of the column.
const FEATURE_PLAN: &str = "sandbox";

/// A workspace in the list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TenantRow {
    id: String,
    name: String,
    plan: &'static str,
    status: &'static str,
    /// When the workspace was made, in Unix seconds.
    created_at: i64,
    current: bool,
    /// Unix seconds; null: not kept.
    last_opened_at: Option<i64>,
}

/// The workspaces in use.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TenantList {
    workspaces: Vec<TenantRow>,
}

/// A workspace, and the role of the account in it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tenant {
    id: String,
    name: String,
    plan: String,
    status: &'static str,
    /// When the workspace was made, in Unix seconds.
    created_at: i64,
    role: &'static str,
    in_trial: Option<bool>,
    trial_end_reason: Option<String>,
    custom_config: Option<serde_json::Value>,
    trial_credits: Option<i64>,
    trial_credits_used: Option<i64>,
    next_credit_reset_date: Option<i64>,
}

impl From<&MemberWorkspace> for Tenant {
    fn from(workspace: &MemberWorkspace) -> Self {
        Self {
            id: workspace.id.to_string(),
            name: workspace.name.clone(),
            plan: workspace.plan.clone(),
            status: workspace.status.as_str(),
            created_at: workspace.created_at.timestamp(),
            role: workspace.role.as_str(),
            in_trial: None,
            trial_end_reason: None,
            custom_config: None,
            trial_credits: None,
            trial_credits_used: None,
            next_credit_reset_date: None,
        }
    }
}

/// The workspaces in use, the oldest first.
#[utoipa::path(
    get, path = "/console/api/workspaces", operation_id = "list_tenants",
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = TenantList), (status = 401, body = ConsoleErrorBody)),
)]
pub(crate) async fn list(session: SignedIn) -> Json<TenantList> {
    let current = session.0.current_workspace().map(|workspace| workspace.id);
    let workspaces = session
        .0
        .workspaces
        .iter()
        .filter(|workspace| workspace.status == WorkspaceStatus::Normal)
        .map(|workspace| TenantRow {
            id: workspace.id.to_string(),
            name: workspace.name.clone(),
            plan: FEATURE_PLAN,
            status: workspace.status.as_str(),
            created_at: workspace.created_at.timestamp(),
            current: Some(workspace.id) == current,
            last_opened_at: None,
        })
        .collect();
    Json(TenantList { workspaces })
}

/// The workspace that the session works in.
#[utoipa::path(
    post, path = "/console/api/workspaces/current", operation_id = "current_tenant",
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = Tenant), (status = 401, body = ConsoleErrorBody)),
)]
pub(crate) async fn current(session: SignedIn) -> Result<Json<Tenant>, ConsoleFailure> {
    tenant_of(&session.0)
}

/// The same under its older name.
#[utoipa::path(
    post, path = "/console/api/info", operation_id = "current_tenant_info",
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = Tenant), (status = 401, body = ConsoleErrorBody)),
)]
pub(crate) async fn info(session: SignedIn) -> Result<Json<Tenant>, ConsoleFailure> {
    tenant_of(&session.0)
}

fn tenant_of(identity: &ConsoleIdentity) -> Result<Json<Tenant>, ConsoleFailure> {
    let workspace = identity
        .current_workspace()
        .ok_or(ConsoleError::NoAccount)?;
    Ok(Json(workspace.into()))
}

/// The workspace to switch to.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct SwitchRequest {
    /// A workspace id.
    tenant_id: Text,
}

/// The workspace that is current now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SwitchResponse {
    result: &'static str,
    new_tenant: Tenant,
}

/// Makes a workspace the account's current one.
#[utoipa::path(
    post, path = "/console/api/workspaces/switch", operation_id = "switch_tenant", request_body = SwitchRequest,
    security(("session" = [], "csrf" = [])),
    responses(
        (status = 200, body = SwitchResponse),
        (status = 401, body = ConsoleErrorBody),
        (status = 403, body = ConsoleErrorBody, description = "`account_not_link_tenant`"),
    ),
)]
pub(crate) async fn switch(
    workspaces: Data<Workspaces>,
    ctx: RequestCtx,
    body: Then<SignedIn, Body<SwitchRequest, ConsoleFormat>>,
) -> Result<Json<SwitchResponse>, ConsoleFailure> {
    let Then(session, body) = body;
    let input = body.into_inner();
    let id: WorkspaceId = input
        .tenant_id
        .parse()
        .map_err(|_| ConsoleError::AccountNotLinkTenant)?;
    let switched = workspaces.switch(&ctx, session.0.account.id, id).await?;
    let workspace = switched.ok_or(ConsoleError::AccountNotLinkTenant)?;
    Ok(Json(SwitchResponse {
        result: "success",
        new_tenant: (&workspace).into(),
    }))
}

/// The workspace's new name.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct RenameRequest {
    name: WorkspaceName,
}

/// The workspace under its new name.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RenameResponse {
    result: &'static str,
    tenant: Tenant,
}

/// Renames the current workspace; for its owner and administrators.
#[utoipa::path(
    post, path = "/console/api/workspaces/info", operation_id = "rename_tenant", request_body = RenameRequest,
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = RenameResponse), (status = 403, body = ConsoleErrorBody)),
)]
pub(crate) async fn rename(
    members: Data<Members>,
    ctx: RequestCtx,
    body: Then<InWorkspace<ChangesWorkspace>, Body<RenameRequest, ConsoleFormat>>,
) -> Result<Json<RenameResponse>, ConsoleFailure> {
    let Then(here, body) = body;
    let (mut workspace, actor) = (here.workspace, here.identity.account.id);
    workspace.name = body.into_inner().name.into_inner();
    members
        .rename(&ctx, workspace.id, actor, &workspace.name)
        .await?;
    Ok(Json(RenameResponse {
        result: "success",
        tenant: (&workspace).into(),
    }))
}
