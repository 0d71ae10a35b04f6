//! `/activate`: taking up an invitation by its link. Whoever is new makes an account by it; whoever has one
//! accepts while signed in. Looking at the page changes nothing, and tells nobody which of the two it is.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use gatewright_domain::language::Language;
use gatewright_usecase_identity::account::{
    AccountError, Accounts, Activation, InvitationView, ProfileChange,
};
use gatewright_usecase_kit::ConsoleIdentity;

use super::mailed_code::{Problem, problem, split};
use gatewright_http_identity::input::GuestName;
use gatewright_http_kit::input::text::{SecretText, Text};
use gatewright_http_kit::{
    error::redirect,
    extract::{RequestCtx, check_csrf_token, read_query},
};
use gatewright_pages_kit::{
    form::PageForm,
    guard::{Destination, back, csrf_token, who},
    page::{FormPage, Input, MessagePage, Page, PageLanguage, show},
    unavailable::unavailable,
};
use serde::Deserialize;

/// The query of an invitation's link.
#[derive(Debug, Deserialize)]
struct Link {
    token: Text,
    email: Option<Text>,
}

/// Which invitation is accepted.
#[derive(Debug, Deserialize)]
struct Acceptance {
    token: Text,
}

/// What an invited person says.
#[derive(Debug, Deserialize)]
struct Answer {
    token: Text,
    name: GuestName,
    password: Option<SecretText>,
}

/// Shows what the invitation is to.
pub(super) async fn get(
    accounts: Data<Accounts>,
    ctx: RequestCtx,
    request: HttpRequest,
) -> HttpResponse {
    let language = PageLanguage::of(&request);
    let Ok(link) = read_query::<Link>(&request) else {
        return useless(language);
    };
    match accounts
        .check_invitation(&ctx, &link.token, link.email.as_deref(), None)
        .await
    {
        Ok(Some(view)) => match invited(&request, &view).await {
            Some(session) => accept_form(language, &request, &session, &view, &link.token),
            None if view.accepted_by.is_some() => useless(language),
            None => form(language, None, &view, &link.token, ""),
        },
        Ok(None) => useless(language),
        Err(AccountError::Unavailable(error)) => unavailable(language, &error),
        Err(error) => say(language, problem(language, &error)),
    }
}

/// The session in this browser, when the invited address is signed in.
async fn invited(request: &HttpRequest, view: &InvitationView) -> Option<ConsoleIdentity> {
    let session = who(request).await.ok()?;
    (session.account.email.to_lowercase() == view.email).then_some(session)
}

/// One button, for whoever has an account.
fn accept_form(
    language: PageLanguage,
    request: &HttpRequest,
    session: &ConsoleIdentity,
    view: &InvitationView,
    token: &str,
) -> HttpResponse {
    let t = |english, chinese| language.t(english, chinese).to_owned();
    let to = t("Workspace: ", "工作空间：");
    show(
        StatusCode::OK,
        &FormPage {
            page: Page::new(language, "Workspace invitation", "工作空间邀请"),
            intro: Some(format!("{to}{} · {}", view.workspace_name, view.email)),
            action: "/activate",
            hidden: vec![
                ("token", token.to_owned()),
                ("csrf_token", csrf_token(request, session)),
            ],
            fields: vec![],
            submit: t("Join workspace", "加入工作空间"),
            links: vec![(t("Not now", "暂不加入"), "/account".to_owned())],
        },
    )
}

fn form(
    language: PageLanguage,
    error: Option<Problem>,
    view: &InvitationView,
    token: &str,
    name: &str,
) -> HttpResponse {
    let t = |english, chinese| language.t(english, chinese).to_owned();
    let (status, error) = split(error);
    let page = Page::new(language, "Workspace invitation", "工作空间邀请").with_error(error);
    let hint = t(
        "At least 8 characters, including a letter and a number.",
        "至少 8 个字符，须包含字母和数字。",
    );
    let to = t("Workspace: ", "工作空间：");
    show(
        status,
        &FormPage {
            page,
            intro: Some(format!("{to}{} · {}", view.workspace_name, view.email)),
            action: "/activate",
            hidden: vec![("token", token.to_owned())],
            fields: vec![
                Input::new("name", "text", "name", &t("Your name", "姓名")).with_value(name),
                Input::new(
                    "password",
                    "password",
                    "new-password",
                    &t("Password", "密码"),
                )
                .with_hint(&hint),
            ],
            submit: t("Accept invitation", "接受邀请"),
            links: vec![(
                t(
                    "Already have an account? Sign in to accept",
                    "已有账户？登录后接受邀请",
                ),
                format!("/signin?invite={token}"),
            )],
        },
    )
}

fn useless(language: PageLanguage) -> HttpResponse {
    let text = language.t(
        "This invitation is invalid, has expired, or was already used. Ask the person who invited you for a new one.",
        "此邀请无效、已过期或已被使用。请联系邀请人重新发送。",
    );
    say(language, (StatusCode::NOT_FOUND, text.to_owned()))
}

fn say(language: PageLanguage, problem: Problem) -> HttpResponse {
    let (status, text) = problem;
    let page = Page::new(language, "Invitation not valid", "邀请无效");
    show(
        status,
        &MessagePage {
            page,
            lines: vec![text],
            button: None,
            links: vec![(
                language.t("Go to sign in", "前往登录").to_owned(),
                "/signin".to_owned(),
            )],
        },
    )
}

/// Takes it up.
pub(super) async fn post(
    accounts: Data<Accounts>,
    ctx: RequestCtx,
    sent: PageForm,
) -> HttpResponse {
    let (language, token) = (sent.language, sent.value("token"));
    let view = match accounts.check_invitation(&ctx, token, None, None).await {
        Ok(Some(view)) => view,
        Ok(None) => return useless(language),
        Err(AccountError::Unavailable(error)) => return unavailable(language, &error),
        Err(error) => return say(language, problem(language, &error)),
    };
    if let Some(session) = invited(&sent.request, &view).await {
        return accept(&accounts, &ctx, &sent, &session).await;
    }
    let input: Answer = match sent.read() {
        Ok(input) => input,
        Err(text) => {
            let error = Some((StatusCode::BAD_REQUEST, text));
            return form(language, error, &view, token, sent.value("name"));
        }
    };
    let tag = language.tag();
    let command = Activation {
        token: input.token.into_inner(),
        email: None,
        workspace: None,
        password: input.password.map(SecretText::into_inner),
        profile: ProfileChange {
            name: Some(input.name.into_inner()),
            interface_language: Some(tag.to_owned()),
            interface_theme: Some("light".to_owned()),
            timezone: Some(Language::or_default(Some(tag)).timezone.to_owned()),
            avatar: None,
        },
        is_entered: true,
    };
    match accounts.activate(&ctx, None, command).await {
        Ok(()) => redirect("/signin?done=activated")
            .status(StatusCode::SEE_OTHER)
            .finish(),
        Err(AccountError::Unavailable(error)) => unavailable(language, &error),
        Err(error @ (AccountError::Policy(_) | AccountError::SignInToAccept)) => form(
            language,
            Some(problem(language, &error)),
            &view,
            token,
            sent.value("name"),
        ),
        Err(error) => say(language, problem(language, &error)),
    }
}

/// Accepts, for whoever is signed in with the invited address.
async fn accept(
    accounts: &Accounts,
    ctx: &RequestCtx,
    sent: &PageForm,
    session: &ConsoleIdentity,
) -> HttpResponse {
    let language = sent.language;
    let token = sent.value("csrf_token").as_bytes();
    let input: Result<Acceptance, _> = sent.read();
    let (Ok(input), Ok(())) = (input, check_csrf_token(&sent.request, session, Some(token))) else {
        return back(Destination::Account, "said=stale");
    };
    let command = Activation {
        token: input.token.into_inner(),
        email: None,
        workspace: None,
        password: None,
        profile: ProfileChange::default(),
        // The page that follows has them choose.
        is_entered: false,
    };
    match accounts.activate(ctx, Some(session), command).await {
        Ok(()) => back(Destination::Workspace, "said=joined"),
        Err(AccountError::Unavailable(error)) => unavailable(language, &error),
        Err(error) => say(language, problem(language, &error)),
    }
}
