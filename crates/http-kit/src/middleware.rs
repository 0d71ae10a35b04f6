//! What happens to every request: its context is made, its answer gets the
//! headers that all answers have, and a line in the log.

use std::sync::Arc;

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
    Clock, GATEWRIGHT_VERSION, IdGen as _, RandomIds, client_address::ClientAddress,
    generation::SpokenVersion,
};
use gatewright_usecase_identity::console::Console;
use gatewright_usecase_kit::Ctx;
use tracing::Instrument as _;

use crate::{
    access_log::Visit,
    cookies::{self, CookiePolicy},
    error::{Cause, FrameworkFailure, REASON, Surface, without_foreign_text},
    operation::Passage,
    request_id::{self, REQUEST_ID},
    request_span,
    settings::HttpSettings,
    watched,
};

const MAX_USER_AGENT_CHARS: usize = 255;

/// Makes the [`Ctx`], gives failures the right envelope, and rids a browser of two sessions of which neither
/// can be believed. How long an operation may take is its own affair ([`crate::operation::Facts`]).
///
/// The request itself cannot be kept while it is routed, so what a failure's envelope needs is
/// taken down first.
pub async fn around<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    let ctx = Arc::new(context(request.request()));
    let visit = Visit::begin(&request);
    let is_trusted = is_of_trusted_proxy(request.request());
    let span = request_span::begin(
        request.request(),
        visit.method(),
        &ctx.request_id,
        is_trusted,
    );
    answered(request, next, ctx, visit).instrument(span).await
}

async fn answered<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
    ctx: Arc<Ctx>,
    visit: Visit,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    let surface = Surface::of(request.path());
    request.extensions_mut().insert(Arc::clone(&ctx));
    let passage = Passage::begin(&mut request);
    let cause = match next.call(request).await {
        Ok(response) => {
            let mut response = without_foreign_text(response, surface, &ctx.request_id);
            clear_several(&mut response);
            if let Some(stream) = visit.answered(&ctx, &passage, &response) {
                response = response.map_body(|_, body| watched::watched(body, stream));
            }
            let headers = response.headers_mut();
            // Appended: the cross-origin rules may vary by more.
            headers.append(header::VARY, HeaderValue::from_static("Cookie"));
            headers.insert(REQUEST_ID, request_id::header(&ctx.request_id));
            return Ok(response);
        }
        Err(error) => Cause::of(error),
    };
    if matches!(cause, Cause::NoAnswer) {
        tracing::error!(
            event = "http.deadline_exceeded",
            request_id = ctx.request_id,
            operation = passage.pattern().map(|pattern| &**pattern),
            "no answer in time; a dependency hangs"
        );
    }
    let failure = FrameworkFailure::new(surface, &ctx.request_id, &cause);
    visit.failed(&ctx, &passage, failure.status_code());
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
            tracing::error!(event = "http.cookie_invalid", %error, "a cookie cannot be set");
        }
    }
}

/// The headers of every answer. None of them replaces one that a handler set.
pub fn headers(deploy_env: &str, dify_version: SpokenVersion, urls: &PublicUrls) -> DefaultHeaders {
    let mut headers = DefaultHeaders::new()
        .add(("X-Version", dify_version.stated()))
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

fn is_of_trusted_proxy(request: &HttpRequest) -> bool {
    let settings = request.app_data::<Data<HttpSettings>>();
    let peer = request.peer_addr().map(|peer| peer.ip());
    settings
        .zip(peer)
        .is_some_and(|(settings, peer)| settings.trusted_proxies.contains(peer))
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
                .take(MAX_USER_AGENT_CHARS)
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
