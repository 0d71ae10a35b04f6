//! Who is signed in, for pages: whoever is not is sent to sign in and comes back; whoever only has to
//! be renewed is renewed on the way.

use std::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse, dev::Payload, http::StatusCode, web::Data,
};
use gatewright_auth::{
    console::{ConsoleSettings, CsrfFailure},
    origin::PublicUrls,
};
use gatewright_domain::account::AccountStatus;
use gatewright_usecase_identity::console::{Console, ConsoleError, RefreshError, SessionTokens};
use gatewright_usecase_kit::ConsoleIdentity;

use crate::{
    absence::Absence,
    form::{PageForm, message},
    link::Link,
    page::{MessagePage, NavLink, Page, PageLanguage, show},
    unavailable::unavailable,
};
use gatewright_http_kit::{
    cookies::{self, CookiePolicy, put},
    error::redirect,
    extract::{RequestCtx, check_csrf_token, csrf_cookie, resolve_session},
};

/// The pages that somebody is led back to: known ones alone, never an address out of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// `/account`, where everybody may go.
    Account,
    /// `/account/profile`: name, language, time zone.
    Profile,
    /// `/account/password`: a new one.
    Password,
    /// `/device/confirm`: a device that asks.
    Device,
    /// `/workspace`: members and roles.
    Workspace,
    /// `/workspace/audit`: who did what.
    Audit,
    /// `/apps`: the apps of the workspace.
    Apps,
}

impl Destination {
    const ALL: [Self; 7] = [
        Self::Account,
        Self::Profile,
        Self::Password,
        Self::Device,
        Self::Workspace,
        Self::Audit,
        Self::Apps,
    ];

    /// What a link says, or the account.
    pub fn of(name: &str) -> Self {
        let found = Self::ALL.into_iter().find(|one| one.name() == name);
        found.unwrap_or(Self::Account)
    }

    /// Where the page is.
    pub fn path(self) -> &'static str {
        match self {
            Self::Account => "/account",
            Self::Profile => "/account/profile",
            Self::Password => "/account/password",
            Self::Device => "/device/confirm",
            Self::Workspace => "/workspace",
            Self::Audit => "/workspace/audit",
            Self::Apps => "/apps",
        }
    }

    /// What a link says instead of the path.
    pub fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Profile => "profile",
            Self::Password => "password",
            Self::Device => "device",
            Self::Workspace => "workspace",
            Self::Audit => "audit",
            Self::Apps => "apps",
        }
    }

    /// Where somebody signs in and comes back here from: our page, or the web console's, which is told
    /// the path.
    pub fn sign_in(self, request: &HttpRequest) -> String {
        match request.app_data::<Data<PublicUrls>>() {
            Some(urls) if !urls.has_own_pages() => {
                let path = self.path().replace('/', "%2F");
                urls.page(&format!("/signin?redirect_url={path}"))
            }
            _ => format!("/signin?next={}", self.name()),
        }
    }
}

/// Whoever is signed in, whatever has yet to be said of them; or why nobody is.
pub async fn present(request: &HttpRequest) -> Result<ConsoleIdentity, Absence> {
    let session = resolve_session(request).await;
    session.map_err(|error| Absence::of(request, error))
}

/// Whoever is signed in and may act; or why nobody does.
pub async fn who(request: &HttpRequest) -> Result<ConsoleIdentity, Absence> {
    let session = present(request).await?;
    match session.account.status {
        AccountStatus::Uninitialized => Err(Absence::NotInitialised),
        _ => Ok(session),
    }
}

/// Whoever is signed in; or the way to become it.
pub async fn signed_in(
    request: &HttpRequest,
    here: Destination,
) -> Result<ConsoleIdentity, HttpResponse> {
    let who = who(request).await;
    who.map_err(|absence| absence.answer(request, here))
}

/// The same of a form, which must also be from a page of this session.
pub async fn sent_by(sent: &PageForm, here: Destination) -> Result<ConsoleIdentity, HttpResponse> {
    let session = signed_in(&sent.request, here).await?;
    require_token(sent, &session, here)?;
    Ok(session)
}

/// The same, of an account that has yet to be initialised too.
pub async fn sent_by_any(
    sent: &PageForm,
    here: Destination,
) -> Result<ConsoleIdentity, HttpResponse> {
    let session = present(&sent.request).await;
    let session = session.map_err(|absence| absence.answer(&sent.request, here))?;
    require_token(sent, &session, here)?;
    Ok(session)
}

/// That a form is from a page of this session.
#[allow(clippy::result_large_err, reason = "an answer, sent at once")]
pub fn require_token(
    sent: &PageForm,
    session: &ConsoleIdentity,
    here: Destination,
) -> Result<(), HttpResponse> {
    let token = sent.value("csrf_token").as_bytes();
    match check_csrf_token(&sent.request, session, Some(token)) {
        Ok(()) => Ok(()),
        Err(ConsoleError::Csrf(CsrfFailure::Several)) => {
            Err(Absence::Several.answer(&sent.request, here))
        }
        Err(_) => Err(back(here, "said=stale")),
    }
}

/// To a page, with a word for it.
pub fn back(to: Destination, query: &str) -> HttpResponse {
    let mark = if query.is_empty() { "" } else { "?" };
    redirect(&format!("{}{mark}{query}", to.path()))
        .status(StatusCode::SEE_OTHER)
        .finish()
}

/// To a page, with a session.
pub fn enter(
    policy: &CookiePolicy,
    settings: &ConsoleSettings,
    request: &HttpRequest,
    tokens: SessionTokens,
    to: Destination,
) -> HttpResponse {
    let mut response = redirect(to.path());
    policy.sign_in(&mut response, request, tokens, settings);
    response.status(StatusCode::SEE_OTHER).finish()
}

/// What a page of this session puts into its forms.
pub fn csrf_token(request: &HttpRequest, session: &ConsoleIdentity) -> String {
    let cookie = csrf_cookie(request, session).ok().flatten();
    cookie.unwrap_or_default()
}

/// Where somebody goes then, as one word; or what was said of a form, as one word.
#[derive(Debug, Default)]
pub struct FlashQuery {
    /// The page that was wanted, by its name.
    pub next: Option<String>,
    /// What was done just before, by its name.
    pub flash: Option<String>,
    /// Of a list; what is no number is the first.
    page: Option<String>,
    /// Part of a name or address.
    pub q: Option<String>,
}

impl FromRequest for FlashQuery {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, actix_web::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let link = Link::of(request);
        let get = |name| link.get(name).map(str::to_owned);
        ready(Ok(Self {
            next: get("next"),
            flash: get("said"),
            page: get("page"),
            q: get("q"),
        }))
    }
}

impl FlashQuery {
    /// The part of a list that is wanted, from 1 on.
    pub fn page(&self) -> Option<usize> {
        self.page.as_deref()?.parse().ok()
    }
}

/// The page, with what became of the form before it.
pub fn flash(mut page: Page, name: Option<&str>) -> Page {
    let language = page.language;
    let text = |english, chinese| Some(language.t(english, chinese).to_owned());
    match name {
        Some("stale") => {
            page.error = text(
                "This page was out of date, so nothing was done. Check it and try again.",
                "页面已过期，未执行任何操作。请核对后重试。",
            );
        }
        Some("saved") => page.notice = text("Saved.", "已保存。"),
        Some("ended") => page.notice = text("Signed out.", "已退出登录。"),
        Some("password") => {
            page.notice = text(
                "Password set. All other browsers and all devices were signed out.",
                "密码已设置，所有其他浏览器和设备均已退出登录。",
            );
        }
        Some("left") => {
            page.notice = text("You left the workspace.", "您已退出该工作空间。");
        }
        Some("joined") => {
            page.notice = text(
                "You joined the workspace. Switch to it below.",
                "您已加入工作空间，可在下方切换到该工作空间。",
            );
        }
        Some("connected") => {
            page.notice = text(
                "Provider connected. We emailed you a confirmation.",
                "已绑定身份提供方，通知邮件已发送到您的邮箱。",
            );
        }
        Some("disconnected") => {
            page.notice = text(
                "Provider disconnected. You were signed out everywhere else.",
                "已解绑身份提供方，所有其他浏览器和设备均已退出登录。",
            );
        }
        Some("fresh") => {
            page.error = text(
                "This requires a sign-in within the last 10 minutes. Sign out, sign in again, and retry.",
                "此操作要求您在最近 10 分钟内登录过。请退出并重新登录后再试。",
            );
        }
        Some("last_way") => {
            page.error = text(
                "This is your only way to sign in. Set a password or connect another provider first.",
                "这是您唯一的登录方式。请先设置密码或绑定其他身份提供方。",
            );
        }
        Some("wrong_password") => {
            page.error = text(
                "Incorrect password. Nothing was changed.",
                "密码错误，未作任何更改。",
            );
        }
        Some("provider") => {
            page.error = text(
                "The identity provider is not responding. Try again in a few minutes.",
                "身份提供方没有响应，请几分钟后重试。",
            );
        }
        Some("wait") => {
            page.error = text(
                "Too many attempts. Try again in a few minutes.",
                "尝试次数过多，请几分钟后重试。",
            );
        }
        Some("removed") => page.notice = text("Removed.", "已移除。"),
        Some("switched") => page.notice = text("Workspace switched.", "已切换工作空间。"),
        _ => {}
    }
    page
}

/// Renews a session. Its cookie is sent from our own pages alone, so no other page can cause this. A
/// page that finds nobody all the same does not lead here again at once, but says why.
pub async fn renew(
    console: Data<Console>,
    policy: Data<CookiePolicy>,
    settings: Data<ConsoleSettings>,
    ctx: RequestCtx,
    from: FlashQuery,
    request: HttpRequest,
) -> HttpResponse {
    let language = PageLanguage::of(&request);
    let to = Destination::of(from.next.as_deref().unwrap_or_default());
    let held = policy.held(&request, &cookies::REFRESH).into_all();
    match console.refresh(&ctx, &held).await {
        Ok(tokens) => {
            let mut answer = enter(&policy, &settings, &request, tokens, to);
            put(&mut answer, [policy.renewed()]);
            answer
        }
        Err(RefreshError::Unavailable(error)) => unavailable(language, &error),
        Err(RefreshError::Several) => Absence::Several.answer(&request, to),
        Err(error @ RefreshError::RateLimited(_)) => {
            let text = message(language, "too_many_requests", &error.to_string());
            show(
                StatusCode::TOO_MANY_REQUESTS,
                &MessagePage::saying(
                    Page::new(language, "Too many requests", "请求过于频繁"),
                    text,
                ),
            )
        }
        Err(_) => {
            // Without an account one can go on with a device all the same: that page says how.
            let mut answer = match to {
                Destination::Device => back(to, ""),
                _ => Absence::SignedOut.answer(&request, to),
            };
            put(&mut answer, policy.ended(&request));
            answer
        }
    }
}

/// The way around for somebody who is signed in.
pub fn navigation(language: PageLanguage, here: Destination) -> Vec<NavLink> {
    let links = [
        (Destination::Apps, "Apps", "应用"),
        (Destination::Account, "Account", "账户"),
        (Destination::Device, "Connect a device", "连接设备"),
        (Destination::Workspace, "Workspace", "工作空间"),
    ];
    let own = |(to, english, chinese)| NavLink {
        label: language.t(english, chinese).to_owned(),
        // Nothing has been looked up: the code comes first.
        path: if to == Destination::Device {
            "/device"
        } else {
            Destination::path(to)
        },
        is_here: to == here,
    };
    let mut all: Vec<NavLink> = links.into_iter().map(own).collect();
    all.push(NavLink {
        label: language.t("API reference", "API 参考").to_owned(),
        path: "/reference",
        is_here: false,
    });
    all
}
