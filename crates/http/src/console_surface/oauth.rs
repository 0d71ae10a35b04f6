//! Sign-in at the console through an identity provider (console.md §7.7), and the one address that
//! providers send browsers back to.

use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    dev::Payload,
    web::{Data, Path},
};
use gatewright_app::{
    console::{Console, ExternalLogin, ExternalLoginError, SignInBegun},
    device::DeviceFlow,
    provider::ProviderAnswer,
};
use gatewright_auth::{
    console::ConsoleSettings,
    origin::PublicUrls,
    sso::{SignInPurpose, SignInState},
};
use gatewright_domain::Secret;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::session::AfterSetup;
use crate::{
    cookies::CookiePolicy,
    envelope::{ConsoleErrorBody, ExternalLoginFailure, SsoFailure, redirect},
    extract::{RequestCtx, SignedIn, peek_session, query_pairs},
};

/// A browser on its way: what each step of it needs.
pub(crate) struct Visit {
    request: HttpRequest,
    ctx: RequestCtx,
    urls: Data<PublicUrls>,
    policy: Data<CookiePolicy>,
}

impl FromRequest for Visit {
    type Error = actix_web::Error;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    /// After set-up only: before it there is nobody to sign in.
    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, set_up) = (request.clone(), AfterSetup::from_request(request, payload));
        Box::pin(async move {
            set_up.await?;
            Ok(Self {
                ctx: RequestCtx::of(&request)?,
                urls: Data::extract(&request).await?,
                policy: Data::extract(&request).await?,
                request,
            })
        })
    }
}

/// Sends the browser to an identity provider to sign in.
#[utoipa::path(
    get, path = "/console/api/oauth/login/{provider}", operation_id = "oauth_login",
    params(("provider" = String, Path, description = "Name of a configured identity provider")),
    responses(
        (status = 302, description = "To the provider; or, for a navigating browser, to `/signin?message=…`"),
        (status = 400, body = ConsoleErrorBody, description = "`Invalid provider`"),
        (status = 401, body = ConsoleErrorBody, description = "`not_setup`"),
        (status = "default", body = ConsoleErrorBody),
    ),
)]
pub(crate) async fn login(
    console: Data<Console>,
    visit: Visit,
    provider: Path<String>,
) -> Result<HttpResponse, ExternalLoginFailure> {
    let begun = console
        .begin_external(&visit.ctx, &provider, SignInPurpose::SignIn)
        .await;
    let SignInBegun { url, state } = begun.map_err(|error| visit.failure(error))?;
    Ok(redirect(&url)
        .cookie(visit.policy.sign_in_state(state))
        .finish())
}

/// Where to go to connect an identity.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LinkResponse {
    /// At the provider.
    url: String,
}

/// Begins to connect an identity at a provider to the signed-in account. Asks for the CSRF token: a
/// link alone must never do this.
#[utoipa::path(
    post, path = "/console/api/account/integrates/{provider}", operation_id = "connect_identity",
    params(("provider" = String, Path, description = "Name of a configured identity provider")),
    security(("session" = [], "csrf" = [])),
    responses(
        (status = 200, body = LinkResponse),
        (status = 400, body = ConsoleErrorBody, description = "`Invalid provider`"),
        (status = 401, body = ConsoleErrorBody),
        (status = "default", body = ConsoleErrorBody),
    ),
)]
pub(crate) async fn connect(
    console: Data<Console>,
    policy: Data<CookiePolicy>,
    ctx: RequestCtx,
    session: SignedIn,
    provider: Path<String>,
) -> Result<HttpResponse, ExternalLoginFailure> {
    let purpose = SignInPurpose::Link(session.0.account.id);
    let begun = console.begin_external(&ctx, &provider, purpose).await;
    let SignInBegun { url, state } = begun.map_err(ExternalLoginFailure::plain)?;
    Ok(HttpResponse::Ok()
        .cookie(policy.sign_in_state(state))
        .json(LinkResponse { url }))
}

/// What a provider sends the browser back with (RFC 6749 §4.1.2, RFC 9207).
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "the documentation; the query is read by hand")]
pub(crate) struct AuthorizeQuery {
    state: String,
    code: Option<String>,
    /// `iss`.
    iss: Option<String>,
    error: Option<String>,
}

fn answer(request: &HttpRequest) -> ProviderAnswer {
    let pairs = query_pairs(request.query_string());
    let get = |name: &str| {
        let found = pairs.iter().find(|(known, _)| known == name);
        found
            .map(|(_, value)| value.clone())
            .filter(|value| !value.is_empty())
    };
    ProviderAnswer {
        state: get("state").unwrap_or_default(),
        code: get("code").map(Secret::new),
        issuer: get("iss"),
        is_refusal: get("error").is_some(),
    }
}

/// The redirect URI of a provider, for sign-in and for the SSO branch of the device flow: `state`
/// says which.
#[utoipa::path(
    get, path = "/console/api/oauth/authorize/{provider}", operation_id = "oauth_authorize",
    params(("provider" = String, Path, description = "Name of a configured identity provider"), AuthorizeQuery),
    responses(
        (status = 302, description = "Signed in: to the console with the session's cookies. SSO branch: to `sso-complete`. Otherwise to a page that says why"),
        (status = 400, body = ConsoleErrorBody),
        (status = 401, body = ConsoleErrorBody, description = "`not_setup`"),
        (status = 502, body = ConsoleErrorBody, description = "The provider does not answer"),
        (status = "default", body = ConsoleErrorBody),
    ),
)]
pub(crate) async fn authorize(
    console: Data<Console>,
    device: Data<DeviceFlow>,
    settings: Data<ConsoleSettings>,
    visit: Visit,
    provider: Path<String>,
) -> Result<HttpResponse, actix_web::Error> {
    let Visit {
        request,
        ctx,
        urls,
        policy,
    } = &visit;
    let answer = answer(request);
    if !SignInState::is_state(&answer.state) {
        let states = policy.read_sso_states(request);
        let onward = device.return_from_provider(ctx, &provider, answer, &states);
        let url = onward
            .await
            .map_err(|error| SsoFailure::on_the_way(error, request, urls))?;
        return Ok(redirect(&url).finish());
    }
    let held = policy.read_sign_in_state(request);
    let session = peek_session(request).await;
    let finished = console
        .finish_external(ctx, &provider, answer, held.as_deref(), session.as_ref())
        .await
        .map_err(|error| visit.failure(error))?;
    let own = urls.has_own_pages();
    let mut response = match finished {
        ExternalLogin::Linked => redirect(&urls.page(if own { "/device" } else { "/account" })),
        ExternalLogin::SignedIn { tokens, is_new } => {
            let home = if own { "/device" } else { "/" };
            let mut response = redirect(&urls.page(&format!("{home}?oauth_new_user={is_new}")));
            policy.sign_in(&mut response, tokens, &settings);
            response
        }
    };
    Ok(response.cookie(policy.cleared_sign_in_state()).finish())
}

impl Visit {
    fn failure(&self, error: ExternalLoginError) -> ExternalLoginFailure {
        ExternalLoginFailure::on_the_way(error, &self.request, &self.urls)
    }
}
