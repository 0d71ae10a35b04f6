//! A forgotten password (console.md §7.4).

use actix_web::web::{Data, Json};
use gatewright_domain::account::Email;
use gatewright_usecase_identity::{
    account::{AccountError, Accounts},
    credential::{CodeProof, RepeatedPassword},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::session::{AfterSetup, ResultBody, SUCCESS};
use crate::input::{EmailAddress, NewPassword};
use gatewright_http_kit::input::text::{SecretText, Text};
use gatewright_http_kit::{
    error::{ConsoleErrorBody, ConsoleFailure},
    extract::{Body, ConsoleFormat, RequestCtx, Then},
};

/// Where a code shall go.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct CodeRequest {
    email: EmailAddress,
    /// `zh-Hans` is answered in Chinese, everything else in English.
    language: Option<Text>,
}

impl CodeRequest {
    pub(super) fn email(&self) -> &Email {
        &self.email
    }

    pub(super) fn language(&self) -> Option<&str> {
        self.language.as_deref()
    }
}

/// A code from a mail.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct CodeGiven {
    email: EmailAddress,
    /// The code of the mail, six digits.
    code: Text,
    token: Text,
}

impl CodeGiven {
    pub(super) fn email(&self) -> &Email {
        &self.email
    }

    pub(super) fn proof(&self) -> CodeProof<'_> {
        CodeProof {
            token: &self.token,
            code: &self.code,
        }
    }

    pub(super) fn accepted(self, token: String) -> CodeAccepted {
        CodeAccepted {
            is_valid: true,
            email: self.email.lowercase().as_str().to_owned(),
            token,
        }
    }
}

/// A new password, twice.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ResetRequest {
    token: Text,
    new_password: NewPassword,
    password_confirm: SecretText,
}

/// The token that goes with the code.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CodeSent {
    result: &'static str,
    data: String,
}

impl CodeSent {
    pub(super) fn json(data: String) -> Json<Self> {
        Json(Self {
            result: "success",
            data,
        })
    }
}

/// The code was right.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CodeAccepted {
    is_valid: bool,
    email: String,
    /// For the next step.
    token: String,
}

/// Sends a code to set a new password with. The answer is the same whether or not there is an account.
#[utoipa::path(
    post, path = "/console/api/forgot-password", operation_id = "forgot_password", request_body = CodeRequest,
    responses(
        (status = 200, body = CodeSent),
        (status = 403, body = ConsoleErrorBody, description = "passwords are switched off"),
        (status = 429, body = ConsoleErrorBody, description = "`password_reset_rate_limit_exceeded`, `email_send_ip_limit`"),
    ),
)]
pub(crate) async fn forgot(
    accounts: Data<Accounts>,
    ctx: RequestCtx,
    body: AskedForCode,
) -> Result<Json<CodeSent>, ConsoleFailure> {
    send_code(body, async |email, language| {
        accounts.forgot_password(&ctx, email, language).await
    })
    .await
}

/// An address that wants a code, once the installation is set up.
pub(super) type AskedForCode = Then<AfterSetup, Body<CodeRequest, ConsoleFormat>>;

/// Sends a code by `send`, which takes the address and the language of the mail and answers the token that the
/// code goes with.
pub(super) async fn send_code(
    asked: AskedForCode,
    send: impl AsyncFnOnce(&Email, Option<&str>) -> Result<String, AccountError>,
) -> Result<Json<CodeSent>, ConsoleFailure> {
    let input = asked.1.into_inner();
    let token = send(input.email(), input.language()).await?;
    Ok(CodeSent::json(token))
}

/// The same under its older path.
#[utoipa::path(
    post, path = "/console/api/reset-password", operation_id = "forgot_password_alias", request_body = CodeRequest,
    responses((status = 200, body = CodeSent), (status = 429, body = ConsoleErrorBody)),
)]
pub(crate) async fn forgot_alias(
    accounts: Data<Accounts>,
    ctx: RequestCtx,
    body: AskedForCode,
) -> Result<Json<CodeSent>, ConsoleFailure> {
    forgot(accounts, ctx, body).await
}

/// Takes the code; five tries.
#[utoipa::path(
    post, path = "/console/api/forgot-password/validity", operation_id = "check_reset_code", request_body = CodeGiven,
    responses(
        (status = 200, body = CodeAccepted),
        (status = 400, body = ConsoleErrorBody, description = "`invalid_or_expired_token`, `invalid_email`, `email_code_error`"),
    ),
)]
pub(crate) async fn check(
    accounts: Data<Accounts>,
    ctx: RequestCtx,
    body: Then<AfterSetup, Body<CodeGiven, ConsoleFormat>>,
) -> Result<Json<CodeAccepted>, ConsoleFailure> {
    let input = body.1.into_inner();
    let token = accounts.check_reset_code(&ctx, &input.email, input.proof());
    let token = token.await?;
    Ok(Json(input.accepted(token)))
}

/// Sets the password. All sessions and bearers of the account end.
#[utoipa::path(
    post, path = "/console/api/forgot-password/resets", operation_id = "reset_password", request_body = ResetRequest,
    responses(
        (status = 200, body = ResultBody),
        (status = 400, body = ConsoleErrorBody, description = "`password_mismatch`, `invalid_or_expired_token`, `account_not_found`"),
    ),
)]
pub(crate) async fn reset(
    accounts: Data<Accounts>,
    ctx: RequestCtx,
    body: Then<AfterSetup, Body<ResetRequest, ConsoleFormat>>,
) -> Result<Json<ResultBody>, ConsoleFailure> {
    let input = body.1.into_inner();
    let passwords = RepeatedPassword {
        password: &input.new_password,
        repeated: &input.password_confirm,
    };
    accounts
        .reset_password(&ctx, &input.token, passwords)
        .await?;
    Ok(Json(SUCCESS))
}
