//! Device authorization request (RFC 8628 §3.1; device-flow.md §4.1).

use actix_web::{
    HttpRequest,
    web::{Data, Json},
};
use gatewright_auth::origin::PublicUrls;
use gatewright_domain::device_grant::{ClientId, DeviceLabel, GRANT_LIFETIME, PollPace};
use gatewright_usecase_device::device::{DeviceFlow, StartDevice, StartedDevice};
use serde::Serialize;
use utoipa::ToSchema;

use gatewright_http_kit::{
    error::{ErrorBody, OAuthErrorBody, OpenApiFailure},
    extract::{Body, Fields, FromFields, ProtocolFormat, RequestCtx, Then},
};

/// A device asks to be let in.
#[derive(Debug, ToSchema)]
#[allow(dead_code, reason = "the schema; what is read is `StartInput`")]
pub(crate) struct DeviceCodeRequest {
    /// A client of `OPENAPI_KNOWN_CLIENT_IDS`.
    client_id: String,
    /// What the device calls itself, 1 to 128 characters. Absent: the client id stands in.
    device_label: Option<String>,
}

pub(crate) struct StartInput(StartDevice);

impl FromFields for StartInput {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let client_id: Option<ClientId> = fields.parsed("client_id");
        let label: Option<DeviceLabel> = if fields.is_absent("device_label") {
            client_id.as_ref().and_then(|id| id.as_str().parse().ok())
        } else {
            fields.parsed("device_label")
        };
        Some(Self(StartDevice {
            client_id: client_id?,
            device_label: label?,
        }))
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
    /// The same with the code filled in; nothing is approved by opening it. Absent where the page is
    /// the web console's, which does not look up a code that comes in a link.
    #[serde(skip_serializing_if = "Option::is_none")]
    verification_uri_complete: Option<String>,
    /// Seconds.
    expires_in: i64,
    /// Seconds between polls.
    interval: u32,
}

impl DeviceCodeResponse {
    fn new(started: StartedDevice, urls: &PublicUrls) -> Self {
        let user_code = started.user_code.expose().to_owned();
        let complete = || format!("{}?user_code={user_code}", started.verification_uri);
        Self {
            device_code: started.device_code.expose().to_owned(),
            verification_uri_complete: urls.has_own_device_page().then(complete),
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
            device
                .charge_start(&ctx)
                .await
                .map_err(OpenApiFailure::from)?;
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
    urls: Data<PublicUrls>,
    ctx: RequestCtx,
    body: Then<StartAdmission, Body<StartInput, ProtocolFormat>>,
) -> Result<Json<DeviceCodeResponse>, OpenApiFailure> {
    let started = device.start(&ctx, body.1.into_inner().0).await?;
    Ok(Json(DeviceCodeResponse::new(started, &urls)))
}
