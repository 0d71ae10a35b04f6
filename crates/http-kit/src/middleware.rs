//! What happens to every request: its context is made, its time is bounded, its answer gets the
//! headers that all answers have, and a line in the log.

use std::{sync::Arc, time::Duration};

use actix_web::{
    HttpMessage as _, HttpRequest, ResponseError as _,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{self, HeaderName, HeaderValue},
    middleware::{DefaultHeaders, Next},
    web::Data,
};
use gatewright_auth::origin::PublicUrls;
use gatewright_domain::{
    Clock, DIFY_VERSION, GATEWRIGHT_VERSION, IdGen as _, RandomIds, client_address::ClientAddress,
};
use gatewright_usecase_identity::console::Console;
use gatewright_usecase_kit::Ctx;

use crate::{
    access_log::Visit,
    cookies::{self, CookiePolicy},
    error::{Cause, FrameworkFailure, Place, REASON, without_foreign_text},
    request_id::{self, REQUEST_ID},
    settings::HttpSettings,
    slow_body::BodyWatch,
};

/// A request is answered within this time, whatever its dependencies do.
const DEADLINE: Duration = Duration::from_millis(1900);
/// Hashing a password may have to wait for its turn.
const PASSWORD_DEADLINE: Duration = Duration::from_secs(15);
/// A file arrives as fast as its sender's line lets it.
const UPLOAD_DEADLINE: Duration = Duration::from_mins(5);
const UPLOAD_PATH: &str = "/console/api/files/upload";
/// The enterprise product is asked meanwhile, for less than this. Identity providers say themselves how
/// long they may take.
const BROKER_PATIENCE: Duration = Duration::from_millis(2600);
const PROVIDER_PATHS: [&str; 2] = ["/console/api/oauth/", "/openapi/v1/oauth/device/sso-"];
/// A password is checked, and then a provider is asked.
const CONNECT_PATHS: [&str; 2] = ["/console/api/account/integrates/", "/account/provider"];
const PASSWORD_PATHS: [&str; 12] = [
    "/console/api/login",
    "/console/api/setup",
    "/console/api/forgot-password/resets",
    "/console/api/email-register",
    "/console/api/account/password",
    "/console/api/activate",
    "/install",
    "/signin",
    "/reset-password",
    "/signup/password",
    "/account/password",
    "/activate",
];
/// Many addresses, each in a transaction of its own.
const INVITE_PATHS: [&str; 2] = [
    "/console/api/workspaces/current/members/invite-email",
    "/workspace/invite",
];
const LONGEST_USER_AGENT: usize = 255;

/// Makes the [`Ctx`], bounds the time, gives failures the right envelope, and rids a browser of two
/// sessions of which neither can be believed.
///
/// The request itself cannot be kept while it is routed, so what a failure's envelope needs is
/// taken down first.
pub async fn around<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    let ctx = Arc::new(context(request.request()));
    let place = Place::of(request.path());
    let deadline = deadline(request.request());
    let visit = Visit::begin(&request);
    request.extensions_mut().insert(Arc::clone(&ctx));
    let body = BodyWatch::over(&mut request);
    let cause = match tokio::time::timeout(deadline, next.call(request)).await {
        Ok(Ok(response)) => {
            let mut response = without_foreign_text(response, (place, &ctx.request_id));
            clear_several(&mut response);
            visit.answered(&ctx, &response);
            let headers = response.headers_mut();
            // Appended: the cross-origin rules may vary by more.
            headers.append(header::VARY, HeaderValue::from_static("Cookie"));
            headers.insert(REQUEST_ID, request_id::header(&ctx.request_id));
            return Ok(response);
        }
        Ok(Err(error)) => Cause::Framework(error),
        Err(_) if body.is_waiting() => Cause::SlowBody,
        Err(_) => {
            tracing::error!(
                request_id = ctx.request_id,
                "no answer in time; a dependency hangs"
            );
            Cause::NoAnswer
        }
    };
    let failure = FrameworkFailure::new((place, &ctx.request_id), &cause);
    visit.failed(&ctx, failure.status_code());
    Err(failure.into())
}

/// Refused because a browser sent two that are both good: it shall not send them again.
fn clear_several<B>(response: &mut ServiceResponse<B>) {
    let reason = response.headers().get(REASON);
    if !reason.is_some_and(|reason| reason.as_bytes().starts_with(b"several_")) {
        return;
    }
    let request = response.request();
    let policy = request.app_data::<Data<CookiePolicy>>();
    let ended = policy
        .map(|policy| policy.ended(request))
        .unwrap_or_default();
    for cookie in ended {
        if let Err(error) = response.response_mut().add_cookie(&cookie) {
            tracing::error!(%error, "a cookie cannot be set");
        }
    }
}

fn deadline(request: &HttpRequest) -> Duration {
    let path = request.path();
    let begins_with = |prefixes: &[&str]| prefixes.iter().any(|prefix| path.starts_with(prefix));
    let patience = || {
        let console = request.app_data::<Data<Console>>();
        let patience = console.map(|console| console.provider_patience());
        patience.unwrap_or_default().max(BROKER_PATIENCE)
    };
    if PASSWORD_PATHS.contains(&path) || INVITE_PATHS.contains(&path) {
        PASSWORD_DEADLINE
    } else if path == UPLOAD_PATH {
        UPLOAD_DEADLINE
    } else if begins_with(&PROVIDER_PATHS) {
        DEADLINE + patience()
    } else if begins_with(&CONNECT_PATHS) {
        PASSWORD_DEADLINE + patience()
    } else {
        DEADLINE
    }
}

/// The headers of every answer. None of them replaces one that a handler set.
pub fn headers(deploy_env: &str, urls: &PublicUrls) -> DefaultHeaders {
    let mut headers = DefaultHeaders::new()
        .add(("X-Version", DIFY_VERSION))
        .add((
            "X-Env",
            HeaderValue::from_str(deploy_env).unwrap_or(HeaderValue::from_static("UNKNOWN")),
        ))
        .add(("X-Gatewright-Version", GATEWRIGHT_VERSION))
        .add((header::CACHE_CONTROL, "no-store"))
        .add((header::PRAGMA, "no-cache"))
        .add((header::X_FRAME_OPTIONS, "DENY"))
        .add((header::CONTENT_SECURITY_POLICY, "frame-ancestors 'none'"))
        .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .add((header::REFERRER_POLICY, "no-referrer"));
    if urls.is_https() {
        headers = headers.add((header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"));
    }
    headers
}

/// The cookie of a browser that signed in before: of several the one that is.
fn known_browser(request: &HttpRequest, now: chrono::DateTime<chrono::Utc>) -> Option<String> {
    let policy = request.app_data::<Data<CookiePolicy>>()?;
    let console = request.app_data::<Data<Console>>()?;
    let held = policy.held(request, &cookies::KNOWN_BROWSER);
    held.the_one(|known| console.is_known_browser(now, known))
        .ok()?
}

fn context(request: &HttpRequest) -> Ctx {
    let now = request
        .app_data::<Data<dyn Clock>>()
        .map_or_else(|| gatewright_domain::SystemClock.now(), |clock| clock.now());
    let peer = request
        .peer_addr()
        .map_or(std::net::Ipv4Addr::LOCALHOST.into(), |peer| peer.ip());
    let settings = request.app_data::<Data<HttpSettings>>();
    let brought = settings.and_then(|settings| {
        request_id::brought_by_proxy(request, peer, &settings.trusted_proxies)
    });
    let address = match settings {
        Some(settings) => {
            let name = HeaderName::from_static("x-forwarded-for");
            let lines: Vec<&str> = request
                .headers()
                .get_all(name)
                .map(|value| value.to_str().unwrap_or("?"))
                .collect();
            ClientAddress::resolve(peer, lines.into_iter(), &settings.trusted_proxies)
        }
        None => ClientAddress::from_peer(peer),
    };
    let user_agent = request
        .headers()
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .map(|text| {
            text.chars()
                .filter(|c| !c.is_control())
                .take(LONGEST_USER_AGENT)
                .collect()
        });
    let known_browser = known_browser(request, now);
    // A request id needs no clock to be turned by tests: nothing compares it.
    Ctx {
        now,
        address,
        user_agent,
        known_browser,
        request_id: brought.unwrap_or_else(|| RandomIds.new_uuid().simple().to_string()),
    }
}
