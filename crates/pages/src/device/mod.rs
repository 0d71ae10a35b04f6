//! `/device`: type the code, say who you are, look at what asks, decide. A link fills the code in at
//! most; approving takes a look-up, a tick and a button.

pub(super) mod consent;
pub(super) mod external;
mod message;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use chrono::TimeDelta;
use gatewright_auth::device::code_fingerprint;
use gatewright_domain::device_grant::UserCode;
use gatewright_usecase_device::device::{DeviceFlow, LookupAnswer, LookupError};

use self::message::flash;
use gatewright_http_kit::{
    cookies::{self, CookiePolicy},
    error::redirect,
    extract::{RequestCtx, peek_account, receipt},
};
use gatewright_pages_kit::{
    form::PageForm,
    link::Link,
    page::{FormPage, Input, Page, PageLanguage, show},
    unavailable::unavailable,
};

pub(super) const EXTERNAL_CONSENT: &str = "/openapi/v1/oauth/device/consent";
/// As much of a typed code as is worth showing again.
const MAX_TYPED_CHARS: usize = 24;

/// Asks for the code. Nothing is looked up, however the code came here; and of errors only the code is
/// used.
pub(super) async fn enter(
    device: Data<DeviceFlow>,
    policy: Data<CookiePolicy>,
    ctx: RequestCtx,
    arrival: Link,
    request: HttpRequest,
) -> HttpResponse {
    if arrival.get("sso_verified") == Some("1") {
        return redirect(EXTERNAL_CONSENT).finish();
    }
    let language = PageLanguage::of(&request);
    let error = arrival.get("sso_error").map(|code| flash(language, code));
    let typed = arrival.get("user_code").map(str::to_owned);
    let typed = typed.or_else(|| {
        let code = looked_up(&device, &policy, &ctx, &request)?;
        Some(code.expose().to_owned())
    });
    ask(language, StatusCode::OK, error, &typed.unwrap_or_default())
}

/// The code that this browser looked up: of several the one that it has the receipt of.
fn looked_up(
    device: &DeviceFlow,
    policy: &CookiePolicy,
    ctx: &RequestCtx,
    request: &HttpRequest,
) -> Option<UserCode> {
    let has_receipt = |code: &str| {
        code.parse().is_ok_and(|code: UserCode| {
            let digest = code_fingerprint(&code);
            device.is_looked_up(ctx, &digest, receipt(request, &digest).as_deref())
        })
    };
    let held = policy.held(request, &cookies::DEVICE_CODE);
    held.the_one(has_receipt).ok()??.parse().ok()
}

fn ask(
    language: PageLanguage,
    status: StatusCode,
    error: Option<String>,
    typed: &str,
) -> HttpResponse {
    let t = |english, chinese| language.t(english, chinese).to_owned();
    let typed: String = typed.chars().take(MAX_TYPED_CHARS).collect();
    let code = Input::new(
        "user_code",
        "text",
        "off",
        &t("Code shown on your device", "设备上显示的代码"),
    );
    let hint = t(
        "Not case-sensitive. Spaces and the dash are optional.",
        "不区分大小写，空格和连字符可省略。",
    );
    show(
        status,
        &FormPage {
            page: Page::new(language, "Connect a device", "连接设备").with_error(error),
            intro: None,
            action: "/device",
            hidden: vec![],
            fields: vec![code.with_value(&typed).with_hint(&hint)],
            submit: t("Continue", "继续"),
            links: vec![(t("Your account", "您的账户"), "/account".to_owned())],
        },
    )
}

/// Looks the code up and remembers that this browser did.
pub(super) async fn look_up(
    device: Data<DeviceFlow>,
    policy: Data<CookiePolicy>,
    ctx: RequestCtx,
    sent: PageForm,
) -> HttpResponse {
    let (language, typed) = (sent.language, sent.value("user_code"));
    let code: Option<UserCode> = typed.parse().ok();
    let found = async {
        device.charge_lookup(&ctx).await?;
        let signed_in = peek_account(&sent.request);
        match &code {
            Some(code) => device.lookup(&ctx, code, signed_in).await,
            None => Ok(LookupAnswer::Invalid),
        }
    };
    match (found.await, &code) {
        (
            Ok(LookupAnswer::Valid {
                remaining,
                code_digest,
                receipt,
                ..
            }),
            Some(code),
        ) => {
            let life = TimeDelta::seconds(remaining);
            redirect("/device/confirm")
                .status(StatusCode::SEE_OTHER)
                .cookie(policy.receipt(&code_digest, receipt, life))
                .cookie(policy.device_code(code.expose().to_owned(), life))
                .finish()
        }
        (Err(LookupError::Unavailable(error)), _) => unavailable(language, &error),
        (Err(LookupError::RateLimited(limited)), _) => {
            let text = flash(language, "rate_limited");
            let mut answer = ask(language, StatusCode::TOO_MANY_REQUESTS, Some(text), typed);
            let wait = actix_web::http::header::HeaderValue::from(limited.retry_after);
            let headers = answer.headers_mut();
            headers.insert(actix_web::http::header::RETRY_AFTER, wait);
            answer
        }
        _ => {
            let text = flash(language, "expired_or_unknown");
            ask(language, StatusCode::NOT_FOUND, Some(text), typed)
        }
    }
}

/// Back to the beginning, with the reason.
fn begin_again(policy: &CookiePolicy, code: &str) -> HttpResponse {
    redirect(&format!("/device?sso_error={code}"))
        .status(StatusCode::SEE_OTHER)
        .cookie(policy.cleared_device_code())
        .finish()
}
