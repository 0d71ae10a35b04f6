//! Members of the current workspace (console.md §7.14).

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use gatewright_domain::{ids::AccountId, member::Member, workspace::Role};
use gatewright_usecase_files::Files;
use gatewright_usecase_identity::member::{
    GuestOutcome, GuestResult, Guests, MemberError, Members,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::session::{ResultBody, SUCCESS};
use crate::input::Addresses;
use gatewright_http_kit::input::text::Text;
use gatewright_http_kit::{
    error::{ConsoleErrorBody, ConsoleFailure},
    extract::{
        Body, ConsoleFormat, InWorkspace, ManagesMembers, PathId, RequestCtx, Then, WorkspaceMember,
    },
};

/// A role, as newer consoles show several of them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberRoleRow {
    /// The role itself: there are no others here.
    id: &'static str,
    name: &'static str,
}

/// A member of the workspace.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberRow {
    avatar: Option<String>,
    id: String,
    name: String,
    email: String,
    /// When the member last signed in, in Unix seconds; null before the first time.
    last_login_at: Option<i64>,
    /// When the member was last active, in Unix seconds.
    last_active_at: i64,
    /// When the account was made, in Unix seconds.
    created_at: i64,
    role: &'static str,
    status: &'static str,
    avatar_url: Option<String>,
    /// The one role.
    roles: [MemberRoleRow; 1],
}

impl MemberRow {
    fn new(member: Member, files: &Files, ctx: &RequestCtx) -> Self {
        Self {
            avatar_url: files.avatar_address(ctx, member.avatar.as_deref()),
            avatar: member.avatar,
            id: member.id.to_string(),
            name: member.name,
            email: member.email,
            last_login_at: member.last_login_at.map(|at| at.timestamp()),
            last_active_at: member.last_active_at.timestamp(),
            created_at: member.created_at.timestamp(),
            role: member.role.as_str(),
            roles: [MemberRoleRow {
                id: member.role.as_str(),
                name: member.role.as_str(),
            }],
            status: member.status.as_str(),
        }
    }
}

/// The members of the workspace.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberList {
    accounts: Vec<MemberRow>,
}

/// Whom to invite.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct InviteRequest {
    #[schema(inline)]
    emails: Addresses,
    /// `admin`, `editor`, `normal`, or `dataset_operator` where that role is offered.
    role: Text,
    language: Option<Text>,
}

/// The role that the member gets.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct RoleRequest {
    /// `admin`, `editor`, `normal`, or `dataset_operator` where that role is offered.
    role: Text,
}

/// What became of one address.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InvitationResult {
    /// `success`, `already_member` or `failed`.
    status: &'static str,
    email: String,
    /// The link, when no mail takes it there.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// Why nothing was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

impl From<GuestResult> for InvitationResult {
    fn from(result: GuestResult) -> Self {
        let (status, url, message) = match result.outcome {
            GuestOutcome::Invited(url) => ("success", url, None),
            GuestOutcome::Member => {
                let message = "Account already in workspace.".to_owned();
                ("already_member", None, Some(message))
            }
            GuestOutcome::Failed(reason) => ("failed", None, Some(reason)),
        };
        Self {
            status,
            email: result.email,
            url,
            message,
        }
    }
}

/// What became of all.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InviteResponse {
    result: &'static str,
    invitation_results: Vec<InvitationResult>,
    tenant_id: String,
}

/// The member was removed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RemovedResponse {
    result: &'static str,
    tenant_id: String,
}

fn rows(members: impl Iterator<Item = Member>, files: &Files, ctx: &RequestCtx) -> Vec<MemberRow> {
    members
        .map(|member| MemberRow::new(member, files, ctx))
        .collect()
}

/// All members of the current workspace, invited ones too; whoever joined first.
#[utoipa::path(
    get, path = "/console/api/workspaces/current/members", operation_id = "list_members",
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = MemberList), (status = 401, body = ConsoleErrorBody)),
)]
pub(crate) async fn list(
    members: Data<Members>,
    files: Data<Files>,
    ctx: RequestCtx,
    here: InWorkspace<WorkspaceMember>,
) -> Result<Json<MemberList>, ConsoleFailure> {
    let all = members.list(here.workspace.id).await?;
    Ok(Json(MemberList {
        accounts: rows(all.into_iter(), &files, &ctx),
    }))
}

/// The dataset operators of the current workspace.
#[utoipa::path(
    get, path = "/console/api/workspaces/current/dataset-operators", operation_id = "list_dataset_operators",
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = MemberList), (status = 401, body = ConsoleErrorBody)),
)]
pub(crate) async fn list_dataset_operators(
    members: Data<Members>,
    files: Data<Files>,
    ctx: RequestCtx,
    here: InWorkspace<WorkspaceMember>,
) -> Result<Json<MemberList>, ConsoleFailure> {
    let all = members.list(here.workspace.id).await?.into_iter();
    let operators = all.filter(|member| member.role == Role::DatasetOperator);
    Ok(Json(MemberList {
        accounts: rows(operators, &files, &ctx),
    }))
}

/// Invites people; each address has a result of its own. Nobody is a member before they accept.
#[utoipa::path(
    post, path = "/console/api/workspaces/current/members/invite-email", operation_id = "invite_members",
    request_body = InviteRequest, security(("session" = [], "csrf" = [])),
    responses(
        (status = 201, body = InviteResponse),
        (status = 400, body = ConsoleErrorBody, description = "`invalid-role`, `limit_exceeded`"),
        (status = 403, body = ConsoleErrorBody),
    ),
)]
pub(crate) async fn invite(
    members: Data<Members>,
    ctx: RequestCtx,
    body: Then<InWorkspace<ManagesMembers>, Body<InviteRequest, ConsoleFormat>>,
) -> Result<HttpResponse, ConsoleFailure> {
    let Then(here, body) = body;
    let input = body.into_inner();
    let guests = Guests {
        emails: &input.emails,
        role: input.role.parse().map_err(|_| MemberError::InvalidRole)?,
        language: input.language.as_deref(),
    };
    let invited = members.invite_all(&ctx, here.workspace.id, &here.identity.account, &guests);
    Ok(HttpResponse::Created().json(InviteResponse {
        result: "success",
        invitation_results: invited.await?.into_iter().map(Into::into).collect(),
        tenant_id: here.workspace.id.to_string(),
    }))
}

/// Removes a member, or withdraws an invitation.
#[utoipa::path(
    delete, path = "/console/api/workspaces/current/members/{member_id}", operation_id = "remove_member",
    params(("member_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses(
        (status = 200, body = RemovedResponse),
        (status = 400, body = ConsoleErrorBody, description = "`cannot-operate-self`"),
        (status = 403, body = ConsoleErrorBody, description = "`forbidden`"),
        (status = 404, body = ConsoleErrorBody, description = "`member-not-found`"),
    ),
)]
pub(crate) async fn remove(
    members: Data<Members>,
    ctx: RequestCtx,
    here: InWorkspace<ManagesMembers>,
    member_id: Path<PathId<AccountId>>,
) -> Result<Json<RemovedResponse>, ConsoleFailure> {
    let target = member_id.or(MemberError::NotFound)?;
    let (workspace, actor) = (here.workspace.id, here.identity.account.id);
    members.remove(&ctx, workspace, actor, target).await?;
    Ok(Json(RemovedResponse {
        result: "success",
        tenant_id: workspace.to_string(),
    }))
}

/// Leaves the current workspace; not for its owner, who gives it away first.
#[utoipa::path(
    delete, path = "/console/api/workspaces/current/members/self", operation_id = "leave_current_workspace",
    security(("session" = [], "csrf" = [])),
    responses(
        (status = 200, body = RemovedResponse),
        (status = 400, body = ConsoleErrorBody, description = "`owner-must-transfer`"),
    ),
)]
pub(crate) async fn leave(
    members: Data<Members>,
    ctx: RequestCtx,
    here: InWorkspace<WorkspaceMember>,
) -> Result<Json<RemovedResponse>, ConsoleFailure> {
    let (workspace, account) = (here.workspace.id, here.identity.account.id);
    members.leave(&ctx, workspace, account).await?;
    Ok(Json(RemovedResponse {
        result: "success",
        tenant_id: workspace.to_string(),
    }))
}

/// Changes a member's role. Nobody becomes the owner this way.
#[utoipa::path(
    put, path = "/console/api/workspaces/current/members/{member_id}/update-role", operation_id = "update_member_role",
    params(("member_id" = String, Path)), request_body = RoleRequest, security(("session" = [], "csrf" = [])),
    responses(
        (status = 200, body = ResultBody),
        (status = 400, body = ConsoleErrorBody, description = "`invalid-role`, `cannot-operate-self`, `role-already-assigned`"),
        (status = 403, body = ConsoleErrorBody, description = "`forbidden`"),
        (status = 404, body = ConsoleErrorBody, description = "`member-not-found`"),
    ),
)]
pub(crate) async fn update_role(
    members: Data<Members>,
    ctx: RequestCtx,
    member_id: Path<PathId<AccountId>>,
    body: Then<InWorkspace<ManagesMembers>, Body<RoleRequest, ConsoleFormat>>,
) -> Result<Json<ResultBody>, ConsoleFailure> {
    let Then(here, body) = body;
    let target = member_id.or(MemberError::NotFound)?;
    let role: Role = body
        .into_inner()
        .role
        .parse()
        .map_err(|_| MemberError::InvalidRole)?;
    let (workspace, actor) = (here.workspace.id, here.identity.account.id);
    members
        .change_role(&ctx, workspace, actor, target, role)
        .await?;
    Ok(Json(SUCCESS))
}
