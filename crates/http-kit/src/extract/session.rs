//! The console session of a request, behind its gates in their order (console.md §1.10).

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::atomic::{AtomicBool, Ordering},
};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{self, HeaderValue},
    web::Data,
};
use gatewright_auth::{console::CsrfFailure, origin::PublicUrls};
use gatewright_domain::{Class, Classify, account::AccountStatus, ids::AccountId};
use gatewright_usecase_device::device::DeviceFlow;
use gatewright_usecase_identity::console::{CHALLENGE, Console, ConsoleError, Setup};
use gatewright_usecase_kit::ConsoleIdentity;

use super::{bearer::presented, context::RequestCtx};
use crate::{
    cookies::{self, CookiePolicy},
    error::{ConsoleFailure, OpenApiFailure},
};

/// Why a request with two real sessions in it is refused: one of them may have been planted.
pub const SEVERAL_SESSIONS: &str = "several_sessions";

type Extracting<T> = Pin<Box<dyn Future<Output = Result<T, actix_web::Error>>>>;

/// Set up, signed in, CSRF checked, initialised: the gates of `/console/api`.
pub struct SignedIn(pub ConsoleIdentity);

impl FromRequest for SignedIn {
    type Error = actix_web::Error;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let identity = signed_in(&request).await?;
            require_initialised(&identity).map_err(ConsoleFailure::from)?;
            Ok(Self(identity))
        })
    }
}

/// The same, of an account that has yet to be initialised too.
pub struct AnyAccount(pub ConsoleIdentity);

impl FromRequest for AnyAccount {
    type Error = actix_web::Error;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { Ok(Self(signed_in(&request).await?)) })
    }
}

/// Whoever is signed in, if anybody is: where the session, or its CSRF token, is none, nobody is.
pub struct MaybeSignedIn(pub Option<ConsoleIdentity>);

impl FromRequest for MaybeSignedIn {
    type Error = actix_web::Error;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let found = match resolve(&request, Token::CookieOrHeader).await {
                Ok(identity) => check_csrf(&request, &identity).map(|()| identity),
                Err(error) => Err(error),
            };
            match found {
                Ok(identity) => Ok(Self(Some(identity))),
                Err(error @ ConsoleError::Unavailable(_)) => {
                    Err(ConsoleFailure::from(error).into())
                }
                Err(_) => Ok(Self(None)),
            }
        })
    }
}

async fn signed_in(request: &HttpRequest) -> Result<ConsoleIdentity, ConsoleFailure> {
    let identity = resolve(request, Token::CookieOrHeader).await?;
    check_csrf(request, &identity)?;
    Ok(identity)
}

/// Whoever signs out: no CSRF token is asked for, so that a half-broken session can be left. When the
/// browser holds several, all of them.
pub struct LeavingSession(pub Vec<ConsoleIdentity>);

impl FromRequest for LeavingSession {
    type Error = actix_web::Error;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let all = every_session(&request)
                .await
                .map_err(ConsoleFailure::from)?;
            Ok(Self(all))
        })
    }
}

/// Whoever decides on a device: an interactive session (cookie only), CSRF and origin checked,
/// within the account's limit. In this order (DECISIONS §4 "Approve and deny").
pub struct Decider {
    /// The session's account, whose decision it is.
    pub identity: ConsoleIdentity,
    /// Whether a browser asks, which must then show that it looked the code up.
    pub is_browser: bool,
}

impl FromRequest for Decider {
    type Error = actix_web::Error;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let identity = decider(&request)
                .await
                .map_err(|error| OpenApiFailure::from(NoDecider(error)))?;
            let device = data::<DeviceFlow>(&request)?;
            device
                .charge_decision(&identity)
                .await
                .map_err(OpenApiFailure::from)?;
            Ok(Self {
                identity,
                is_browser: is_browser(&request),
            })
        })
    }
}

async fn decider(request: &HttpRequest) -> Result<ConsoleIdentity, ConsoleError> {
    let identity = resolve(request, Token::Cookie).await?;
    check_csrf(request, &identity)?;
    require_own_origin(request)?;
    require_initialised(&identity)?;
    Ok(identity)
}

/// What stands in the way of a session that may decide, in the shapes that the page of devices knows.
#[derive(Debug)]
struct NoDecider(ConsoleError);

impl std::error::Error for NoDecider {}

impl fmt::Display for NoDecider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            ConsoleError::Unauthorized(_) => f.write_str("Unauthorized."),
            other => other.fmt(f),
        }
    }
}

impl Classify for NoDecider {
    fn class(&self) -> Class<'_> {
        let unauthorized = Class::unauthenticated("unauthorized");
        match &self.0 {
            ConsoleError::Unauthorized(reason) => unauthorized.because(reason),
            ConsoleError::Csrf(failure) => Class::forbidden("csrf_mismatch")
                .because(failure.code())
                .protocol(),
            // The one reason of a locked account that these routes give.
            ConsoleError::Banned => unauthorized.because("unauthorized").challenge(CHALLENGE),
            other => other.class(),
        }
    }
}

/// Where the access token may stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    Cookie,
    CookieOrHeader,
}

fn data<T: 'static>(request: &HttpRequest) -> Result<&Data<T>, actix_web::Error> {
    request
        .app_data::<Data<T>>()
        .ok_or_else(|| actix_web::error::ErrorInternalServerError("a service was not registered"))
}

fn misconfigured(_: actix_web::Error) -> ConsoleError {
    ConsoleError::Unauthorized("misconfigured")
}

async fn resolve(request: &HttpRequest, token: Token) -> Result<ConsoleIdentity, ConsoleError> {
    let ctx = RequestCtx::of(request).map_err(misconfigured)?;
    let setup = data::<Setup>(request).map_err(misconfigured)?;
    setup.require_finished().await?;
    let console = data::<Console>(request).map_err(misconfigured)?;
    let policy = data::<CookiePolicy>(request).map_err(misconfigured)?;
    let held = policy.held(request, &cookies::ACCESS);
    let access = held
        .the_one(|access| console.peek(&ctx, Some(access)).is_some())
        .map_err(|_| ConsoleError::Unauthorized(SEVERAL_SESSIONS))?;
    let access = access.or_else(|| {
        let may_stand_in_header = token == Token::CookieOrHeader;
        may_stand_in_header
            .then(|| authorization(request))
            .flatten()
    });
    console.resolve(&ctx, access.as_deref()).await
}

/// Every session that a request shows and that lives; at least one.
pub async fn every_session(request: &HttpRequest) -> Result<Vec<ConsoleIdentity>, ConsoleError> {
    let ctx = RequestCtx::of(request).map_err(misconfigured)?;
    let setup = data::<Setup>(request).map_err(misconfigured)?;
    setup.require_finished().await?;
    let console = data::<Console>(request).map_err(misconfigured)?;
    let policy = data::<CookiePolicy>(request).map_err(misconfigured)?;
    let mut held = policy.held(request, &cookies::ACCESS).into_all();
    if held.is_empty() {
        held.extend(authorization(request));
    }
    let mut living = vec![];
    let mut refusal = ConsoleError::Unauthorized("no_session");
    for access in held {
        match console.resolve(&ctx, Some(&access)).await {
            Ok(identity) => living.push(identity),
            Err(error @ ConsoleError::Unavailable(_)) => return Err(error),
            Err(error) => refusal = error,
        }
    }
    if living.is_empty() {
        return Err(refusal);
    }
    Ok(living)
}

fn authorization(request: &HttpRequest) -> Option<String> {
    let token = presented(request).ok().flatten();
    token.map(str::to_owned)
}

fn check_csrf(request: &HttpRequest, identity: &ConsoleIdentity) -> Result<(), ConsoleError> {
    let headers = request.headers();
    let header = headers
        .get("x-csrf-token")
        .or_else(|| headers.get("x-csrftoken"));
    if header.is_none_or(HeaderValue::is_empty) {
        suspect_web_console(request);
    }
    check_csrf_token(request, identity, header.map(HeaderValue::as_bytes))
}

/// The stock web console reads `csrf_token` unless its API prefix begins with https: then every call
/// after a sign-in lacks the header, and nothing on its pages says why. Said once per process.
fn suspect_web_console(request: &HttpRequest) {
    static SAID: AtomicBool = AtomicBool::new(false);
    let Ok(urls) = data::<PublicUrls>(request) else {
        return;
    };
    let Some(api) = urls.api().filter(|api| api.is_https()) else {
        return;
    };
    let sets_other_names = urls.web().is_some() && urls.cookie_domain().is_none();
    if sets_other_names && is_browser(request) && !SAID.swap(true, Ordering::Relaxed) {
        tracing::warn!(
            event = "http.console_without_csrf",
            api_url = api.as_str(),
            "the web console sent no CSRF token: give its container api_url as CONSOLE_API_URL and APP_API_URL, \
             so that its script reads the cookie __Host-csrf_token"
        );
    }
}

/// The double-submit check: what a header or a form says, against cookie and session.
pub fn check_csrf_token(
    request: &HttpRequest,
    identity: &ConsoleIdentity,
    presented: Option<&[u8]>,
) -> Result<(), ConsoleError> {
    let ctx = RequestCtx::of(request).map_err(misconfigured)?;
    let console = data::<Console>(request).map_err(misconfigured)?;
    let cookie = csrf_cookie(request, identity)?;
    console.check_csrf(&ctx, identity.claims, presented, cookie.as_deref())
}

/// The CSRF cookie of a session. One of another session counts for nothing beside it.
pub fn csrf_cookie(
    request: &HttpRequest,
    identity: &ConsoleIdentity,
) -> Result<Option<String>, ConsoleError> {
    let ctx = RequestCtx::of(request).map_err(misconfigured)?;
    let policy = data::<CookiePolicy>(request).map_err(misconfigured)?;
    let console = data::<Console>(request).map_err(misconfigured)?;
    let is_of_session = |cookie: &str| {
        let presented = Some(cookie.as_bytes());
        let checked = console.check_csrf(&ctx, identity.claims, presented, Some(cookie));
        checked.is_ok()
    };
    let held = policy.held(request, &cookies::CSRF);
    held.the_one(is_of_session)
        .map_err(|_| ConsoleError::Csrf(CsrfFailure::Several))
}

fn require_initialised(identity: &ConsoleIdentity) -> Result<(), ConsoleError> {
    if identity.account.status == AccountStatus::Uninitialized {
        return Err(ConsoleError::NotInitialized);
    }
    Ok(())
}

/// Whether a browser asks: it says where a request comes from.
pub fn is_browser(request: &HttpRequest) -> bool {
    let headers = request.headers();
    headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-site")
}

/// Whether a browser is on its way to a page: it gets one, whatever happens.
pub fn is_navigation(request: &HttpRequest) -> bool {
    let mode = request.headers().get("sec-fetch-mode");
    mode.is_some_and(|mode| mode.as_bytes() == b"navigate")
}

/// Whether a request is not known to come from a foreign page, one whose origin `is_own` does not take. Such a page is refused even
/// with a stolen token.
pub fn comes_from_own_page(request: &HttpRequest, is_own: impl Fn(&str) -> bool) -> bool {
    let headers = request.headers();
    let site = headers.get("sec-fetch-site");
    let same =
        site.is_none_or(|site| matches!(site.as_bytes(), b"same-origin" | b"same-site" | b"none"));
    let origin = headers.get(header::ORIGIN);
    same && origin.is_none_or(|origin| origin.to_str().is_ok_and(is_own))
}

fn require_own_origin(request: &HttpRequest) -> Result<(), ConsoleError> {
    let urls =
        data::<PublicUrls>(request).map_err(|_| ConsoleError::Unauthorized("misconfigured"))?;
    if comes_from_own_page(request, |origin| urls.is_own_origin(origin)) {
        Ok(())
    } else {
        Err(ConsoleError::Csrf(CsrfFailure::ForeignOrigin))
    }
}

/// The session in this browser, or why there is none.
pub async fn resolve_session(request: &HttpRequest) -> Result<ConsoleIdentity, ConsoleError> {
    resolve(request, Token::Cookie).await
}

/// The session in this browser, if there is one. For the way back from a provider, which a session
/// is not needed for.
pub async fn peek_session(request: &HttpRequest) -> Option<ConsoleIdentity> {
    resolve(request, Token::Cookie).await.ok()
}

/// Who is signed in here, by signature alone: for what works without a session too.
pub fn peek_account(request: &HttpRequest) -> Option<AccountId> {
    let ctx = RequestCtx::of(request).ok()?;
    let console = data::<Console>(request).ok()?;
    let policy = data::<CookiePolicy>(request).ok()?;
    let held = policy.held(request, &cookies::ACCESS);
    let verifies = |access: &str| console.peek(&ctx, Some(access)).is_some();
    console.peek(&ctx, held.the_one(verifies).ok()?.as_deref())
}

/// The receipt of a code that this browser looked up.
pub fn receipt(request: &HttpRequest, code_digest: &str) -> Option<String> {
    let ctx = RequestCtx::of(request).ok()?;
    let device = data::<DeviceFlow>(request).ok()?;
    let policy = data::<CookiePolicy>(request).ok()?;
    let held = policy.held_receipt(request, code_digest);
    let verifies = |receipt: &str| device.is_looked_up(&ctx, code_digest, Some(receipt));
    held.the_one(verifies).ok()?
}

/// The approval grant of this browser.
pub fn approval_grant(request: &HttpRequest) -> Option<String> {
    let ctx = RequestCtx::of(request).ok()?;
    let device = data::<DeviceFlow>(request).ok()?;
    let policy = data::<CookiePolicy>(request).ok()?;
    let held = policy.held(request, &cookies::APPROVAL_GRANT);
    held.the_one(|grant| device.is_grant(&ctx, grant)).ok()?
}
