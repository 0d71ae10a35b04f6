//! Token revocation (RFC 7009).

use actix_web::{HttpResponse, web::Data};
use gatewright_usecase_device::bearer::Bearers;
use serde::{Deserialize, de::IgnoredAny};
use utoipa::ToSchema;

use gatewright_http_kit::{
    error::{ErrorBody, OAuthErrorBody, OpenApiFailure},
    extract::{Body, PollFormat, RequestCtx},
    input::text::SecretText,
};

/// The token that is revoked.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct RevocationRequest {
    /// The token in clear.
    token: SecretText,
    /// Ignored: there is one type.
    #[schema(value_type = Option<String>)]
    #[allow(dead_code, reason = "ignored, whatever it is")]
    token_type_hint: Option<IgnoredAny>,
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
    body: Body<RevocationRequest, PollFormat>,
) -> Result<HttpResponse, OpenApiFailure> {
    bearers
        .revoke_presented(&ctx, body.into_inner().token.expose())
        .await?;
    Ok(HttpResponse::Ok().finish())
}
