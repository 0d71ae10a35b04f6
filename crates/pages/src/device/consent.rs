//! `/device/confirm`: who are you, and do you let this in?

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use askama::Template;
use chrono::{DateTime, TimeDelta, Utc};
use gatewright_auth::{
    console::CsrfFailure,
    device::{DeviceSettings, code_fingerprint},
};
use gatewright_domain::{
    device_grant::{DeviceGrant, UserCode},
    interval::elapsed,
};
use gatewright_usecase_device::device::{Decide, DecideError, DeviceFlow, LookupError, Verdict};
use gatewright_usecase_identity::console::ConsoleError;
use gatewright_usecase_kit::ConsoleIdentity;

use super::{begin_again, looked_up, message::flash};
use gatewright_http_kit::{
    cookies::CookiePolicy,
    error::redirect,
    extract::{RequestCtx, check_csrf_token, receipt},
};
use gatewright_pages_kit::{
    absence::Absence,
    form::PageForm,
    guard::{Destination, csrf_token, signed_in, who},
    page::{MessagePage, Page, PageLanguage, show},
    unavailable::unavailable,
};

/// What somebody decides on.
#[derive(Template)]
#[template(path = "consent.html")]
pub(super) struct ConsentPage {
    pub(super) page: Page,
    pub(super) action: &'static str,
    pub(super) code: String,
    pub(super) csrf_token: String,
    /// Names and values, in the order in which they matter.
    pub(super) facts: Vec<(String, String)>,
}

/// What is known of the device that asks.
pub(super) fn facts(
    language: PageLanguage,
    flow: &DeviceFlow,
    device: &DeviceGrant,
    now: DateTime<Utc>,
) -> Vec<(String, String)> {
    let t = |english, chinese| language.t(english, chinese).to_owned();
    let is_chinese = language == PageLanguage::Chinese;
    let minutes = elapsed(device.created_at, now)
        .unwrap_or_default()
        .as_secs()
        / 60;
    let asked = match (minutes, language) {
        (0, _) => t("less than a minute ago", "不到 1 分钟前"),
        (1, PageLanguage::English) => "1 minute ago".to_owned(),
        (_, PageLanguage::English) => format!("{minutes} minutes ago"),
        (_, PageLanguage::Chinese) => format!("{minutes} 分钟前"),
    };
    vec![
        (t("Client", "客户端"), device.client_id.as_str().to_owned()),
        (
            t("Device name (unverified)", "设备名称（未经验证）"),
            device.device_label.as_str().to_owned(),
        ),
        (
            t("Request from", "请求来源"),
            flow.with_place(device.created_ip, is_chinese),
        ),
        (t("Requested", "请求时间"), asked),
    ]
}

/// How long the device gets in for.
pub(super) fn lifetime(language: PageLanguage, life: TimeDelta) -> (String, String) {
    let days = life.num_days();
    (
        language.t("Access lasts", "有效期").to_owned(),
        language
            .t(
                &format!("{days} days, unless you revoke it earlier"),
                &format!("{days} 天，您可随时撤销"),
            )
            .to_owned(),
    )
}

/// What a decision came to, with where to go from there.
pub(super) fn outcome(
    language: PageLanguage,
    verdict: Verdict,
    links: Vec<(String, String)>,
) -> MessagePage {
    let (title, text) = match verdict {
        Verdict::Approve => (
            ("Device connected", "设备已连接"),
            (
                "Done. You can return to your device.",
                "操作完成，您可以返回设备继续。",
            ),
        ),
        Verdict::Deny => (
            ("Request denied", "已拒绝请求"),
            (
                "The device was not connected, and nobody was given access.",
                "设备未连接，也未授予任何人访问权限。",
            ),
        ),
    };
    MessagePage {
        page: Page::new(language, title.0, title.1),
        lines: vec![language.t(text.0, text.1).to_owned()],
        button: None,
        links,
    }
}

/// What a form says: nothing but the two words.
pub(super) fn verdict(sent: &PageForm) -> Option<Verdict> {
    match sent.value("verdict") {
        "approve" => Some(Verdict::Approve),
        "deny" => Some(Verdict::Deny),
        _ => None,
    }
}

/// Shows who could decide, or what there is to decide.
pub(crate) async fn get(
    device: Data<DeviceFlow>,
    settings: Data<DeviceSettings>,
    policy: Data<CookiePolicy>,
    ctx: RequestCtx,
    request: HttpRequest,
) -> HttpResponse {
    let Some(code) = looked_up(&device, &policy, &ctx, &request) else {
        return redirect("/device").finish();
    };
    match who(&request).await {
        Ok(identity) => {
            let asked = Asked {
                code: &code,
                life: settings.bearer_lifetime(),
                error: None,
            };
            consent(&device, &policy, &ctx, &request, &identity, asked).await
        }
        // Nobody is signed in: there are more ways than one.
        Err(Absence::SignedOut) => choose(&device, &request, &code).await,
        Err(absence) => absence.answer(&request, Destination::Device),
    }
}

async fn choose(device: &DeviceFlow, request: &HttpRequest, code: &UserCode) -> HttpResponse {
    let language = PageLanguage::of(request);
    let t = |english, chinese| language.t(english, chinese).to_owned();
    let mut links = vec![(
        t("Sign in with your account", "使用本站账户登录"),
        Destination::Device.sign_in(request),
    )];
    if device.sso_gate().await.is_ok() {
        let initiate = format!(
            "/openapi/v1/oauth/device/sso-initiate?user_code={}",
            code.expose()
        );
        let without = t("No account? Continue with ", "没有账户？继续使用 ");
        let providers = device.sso_providers();
        if providers.is_empty() {
            links.push((format!("{without}SSO"), initiate.clone()));
        }
        links.extend(providers.into_iter().map(|(name, label)| {
            let url = format!("{initiate}&provider={name}");
            (format!("{without}{label}"), url)
        }));
    }
    let page = MessagePage {
        page: Page::new(language, "Choose how to continue", "选择继续方式"),
        lines: vec![t(
            "Sign in first. You can then review the request before you decide.",
            "请先确认身份，再查看请求详情并作出决定。",
        )],
        button: None,
        links,
    };
    show(StatusCode::OK, &page)
}

struct Asked<'a> {
    code: &'a UserCode,
    life: TimeDelta,
    error: Option<String>,
}

async fn consent(
    device: &DeviceFlow,
    policy: &CookiePolicy,
    ctx: &RequestCtx,
    request: &HttpRequest,
    identity: &ConsoleIdentity,
    asked: Asked<'_>,
) -> HttpResponse {
    let language = PageLanguage::of(request);
    let receipt = receipt_of(request, asked.code);
    let account = identity.account.id;
    let pending = device.pending_device(ctx, asked.code, receipt.as_deref(), account);
    let grant = match pending.await {
        Ok(Some(grant)) => grant,
        Ok(None) | Err(LookupError::RateLimited(_)) => {
            return begin_again(policy, "user_code_not_pending");
        }
        Err(LookupError::Unavailable(error)) => return unavailable(language, &error),
    };
    let t = |english, chinese| language.t(english, chinese).to_owned();
    let mut facts = facts(language, device, &grant, ctx.now);
    facts.push((
        t("Signed in as", "当前身份"),
        identity.account.email.clone(),
    ));
    if let Some(workspace) = identity.current_workspace() {
        let text = format!("{} ({})", workspace.name, language.role(workspace.role));
        facts.push((t("Workspace", "工作空间"), text));
    }
    facts.push((
        t("Permissions", "权限"),
        t(
            "Act as you through the API: view your profile and workspaces, and run and manage apps as your role allows",
            "通过 API 以您的身份操作：查看您的个人资料和工作空间，并按您的角色运行和管理应用",
        ),
    ));
    facts.push(lifetime(language, asked.life));
    let status = if asked.error.is_some() {
        StatusCode::BAD_REQUEST
    } else {
        StatusCode::OK
    };
    let page = ConsentPage {
        page: Page::new(language, "Approve this device?", "批准此设备？").with_error(asked.error),
        action: "/device/confirm",
        code: asked.code.expose().to_owned(),
        csrf_token: csrf_token(request, identity),
        facts,
    };
    show(status, &page)
}

fn receipt_of(request: &HttpRequest, code: &UserCode) -> Option<String> {
    receipt(request, &code_fingerprint(code))
}

/// Decides. A tick in the box is asked for again here: a browser that skips it approves nothing.
pub(crate) async fn post(
    device: Data<DeviceFlow>,
    settings: Data<DeviceSettings>,
    policy: Data<CookiePolicy>,
    ctx: RequestCtx,
    sent: PageForm,
) -> HttpResponse {
    let language = sent.language;
    let code: Option<UserCode> = sent.value("user_code").parse().ok();
    let identity = match signed_in(&sent.request, Destination::Device).await {
        Ok(identity) => identity,
        Err(answer) => return answer,
    };
    let token = sent.value("csrf_token").as_bytes();
    let verdict = match check_csrf_token(&sent.request, &identity, Some(token)) {
        Ok(()) => verdict(&sent),
        Err(ConsoleError::Csrf(CsrfFailure::Several)) => {
            return Absence::Several.answer(&sent.request, Destination::Device);
        }
        Err(_) => return begin_again(&policy, "csrf_mismatch"),
    };
    let has_compared = sent.value("same_code") == "yes";
    let Some(verdict) = verdict.filter(|v| *v == Verdict::Deny || has_compared) else {
        let Some(code) = &code else {
            return begin_again(&policy, "user_code_not_pending");
        };
        let asked = Asked {
            code,
            life: settings.bearer_lifetime(),
            error: Some(flash(language, "not_compared")),
        };
        return consent(&device, &policy, &ctx, &sent.request, &identity, asked).await;
    };
    let command = Decide {
        receipt: code
            .as_ref()
            .and_then(|code| receipt_of(&sent.request, code)),
        user_code: code,
        is_browser: true,
        verdict,
    };
    let decided = async {
        device.charge_decision(&identity).await?;
        device.decide(&ctx, &identity, command).await
    };
    match decided.await {
        Ok(()) => {
            let label = language.t("View connected devices", "查看已连接的设备");
            let links = vec![(label.to_owned(), "/account".to_owned())];
            let mut answer = show(StatusCode::OK, &outcome(language, verdict, links));
            if let Err(error) = answer.add_cookie(&policy.cleared_device_code()) {
                tracing::error!(
                    event = "http.cookie_invalid",
                    %error,
                    "a cookie cannot be cleared"
                );
            }
            answer
        }
        Err(DecideError::Unavailable(error)) => unavailable(language, &error),
        Err(DecideError::AccountInactive) => begin_again(&policy, "account_inactive"),
        Err(error) => begin_again(&policy, &error.to_string()),
    }
}
