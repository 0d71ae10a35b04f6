//! The consent page of somebody without an account, under the path of their grant's cookie.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use gatewright_auth::device::DeviceSettings;
use gatewright_domain::{Classify as _, ErrorKind, device_grant::UserCode};
use gatewright_usecase_device::device::{DeviceFlow, SsoError, Verdict};

use super::{
    EXTERNAL_CONSENT, begin_again,
    consent::{ConsentPage, facts, lifetime, outcome, verdict},
    message::flash,
};
use gatewright_http_kit::{
    cookies::{self, CookiePolicy, put},
    extract::{RequestCtx, approval_grant},
};
use gatewright_pages_kit::{
    form::PageForm,
    page::{Page, PageLanguage, show},
    unavailable::unavailable,
};

/// Shows what there is to decide.
pub(crate) async fn get(
    device: Data<DeviceFlow>,
    settings: Data<DeviceSettings>,
    policy: Data<CookiePolicy>,
    ctx: RequestCtx,
    request: HttpRequest,
) -> HttpResponse {
    consent(&device, &settings, &policy, &ctx, &request, None).await
}

async fn consent(
    device: &DeviceFlow,
    settings: &DeviceSettings,
    policy: &CookiePolicy,
    ctx: &RequestCtx,
    request: &HttpRequest,
    error: Option<String>,
) -> HttpResponse {
    let language = PageLanguage::of(request);
    let grant = approval_grant(request);
    let (context, asks) = match device.external_consent(ctx, grant.as_deref()).await {
        Ok(found) => found,
        Err(error) => return refused(policy, language, &error),
    };
    let t = |english, chinese| language.t(english, chinese).to_owned();
    let mut facts = facts(language, device, &asks, ctx.now);
    facts.extend([
        (t("Signed in as", "当前身份"), context.subject_email),
        (t("Identity provider", "身份提供方"), context.subject_issuer),
        (
            t("Permissions", "权限"),
            t(
                "Run the apps available to you, and nothing else",
                "仅可运行对您开放的应用，不能执行其他操作",
            ),
        ),
        lifetime(language, settings.bearer_lifetime()),
    ]);
    let status = if error.is_some() {
        StatusCode::BAD_REQUEST
    } else {
        StatusCode::OK
    };
    let page = ConsentPage {
        page: Page::new(language, "Approve this device?", "批准此设备？").with_error(error),
        action: EXTERNAL_CONSENT,
        code: context.user_code.expose().to_owned(),
        csrf_token: context.csrf_token,
        facts,
    };
    show(status, &page)
}

/// Takes the form of an external subject, and approves or denies the device.
pub(crate) async fn post(
    device: Data<DeviceFlow>,
    settings: Data<DeviceSettings>,
    policy: Data<CookiePolicy>,
    ctx: RequestCtx,
    sent: PageForm,
) -> HttpResponse {
    let language = sent.language;
    let has_compared = sent.value("same_code") == "yes";
    let verdict = verdict(&sent).filter(|v| *v == Verdict::Deny || has_compared);
    let Some(verdict) = verdict else {
        let error = Some(flash(language, "not_compared"));
        return consent(&device, &settings, &policy, &ctx, &sent.request, error).await;
    };
    let decided = async {
        let grant = approval_grant(&sent.request);
        let token = Some(sent.value("csrf_token").as_bytes());
        // That the form is of our own page was asked before it was read.
        let admitted = device.admit_external(&ctx, grant.as_deref(), token, true);
        let code: Option<UserCode> = sent.value("user_code").parse().ok();
        device
            .decide_external(&ctx, admitted.await?, code.as_ref(), verdict)
            .await
    };
    if let Err(error) = decided.await {
        return refused(&policy, language, &error);
    }
    let mut answer = show(StatusCode::OK, &outcome(language, verdict, vec![]));
    if let Err(error) = answer.add_cookie(&policy.cleared_approval_grant()) {
        tracing::error!(event = "http.cookie_invalid", %error, "a cookie cannot be cleared");
    }
    answer
}

fn refused(policy: &CookiePolicy, language: PageLanguage, error: &SsoError) -> HttpResponse {
    match error {
        SsoError::Unavailable(error) => unavailable(language, error),
        other => {
            let mut answer = begin_again(policy, &other.code().replace(' ', "_"));
            if other.kind() == ErrorKind::Unauthenticated {
                // Of two nothing came: nor would it of a third beside them.
                put(&mut answer, policy.everywhere(&cookies::APPROVAL_GRANT));
            }
            answer
        }
    }
}
