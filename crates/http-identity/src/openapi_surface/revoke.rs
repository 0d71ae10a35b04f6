//! Token revocation (RFC 7009).

use actix_web::{HttpResponse, web::Data};
use gatewright_usecase_device::bearer::Bearers;
use utoipa::ToSchema;

use gatewright_http_kit::{
    error::{ErrorBody, OAuthErrorBody, OpenApiFailure},
    extract::{Body, Fields, FromFields, PollFormat, RequestCtx},
};

/// Which token.
#[derive(Debug, ToSchema)]
#[allow(dead_code, reason = "the schema; what is read is `RevokeInput`")]
pub(crate) struct RevocationRequest {
    /// The bearer.
    token: String,
    /// Ignored: there is one type.
    token_type_hint: Option<String>,
}

pub(crate) struct RevokeInput(gatewright_domain::Secret);

impl FromFields for RevokeInput {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        fields.secret("token").map(Self)
    }
}

/// Revokes a token (RFC 7009). An unknown token is a success too.
#[utoipa::path(
    post, path = "/openapi/v1/oauth/revoke", operation_id = "revoke_token",
    request_body(content((RevocationRequest = "application/x-www-form-urlencoded"), (RevocationRequest = "application/json"))),
    responses(
        (status = 200, description = "Revoked, or never was"),
        (status = 400, body = OAuthErrorBody, description = "`invalid_request`"),
        (status = "default", body = ErrorBody),
    ),
)]
pub(crate) async fn revoke(
    bearers: Data<Bearers>,
    ctx: RequestCtx,
    body: Body<RevokeInput, PollFormat>,
) -> Result<HttpResponse, OpenApiFailure> {
    bearers
        .revoke_presented(&ctx, body.into_inner().0.expose())
        .await?;
    Ok(HttpResponse::Ok().finish())
}
