//! Who is signed in, for pages: whoever is not is sent to sign in and comes back; whoever only has to
//! be renewed is renewed on the way.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Data, Query},
};
use gatewright_app::console::{
    Console, ConsoleError, ConsoleIdentity, RefreshError, SessionTokens,
};
use gatewright_auth::console::ConsoleSettings;
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
    const ALL: [(Self, &'static str, &'static str); 6] = [
        (Self::Account, "account", "/account"),
        (Self::Profile, "profile", "/account/profile"),
        (Self::Password, "password", "/account/password"),
        (Self::Device, "device", "/device/confirm"),
        (Self::Workspace, "workspace", "/workspace"),
        (Self::Audit, "audit", "/workspace/audit"),
    ];

    /// What a link says, or the account.
    pub(super) fn of(word: &str) -> Self {
        let found = Self::ALL.into_iter().find(|(_, known, _)| *known == word);
        found.map_or(Self::Account, |(found, ..)| found)
    }

    fn entry(self) -> (&'static str, &'static str) {
        let found = Self::ALL.into_iter().find(|(known, ..)| *known == self);
        found.map_or(("account", "/account"), |(_, word, path)| (word, path))
    }

    pub(super) fn path(self) -> &'static str {
        self.entry().1
    }

    pub(super) fn word(self) -> &'static str {
        self.entry().0
    }
}

/// Whoever is signed in; or the way to become it.
pub(super) async fn signed_in(
    request: &HttpRequest,
    here: Destination,
) -> Result<ConsoleIdentity, HttpResponse> {
    resolve_session(request).await.map_err(|error| match error {
        ConsoleError::Unavailable(error) => unavailable(PageLanguage::of(request), &error),
        _ => {
            let policy = request.app_data::<Data<CookiePolicy>>();
            let is_renewable = policy.is_some_and(|p| p.read(request, cookies::REFRESH).is_some());
            let way = if is_renewable { "renew" } else { "signin" };
            redirect(&format!("/{way}?next={}", here.word()))
                .status(StatusCode::SEE_OTHER)
                .finish()
        }
    })
}

/// Whether an answer of [`signed_in`] means that only signing in helps.
pub(super) fn leads_to_sign_in(answer: &HttpResponse) -> bool {
    let to = answer.headers().get(header::LOCATION);
    to.is_some_and(|to| to.as_bytes().starts_with(b"/signin"))
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
