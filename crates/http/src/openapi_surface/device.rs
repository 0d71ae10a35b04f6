//! The device flow (RFC 8628; device-flow.md §4).

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Json},
};
use chrono::{SecondsFormat, TimeDelta};
use gatewright_app::{
    console::Console,
    device::{
        Decide, Delivery, DeviceFlow, LookupAnswer, PollDevice, StartDevice, StartedDevice, Verdict,
    },
};
use gatewright_domain::{
    device_grant::{ClientId, DeviceLabel, GRANT_LIFETIME, PollPace},
    workspace::default_workspace,
};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::DEVICE_GRANT_TYPE;
use crate::{
    cookies::{self, CookiePolicy},
    envelope::{ErrorBody, OAuthErrorBody, OAuthFailure, OpenApiFailure},
    extract::{
        Body, Decider, DecisionFormat, FieldProblem, Fields, FromFields, PollFormat, ProtocolFormat,
        RequestCtx, Then, query_pairs,
    },
};

/// A device asks to be let in.
#[derive(Debug, ToSchema)]
#[allow(dead_code, reason = "the schema; what is read is `StartInput`")]
pub(crate) struct DeviceCodeRequest {
    /// A client of `OPENAPI_KNOWN_CLIENT_IDS`.
    client_id: String,
    /// What the device calls itself, 1 to 128 characters. In a form it may be absent: then the
    /// client id stands in.
    device_label: String,
}

pub(crate) struct StartInput(StartDevice);

impl FromFields for StartInput {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let client_id: Option<ClientId> = fields.parsed("client_id");
        let label: Option<DeviceLabel> = if fields.has("device_label") || !fields.is_form() {
            fields.parsed("device_label")
        } else {
            client_id.as_ref().and_then(|id| id.as_str().parse().ok())
        };
        Some(Self(StartDevice { client_id: client_id?, device_label: label? }))
    }
}

/// The codes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeviceCodeResponse {
    /// For the device; it polls with it.
    device_code: String,
    /// For the person, `XXXX-XXXX`.
    user_code: String,
    /// Where the person types it.
    verification_uri: String,
    /// The same with the code filled in; nothing is approved by opening it.
    verification_uri_complete: String,
    /// Seconds.
    expires_in: i64,
    /// Seconds between polls.
    interval: u32,
}

impl From<StartedDevice> for DeviceCodeResponse {
    fn from(started: StartedDevice) -> Self {
        let user_code = started.user_code.expose().to_owned();
        Self {
            device_code: started.device_code.expose().to_owned(),
            verification_uri_complete: format!("{}?user_code={user_code}", started.verification_uri),
            user_code,
            verification_uri: started.verification_uri,
            expires_in: GRANT_LIFETIME.num_seconds(),
            interval: PollPace::FIRST,
        }
    }
}

/// The limit that is charged before the body is looked at.
pub(crate) struct StartAdmission;

impl actix_web::FromRequest for StartAdmission {
    type Error = actix_web::Error;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut actix_web::dev::Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let device = Data::<DeviceFlow>::extract(&request).await?;
            let ctx = RequestCtx::of(&request)?;
            device.charge_start(&ctx).await.map_err(OpenApiFailure::from)?;
            Ok(Self)
        })
    }
}

/// Device authorization request (RFC 8628 §3.1). JSON or a form.
#[utoipa::path(
    post, path = "/openapi/v1/oauth/device/code", operation_id = "device_code",
    request_body(content((DeviceCodeRequest = "application/json"), (DeviceCodeRequest = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, body = DeviceCodeResponse),
        (status = 400, body = OAuthErrorBody, description = "`unsupported_client`; or an ErrorBody for a malformed request"),
        (status = 503, body = OAuthErrorBody, description = "`console_url_unset`"),
        (status = "default", body = ErrorBody),
    ),
)]
pub(crate) async fn start(
    device: Data<DeviceFlow>,
    ctx: RequestCtx,
    body: Then<StartAdmission, Body<StartInput, ProtocolFormat>>,
) -> Result<Json<DeviceCodeResponse>, OpenApiFailure> {
    let started = device.start(&ctx, body.1.into_inner().0).await?;
    Ok(Json(started.into()))
}

/// A device asks whether it was let in.
#[derive(Debug, ToSchema)]
#[allow(dead_code, reason = "the schema; what is read is `PollInput`")]
pub(crate) struct DeviceTokenRequest {
    /// From the device authorization response.
    device_code: String,
    /// The client that asked; when present it must be the same.
    client_id: Option<String>,
    /// `urn:ietf:params:oauth:grant-type:device_code`, when present.
    grant_type: Option<String>,
}

pub(crate) struct PollInput {
    command: PollDevice,
    grant_type: Option<String>,
}

impl FromFields for PollInput {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let grant_type = fields.optional_text("grant_type");
        let client_id = fields.optional_text("client_id");
        let device_code = fields.text("device_code")?;
        Some(Self { command: PollDevice { device_code, client_id }, grant_type })
    }
}

/// The account that let the device in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SubjectAccount {
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) name: String,
}

/// A workspace with the subject's role in it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SubjectWorkspace {
    pub(crate) id: String,
    pub(crate) name: String,
    /// `owner`, `admin`, `editor`, `normal` or `dataset_operator`.
    pub(crate) role: String,
}

/// The token, delivered once; in the reference's members and in those of RFC 6749.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeviceTokenResponse {
    token: String,
    access_token: String,
    token_type: String,
    /// Seconds.
    expires_in: i64,
    scope: String,
    /// ISO 8601 with offset.
    expires_at: String,
    subject_type: String,
    account: SubjectAccount,
    workspaces: Vec<SubjectWorkspace>,
    default_workspace_id: Option<String>,
    token_id: String,
}

impl DeviceTokenResponse {
    fn new(delivery: Delivery, now: chrono::DateTime<chrono::Utc>) -> Self {
        let chosen = delivery
            .workspaces
            .iter()
            .find(|workspace| Some(workspace.id) == delivery.approved_in)
            .or_else(|| default_workspace(&delivery.workspaces));
        Self {
            access_token: delivery.token.clone(),
            token: delivery.token,
            token_type: "Bearer".into(),
            expires_in: (delivery.expires_at - now).num_seconds(),
            scope: "full".into(),
            expires_at: delivery.expires_at.to_rfc3339_opts(SecondsFormat::AutoSi, false),
            subject_type: "account".into(),
            default_workspace_id: chosen.map(|workspace| workspace.id.to_string()),
            account: SubjectAccount {
                id: delivery.account.id.to_string(),
                email: delivery.account.email,
                name: delivery.account.name,
            },
            workspaces: delivery
                .workspaces
                .iter()
                .map(|workspace| SubjectWorkspace {
                    id: workspace.id.to_string(),
                    name: workspace.name.clone(),
                    role: workspace.role.as_str().into(),
                })
                .collect(),
            token_id: delivery.token_id.to_string(),
        }
    }
}

/// Device access token request (RFC 8628 §3.4). JSON or a form. Errors are always
/// `{"error": …}`: `authorization_pending`, `slow_down` (with `interval`), `access_denied`,
/// `expired_token`, `invalid_grant`, `invalid_request`, `unsupported_grant_type`.
#[utoipa::path(
    post, path = "/openapi/v1/oauth/device/token", operation_id = "device_token",
    request_body(content((DeviceTokenRequest = "application/json"), (DeviceTokenRequest = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, body = DeviceTokenResponse),
        (status = 400, body = OAuthErrorBody),
        (status = 503, body = OAuthErrorBody, description = "`temporarily_unavailable`: poll again"),
    ),
)]
pub(crate) async fn poll(
    device: Data<DeviceFlow>,
    ctx: RequestCtx,
    body: Body<PollInput, PollFormat>,
) -> Result<Json<DeviceTokenResponse>, OAuthFailure> {
    let input = body.into_inner();
    if input.grant_type.is_some_and(|grant| grant != DEVICE_GRANT_TYPE) {
        return Err(OAuthFailure::Grant);
    }
    let delivery = device.poll(&ctx, input.command).await?;
    Ok(Json(DeviceTokenResponse::new(delivery, ctx.now)))
}

/// Which code.
#[derive(Debug, IntoParams)]
#[allow(dead_code, reason = "the documentation; the query is read by hand")]
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
    console: Data<Console>,
    policy: Data<CookiePolicy>,
    ctx: RequestCtx,
    request: HttpRequest,
) -> Result<HttpResponse, OpenApiFailure> {
    device.charge_lookup(&ctx).await?;
    let user_code = query_pairs(request.query_string())
        .into_iter()
        .find_map(|(name, value)| (name == "user_code").then_some(value))
        .ok_or_else(|| OpenApiFailure::Body(vec![FieldProblem::new("missing", "user_code", "Field required")]))?;
    let signed_in = console.peek(&ctx, policy.read(&request, cookies::ACCESS).as_deref());
    Ok(match device.lookup(&ctx, &user_code, signed_in).await? {
        LookupAnswer::Invalid => HttpResponse::Ok().json(LookupResponse {
            valid: false,
            expires_in_remaining: 0,
            client_id: None,
        }),
        LookupAnswer::Valid { remaining, client_id, code_digest, receipt } => HttpResponse::Ok()
            .cookie(policy.receipt(&code_digest, receipt, TimeDelta::seconds(remaining)))
            .json(LookupResponse { valid: true, expires_in_remaining: remaining, client_id: Some(client_id) }),
    })
}

/// Which code to decide on.
#[derive(Debug, ToSchema)]
pub(crate) struct DecisionRequest {
    /// As typed.
    user_code: String,
}

impl FromFields for DecisionRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { user_code: fields.text("user_code")? })
    }
}

/// What was decided.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DecisionResponse {
    /// `approved` or `denied`.
    status: String,
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
    policy: Data<CookiePolicy>,
    ctx: RequestCtx,
    request: HttpRequest,
    decision: Decision,
) -> Result<Json<DecisionResponse>, OpenApiFailure> {
    decide(&device, &policy, &ctx, &request, decision, Verdict::Approve).await
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
    policy: Data<CookiePolicy>,
    ctx: RequestCtx,
    request: HttpRequest,
    decision: Decision,
) -> Result<Json<DecisionResponse>, OpenApiFailure> {
    decide(&device, &policy, &ctx, &request, decision, Verdict::Deny).await
}

async fn decide(
    device: &DeviceFlow,
    policy: &CookiePolicy,
    ctx: &RequestCtx,
    request: &HttpRequest,
    Then(decider, body): Decision,
    verdict: Verdict,
) -> Result<Json<DecisionResponse>, OpenApiFailure> {
    let body = body.into_inner();
    let receipt = device
        .code_digest(&body.user_code)
        .and_then(|digest| policy.read_receipt(request, &digest));
    let command =
        Decide { user_code: body.user_code, receipt, is_browser: decider.is_browser, verdict };
    device.decide(ctx, &decider.identity, command).await?;
    let status = match verdict {
        Verdict::Approve => "approved",
        Verdict::Deny => "denied",
    };
    Ok(Json(DecisionResponse { status: status.into() }))
}
