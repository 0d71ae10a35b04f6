//! The SSO branch of the device flow (device-flow.md §5).

use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    dev::Payload,
    http::header,
    web::{Data, Json},
};
use chrono::SecondsFormat;
use gatewright_auth::{device::code_fingerprint, origin::PublicUrls};
use gatewright_domain::device_grant::{TypedCode, UserCode};
use gatewright_usecase_device::device::{
    ApproveExternal, CompleteSso, DeviceFlow, InitiateSso, SsoBegun, SsoCompleted, SsoError,
    Verdict,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::device_decide::DecisionResponse;
use gatewright_http_kit::{
    cookies::{CookiePolicy, put},
    error::{OAuthErrorBody, SsoFailure, redirect},
    extract::{
        Body, RequestCtx, SsoFormat, Then, approval_grant, comes_from_own_page, is_browser,
        is_navigation, read_query, receipt,
    },
    input::text::Text,
};

/// Which code, and by which provider.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct InitiateQuery {
    /// As typed: any case, with or without the dash.
    #[param(required = true)]
    user_code: Option<String>,
    /// One of the configured identity providers; absent: the first.
    provider: Option<String>,
}

/// An error on a route that browsers navigate to: they get a page instead of JSON. That the branch does
/// not exist is said to them as to everybody.
pub(crate) fn on_the_way(error: SsoError, request: &HttpRequest, urls: &PublicUrls) -> SsoFailure {
    let is_shown = match error {
        SsoError::NotOffered => false,
        // The address of somebody with an account is the one case that the page itself handles.
        SsoError::EmailBelongsToAccount => true,
        _ => is_navigation(request),
    };
    let failure = SsoFailure::from(error).on_route(request);
    if is_shown {
        failure.on_page(urls)
    } else {
        failure
    }
}

/// Sends the browser to the identity provider. Needs the receipt of a look-up in a browser.
#[utoipa::path(
    get, path = "/openapi/v1/oauth/device/sso-initiate", operation_id = "device_sso_initiate",
    params(InitiateQuery),
    responses(
        (status = 302, description = "To the identity provider; or, for a navigating browser, to `/device?sso_error=…`"),
        (status = 400, body = OAuthErrorBody, description = "`user_code required`, `invalid_user_code`"),
        (status = 404, body = OAuthErrorBody, description = "There is no broker, or its licence is not in force"),
        (status = 429, body = OAuthErrorBody),
        (status = 502, body = OAuthErrorBody, description = "`console_api_url_unset`, `sso_initiate_failed`, `sso_initiate_missing_url`"),
        (status = "default", body = OAuthErrorBody),
    ),
)]
pub(crate) async fn initiate(
    device: Data<DeviceFlow>,
    policy: Data<CookiePolicy>,
    urls: Data<PublicUrls>,
    ctx: RequestCtx,
    request: HttpRequest,
) -> Result<HttpResponse, SsoFailure> {
    let query: InitiateQuery = read_query(&request).unwrap_or_default();
    let user_code = TypedCode::read(query.user_code.as_deref());
    let digest = user_code.code().map(code_fingerprint);
    let command = InitiateSso {
        user_code,
        provider: query.provider,
        is_browser: is_browser(&request),
        receipt: digest.and_then(|digest| receipt(&request, &digest)),
    };
    let begun = device.initiate_sso(&ctx, command).await;
    let SsoBegun { url, trip, state } =
        begun.map_err(|error| on_the_way(error, &request, &urls))?;
    let mut response = redirect(&url)
        .cookie(policy.cleared_approval_grant())
        .finish();
    put(&mut response, policy.begin_sso(&request, &trip, state));
    Ok(response)
}

/// What the identity provider's side says.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CompleteQuery {
    /// The external-subject assertion.
    #[param(required = true)]
    sso_assertion: Option<String>,
}

/// The browser comes back with an assertion; gets the approval grant and the consent page.
#[utoipa::path(
    get, path = "/openapi/v1/oauth/device/sso-complete", operation_id = "device_sso_complete",
    params(CompleteQuery),
    responses(
        (status = 302, description = "To `/device?sso_verified=1` with the approval grant, or to `/device?sso_error=…`"),
        (status = 400, body = OAuthErrorBody, description = "`sso_assertion required`, `invalid_sso_assertion`"),
        (status = 404, body = OAuthErrorBody, description = "There is no broker, or its licence is not in force"),
        (status = 409, body = OAuthErrorBody, description = "`user_code_not_pending`"),
        (status = 502, body = OAuthErrorBody, description = "`console_api_url_unset`"),
        (status = "default", body = OAuthErrorBody),
    ),
)]
pub(crate) async fn complete(
    device: Data<DeviceFlow>,
    policy: Data<CookiePolicy>,
    urls: Data<PublicUrls>,
    ctx: RequestCtx,
    request: HttpRequest,
) -> Result<HttpResponse, SsoFailure> {
    let query: CompleteQuery = read_query(&request).unwrap_or_default();
    let command = CompleteSso {
        assertion: query.sso_assertion,
        states: policy.read_sso_states(&request),
    };
    let completed = device.complete_sso(&ctx, command).await;
    let SsoCompleted { grant, trip } =
        completed.map_err(|error| on_the_way(error, &request, &urls))?;
    Ok(redirect(&urls.page("/device?sso_verified=1"))
        .cookie(policy.approval_grant(grant))
        .cookie(policy.cleared_sso_state(&trip))
        .finish())
}

/// What is about to be approved.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApprovalContextResponse {
    subject_email: String,
    subject_issuer: String,
    user_code: String,
    /// To be sent back in `X-CSRF-Token`.
    csrf_token: String,
    /// ISO 8601 with offset.
    expires_at: String,
}

/// What the approval grant in this browser is for. Changes nothing.
#[utoipa::path(
    get, path = "/openapi/v1/oauth/device/approval-context", operation_id = "device_approval_context",
    security(("grant" = [])),
    responses(
        (status = 200, body = ApprovalContextResponse),
        (status = 401, body = OAuthErrorBody, description = "`no_session`"),
        (status = 404, body = OAuthErrorBody, description = "There is no broker, or its licence is not in force"),
        (status = "default", body = OAuthErrorBody),
    ),
)]
pub(crate) async fn approval_context(
    device: Data<DeviceFlow>,
    ctx: RequestCtx,
    request: HttpRequest,
) -> Result<Json<ApprovalContextResponse>, SsoFailure> {
    let grant = approval_grant(&request);
    let context = device.approval_context(&ctx, grant.as_deref()).await?;
    Ok(Json(ApprovalContextResponse {
        subject_email: context.subject_email,
        subject_issuer: context.subject_issuer,
        user_code: context.user_code.expose().to_owned(),
        csrf_token: context.csrf_token,
        expires_at: context
            .expires_at
            .to_rfc3339_opts(SecondsFormat::Secs, false),
    }))
}

/// Which code to approve; must be the grant's.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ApproveExternalRequest {
    /// The user code as it was typed, in any spelling.
    user_code: Text,
}

/// What is asked before the body is read.
pub(crate) struct ExternalApprover(ApproveExternal);

impl FromRequest for ExternalApprover {
    type Error = actix_web::Error;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let device = Data::<DeviceFlow>::extract(&request).await?;
            let urls = Data::<PublicUrls>::extract(&request).await?;
            let ctx = RequestCtx::of(&request)?;
            let grant = approval_grant(&request);
            let header = request.headers().get("x-csrf-token");
            let header = header.map(header::HeaderValue::as_bytes);
            let own = comes_from_own_page(&request, |origin| urls.is_own_origin(origin));
            let admitted = device.admit_external(&ctx, grant.as_deref(), header, own);
            Ok(Self(admitted.await.map_err(SsoFailure::from)?))
        })
    }
}

/// Lets a device in for somebody without an account. Needs the approval grant and its CSRF token.
#[utoipa::path(
    post, path = "/openapi/v1/oauth/device/approve-external", operation_id = "device_approve_external",
    request_body = ApproveExternalRequest,
    security(("grant" = [], "csrf" = [])),
    responses(
        (status = 200, body = DecisionResponse),
        (status = 400, body = OAuthErrorBody, description = "`user_code_mismatch`"),
        (status = 401, body = OAuthErrorBody, description = "`invalid_session`, `session_already_consumed`"),
        (status = 403, body = OAuthErrorBody, description = "`csrf_mismatch`, `email_belongs_to_dify_account`"),
        (status = 404, body = OAuthErrorBody, description = "`user_code_not_pending`; or there is no broker"),
        (status = 409, body = OAuthErrorBody, description = "`user_code_not_pending`"),
        (status = "default", body = OAuthErrorBody),
    ),
)]
pub(crate) async fn approve_external(
    device: Data<DeviceFlow>,
    policy: Data<CookiePolicy>,
    ctx: RequestCtx,
    input: Then<ExternalApprover, Body<ApproveExternalRequest, SsoFormat>>,
) -> Result<HttpResponse, SsoFailure> {
    let Then(ExternalApprover(admitted), body) = input;
    let user_code: Option<UserCode> = body.into_inner().user_code.parse().ok();
    device
        .decide_external(&ctx, admitted, user_code.as_ref(), Verdict::Approve)
        .await?;
    Ok(HttpResponse::Ok()
        .cookie(policy.cleared_approval_grant())
        .json(DecisionResponse::approved()))
}
