//! `/activate`: taking up an invitation by its link. Looking at the page changes nothing.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use gatewright_app::account::{AccountError, Accounts, Activation, InvitationView, ProfileChange};
use gatewright_domain::{Secret, language::Language};

use super::{
    form::PageForm,
    install::unavailable,
    mailed_code::{Problem, problem, split},
    page::{FormPage, Input, MessagePage, Page, PageLanguage, show},
};
use crate::{
    envelope::redirect,
    extract::{Fields, RequestCtx, query_pairs, read::body},
};

body! {
    /// Which invitation.
    Link {
        token: String as String = text,
        email: Option<String> as Option<String> = optional,
    }
}

body! {
    /// What an invited person says.
    Answer {
        token: String as String = text,
        name: String as String = short_name,
        password: Option<Secret> as Option<String> = optional_secret,
    }
}

/// Shows what the invitation is to.
pub(super) async fn get(
    accounts: Data<Accounts>,
    ctx: RequestCtx,
    request: HttpRequest,
) -> HttpResponse {
    let language = PageLanguage::of(&request);
    let fields = Fields::from_pairs(query_pairs(request.query_string()));
    let Ok(link) = fields.read::<Link>() else {
        return useless(language);
    };
    match accounts
        .check_invitation(&ctx, &link.token, link.email.as_deref(), None)
        .await
    {
        Ok(Some(view)) => form(language, None, &view, &link.token, ""),
        Ok(None) => useless(language),
        Err(AccountError::Unavailable(error)) => unavailable(language, &error),
        Err(error) => say(language, problem(language, &error)),
    }
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
    let page = Page::new(language, "You are invited", "您收到一份邀请").with_error(error);
    let hint = t(
        "At least 8 characters, with a letter and a digit. If the account has a password already, that one stays.",
        "至少 8 个字符，须包含字母和数字。如果账户已有密码，则保持不变。",
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
                Input::new(("name", "text", "name"), &t("Your name", "姓名")).with_value(name),
                Input::new(
                    ("password", "password", "new-password"),
                    &t("Password", "密码"),
                )
                .with_hint(&hint),
            ],
            submit: t("Accept the invitation", "接受邀请"),
            links: vec![],
        },
    )
}

fn useless(language: PageLanguage) -> HttpResponse {
    let text = language.t(
        "This invitation is unknown, has expired or was used. Ask whoever invited you for another.",
        "邀请无效、已过期或已被使用。请联系邀请人重新发送。",
    );
    say(language, (StatusCode::NOT_FOUND, text.to_owned()))
}

fn say(language: PageLanguage, (status, text): Problem) -> HttpResponse {
    let page = Page::new(language, "This invitation cannot be used", "邀请无法使用");
    show(
        status,
        &MessagePage {
            page,
            lines: vec![text],
            button: None,
            links: vec![(
                language.t("To sign-in", "前往登录").to_owned(),
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
    let input: Answer = match sent.read() {
        Ok(input) => input,
        Err(text) => {
            let error = Some((StatusCode::BAD_REQUEST, text));
            return form(language, error, &view, token, sent.value("name"));
        }
    };
    let tag = language.tag();
    let command = Activation {
        token: input.token,
        email: None,
        workspace: None,
        password: input.password,
        profile: ProfileChange {
            name: Some(input.name),
            interface_language: Some(tag.to_owned()),
            interface_theme: Some("light".to_owned()),
            timezone: Some(Language::or_default(Some(tag)).timezone.to_owned()),
            avatar: None,
        },
    };
    match accounts.activate(&ctx, command).await {
        Ok(()) => redirect("/signin?done=activated")
            .status(StatusCode::SEE_OTHER)
            .finish(),
        Err(AccountError::Unavailable(error)) => unavailable(language, &error),
        Err(error @ AccountError::Policy(_)) => form(
            language,
            Some(problem(language, &error)),
            &view,
            token,
            sent.value("name"),
        ),
        Err(error) => say(language, problem(language, &error)),
    }
}
