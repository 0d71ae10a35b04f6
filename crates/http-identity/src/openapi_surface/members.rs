//! Members of a workspace and its audit trail (device-flow.md §11.4–11.7; the trail is ours).

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Json, Path},
};
use gatewright_domain::{
    ids::{AccountId, WorkspaceId},
    member::{Capability, Member},
    workspace::{Role, WorkspaceStatus},
};
use gatewright_usecase_device::bearer::{BearerRouteError, Identity};
use gatewright_usecase_identity::member::{Invitee, MemberError, Members};
use gatewright_usecase_workspace::audit_log::AuditLog;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{PageNumber, PageSize, member_error::NotChanged};
use crate::console_surface::audit::{self, AuditEventPage, EventQuery};
use crate::input::EmailAddress;
use gatewright_http_kit::{
    error::{ErrorBody, OpenApiFailure},
    extract::{
        ApiFormat, Body, FullScope, PathId, RequestCtx, Require, Then, WorkspaceReadScope,
        read_query,
    },
    input::number::WholeNumber,
    page::Page,
};

/// The workspace of a path, where the caller may do that.
fn workspace_of(
    identity: &Identity,
    id: PathId<WorkspaceId>,
    what: Capability,
) -> Result<WorkspaceId, OpenApiFailure> {
    let id = id.or(BearerRouteError::WorkspaceNotFound)?;
    let found = identity
        .workspaces
        .iter()
        .find(|one| one.id == id && one.status == WorkspaceStatus::Normal);
    let found = found.ok_or(BearerRouteError::WorkspaceNotFound)?;
    if found.role.may(what) {
        Ok(id)
    } else {
        Err(BearerRouteError::RoleInsufficient.into())
    }
}

/// A member of the workspace.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WorkspaceMember {
    id: String,
    name: String,
    email: String,
    role: &'static str,
    status: &'static str,
    avatar: Option<String>,
}

impl From<&Member> for WorkspaceMember {
    fn from(member: &Member) -> Self {
        Self {
            id: member.id.to_string(),
            name: member.name.clone(),
            email: member.email.clone(),
            role: member.role.as_str(),
            status: member.status.as_str(),
            avatar: member.avatar.clone(),
        }
    }
}

/// The page of members that is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct MemberQuery {
    /// The first is 1, which is the default.
    #[param(inline)]
    page: Option<PageNumber>,
    /// Rows of a page; 20 by default.
    #[param(inline)]
    limit: Option<PageSize>,
}

/// Whom to invite as what.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MemberInvite {
    email: EmailAddress,
    role: AssignableRole,
}

/// The role that the member gets.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MemberRole {
    role: AssignableRole,
}

/// The two roles that this surface gives.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AssignableRole {
    Normal,
    Admin,
}

impl From<AssignableRole> for Role {
    fn from(role: AssignableRole) -> Self {
        match role {
            AssignableRole::Normal => Self::Normal,
            AssignableRole::Admin => Self::Admin,
        }
    }
}

/// The person was invited.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InvitedMember {
    result: &'static str,
    email: String,
    role: &'static str,
    member_id: String,
    /// The link, when no mail takes it there; otherwise empty.
    invite_url: String,
    tenant_id: String,
}

/// The call succeeded.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Done {
    result: &'static str,
}

const DONE: Done = Done { result: "success" };

/// Members, whoever joined first.
#[utoipa::path(
    get, path = "/openapi/v1/workspaces/{workspace_id}/members", operation_id = "list_workspace_members",
    params(("workspace_id" = String, Path), MemberQuery), security(("bearer" = [])),
    responses((status = 200, body = Page<WorkspaceMember>), (status = 404, body = ErrorBody), (status = "default", body = ErrorBody)),
)]
pub(crate) async fn list(
    members: Data<Members>,
    caller: Require<WorkspaceReadScope>,
    workspace_id: Path<PathId<WorkspaceId>>,
    request: HttpRequest,
) -> Result<Json<Page<WorkspaceMember>>, OpenApiFailure> {
    let workspace = workspace_of(&caller.identity, *workspace_id, Capability::BeMember)?;
    let query: MemberQuery = read_query(&request).map_err(OpenApiFailure::Query)?;
    let page = query.page.map_or(1, WholeNumber::get);
    let limit = query.limit.map_or(20, WholeNumber::get);
    let all = members.list(workspace).await?;
    Ok(Json(Page::of(&all, page, limit)))
}

/// Invites somebody, who becomes a member when they accept. `member_id` is the invitation's until then.
#[utoipa::path(
    post, path = "/openapi/v1/workspaces/{workspace_id}/members", operation_id = "invite_workspace_member",
    params(("workspace_id" = String, Path)), request_body = MemberInvite, security(("bearer" = [])),
    responses((status = 201, body = InvitedMember), (status = 404, body = ErrorBody), (status = "default", body = ErrorBody)),
)]
pub(crate) async fn invite(
    members: Data<Members>,
    ctx: RequestCtx,
    workspace_id: Path<String>,
    body: Then<ManagedBy, Body<MemberInvite, ApiFormat>>,
) -> Result<HttpResponse, OpenApiFailure> {
    let Then(caller, body) = body;
    let (workspace, input) = (caller.workspace, body.into_inner());
    let role = Role::from(input.role);
    let invitee = Invitee {
        email: &input.email,
        role,
        language: caller.identity.account.interface_language.as_deref(),
    };
    let actor = &caller.identity.account;
    let done = members.invite(&ctx, workspace, actor, &invitee).await;
    let done = done.map_err(NotChanged)?;
    Ok(HttpResponse::Created().json(InvitedMember {
        result: "success",
        email: done.email,
        role: role.as_str(),
        member_id: done.id.to_string(),
        invite_url: done.url.unwrap_or_default(),
        tenant_id: workspace_id.into_inner().to_lowercase(),
    }))
}

/// Removes a member.
#[utoipa::path(
    delete, path = "/openapi/v1/workspaces/{workspace_id}/members/{member_id}", operation_id = "remove_workspace_member",
    params(("workspace_id" = String, Path), ("member_id" = String, Path)), security(("bearer" = [])),
    responses((status = 200, body = Done), (status = 404, body = ErrorBody), (status = "default", body = ErrorBody)),
)]
pub(crate) async fn remove(
    members: Data<Members>,
    ctx: RequestCtx,
    caller: ManagedBy,
    ids: Path<(String, PathId<AccountId>)>,
) -> Result<Json<Done>, OpenApiFailure> {
    let target = ids.1.or(NotChanged(MemberError::NotFound))?;
    let actor = caller.identity.account.id;
    members
        .remove(&ctx, caller.workspace, actor, target)
        .await
        .map_err(NotChanged)?;
    Ok(Json(DONE))
}

/// Leaves a workspace; not for its owner, who gives it away first.
#[utoipa::path(
    delete, path = "/openapi/v1/workspaces/{workspace_id}/members/self", operation_id = "leave_workspace",
    params(("workspace_id" = String, Path)), security(("bearer" = [])),
    responses((status = 200, body = Done), (status = 404, body = ErrorBody), (status = "default", body = ErrorBody)),
)]
pub(crate) async fn leave(
    members: Data<Members>,
    ctx: RequestCtx,
    caller: Require<FullScope>,
    workspace_id: Path<PathId<WorkspaceId>>,
) -> Result<Json<Done>, OpenApiFailure> {
    let workspace = workspace_of(&caller.identity, *workspace_id, Capability::BeMember)?;
    let account = caller.identity.account.id;
    let left = members.leave(&ctx, workspace, account).await;
    left.map_err(NotChanged)?;
    Ok(Json(DONE))
}

/// Changes a member's role. Newer clients send a PATCH to the member.
#[utoipa::path(
    put, path = "/openapi/v1/workspaces/{workspace_id}/members/{member_id}/role", operation_id = "set_workspace_member_role",
    extensions(("x-also-at" = json!(["PATCH /openapi/v1/workspaces/{workspace_id}/members/{member_id}"]))),
    params(("workspace_id" = String, Path), ("member_id" = String, Path)), request_body = MemberRole,
    security(("bearer" = [])),
    responses((status = 200, body = Done), (status = 404, body = ErrorBody), (status = "default", body = ErrorBody)),
)]
pub(crate) async fn set_role(
    members: Data<Members>,
    ctx: RequestCtx,
    ids: Path<(String, PathId<AccountId>)>,
    body: Then<ManagedBy, Body<MemberRole, ApiFormat>>,
) -> Result<Json<Done>, OpenApiFailure> {
    let Then(caller, body) = body;
    let target = ids.1.or(NotChanged(MemberError::NotFound))?;
    let actor = caller.identity.account.id;
    let role = body.into_inner().role.into();
    members
        .change_role(&ctx, caller.workspace, actor, target, role)
        .await
        .map_err(NotChanged)?;
    Ok(Json(DONE))
}

/// Events of the audit trail, the latest first; for the owner and administrators.
#[utoipa::path(
    get, path = "/openapi/v1/workspaces/{workspace_id}/audit-events", operation_id = "list_workspace_audit_events",
    params(("workspace_id" = String, Path), EventQuery), security(("bearer" = [])),
    responses((status = 200, body = AuditEventPage), (status = 404, body = ErrorBody), (status = "default", body = ErrorBody)),
)]
pub(crate) async fn audit_events(
    log: Data<AuditLog>,
    caller: Require<FullScope>,
    workspace_id: Path<PathId<WorkspaceId>>,
    request: HttpRequest,
) -> Result<Json<AuditEventPage>, OpenApiFailure> {
    let workspace = workspace_of(&caller.identity, *workspace_id, Capability::ReadAudit)?;
    let query: EventQuery = read_query(&request).map_err(OpenApiFailure::Query)?;
    Ok(Json(audit::page(&log, workspace, &query.into()).await?))
}

/// Somebody who manages the members of the path's workspace: known before the body is looked at.
pub(crate) struct ManagedBy {
    identity: Identity,
    workspace: WorkspaceId,
}

impl actix_web::FromRequest for ManagedBy {
    type Error = actix_web::Error;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut actix_web::dev::Payload) -> Self::Future {
        let caller = Require::<FullScope>::from_request(request, payload);
        let Ok(id) = request
            .match_info()
            .get("workspace_id")
            .unwrap_or_default()
            .parse();
        Box::pin(async move {
            let identity = caller.await?.identity;
            let workspace = workspace_of(&identity, id, Capability::ManageMembers)?;
            Ok(Self {
                identity,
                workspace,
            })
        })
    }
}
