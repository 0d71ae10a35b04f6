//! Changing one's address (console.md §7.10).

use actix_web::web::{Data, Json};
use gatewright_usecase_files::Files;
use gatewright_usecase_identity::{account::Accounts, credential::CredentialError};

use super::{
    account::Profile,
    password::{CodeAccepted, CodeGiven, CodeSent},
    session::{ResultBody, SUCCESS},
};
use crate::input::EmailAddress;
use gatewright_http_kit::input::text::Text;
use gatewright_http_kit::{
    error::{ConsoleErrorBody, ConsoleFailure},
    extract::{Body, ConsoleFormat, RequestCtx, SignedIn, Then},
};
use serde::Deserialize;
use utoipa::ToSchema;

/// Where a code shall go.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ChangeEmailRequest {
    email: EmailAddress,
    language: Option<Text>,
    /// `new_email` for the second step; anything else is the first.
    phase: Option<Text>,
    /// Of the first step, in the second.
    token: Option<Text>,
}

/// The change itself.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewEmailRequest {
    new_email: EmailAddress,
    token: Text,
}

/// A mail address.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct EmailRequest {
    email: EmailAddress,
}

/// Sends a code: first to the present address, then (with the token of that) to the new one.
#[utoipa::path(
    post, path = "/console/api/account/change-email", operation_id = "send_change_email_code",
    request_body = ChangeEmailRequest, security(("session" = [], "csrf" = [])),
    responses(
        (status = 200, body = CodeSent),
        (status = 400, body = ConsoleErrorBody, description = "`invalid_email`, `invalid_or_expired_token`"),
        (status = 429, body = ConsoleErrorBody, description = "`email_change_rate_limit_exceeded`, `email_send_ip_limit`"),
    ),
)]
pub(crate) async fn send(
    accounts: Data<Accounts>,
    ctx: RequestCtx,
    body: Then<SignedIn, Body<ChangeEmailRequest, ConsoleFormat>>,
) -> Result<Json<CodeSent>, ConsoleFailure> {
    let Then(session, body) = body;
    let (input, account) = (body.into_inner(), &session.0.account);
    let language = input.language.as_deref();
    let token = if input.phase.as_deref() == Some("new_email") {
        let token = input
            .token
            .as_deref()
            .ok_or(CredentialError::InvalidToken)?;
        accounts
            .continue_change_email(&ctx, account, &input.email, token, language)
            .await?
    } else {
        accounts
            .begin_change_email(&ctx, account, &input.email, language)
            .await?
    };
    Ok(CodeSent::json(token))
}

/// Takes either code; five tries.
#[utoipa::path(
    post, path = "/console/api/account/change-email/validity", operation_id = "check_change_email_code",
    request_body = CodeGiven, security(("session" = [], "csrf" = [])),
    responses(
        (status = 200, body = CodeAccepted),
        (status = 400, body = ConsoleErrorBody, description = "`invalid_or_expired_token`, `invalid_email`, `email_code_error`"),
    ),
)]
pub(crate) async fn check(
    accounts: Data<Accounts>,
    ctx: RequestCtx,
    body: Then<SignedIn, Body<CodeGiven, ConsoleFormat>>,
) -> Result<Json<CodeAccepted>, ConsoleFailure> {
    let Then(session, body) = body;
    let input = body.into_inner();
    let id = session.0.account.id;
    let token = accounts.check_change_code(&ctx, id, input.email(), input.proof());
    let token = token.await?;
    Ok(Json(input.accepted(token)))
}

/// Changes the address. All other sessions and all bearers end; both addresses are told.
#[utoipa::path(
    post, path = "/console/api/account/change-email/reset", operation_id = "change_email",
    request_body = NewEmailRequest, security(("session" = [], "csrf" = [])),
    responses(
        (status = 200, body = Profile),
        (status = 400, body = ConsoleErrorBody, description = "`invalid_or_expired_token`, `email_already_in_use`"),
    ),
)]
pub(crate) async fn change(
    accounts: Data<Accounts>,
    files: Data<Files>,
    ctx: RequestCtx,
    body: Then<SignedIn, Body<NewEmailRequest, ConsoleFormat>>,
) -> Result<Json<Profile>, ConsoleFailure> {
    let Then(session, body) = body;
    let input = body.into_inner();
    let changed = accounts.change_email(&ctx, &session.0, &input.new_email, &input.token);
    let account = changed.await?;
    Ok(Json(Profile::new(account, &files, &ctx)))
}

/// Whether an address is free.
#[utoipa::path(
    post, path = "/console/api/account/change-email/check-email-unique", operation_id = "check_email_unique",
    request_body = EmailRequest, security(("session" = [], "csrf" = [])),
    responses(
        (status = 200, body = ResultBody),
        (status = 400, body = ConsoleErrorBody, description = "`email_already_in_use`"),
    ),
)]
pub(crate) async fn check_unique(
    accounts: Data<Accounts>,
    ctx: RequestCtx,
    body: Then<SignedIn, Body<EmailRequest, ConsoleFormat>>,
) -> Result<Json<ResultBody>, ConsoleFailure> {
    let input = body.1.into_inner();
    accounts.require_free_email(&ctx, &input.email).await?;
    Ok(Json(SUCCESS))
}
