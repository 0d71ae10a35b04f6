//! Device authorization request (RFC 8628 §3.1; device-flow.md §4.1).

use actix_web::{
    HttpRequest,
    web::{Data, Json},
};
use gatewright_auth::origin::PublicUrls;
use gatewright_domain::device_grant::{
    ClientId, DeviceLabel, GRANT_LIFETIME, InvalidLabel, PollPace,
};
use gatewright_usecase_device::device::{DeviceFlow, StartDevice, StartedDevice};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use gatewright_http_kit::{
    error::{ErrorBody, OAuthErrorBody, OpenApiFailure},
    extract::{Body, ProtocolFormat, RequestCtx, Then},
    input::{FieldProblem, text::Limited},
};

/// A device asks to be let in.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct DeviceCodeRequest {
    /// A client of `OPENAPI_KNOWN_CLIENT_IDS`.
    client_id: ClientName,
    /// What the device calls itself. Absent: the client id stands in.
    device_label: Option<Label>,
}

impl DeviceCodeRequest {
    fn into_command(self) -> Result<StartDevice, OpenApiFailure> {
        let client_id = self.client_id.0;
        let label = self.device_label.map(|label| label.0);
        let label = label.map_or_else(|| client_id.as_str().parse(), Ok);
        let device_label = label.map_err(|problem: InvalidLabel| {
            OpenApiFailure::Body(vec![FieldProblem::new(
                "value_error",
                "device_label",
                problem,
            )])
        })?;
        Ok(StartDevice {
            client_id,
            device_label,
        })
    }
}

/// The id of a client: printable ASCII.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(try_from = "Limited")]
#[schema(as = ClientId, value_type = String, min_length = 1, max_length = 64)]
pub(crate) struct ClientName(ClientId);

impl TryFrom<Limited> for ClientName {
    type Error = String;

    fn try_from(text: Limited) -> Result<Self, String> {
        text.parsed().map(Self)
    }
}

/// What a device calls itself.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(try_from = "Limited")]
#[schema(as = DeviceLabel, value_type = String, min_length = 1, max_length = 128)]
pub(crate) struct Label(DeviceLabel);

impl TryFrom<Limited> for Label {
    type Error = String;

    fn try_from(text: Limited) -> Result<Self, String> {
        text.parsed().map(Self)
    }
}

/// The codes of a device that asks to be connected.
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
    /// How many seconds the codes live.
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
    body: Then<StartAdmission, Body<DeviceCodeRequest, ProtocolFormat>>,
) -> Result<Json<DeviceCodeResponse>, OpenApiFailure> {
    let command = body.1.into_inner().into_command()?;
    let started = device.start(&ctx, command).await?;
    Ok(Json(DeviceCodeResponse::new(started, &urls)))
}
