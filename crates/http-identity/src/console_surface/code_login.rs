//! Signing in by a code from a mail (console.md §7.3).

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Json},
};
use gatewright_auth::console::ConsoleSettings;
use gatewright_usecase_identity::{
    console::{Console, Preferences},
    credential::{CodeProof, CredentialError},
};

use super::{
    password::{AskedForCode, CodeRequest, CodeSent, send_code},
    session::{AfterSetup, ResultBody, SUCCESS, decoded},
};
use crate::input::{EmailAddress, Timezone};
use gatewright_http_kit::input::text::{SecretText, Text};
use gatewright_http_kit::{
    cookies::CookiePolicy,
    error::{ConsoleErrorBody, ConsoleFailure},
    extract::{Body, ConsoleFormat, RequestCtx, Then},
};
use serde::Deserialize;
use utoipa::ToSchema;

/// A code to sign in with.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct CodeLogin {
    email: EmailAddress,
    /// Standard base64 of six digits.
    code: SecretText,
    token: Text,
    /// For somebody new.
    language: Option<Text>,
    /// For somebody new.
    timezone: Option<Timezone>,
}

/// Sends a code to sign in with. The answer is the same whether or not there is an account.
#[utoipa::path(
    post, path = "/console/api/email-code-login", operation_id = "send_login_code", request_body = CodeRequest,
    responses(
        (status = 200, body = CodeSent),
        (status = 403, body = ConsoleErrorBody, description = "switched off"),
        (status = 429, body = ConsoleErrorBody, description = "`email_code_login_rate_limit_exceeded`, `email_send_ip_limit`"),
    ),
)]
pub(crate) async fn send(
    console: Data<Console>,
    ctx: RequestCtx,
    body: AskedForCode,
) -> Result<Json<CodeSent>, ConsoleFailure> {
    send_code(body, async |email, language| {
        console.send_login_code(&ctx, email, language).await
    })
    .await
}

/// Signs in with the code; five tries. Somebody new gets an account where registration is open.
#[utoipa::path(
    post, path = "/console/api/email-code-login/validity", operation_id = "login_with_code", request_body = CodeLogin,
    responses(
        (status = 200, body = ResultBody),
        (status = 400, body = ConsoleErrorBody, description = "`invalid_or_expired_token`, `invalid_email`, `email_code_error`, `account_banned`, `not_allowed_create_workspace`"),
    ),
)]
pub(crate) async fn check(
    console: Data<Console>,
    policy: Data<CookiePolicy>,
    settings: Data<ConsoleSettings>,
    ctx: RequestCtx,
    request: HttpRequest,
    body: Then<AfterSetup, Body<CodeLogin, ConsoleFormat>>,
) -> Result<HttpResponse, ConsoleFailure> {
    let input = body.1.into_inner();
    let code = decoded(&input.code).ok_or(CredentialError::WrongCode)?;
    let preferences = Preferences {
        language: input.language.map(Text::into_inner),
        timezone: input.timezone.map(Timezone::into_inner),
    };
    let proof = CodeProof {
        token: &input.token,
        code: code.expose(),
    };
    let login = console.login_with_code(&ctx, &input.email, proof, &preferences);
    let mut response = HttpResponse::Ok();
    policy.sign_in(&mut response, &request, login.await?, &settings);
    Ok(response.json(SUCCESS))
}
