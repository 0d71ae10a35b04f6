//! Sign-in at the console through an identity provider (console.md §7.7), and the one address that
//! providers send browsers back to.

use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    dev::Payload,
    web::{Data, Json, Path},
};
use gatewright_auth::{console::ConsoleSettings, origin::PublicUrls, sso::SignInState};
use gatewright_domain::Secret;
use gatewright_usecase_device::device::DeviceFlow;
use gatewright_usecase_identity::{
    account::Accounts,
    console::{Console, ExternalLogin, ExternalLoginError, SignInBegun},
};
use gatewright_usecase_kit::provider::ProviderAnswer;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::session::{AfterSetup, ResultBody, SUCCESS};
use crate::openapi_surface::device_sso::on_the_way;
use gatewright_http_kit::{
    cookies::{CookiePolicy, put},
    error::{ConsoleErrorBody, ConsoleFailure, ExternalLoginFailure, redirect},
    extract::{
        Body, ConsoleFormat, RequestCtx, SignedIn, Then, is_navigation, peek_session, read_query,
    },
    input::text::SecretText,
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
    let begun = console.begin_external(&visit.ctx, &provider).await;
    let SignInBegun { url, trip, state } = begun.map_err(|error| visit.failure(error))?;
    let mut response = redirect(&url).finish();
    let cookies = visit.policy.begin_sign_in(&visit.request, &trip, state);
    put(&mut response, cookies);
    Ok(response)
}

/// What proves that the owner asks, and not somebody with a stolen session.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct OwnerRequest {
    /// The password; of an account without one, the sign-in must be at most ten minutes old.
    password: Option<SecretText>,
}

/// Where to go to connect an identity.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LinkResponse {
    /// At the provider.
    url: String,
}

/// Begins to connect an identity at a provider to the signed-in account. Asks for the CSRF token, because a
/// link alone must never do this, and for the password. The owner gets a mail when it is connected.
#[utoipa::path(
    post, path = "/console/api/account/integrates/{provider}", operation_id = "connect_identity",
    params(("provider" = String, Path, description = "Name of a configured identity provider")),
    request_body = OwnerRequest,
    security(("session" = [], "csrf" = [])),
    responses(
        (status = 200, body = LinkResponse),
        (status = 400, body = ConsoleErrorBody, description = "`current_password_incorrect`; or `Invalid provider`"),
        (status = 401, body = ConsoleErrorBody),
        (status = 403, body = ConsoleErrorBody, description = "`fresh_sign_in_required`"),
        (status = 429, body = ConsoleErrorBody),
        (status = "default", body = ConsoleErrorBody),
    ),
)]
#[allow(clippy::too_many_arguments, reason = "each is an extractor")]
pub(crate) async fn connect(
    console: Data<Console>,
    accounts: Data<Accounts>,
    policy: Data<CookiePolicy>,
    ctx: RequestCtx,
    request: HttpRequest,
    provider: Path<String>,
    body: Then<SignedIn, Body<OwnerRequest, ConsoleFormat>>,
) -> Result<HttpResponse, actix_web::Error> {
    let Then(session, body) = body;
    let password = body.into_inner().password;
    let proof = accounts.prove_owner(&ctx, &session.0, password.as_deref());
    let proof = proof.await.map_err(ConsoleFailure::from)?;
    let begun = console.begin_connection(&ctx, &provider, proof).await;
    let SignInBegun { url, trip, state } = begun.map_err(ExternalLoginFailure::from)?;
    let mut response = HttpResponse::Ok().json(LinkResponse { url });
    put(&mut response, policy.begin_sign_in(&request, &trip, state));
    Ok(response)
}

/// Disconnects an identity from the signed-in account, and ends everything else that is signed in to it.
/// The last way to sign in cannot be taken away.
#[utoipa::path(
    delete, path = "/console/api/account/integrates/{provider}", operation_id = "disconnect_identity",
    params(("provider" = String, Path, description = "`id` of a row of the list")),
    request_body = OwnerRequest,
    security(("session" = [], "csrf" = [])),
    responses(
        (status = 200, body = ResultBody),
        (status = 400, body = ConsoleErrorBody, description = "`current_password_incorrect`"),
        (status = 401, body = ConsoleErrorBody),
        (status = 403, body = ConsoleErrorBody, description = "`fresh_sign_in_required`"),
        (status = 404, body = ConsoleErrorBody, description = "The account has no such identity"),
        (status = 409, body = ConsoleErrorBody, description = "`last_way_in`"),
        (status = 429, body = ConsoleErrorBody),
    ),
)]
pub(crate) async fn disconnect(
    accounts: Data<Accounts>,
    ctx: RequestCtx,
    id: Path<String>,
    body: Then<SignedIn, Body<OwnerRequest, ConsoleFormat>>,
) -> Result<Json<ResultBody>, ConsoleFailure> {
    let Then(session, body) = body;
    let password = body.into_inner().password;
    accounts
        .disconnect_identity(&ctx, &session.0, &id, password.as_deref())
        .await?;
    Ok(Json(SUCCESS))
}

/// What a provider sends the browser back with (RFC 6749 §4.1.2, RFC 9207). Whatever is missing, a page
/// says so.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuthorizeQuery {
    #[param(required = true)]
    state: Option<String>,
    code: Option<String>,
    /// The parameter `iss` (RFC 9207), where the provider sends it.
    iss: Option<String>,
    error: Option<String>,
}

fn answer(request: &HttpRequest) -> ProviderAnswer {
    let query: AuthorizeQuery = read_query(request).unwrap_or_default();
    let said = |text: Option<String>| text.filter(|text| !text.is_empty());
    ProviderAnswer {
        state: query.state.unwrap_or_default(),
        code: said(query.code).map(Secret::new),
        issuer: said(query.iss),
        is_refusal: said(query.error).is_some(),
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
    console
        .require_provider(&provider)
        .map_err(|error| visit.failure(error))?;
    let answer = answer(request);
    if !SignInState::is_state(&answer.state) {
        let states = policy.read_sso_states(request);
        let onward = device.return_from_provider(ctx, &provider, answer, &states);
        let url = onward
            .await
            .map_err(|error| on_the_way(error, request, urls))?;
        return Ok(redirect(&url).finish());
    }
    let trip = answer.state.clone();
    let held = policy.held_sign_in_state(request, &trip);
    let held = held.the_one(|state| console.is_sign_in_state(ctx, state, &trip));
    let held = held.ok().flatten();
    let session = peek_session(request).await;
    let finished = console
        .finish_external(ctx, &provider, answer, held.as_deref(), session.as_ref())
        .await
        .map_err(|error| visit.failure(error))?;
    let own = urls.has_own_pages();
    let mut response = match finished {
        ExternalLogin::Linked => redirect(&urls.page(if own {
            "/account?said=connected"
        } else {
            "/account"
        })),
        ExternalLogin::SignedIn { tokens, is_new } => {
            let home = if own { "/device" } else { "/" };
            let mut response = redirect(&urls.page(&format!("{home}?oauth_new_user={is_new}")));
            policy.sign_in(&mut response, request, tokens, &settings);
            response
        }
    };
    Ok(response
        .cookie(policy.cleared_sign_in_state(&trip))
        .finish())
}

impl Visit {
    fn failure(&self, error: ExternalLoginError) -> ExternalLoginFailure {
        let is_shown =
            is_navigation(&self.request) && !matches!(error, ExternalLoginError::UnknownProvider);
        let failure = ExternalLoginFailure::from(error);
        if is_shown {
            failure.on_page(&self.urls)
        } else {
            failure
        }
    }
}
