//! Registering by a code from a mail (console.md §7.5).

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Json},
};
use gatewright_auth::console::ConsoleSettings;
use gatewright_usecase_identity::{
    console::{Console, Preferences},
    credential::RepeatedPassword,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    password::{AskedForCode, CodeAccepted, CodeGiven, CodeRequest, CodeSent, send_code},
    session::AfterSetup,
};
use crate::input::{NewPassword, Timezone};
use gatewright_http_kit::input::text::{SecretText, Text};
use gatewright_http_kit::{
    cookies::CookiePolicy,
    error::{ConsoleErrorBody, ConsoleFailure},
    extract::{Body, ConsoleFormat, RequestCtx, Then},
};

/// A new account.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct RegisterRequest {
    token: Text,
    new_password: NewPassword,
    password_confirm: SecretText,
    language: Option<Text>,
    timezone: Option<Timezone>,
}

/// The tokens, which are in the cookies too.
#[derive(Debug, Serialize, ToSchema)]
#[allow(clippy::struct_field_names, reason = "the names on the wire")]
pub(crate) struct TokenPair {
    access_token: String,
    refresh_token: String,
    csrf_token: String,
}

/// Registered and signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Registered {
    result: &'static str,
    data: TokenPair,
}

/// Sends a code to register with. The answer is the same whether or not there is an account.
#[utoipa::path(
    post, path = "/console/api/email-register/send-email", operation_id = "send_register_code", request_body = CodeRequest,
    responses(
        (status = 200, body = CodeSent),
        (status = 403, body = ConsoleErrorBody, description = "registration is closed"),
        (status = 429, body = ConsoleErrorBody, description = "`email_register_rate_limit_exceeded`, `email_send_ip_limit`"),
    ),
)]
pub(crate) async fn send(
    console: Data<Console>,
    ctx: RequestCtx,
    body: AskedForCode,
) -> Result<Json<CodeSent>, ConsoleFailure> {
    send_code(body, async |email, language| {
        console.send_register_code(&ctx, email, language).await
    })
    .await
}

/// Takes the code; five tries.
#[utoipa::path(
    post, path = "/console/api/email-register/validity", operation_id = "check_register_code", request_body = CodeGiven,
    responses(
        (status = 200, body = CodeAccepted),
        (status = 400, body = ConsoleErrorBody, description = "`invalid_or_expired_token`, `invalid_email`, `email_code_error`"),
    ),
)]
pub(crate) async fn check(
    console: Data<Console>,
    ctx: RequestCtx,
    body: Then<AfterSetup, Body<CodeGiven, ConsoleFormat>>,
) -> Result<Json<CodeAccepted>, ConsoleFailure> {
    let input = body.1.into_inner();
    let token = console.check_register_code(&ctx, input.email(), input.proof());
    let token = token.await?;
    Ok(Json(input.accepted(token)))
}

/// Makes the account with its workspace, and signs it in.
#[utoipa::path(
    post, path = "/console/api/email-register", operation_id = "register", request_body = RegisterRequest,
    responses(
        (status = 200, body = Registered),
        (status = 400, body = ConsoleErrorBody, description = "`password_mismatch`, `invalid_or_expired_token`, `email_already_in_use`, `not_allowed_create_workspace`"),
    ),
)]
pub(crate) async fn finish(
    console: Data<Console>,
    policy: Data<CookiePolicy>,
    settings: Data<ConsoleSettings>,
    ctx: RequestCtx,
    request: HttpRequest,
    body: Then<AfterSetup, Body<RegisterRequest, ConsoleFormat>>,
) -> Result<HttpResponse, ConsoleFailure> {
    let input = body.1.into_inner();
    let preferences = Preferences {
        language: input.language.map(Text::into_inner),
        timezone: input.timezone.map(Timezone::into_inner),
    };
    let passwords = RepeatedPassword {
        password: &input.new_password,
        repeated: &input.password_confirm,
    };
    let registered = console.register_with_code(&ctx, &input.token, passwords, &preferences);
    let tokens = registered.await?;
    let data = TokenPair {
        access_token: tokens.access.clone(),
        refresh_token: tokens.refresh.clone(),
        csrf_token: tokens.csrf.clone(),
    };
    let mut response = HttpResponse::Ok();
    policy.sign_in(&mut response, &request, tokens, &settings);
    Ok(response.json(Registered {
        result: "success",
        data,
    }))
}
