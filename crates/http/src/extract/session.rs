//! The console session of a request, behind its gates in their order (console.md §1.10).

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web::Data};
use gatewright_app::{
    console::{Console, ConsoleError, ConsoleIdentity, Setup},
    device::DeviceFlow,
};
use gatewright_auth::{console::CsrfFailure, origin::PublicUrls};
use gatewright_domain::account::AccountStatus;

use super::context::RequestCtx;
use crate::{
    cookies::{self, CookiePolicy},
    envelope::{ConsoleFailure, OpenApiFailure},
};

type Extracting<T> = Pin<Box<dyn Future<Output = Result<T, actix_web::Error>>>>;

/// Set up, signed in, CSRF checked, initialised: the gates of `/console/api`.
pub(crate) struct SignedIn(pub(crate) ConsoleIdentity);

impl FromRequest for SignedIn {
    type Error = actix_web::Error;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let identity = resolve(&request, Token::CookieOrHeader)
                .await
                .map_err(ConsoleFailure::from)?;
            check_csrf(&request, &identity).map_err(ConsoleFailure::from)?;
            require_initialised(&identity).map_err(ConsoleFailure::from)?;
            Ok(Self(identity))
        })
    }
}

/// Whoever signs out: no CSRF token is asked for, so that a half-broken session can be left.
pub(crate) struct LeavingSession(pub(crate) ConsoleIdentity);

impl FromRequest for LeavingSession {
    type Error = actix_web::Error;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let identity = resolve(&request, Token::CookieOrHeader)
                .await
                .map_err(ConsoleFailure::from)?;
            Ok(Self(identity))
        })
    }
}

/// Whoever decides on a device: an interactive session (cookie only), CSRF and origin checked,
/// within the account's limit. In this order (DECISIONS §4 "Approve and deny").
pub(crate) struct Decider {
    pub(crate) identity: ConsoleIdentity,
    pub(crate) is_browser: bool,
}

impl FromRequest for Decider {
    type Error = actix_web::Error;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let identity = resolve(&request, Token::Cookie)
                .await
                .map_err(OpenApiFailure::from)?;
            check_csrf(&request, &identity).map_err(OpenApiFailure::from)?;
            require_own_origin(&request).map_err(OpenApiFailure::from)?;
            require_initialised(&identity).map_err(OpenApiFailure::from)?;
            let device = data::<DeviceFlow>(&request)?;
            device
                .charge_decision(&identity)
                .await
                .map_err(OpenApiFailure::from)?;
            let is_browser = request.headers().contains_key(header::ORIGIN)
                || request.headers().contains_key("sec-fetch-site");
            Ok(Self {
                identity,
                is_browser,
            })
        })
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

async fn resolve(request: &HttpRequest, token: Token) -> Result<ConsoleIdentity, ConsoleError> {
    let missing = |_| ConsoleError::Unauthorized("misconfigured");
    let ctx = RequestCtx::of(request).map_err(missing)?;
    data::<Setup>(request)
        .map_err(missing)?
        .require_finished()
        .await?;
    let policy = data::<CookiePolicy>(request).map_err(missing)?;
    let access = policy.read(request, cookies::ACCESS).or_else(|| {
        (token == Token::CookieOrHeader)
            .then(|| authorization(request))
            .flatten()
    });
    data::<Console>(request)
        .map_err(missing)?
        .resolve(&ctx, access.as_deref())
        .await
}

fn authorization(request: &HttpRequest) -> Option<String> {
    let value = request
        .headers()
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim().to_owned())
}

fn check_csrf(request: &HttpRequest, identity: &ConsoleIdentity) -> Result<(), ConsoleError> {
    let missing = |_| ConsoleError::Unauthorized("misconfigured");
    let ctx = RequestCtx::of(request).map_err(missing)?;
    let policy = data::<CookiePolicy>(request).map_err(missing)?;
    let headers = request.headers();
    let header = headers
        .get("x-csrf-token")
        .or_else(|| headers.get("x-csrftoken"));
    let cookie = policy.read(request, cookies::CSRF);
    data::<Console>(request).map_err(missing)?.check_csrf(
        &ctx,
        identity.claims,
        header.map(header::HeaderValue::as_bytes),
        cookie.as_deref(),
    )
}

fn require_initialised(identity: &ConsoleIdentity) -> Result<(), ConsoleError> {
    if identity.account.status == AccountStatus::Uninitialized {
        return Err(ConsoleError::NotInitialized);
    }
    Ok(())
}

/// A browser says where a request comes from; a foreign page is refused even with a stolen token.
fn require_own_origin(request: &HttpRequest) -> Result<(), ConsoleError> {
    let refused = Err(ConsoleError::Csrf(CsrfFailure::ForeignOrigin));
    if let Some(site) = request.headers().get("sec-fetch-site")
        && !matches!(site.as_bytes(), b"same-origin" | b"same-site" | b"none")
    {
        return refused;
    }
    let Some(origin) = request.headers().get(header::ORIGIN) else {
        return Ok(());
    };
    let urls =
        data::<PublicUrls>(request).map_err(|_| ConsoleError::Unauthorized("misconfigured"))?;
    match origin.to_str() {
        Ok(origin) if urls.is_own_origin(origin) => Ok(()),
        _ => refused,
    }
}
