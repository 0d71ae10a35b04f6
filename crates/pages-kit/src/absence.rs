//! Why nobody can act on a page, and the way on from there: to sign in, to be renewed, or a page that
//! says why neither would help. Nobody is sent round in a circle.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use gatewright_domain::error::Unavailable;
use gatewright_usecase_identity::console::{Console, ConsoleError};

use crate::{
    guard::Destination,
    page::{MessagePage, Page, PageLanguage, onward, show},
    unavailable::unavailable,
};
use gatewright_http_kit::{
    cookies::{self, CookiePolicy, put},
    extract::{RequestCtx, SEVERAL_SESSIONS},
};

/// Why nobody can act here.
pub enum Absence {
    /// Nobody was signed in, or not lately.
    SignedOut,
    /// Somebody who only has to be renewed.
    RunOut,
    /// Somebody who was renewed a moment ago, and yet nobody is signed in.
    NotKept(Why),
    /// Two sessions, both of them real.
    Several,
    /// An account that is in no workspace.
    NoWorkspace,
    /// An account that has to be initialised first.
    NotInitialised,
    /// A store does not answer.
    Unavailable(Unavailable),
}

/// Why renewing did not help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The new cookie was not sent back.
    NotSent,
    /// It is from the future: the machines of this installation have different clocks.
    Clocks,
    /// It is not one of ours: another application's, or of a machine with another key.
    Unreadable,
    /// It was ended meanwhile.
    Ended,
}

impl Absence {
    /// What an error of the session says about who is here.
    pub fn of(request: &HttpRequest, error: ConsoleError) -> Self {
        let reason = match error {
            ConsoleError::Unavailable(error) => return Self::Unavailable(error),
            ConsoleError::NoAccount => return Self::NoWorkspace,
            ConsoleError::Unauthorized(SEVERAL_SESSIONS) => return Self::Several,
            ConsoleError::Unauthorized(reason) => reason,
            _ => "ended",
        };
        let Some(policy) = request.app_data::<Data<CookiePolicy>>() else {
            return Self::SignedOut;
        };
        match (
            policy.has(request, &cookies::REFRESH),
            policy.has(request, &cookies::RENEWED),
        ) {
            (false, _) => Self::SignedOut,
            (true, false) => Self::RunOut,
            (true, true) => Self::NotKept(Why::of(request, policy, reason)),
        }
    }

    /// What to do about it, and back to where it was noticed.
    pub fn answer(self, request: &HttpRequest, here: Destination) -> HttpResponse {
        let language = PageLanguage::of(request);
        match self {
            Self::SignedOut => onward(&here.sign_in(request)),
            Self::RunOut => onward(&format!("/renew?next={}", here.name())),
            Self::NotInitialised => onward("/account/init"),
            Self::NoWorkspace => show(StatusCode::FORBIDDEN, &no_workspace(language)),
            Self::Unavailable(error) => unavailable(language, &error),
            Self::Several => {
                let lines = vec![language.t(SEVERAL.0, SEVERAL.1).to_owned()];
                let page = sign_in_again(request, here, lines, false);
                cleared(request, show(StatusCode::UNAUTHORIZED, &page), true)
            }
            Self::NotKept(why) => {
                tracing::warn!(
                    event = "page.session_lost",
                    ?why,
                    "a session was renewed, and is not there all the same"
                );
                let lines = why.lines(language);
                // With other clocks the same happens again after signing in; waiting helps.
                let may_wait = why == Why::Clocks;
                let page = sign_in_again(request, here, lines, may_wait);
                cleared(request, show(StatusCode::UNAUTHORIZED, &page), !may_wait)
            }
        }
    }
}

const SEVERAL: (&str, &str) = (
    "This browser held two valid sign-ins for this address. Another application, or someone else, may have put one of them there. Neither was used, and both were removed from this browser.",
    "此浏览器中存在两个有效的登录状态，其中一个可能由其他应用或他人写入。两者均未被使用，并已从此浏览器中清除。",
);

impl Why {
    fn of(request: &HttpRequest, policy: &CookiePolicy, reason: &str) -> Self {
        match reason {
            "no_session" => Self::NotSent,
            "invalid_session" if is_from_the_future(request, policy) => Self::Clocks,
            "invalid_session" => Self::Unreadable,
            _ => Self::Ended,
        }
    }

    fn lines(self, language: PageLanguage) -> Vec<String> {
        let (english, chinese) = match self {
            Self::NotSent => (
                "You signed in, but your browser did not send the sign-in cookie back. Allow cookies for this site, and open it at the address that your administrator gave you.",
                "您已登录，但浏览器未发回登录 Cookie。请允许本站使用 Cookie，并通过管理员提供的地址访问。",
            ),
            Self::Clocks => (
                "You are signed in, but the clocks on this service's machines differ, so your sign-in is not accepted yet. Wait a minute and try again. If the problem persists, ask your administrator to correct the clocks.",
                "您已登录，但服务器之间的时钟不一致，登录暂未生效。请等待一分钟后重试。如果问题仍然存在，请联系管理员校准服务器时钟。",
            ),
            Self::Unreadable => (
                "You signed in, but the sign-in cookie that your browser sends is not ours: another application on this domain uses the same name, or this service's machines have different keys. The cookies were removed. If this happens again after you sign in, contact your administrator.",
                "您已登录，但浏览器发送的登录 Cookie 并非由本站签发：同域名的其他应用使用了相同名称，或服务器之间的密钥不一致。Cookie 已清除。如果重新登录后问题仍然存在，请联系管理员。",
            ),
            Self::Ended => (
                "Your session has ended. Sign in again.",
                "您的会话已结束，请重新登录。",
            ),
        };
        vec![language.t(english, chinese).to_owned()]
    }
}

fn is_from_the_future(request: &HttpRequest, policy: &CookiePolicy) -> bool {
    let (Some(console), Ok(ctx)) = (request.app_data::<Data<Console>>(), RequestCtx::of(request))
    else {
        return false;
    };
    let held = policy.held(request, &cookies::ACCESS).into_all();
    held.iter()
        .any(|access| console.is_from_the_future(&ctx, access))
}

fn sign_in_again(
    request: &HttpRequest,
    here: Destination,
    flash: Vec<String>,
    may_wait: bool,
) -> MessagePage {
    let language = PageLanguage::of(request);
    let t = |english, chinese| language.t(english, chinese).to_owned();
    let mut links = vec![];
    if may_wait {
        links.push((
            t("Try again", "重试"),
            format!("/renew?next={}", here.name()),
        ));
    }
    links.push((t("Sign in again", "重新登录"), here.sign_in(request)));
    MessagePage {
        page: Page::new(language, "Please sign in again", "请重新登录"),
        lines: flash,
        button: None,
        links,
    }
}

fn no_workspace(language: PageLanguage) -> MessagePage {
    let text = language.t(
        "You are signed in, but you do not belong to a workspace. Ask a workspace administrator to invite you.",
        "您已登录，但尚未加入任何工作空间。请联系工作空间的管理员邀请您。",
    );
    let page = Page::new(language, "No workspace", "没有工作空间");
    let mut flash = MessagePage::saying(page, text.to_owned());
    let label = language.t("Sign out", "退出登录").to_owned();
    flash.button = Some((label, "/signout"));
    flash
}

/// The answer, without the mark of a renewal; and, where they are good for nothing, the session's
/// cookies in all their forms.
fn cleared(request: &HttpRequest, mut answer: HttpResponse, with_session: bool) -> HttpResponse {
    if let Some(policy) = request.app_data::<Data<CookiePolicy>>() {
        put(&mut answer, policy.everywhere(&cookies::RENEWED));
        if with_session {
            put(&mut answer, policy.ended(request));
        }
    }
    answer
}
