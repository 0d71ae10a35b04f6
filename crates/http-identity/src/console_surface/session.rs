//! Sign-in, sign-out, refresh (console.md §7.2).

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use gatewright_auth::console::ConsoleSettings;
use gatewright_domain::Secret;
use gatewright_usecase_identity::console::{Console, ConsoleError, Login, LoginOutcome, Setup};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::json;
use utoipa::ToSchema;

use crate::input::EmailAddress;
use gatewright_http_kit::input::text::{SecretText, Text};
use gatewright_http_kit::{
    cookies::{self, CookiePolicy, put},
    error::{ConsoleErrorBody, ConsoleFailure},
    extract::{Body, ConsoleFormat, LeavingSession, RequestCtx, Then},
};

/// The call succeeded.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ResultBody {
    /// `success` or `pong`.
    pub(crate) result: &'static str,
}

pub(crate) const SUCCESS: ResultBody = ResultBody { result: "success" };

/// A sign-in by password.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct LoginRequest {
    email: EmailAddress,
    /// Standard base64 of the UTF-8 bytes.
    password: SecretText,
    /// Taken and ignored, whatever it is.
    #[schema(value_type = Option<bool>)]
    #[allow(dead_code, reason = "ignored, whatever it is")]
    remember_me: Option<IgnoredAny>,
    /// Of an invitation: an account without a password gets this one as its first.
    invite_token: Option<Text>,
}

/// What Dify's web console sends instead of some secrets (console.md §3.3).
pub(crate) fn decoded(text: &Secret) -> Option<Secret> {
    let bytes = STANDARD.decode(text.expose().trim()).ok()?;
    String::from_utf8(bytes).ok().map(Secret::new)
}

/// The set-up gate, before the body is looked at.
pub(crate) struct AfterSetup;

impl actix_web::FromRequest for AfterSetup {
    type Error = actix_web::Error;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut actix_web::dev::Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let setup = Data::<Setup>::extract(&request).await?;
            setup
                .require_finished()
                .await
                .map_err(ConsoleFailure::from)?;
            Ok(Self)
        })
    }
}

/// Signs in with a password; sets the access, refresh and CSRF cookies.
#[utoipa::path(
    post, path = "/console/api/login", request_body = LoginRequest,
    responses(
        (status = 200, body = ResultBody),
        (status = 400, body = ConsoleErrorBody, description = "`invalid_param`, `account_banned`"),
        (status = 401, body = ConsoleErrorBody, description = "`authentication_failed`, `not_setup`"),
        (status = 429, body = ConsoleErrorBody, description = "`email_code_login_limit`, `too_many_requests`"),
    ),
)]
pub(crate) async fn login(
    console: Data<Console>,
    policy: Data<CookiePolicy>,
    settings: Data<ConsoleSettings>,
    ctx: RequestCtx,
    request: HttpRequest,
    body: Then<AfterSetup, Body<LoginRequest, ConsoleFormat>>,
) -> Result<HttpResponse, ConsoleFailure> {
    let input = body.1.into_inner();
    // What is no base64 of UTF-8 is answered like a wrong password.
    let password = decoded(&input.password).ok_or(ConsoleError::AuthenticationFailed)?;
    let command = Login {
        email: input.email.into_inner(),
        password,
        invite_token: input.invite_token.map(Text::into_inner),
    };
    match console.login(&ctx, command).await? {
        LoginOutcome::NoWorkspace => Ok(HttpResponse::Ok().json(json!({
            "result": "fail",
            "data": "workspace not found, please contact system admin to invite you to join in a workspace",
        }))),
        LoginOutcome::SignedIn { tokens } => {
            let mut response = HttpResponse::Ok();
            policy.sign_in(&mut response, &request, tokens, &settings);
            Ok(response.json(SUCCESS))
        }
    }
}

/// Ends this session and no other; clears the cookies, also when there is no session to end.
#[utoipa::path(
    post, path = "/console/api/logout", security(("session" = [])),
    responses((status = 200, body = ResultBody), (status = 401, body = ConsoleErrorBody)),
)]
pub(crate) async fn logout(
    console: Data<Console>,
    policy: Data<CookiePolicy>,
    ctx: RequestCtx,
    request: HttpRequest,
    sessions: Result<LeavingSession, actix_web::Error>,
) -> Result<HttpResponse, ConsoleFailure> {
    let mut response = match sessions {
        Ok(LeavingSession(sessions)) => {
            for session in sessions {
                console.logout(&ctx, &session).await?;
            }
            HttpResponse::Ok().json(SUCCESS)
        }
        Err(error) => error.error_response(),
    };
    if response.status() != StatusCode::SERVICE_UNAVAILABLE {
        put(&mut response, policy.signed_out(&request));
    }
    Ok(response)
}

/// Renews the session by its refresh cookie. A spent one within ten seconds gets the same
/// successor; later it ends the session.
#[utoipa::path(
    post, path = "/console/api/refresh-token", operation_id = "refresh_session", security(("refresh" = [])),
    responses((status = 200, body = ResultBody), (status = 401, body = ConsoleErrorBody, description = "With `result`: `fail`")),
)]
pub(crate) async fn refresh(
    console: Data<Console>,
    policy: Data<CookiePolicy>,
    settings: Data<ConsoleSettings>,
    ctx: RequestCtx,
    request: HttpRequest,
) -> Result<HttpResponse, ConsoleFailure> {
    let held = policy.held(&request, &cookies::REFRESH).into_all();
    let tokens = console.refresh(&ctx, &held).await?;
    let mut response = HttpResponse::Ok();
    policy.sign_in(&mut response, &request, tokens, &settings);
    Ok(response.json(SUCCESS))
}
