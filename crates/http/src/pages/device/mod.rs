//! `/device`: type the code, say who you are, look at what asks, decide. A link fills the code in at
//! most; approving takes a look-up, a tick and a button.

pub(super) mod consent;
pub(super) mod external;
mod words;

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Query},
};
use chrono::TimeDelta;
use gatewright_app::{
    console::Console,
    device::{DeviceFlow, LookupAnswer, LookupError},
};
use gatewright_domain::device_grant::UserCode;
use serde::Deserialize;

use self::words::said;
use super::{
    form::PageForm,
    install::unavailable,
    page::{FormPage, Input, Page, PageLanguage, show},
};
use crate::{
    cookies::{self, CookiePolicy},
    envelope::redirect,
    extract::RequestCtx,
};

pub(super) const EXTERNAL_CONSENT: &str = "/openapi/v1/oauth/device/consent";
/// As much of a typed code as is worth showing again.
const LONGEST_TYPED: usize = 24;

/// How somebody arrives. Of errors only the code is used.
#[derive(Debug, Deserialize)]
pub(super) struct Arrival {
    user_code: Option<String>,
    sso_error: Option<String>,
    sso_verified: Option<String>,
}

/// Asks for the code. Nothing is looked up, however the code came here.
pub(super) async fn enter(arrival: Query<Arrival>, request: HttpRequest) -> HttpResponse {
    if arrival.sso_verified.as_deref() == Some("1") {
        return redirect(EXTERNAL_CONSENT).finish();
    }
    let language = PageLanguage::of(&request);
    let error = arrival
        .sso_error
        .as_deref()
        .map(|code| said(language, code));
    let typed = arrival.user_code.clone();
    let typed = typed.or_else(|| CookiePolicy::read_device_code(&request));
    ask(language, StatusCode::OK, error, &typed.unwrap_or_default())
}

fn ask(
    language: PageLanguage,
    status: StatusCode,
    error: Option<String>,
    typed: &str,
) -> HttpResponse {
    let t = |english, chinese| language.t(english, chinese).to_owned();
    let typed: String = typed.chars().take(LONGEST_TYPED).collect();
    let code = Input::new(
        ("user_code", "text", "off"),
        &t("The code that your device shows", "设备上显示的代码"),
    );
    let hint = t(
        "Small letters, spaces and a missing dash do not matter.",
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
    console: Data<Console>,
    policy: Data<CookiePolicy>,
    ctx: RequestCtx,
    sent: PageForm,
) -> HttpResponse {
    let (language, typed) = (sent.language, sent.value("user_code"));
    let access = policy.read(&sent.request, cookies::ACCESS);
    let found = async {
        device.charge_lookup(&ctx).await?;
        let signed_in = console.peek(&ctx, access.as_deref());
        device.lookup(&ctx, typed, signed_in).await
    };
    match (found.await, typed.parse::<UserCode>()) {
        (
            Ok(LookupAnswer::Valid {
                remaining,
                code_digest,
                receipt,
                ..
            }),
            Ok(code),
        ) => {
            let life = TimeDelta::seconds(remaining);
            redirect("/device/confirm")
                .status(StatusCode::SEE_OTHER)
                .cookie(policy.receipt(&code_digest, receipt, life))
                .cookie(policy.device_code(code.expose().to_owned(), life))
                .finish()
        }
        (Err(LookupError::Unavailable(error)), _) => unavailable(language, &error),
        (Err(LookupError::RateLimited { retry_after }), _) => {
            let text = said(language, "rate_limited");
            let mut answer = ask(language, StatusCode::TOO_MANY_REQUESTS, Some(text), typed);
            let wait = actix_web::http::header::HeaderValue::from(retry_after);
            let headers = answer.headers_mut();
            headers.insert(actix_web::http::header::RETRY_AFTER, wait);
            answer
        }
        _ => {
            let text = said(language, "expired_or_unknown");
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
