//! Device access token request (RFC 8628 §3.4; device-flow.md §4.2).

use actix_web::web::{Data, Json};
use chrono::SecondsFormat;
use gatewright_auth::bearer::Scope;
use gatewright_domain::{
    account::Account,
    interval::remaining_seconds,
    workspace::{MemberWorkspace, default_workspace},
};
use gatewright_usecase_device::device::{DeliveredTo, Delivery, DeviceFlow, PollDevice};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::DEVICE_GRANT_TYPE;
use gatewright_http_kit::{
    error::{OAuthErrorBody, OAuthFailure},
    extract::{Body, PollFormat, RequestCtx},
    input::text::Text,
};

/// A device asks whether it was let in.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct DeviceTokenRequest {
    /// From the device authorization response.
    device_code: Text,
    /// The client that asked; when present it must be the same.
    client_id: Option<Text>,
    /// `urn:ietf:params:oauth:grant-type:device_code`, when present.
    grant_type: Option<Text>,
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

impl From<&Account> for SubjectAccount {
    fn from(account: &Account) -> Self {
        Self {
            id: account.id.to_string(),
            email: account.email.clone(),
            name: account.name.clone(),
        }
    }
}

impl From<&MemberWorkspace> for SubjectWorkspace {
    fn from(workspace: &MemberWorkspace) -> Self {
        Self {
            id: workspace.id.to_string(),
            name: workspace.name.clone(),
            role: workspace.role.as_str().into(),
        }
    }
}

/// The token, delivered once; in Dify's members and in those of RFC 6749.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeviceTokenResponse {
    token: String,
    access_token: String,
    token_type: String,
    /// How many seconds the token lives.
    expires_in: i64,
    scope: String,
    /// ISO 8601 with offset.
    expires_at: String,
    /// `account` or `external_sso`.
    subject_type: String,
    /// Null for people without one.
    account: Option<SubjectAccount>,
    workspaces: Vec<SubjectWorkspace>,
    default_workspace_id: Option<String>,
    token_id: String,
    /// Only for people without an account.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject_email: Option<String>,
    /// Only for people without an account.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject_issuer: Option<String>,
}

impl DeviceTokenResponse {
    fn new(delivery: Delivery, now: chrono::DateTime<chrono::Utc>) -> Self {
        let scopes: Vec<&str> = Scope::of(delivery.subject.kind())
            .iter()
            .map(|scope| scope.as_str())
            .collect();
        let mut response = Self {
            access_token: delivery.token.clone(),
            token: delivery.token,
            token_type: "Bearer".into(),
            expires_in: remaining_seconds(delivery.expires_at, now),
            scope: scopes.join(" "),
            expires_at: delivery
                .expires_at
                .to_rfc3339_opts(SecondsFormat::AutoSi, false),
            subject_type: "external_sso".into(),
            account: None,
            workspaces: vec![],
            default_workspace_id: None,
            token_id: delivery.token_id.to_string(),
            subject_email: None,
            subject_issuer: None,
        };
        match delivery.subject {
            DeliveredTo::Account {
                account,
                workspaces,
                approved_in,
            } => {
                let chosen = workspaces
                    .iter()
                    .find(|workspace| Some(workspace.id) == approved_in)
                    .or_else(|| default_workspace(&workspaces));
                response.subject_type = "account".into();
                response.default_workspace_id = chosen.map(|workspace| workspace.id.to_string());
                response.account = Some(account.as_ref().into());
                response.workspaces = workspaces.iter().map(SubjectWorkspace::from).collect();
            }
            DeliveredTo::External(subject) => {
                response.subject_email = Some(subject.email.into());
                response.subject_issuer = Some(subject.issuer.into());
            }
        }
        response
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
        (status = "default", body = OAuthErrorBody),
    ),
)]
pub(crate) async fn poll(
    device: Data<DeviceFlow>,
    ctx: RequestCtx,
    body: Body<DeviceTokenRequest, PollFormat>,
) -> Result<Json<DeviceTokenResponse>, OAuthFailure> {
    let input = body.into_inner();
    let grant_type = input.grant_type.as_deref();
    if grant_type.is_some_and(|grant| grant != DEVICE_GRANT_TYPE) {
        return Err(OAuthFailure::Grant);
    }
    let command = PollDevice {
        device_code: input.device_code.into_inner(),
        client_id: input.client_id.map(Text::into_inner),
    };
    let delivery = device.poll(&ctx, command).await?;
    Ok(Json(DeviceTokenResponse::new(delivery, ctx.now)))
}
