//! Giving a workspace away (console.md §7.15).

use actix_web::web::{Data, Json, Path};
use gatewright_domain::ids::AccountId;
use gatewright_usecase_identity::{
    credential::CodeProof,
    member::{MemberError, Members},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    password::CodeSent,
    session::{ResultBody, SUCCESS},
};
use gatewright_http_kit::input::text::Text;
use gatewright_http_kit::{
    error::{ConsoleErrorBody, ConsoleFailure},
    extract::{Body, ConsoleFormat, InWorkspace, OwnsWorkspace, PathId, RequestCtx, Then},
};

/// In which language.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct TransferCodeRequest {
    language: Option<Text>,
}

/// The code from the mail.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct TransferCode {
    /// The code of the mail, six digits.
    code: Text,
    token: Text,
}

/// The token of the step before.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct TransferRequest {
    token: Text,
}

/// The code was right.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TransferAccepted {
    is_valid: bool,
    email: String,
    /// For the transfer.
    token: String,
}

/// Sends a code to the owner.
#[utoipa::path(
    post, path = "/console/api/workspaces/current/members/send-owner-transfer-confirm-email",
    operation_id = "send_transfer_code", request_body = TransferCodeRequest, security(("session" = [], "csrf" = [])),
    responses(
        (status = 200, body = CodeSent),
        (status = 400, body = ConsoleErrorBody, description = "`not_owner`"),
        (status = 429, body = ConsoleErrorBody, description = "`owner_transfer_rate_limit_exceeded`, `email_send_ip_limit`"),
    ),
)]
pub(crate) async fn send(
    members: Data<Members>,
    ctx: RequestCtx,
    body: Then<InWorkspace<OwnsWorkspace>, Body<TransferCodeRequest, ConsoleFormat>>,
) -> Result<Json<CodeSent>, ConsoleFailure> {
    let Then(here, body) = body;
    let input = body.into_inner();
    let owner = &here.identity.account;
    let token = members.begin_transfer(&ctx, owner, &here.workspace, input.language.as_deref());
    Ok(CodeSent::json(token.await?))
}

/// Takes the code; five tries.
#[utoipa::path(
    post, path = "/console/api/workspaces/current/members/owner-transfer-check",
    operation_id = "check_transfer_code", request_body = TransferCode, security(("session" = [], "csrf" = [])),
    responses(
        (status = 200, body = TransferAccepted),
        (status = 400, body = ConsoleErrorBody, description = "`not_owner`, `invalid_or_expired_token`, `email_code_error`"),
    ),
)]
pub(crate) async fn check(
    members: Data<Members>,
    ctx: RequestCtx,
    body: Then<InWorkspace<OwnsWorkspace>, Body<TransferCode, ConsoleFormat>>,
) -> Result<Json<TransferAccepted>, ConsoleFailure> {
    let Then(here, body) = body;
    let input = body.into_inner();
    let owner = &here.identity.account;
    let proof = CodeProof {
        token: &input.token,
        code: &input.code,
    };
    let token = members
        .check_transfer_code(&ctx, owner, &here.workspace, proof)
        .await?;
    Ok(Json(TransferAccepted {
        is_valid: true,
        email: owner.email.clone(),
        token,
    }))
}

/// Gives the workspace to a member; the owner becomes an administrator. Both are told.
#[utoipa::path(
    post, path = "/console/api/workspaces/current/members/{member_id}/owner-transfer",
    operation_id = "transfer_workspace", params(("member_id" = String, Path)), request_body = TransferRequest,
    security(("session" = [], "csrf" = [])),
    responses(
        (status = 200, body = ResultBody),
        (status = 400, body = ConsoleErrorBody, description = "`not_owner`, `cannot_transfer_owner_to_self`, `invalid_or_expired_token`, `member_not_in_tenant`"),
    ),
)]
pub(crate) async fn transfer(
    members: Data<Members>,
    ctx: RequestCtx,
    member_id: Path<PathId<AccountId>>,
    body: Then<InWorkspace<OwnsWorkspace>, Body<TransferRequest, ConsoleFormat>>,
) -> Result<Json<ResultBody>, ConsoleFailure> {
    let Then(here, body) = body;
    let input = body.into_inner();
    let target = member_id.or(MemberError::NoMember)?;
    let owner = &here.identity.account;
    members
        .transfer(&ctx, owner, &here.workspace, target, &input.token)
        .await?;
    Ok(Json(SUCCESS))
}
