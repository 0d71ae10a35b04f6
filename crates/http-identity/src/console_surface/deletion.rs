//! Deleting one's account (console.md §7.11).

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Json},
};
use gatewright_usecase_identity::{account::Accounts, credential::CodeProof};

use super::{
    password::CodeSent,
    session::{ResultBody, SUCCESS},
};
use gatewright_http_kit::input::text::Text;
use gatewright_http_kit::{
    cookies::CookiePolicy,
    error::{ConsoleErrorBody, ConsoleFailure},
    extract::{Body, ConsoleFormat, RequestCtx, SignedIn, Then},
};
use serde::Deserialize;
use utoipa::ToSchema;

/// The code from the mail.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct DeleteAccountRequest {
    token: Text,
    /// The code of the mail, six digits.
    code: Text,
}

/// Sends a code to delete the account with.
#[utoipa::path(
    get, path = "/console/api/account/delete/verify", operation_id = "send_deletion_code",
    security(("session" = [], "csrf" = [])),
    responses(
        (status = 200, body = CodeSent),
        (status = 429, body = ConsoleErrorBody, description = "`email_code_account_deletion_rate_limit_exceeded`"),
    ),
)]
pub(crate) async fn verify(
    accounts: Data<Accounts>,
    ctx: RequestCtx,
    session: SignedIn,
) -> Result<Json<CodeSent>, ConsoleFailure> {
    let token = accounts.begin_deletion(&ctx, &session.0.account).await?;
    Ok(CodeSent::json(token))
}

/// Deletes the account and the workspaces that nobody else is in.
#[utoipa::path(
    post, path = "/console/api/account/delete", operation_id = "delete_account",
    request_body = DeleteAccountRequest, security(("session" = [], "csrf" = [])),
    responses(
        (status = 200, body = ResultBody),
        (status = 400, body = ConsoleErrorBody, description = "`invalid_account_deletion_code`, `owns_shared_workspace`"),
    ),
)]
pub(crate) async fn delete(
    accounts: Data<Accounts>,
    policy: Data<CookiePolicy>,
    ctx: RequestCtx,
    request: HttpRequest,
    body: Then<SignedIn, Body<DeleteAccountRequest, ConsoleFormat>>,
) -> Result<HttpResponse, ConsoleFailure> {
    let Then(session, body) = body;
    let input = body.into_inner();
    let proof = CodeProof {
        token: &input.token,
        code: &input.code,
    };
    accounts.delete(&ctx, &session.0, proof).await?;
    let mut response = HttpResponse::Ok();
    for cookie in policy.signed_out(&request) {
        response.cookie(cookie);
    }
    Ok(response.json(SUCCESS))
}
