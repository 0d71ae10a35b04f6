//! The person's side of the device flow: look-up, approve, deny (device-flow.md §§4.3–4.5).

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Json},
};
use chrono::TimeDelta;
use gatewright_auth::device::code_fingerprint;
use gatewright_domain::device_grant::{MalformedCode, UserCode};
use gatewright_usecase_device::device::{Decide, DeviceFlow, LookupAnswer, Verdict};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use gatewright_http_kit::{
    cookies::CookiePolicy,
    error::{ErrorBody, OAuthErrorBody, OpenApiFailure},
    extract::{Body, Decider, DecisionFormat, RequestCtx, Then, peek_account, read_query, receipt},
    input::text::Text,
};

/// The user code that is looked up.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LookupQuery {
    /// As typed: any case, with or without the dash.
    user_code: String,
}

/// Whether a code is open. Unknown, expired and resolved codes look the same.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LookupResponse {
    valid: bool,
    /// Seconds until the code expires.
    expires_in_remaining: i64,
    client_id: Option<String>,
}

/// Looks a user code up, and sets the receipt that a browser needs to decide on it.
#[utoipa::path(
    get, path = "/openapi/v1/oauth/device/lookup", operation_id = "device_lookup",
    params(LookupQuery),
    responses((status = 200, body = LookupResponse), (status = "default", body = ErrorBody)),
)]
pub(crate) async fn lookup(
    device: Data<DeviceFlow>,
    policy: Data<CookiePolicy>,
    ctx: RequestCtx,
    request: HttpRequest,
) -> Result<HttpResponse, OpenApiFailure> {
    device.charge_lookup(&ctx).await?;
    let LookupQuery { user_code } = read_query(&request).map_err(OpenApiFailure::Body)?;
    let signed_in = peek_account(&request);
    let answer = match user_code.parse() {
        Ok(code) => device.lookup(&ctx, &code, signed_in).await?,
        Err(MalformedCode) => LookupAnswer::Invalid,
    };
    Ok(match answer {
        LookupAnswer::Invalid => HttpResponse::Ok().json(LookupResponse {
            valid: false,
            expires_in_remaining: 0,
            client_id: None,
        }),
        LookupAnswer::Valid {
            remaining,
            client_id,
            code_digest,
            receipt,
        } => HttpResponse::Ok()
            .cookie(policy.receipt(&code_digest, receipt, TimeDelta::seconds(remaining)))
            .json(LookupResponse {
                valid: true,
                expires_in_remaining: remaining,
                client_id: Some(client_id),
            }),
    })
}

/// Which code to decide on.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct DecisionRequest {
    /// The user code as it was typed, in any spelling.
    user_code: Text,
}

/// What was decided.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DecisionResponse {
    /// `approved` or `denied`.
    status: String,
}

impl DecisionResponse {
    pub(super) fn approved() -> Self {
        Self {
            status: "approved".into(),
        }
    }
}

type Decision = Then<Decider, Body<DecisionRequest, DecisionFormat>>;

/// Lets a device in. Needs a console session, its CSRF token, and in a browser the receipt of a
/// look-up of this very code.
#[utoipa::path(
    post, path = "/openapi/v1/oauth/device/approve", operation_id = "device_approve",
    request_body = DecisionRequest,
    security(("session" = [], "csrf" = [])),
    responses(
        (status = 200, body = DecisionResponse),
        (status = 403, body = OAuthErrorBody, description = "`csrf_mismatch`"),
        (status = 404, body = OAuthErrorBody, description = "`expired_or_unknown`"),
        (status = 409, body = OAuthErrorBody, description = "`already_resolved`"),
        (status = "default", body = ErrorBody),
    ),
)]
pub(crate) async fn approve(
    device: Data<DeviceFlow>,
    ctx: RequestCtx,
    request: HttpRequest,
    decision: Decision,
) -> Result<Json<DecisionResponse>, OpenApiFailure> {
    decide(&device, &ctx, &request, decision, Verdict::Approve).await
}

/// Refuses a device. The same conditions as approve.
#[utoipa::path(
    post, path = "/openapi/v1/oauth/device/deny", operation_id = "device_deny",
    request_body = DecisionRequest,
    security(("session" = [], "csrf" = [])),
    responses(
        (status = 200, body = DecisionResponse),
        (status = 403, body = OAuthErrorBody, description = "`csrf_mismatch`"),
        (status = 404, body = OAuthErrorBody, description = "`expired_or_unknown`"),
        (status = 409, body = OAuthErrorBody, description = "`already_resolved`"),
        (status = "default", body = ErrorBody),
    ),
)]
pub(crate) async fn deny(
    device: Data<DeviceFlow>,
    ctx: RequestCtx,
    request: HttpRequest,
    decision: Decision,
) -> Result<Json<DecisionResponse>, OpenApiFailure> {
    decide(&device, &ctx, &request, decision, Verdict::Deny).await
}

async fn decide(
    device: &DeviceFlow,
    ctx: &RequestCtx,
    request: &HttpRequest,
    Then(decider, body): Decision,
    verdict: Verdict,
) -> Result<Json<DecisionResponse>, OpenApiFailure> {
    let body = body.into_inner();
    let user_code: Option<UserCode> = body.user_code.parse().ok();
    let digest = user_code.as_ref().map(code_fingerprint);
    let command = Decide {
        user_code,
        receipt: digest.and_then(|digest| receipt(request, &digest)),
        is_browser: decider.is_browser,
        verdict,
    };
    device.decide(ctx, &decider.identity, command).await?;
    let status = match verdict {
        Verdict::Approve => "approved",
        Verdict::Deny => "denied",
    };
    Ok(Json(DecisionResponse {
        status: status.into(),
    }))
}
