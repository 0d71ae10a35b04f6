//! Token introspection (RFC 7662): a service that was given a bearer asks whether it is good. It has
//! credentials of its own, which open nothing else.

use std::{future::Future, pin::Pin};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header,
    web::{Data, Json},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use gatewright_auth::{device::DeviceSettings, origin::PublicUrls};
use gatewright_domain::{Class, Classify, Secret, bearer_token::ACCOUNT_ISSUER};
use gatewright_usecase_device::bearer::{ActiveBearer, Bearers};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use utoipa::ToSchema;

use gatewright_http_kit::{
    error::{ErrorBody, OpenApiFailure},
    extract::{Body, ProtocolFormat, RequestCtx, Then},
    input::{
        FieldProblem,
        text::{SecretText, Text},
    },
};

/// The token that is asked about.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct IntrospectionRequest {
    /// What was presented as a bearer. Missed only by a client that is known.
    #[schema(required = true, value_type = SecretText)]
    token: Option<SecretText>,
    /// Ignored: there is one type.
    #[schema(value_type = Option<String>)]
    #[allow(dead_code, reason = "ignored, whatever it is")]
    token_type_hint: Option<IgnoredAny>,
    /// The credentials, for clients that do not send them in `Authorization`.
    client_id: Option<Text>,
    client_secret: Option<SecretText>,
}

impl IntrospectionRequest {
    /// The credentials of the body: the secret, and then the id too.
    fn client(&self) -> Result<Option<(String, Secret)>, OpenApiFailure> {
        let Some(secret) = &self.client_secret else {
            return Ok(None);
        };
        let client = self.client_id.as_deref();
        let client = client.ok_or_else(|| missing("client_id"))?;
        Ok(Some((client.to_owned(), Secret::clone(secret))))
    }
}

fn missing(member: &str) -> OpenApiFailure {
    OpenApiFailure::Body(vec![FieldProblem::new("missing", member, "Field required")])
}

/// What there is to know. Of a token that is worth nothing: `active`, and nothing else.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct IntrospectionResponse {
    /// Whether the token would be let in now.
    active: bool,
    /// What it allows, separated by blanks.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    /// The client that ran the device flow.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    /// The address of whoever let the device in.
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    /// Always `Bearer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    /// When it ends, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    /// When it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<i64>,
    /// The account; of people without one, their address.
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<String>,
    /// The public address of this installation.
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<String>,
    /// The token's public id, as in the list of sessions.
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<String>,
    /// `account` or `external_sso`.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject_type: Option<&'static str>,
    /// The identity provider of people without an account.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject_issuer: Option<String>,
}

impl IntrospectionResponse {
    fn of(bearer: ActiveBearer, urls: &PublicUrls) -> Self {
        let ActiveBearer {
            token,
            kind,
            scopes,
        } = bearer;
        let scopes: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
        let account = token.account_id.map(|id| id.to_string());
        let issuer = token.subject_issuer.filter(|text| text != ACCOUNT_ISSUER);
        Self {
            active: true,
            scope: Some(scopes.join(" ")),
            client_id: Some(token.client_id),
            username: Some(token.subject_email.clone()),
            token_type: Some("Bearer"),
            exp: Some(token.expires_at.timestamp()),
            iat: Some(token.created_at.timestamp()),
            sub: Some(account.unwrap_or(token.subject_email)),
            iss: urls.issuer().ok().map(str::to_owned),
            jti: Some(token.id.to_string()),
            subject_type: Some(kind.subject_type()),
            subject_issuer: issuer,
        }
    }
}

/// Why a token is not looked at.
#[derive(Debug, thiserror::Error)]
enum NoIntrospection {
    /// Introspection is switched off.
    #[error("The requested URL was not found on the server.")]
    NotOffered,
    /// RFC 6749 §5.2.
    #[error("The client is unknown, or its secret is wrong.")]
    InvalidClient,
}

impl Classify for NoIntrospection {
    fn class(&self) -> Class<'_> {
        match self {
            Self::NotOffered => Class::not_found("not_found"),
            Self::InvalidClient => Class::unauthenticated("invalid_client")
                .challenge(r#"Basic realm="introspection""#)
                .with("error", "invalid_client"),
        }
    }
}

/// That there is introspection at all, and the limit, before the body is looked at.
pub(crate) struct IntrospectionAdmission;

impl FromRequest for IntrospectionAdmission {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let settings = Data::<DeviceSettings>::extract(&request).await?;
            if !settings.offers_introspection() {
                return Err(OpenApiFailure::from(NoIntrospection::NotOffered).into());
            }
            let bearers = Data::<Bearers>::extract(&request).await?;
            let ctx = RequestCtx::of(&request)?;
            let charged = bearers.charge_introspection(&ctx).await;
            charged.map_err(OpenApiFailure::from)?;
            Ok(Self)
        })
    }
}

/// Whether a bearer is good (RFC 7662). Whatever is wrong with a token, the answer is
/// `{"active":false}`. There is none where the server has no credentials for it: 404.
#[utoipa::path(
    post, path = "/openapi/v1/oauth/introspect", operation_id = "introspect_token",
    request_body(content((IntrospectionRequest = "application/x-www-form-urlencoded"), (IntrospectionRequest = "application/json"))),
    security(("introspection" = [])),
    responses(
        (status = 200, body = IntrospectionResponse, description = "What there is to know"),
        (status = 400, body = ErrorBody, description = "`invalid_request`"),
        (status = 401, body = ErrorBody, description = "`invalid_client`"),
        (status = 404, body = ErrorBody, description = "Introspection is switched off"),
    ),
)]
pub(crate) async fn introspect(
    bearers: Data<Bearers>,
    settings: Data<DeviceSettings>,
    urls: Data<PublicUrls>,
    ctx: RequestCtx,
    request: HttpRequest,
    body: Then<IntrospectionAdmission, Body<IntrospectionRequest, ProtocolFormat>>,
) -> Result<Json<IntrospectionResponse>, OpenApiFailure> {
    let input = body.1.into_inner();
    let client = input.client()?;
    let presented = basic(&request).or(client);
    let is_client =
        presented.is_some_and(|(client, secret)| settings.may_introspect(&client, secret.expose()));
    if !is_client {
        return Err(NoIntrospection::InvalidClient.into());
    }
    let token = input.token.ok_or_else(|| missing("token"))?;
    let found = bearers.introspect(&ctx, token.expose()).await?;
    Ok(Json(
        found.map_or_else(IntrospectionResponse::default, |bearer| {
            IntrospectionResponse::of(bearer, &urls)
        }),
    ))
}

/// RFC 7617, with both parts form-encoded as RFC 6749 §2.3.1 has it.
fn basic(request: &HttpRequest) -> Option<(String, Secret)> {
    let value = request
        .headers()
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (client, secret) = text.split_once(':')?;
    Some((form_decoded(client), Secret::new(form_decoded(secret))))
}

fn form_decoded(text: &str) -> String {
    let pairs: Result<Vec<(String, String)>, _> = serde_urlencoded::from_str(&format!("x={text}"));
    // A client that encodes nothing sends no `%`; its `+` is meant.
    let decoded = pairs.ok().and_then(|mut pairs| match pairs.len() {
        1 if text.contains('%') => pairs.pop().map(|(_, value)| value),
        _ => None,
    });
    decoded.unwrap_or_else(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::form_decoded;

    #[test]
    fn g7_introspection_secret_is_read_from_header_and_body() {
        for (sent, meant) in [
            ("plain-secret", "plain-secret"),
            ("a+b/c=", "a+b/c="),
            ("a%2Bb%2Fc%3D", "a+b/c="),
            ("a&b", "a&b"),
            ("a%26b", "a&b"),
        ] {
            assert_eq!(form_decoded(sent), meant);
        }
    }
}
