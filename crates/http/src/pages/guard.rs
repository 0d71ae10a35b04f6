//! Who is signed in, for pages: whoever is not is sent to sign in and comes back; whoever only has to
//! be renewed is renewed on the way.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Query},
};
use gatewright_app::console::{
    Console, ConsoleError, ConsoleIdentity, RefreshError, SessionTokens,
};
use gatewright_auth::console::ConsoleSettings;
use gatewright_domain::error::Unavailable;
use serde::Deserialize;

use super::{
    form::{PageForm, words},
    install::unavailable,
    page::{MessagePage, NavLink, Page, PageLanguage, show},
};
use crate::{
    cookies::{self, CookiePolicy},
    envelope::redirect,
    extract::{RequestCtx, check_csrf_token, resolve_session},
};

/// The pages that somebody is led back to: known ones alone, never an address out of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Destination {
    Account,
    Profile,
    Password,
    Device,
    Workspace,
    Audit,
}

impl Destination {
    const ALL: [Self; 6] = [
        Self::Account,
        Self::Profile,
        Self::Password,
        Self::Device,
        Self::Workspace,
        Self::Audit,
    ];

    /// What a link says, or the account.
    pub(super) fn of(word: &str) -> Self {
        let found = Self::ALL.into_iter().find(|one| one.word() == word);
        found.unwrap_or(Self::Account)
    }

    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Account => "/account",
            Self::Profile => "/account/profile",
            Self::Password => "/account/password",
            Self::Device => "/device/confirm",
            Self::Workspace => "/workspace",
            Self::Audit => "/workspace/audit",
        }
    }

    /// What a link says instead of the path.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Profile => "profile",
            Self::Password => "password",
            Self::Device => "device",
            Self::Workspace => "workspace",
            Self::Audit => "audit",
        }
    }
}

/// Why nobody is signed in here.
pub(super) enum Absence {
    /// Nobody was, or not lately.
    SignedOut,
    /// Somebody who only has to be renewed.
    RunOut,
    /// A store does not answer.
    Unavailable(Unavailable),
}

impl Absence {
    /// What to do about it, and back to where it was noticed.
    pub(super) fn answer(self, request: &HttpRequest, here: Destination) -> HttpResponse {
        let way = match self {
            Self::SignedOut => "signin",
            Self::RunOut => "renew",
            Self::Unavailable(error) => return unavailable(PageLanguage::of(request), &error),
        };
        redirect(&format!("/{way}?next={}", here.word()))
            .status(StatusCode::SEE_OTHER)
            .finish()
    }
}

/// Whoever is signed in; or why nobody is.
pub(super) async fn who(request: &HttpRequest) -> Result<ConsoleIdentity, Absence> {
    resolve_session(request).await.map_err(|error| {
        let policy = request.app_data::<Data<CookiePolicy>>();
        match error {
            ConsoleError::Unavailable(error) => Absence::Unavailable(error),
            _ if policy.is_some_and(|p| p.read(request, cookies::REFRESH).is_some()) => {
                Absence::RunOut
            }
            _ => Absence::SignedOut,
        }
    })
}

/// Whoever is signed in; or the way to become it.
pub(super) async fn signed_in(
    request: &HttpRequest,
    here: Destination,
) -> Result<ConsoleIdentity, HttpResponse> {
    let who = who(request).await;
    who.map_err(|absence| absence.answer(request, here))
}

/// The same of a form, which must also be from a page of this session.
pub(super) async fn sent_by(
    sent: &PageForm,
    here: Destination,
) -> Result<ConsoleIdentity, HttpResponse> {
    let session = signed_in(&sent.request, here).await?;
    let token = sent.value("csrf_token").as_bytes();
    if check_csrf_token(&sent.request, &session, Some(token)).is_err() {
        return Err(back(here, "said=stale"));
    }
    Ok(session)
}

/// To a page, with a word for it.
pub(super) fn back(to: Destination, query: &str) -> HttpResponse {
    redirect(&format!("{}?{query}", to.path()))
        .status(StatusCode::SEE_OTHER)
        .finish()
}

/// To a page, with a session.
pub(super) fn enter(
    (policy, settings): (&CookiePolicy, &ConsoleSettings),
    tokens: SessionTokens,
    to: Destination,
) -> HttpResponse {
    let mut response = redirect(to.path());
    policy.sign_in(&mut response, tokens, settings);
    response.status(StatusCode::SEE_OTHER).finish()
}

/// What a page of this session puts into its forms.
pub(super) fn csrf_token(request: &HttpRequest) -> String {
    let policy = request.app_data::<Data<CookiePolicy>>();
    policy
        .and_then(|policy| policy.read(request, cookies::CSRF))
        .unwrap_or_default()
}

/// Where somebody goes then, as one word; or what was said of a form, as one word.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Words {
    pub(super) next: Option<String>,
    pub(super) said: Option<String>,
    /// Of a list; what is no number is the first.
    page: Option<String>,
    /// Part of a name or address.
    pub(super) q: Option<String>,
}

impl Words {
    pub(super) fn page(&self) -> Option<usize> {
        self.page.as_deref()?.parse().ok()
    }
}

/// The page, with what became of the form before it.
pub(super) fn said(mut page: Page, word: Option<&str>) -> Page {
    let language = page.language;
    let text = |english, chinese| Some(language.t(english, chinese).to_owned());
    match word {
        Some("stale") => {
            page.error = text(
                "That page was too old. Nothing was done: look again, and press once more.",
                "页面已过期，未执行任何操作。请核对后重试。",
            );
        }
        Some("saved") => page.notice = text("Saved.", "已保存。"),
        Some("ended") => page.notice = text("Ended.", "已结束。"),
        Some("password") => {
            page.notice = text(
                "Your password is set. Everything else has ended.",
                "密码已设置，其他会话均已结束。",
            );
        }
        Some("left") => {
            page.notice = text("You left the workspace.", "您已退出该工作空间。");
        }
        Some("joined") => {
            page.notice = text(
                "You are a member now. Work there by choosing it below.",
                "您已成为成员，可在下方切换到该工作空间。",
            );
        }
        Some("connected") => {
            page.notice = text(
                "Connected. Your mailbox has a letter about it.",
                "已绑定，相关邮件已发送到您的邮箱。",
            );
        }
        Some("disconnected") => {
            page.notice = text(
                "Disconnected. Everything but this browser has ended.",
                "已解绑，除此浏览器外的所有会话均已结束。",
            );
        }
        Some("fresh") => {
            page.error = text(
                "For this you must have signed in within the last ten minutes. Sign out, sign in, and try again.",
                "此操作要求您在最近十分钟内登录过。请退出后重新登录再试。",
            );
        }
        Some("last_way") => {
            page.error = text(
                "This is the only way left to sign in. Set a password, or connect another provider first.",
                "这是您唯一的登录方式。请先设置密码或绑定其他身份提供方。",
            );
        }
        Some("wrong_password") => {
            page.error = text(
                "The password is wrong. Nothing was changed.",
                "密码错误，未作任何更改。",
            );
        }
        Some("provider") => {
            page.error = text(
                "The identity provider does not answer. Try again in a few minutes.",
                "身份提供方没有响应，请稍后再试。",
            );
        }
        Some("wait") => {
            page.error = text(
                "Too many attempts. Wait a few minutes.",
                "尝试次数过多，请稍等几分钟。",
            );
        }
        Some("removed") => page.notice = text("Removed.", "已移除。"),
        Some("switched") => page.notice = text("You work here now.", "已切换到此工作空间。"),
        _ => {}
    }
    page
}

/// Renews a session. Its cookie is sent from our own pages alone, so no other page can cause this.
pub(super) async fn renew(
    console: Data<Console>,
    policy: Data<CookiePolicy>,
    settings: Data<ConsoleSettings>,
    ctx: RequestCtx,
    from: Query<Words>,
    request: HttpRequest,
) -> HttpResponse {
    let language = PageLanguage::of(&request);
    let to = Destination::of(from.next.as_deref().unwrap_or_default());
    let token = policy.read(&request, cookies::REFRESH);
    match console.refresh(&ctx, token.as_deref()).await {
        Ok(tokens) => enter((&policy, &settings), tokens, to),
        Err(RefreshError::Unavailable(error)) => unavailable(language, &error),
        Err(error @ RefreshError::RateLimited { .. }) => {
            let text = words(language, "too_many_requests", &error.to_string());
            show(
                StatusCode::TOO_MANY_REQUESTS,
                &MessagePage::saying(Page::new(language, "Please wait", "请稍候"), text),
            )
        }
        Err(_) => {
            // Without an account one can go on with a device all the same: that page says how.
            let mut response = match to {
                Destination::Device => redirect(to.path()),
                _ => redirect(&format!("/signin?next={}", to.word())),
            };
            response.status(StatusCode::SEE_OTHER);
            for cookie in policy.cleared() {
                response.cookie(cookie);
            }
            response.finish()
        }
    }
}

/// The way around for somebody who is signed in.
pub(super) fn navigation(language: PageLanguage, here: Destination) -> Vec<NavLink> {
    let links = [
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
