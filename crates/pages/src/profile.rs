//! `/account/profile` and `/account/password`: what somebody changes about themselves.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use gatewright_domain::language::Language;
use gatewright_usecase_identity::{
    account::{AccountError, Accounts, ProfileChange},
    credential::RepeatedPassword,
};
use gatewright_usecase_kit::ConsoleIdentity;

use super::mailed_code::{Problem, new_password_fields, problem, split};
use gatewright_http_identity::input::{AccountName, LanguageTag, NewPassword, Timezone};
use gatewright_http_kit::extract::RequestCtx;
use gatewright_http_kit::input::text::SecretText;
use gatewright_pages_kit::{
    form::PageForm,
    guard::{Destination, back, csrf_token, navigation, sent_by, signed_in},
    page::{FormPage, Input, Page, PageLanguage, show},
    unavailable::unavailable,
};
use serde::Deserialize;

/// What others see, and what mails are written in.
#[derive(Debug, Deserialize)]
struct ProfileForm {
    name: AccountName,
    interface_language: LanguageTag,
    timezone: Timezone,
}

/// A change of password.
#[derive(Debug, Deserialize)]
struct PasswordForm {
    current: Option<SecretText>,
    password: NewPassword,
    repeated: SecretText,
}

/// Shows the profile's form.
pub(super) async fn get(request: HttpRequest) -> HttpResponse {
    let session = match signed_in(&request, Destination::Profile).await {
        Ok(session) => session,
        Err(answer) => return answer,
    };
    let account = &session.account;
    let language = Language::or_default(account.interface_language.as_deref());
    let zone = account.timezone.as_deref().unwrap_or(language.timezone);
    let known = [account.name.as_str(), language.tag, zone];
    profile_form(&request, &session, None, known)
}

/// The language and the time zone of an account, to be chosen.
pub(super) fn locale_fields(language: PageLanguage, tag: &str, zone: &str) -> [Input; 2] {
    let t = |english, chinese| language.t(english, chinese);
    let tags = Language::tags().map(|tag| (tag.to_owned(), tag.to_owned()));
    let mails = t("Language for emails and the console", "邮件与控制台语言");
    [
        Input::new("interface_language", "text", "off", mails)
            .with_value(tag)
            .with_choices(tags.collect()),
        Input::new("timezone", "text", "off", t("Time zone", "时区"))
            .with_value(zone)
            .with_hint(t("For example, Europe/Berlin", "例如：Asia/Shanghai")),
    ]
}

fn profile_form(
    request: &HttpRequest,
    session: &ConsoleIdentity,
    error: Option<Problem>,
    [name, tag, zone]: [&str; 3],
) -> HttpResponse {
    let language = PageLanguage::of(request);
    let t = |english, chinese| language.t(english, chinese).to_owned();
    let (status, error) = split(error);
    let name = Input::new("name", "text", "name", &t("Your name", "姓名")).with_value(name);
    show(
        status,
        &FormPage {
            page: Page::new(language, "Profile", "个人资料")
                .with_error(error)
                .with_navigation(navigation(language, Destination::Profile)),
            intro: None,
            action: Destination::Profile.path(),
            hidden: vec![("csrf_token", csrf_token(request, session))],
            fields: std::iter::once(name)
                .chain(locale_fields(language, tag, zone))
                .collect(),
            submit: t("Save", "保存"),
            links: vec![(t("Back to your account", "返回账户"), "/account".to_owned())],
        },
    )
}

/// Changes the profile.
pub(super) async fn post(
    accounts: Data<Accounts>,
    ctx: RequestCtx,
    sent: PageForm,
) -> HttpResponse {
    let session = match sent_by(&sent, Destination::Profile).await {
        Ok(session) => session,
        Err(answer) => return answer,
    };
    let typed = ["name", "interface_language", "timezone"].map(|name| sent.value(name));
    let input: ProfileForm = match sent.read() {
        Ok(input) => input,
        Err(text) => {
            let error = Some((StatusCode::BAD_REQUEST, text));
            return profile_form(&sent.request, &session, error, typed);
        }
    };
    let change = ProfileChange {
        name: Some(input.name.into_inner()),
        interface_language: Some(input.interface_language.into_inner()),
        timezone: Some(input.timezone.into_inner()),
        ..ProfileChange::default()
    };
    match accounts
        .update_profile(&ctx, session.account.id, change)
        .await
    {
        Ok(_) => back(Destination::Account, "said=saved"),
        Err(AccountError::Unavailable(error)) => unavailable(sent.language, &error),
        Err(error) => {
            let error = Some(problem(sent.language, &error));
            profile_form(&sent.request, &session, error, typed)
        }
    }
}

/// Shows the password's form.
pub(super) async fn get_password(request: HttpRequest) -> HttpResponse {
    match signed_in(&request, Destination::Password).await {
        Ok(session) => password_form(&request, &session, None),
        Err(answer) => answer,
    }
}

fn password_form(
    request: &HttpRequest,
    session: &ConsoleIdentity,
    error: Option<Problem>,
) -> HttpResponse {
    let language = PageLanguage::of(request);
    let t = |english, chinese| language.t(english, chinese).to_owned();
    let (status, error) = split(error);
    let mut fields = new_password_fields(language);
    if session.account.is_password_set {
        let label = t("Current password", "当前密码");
        let current = Input::new("current", "password", "current-password", &label);
        fields.insert(0, current);
    }
    show(
        status,
        &FormPage {
            page: Page::new(language, "Change password", "修改密码")
                .with_error(error)
                .with_navigation(navigation(language, Destination::Password)),
            intro: Some(t(
                "This signs out all other browsers and all devices.",
                "所有其他浏览器和设备都将退出登录。",
            )),
            action: Destination::Password.path(),
            hidden: vec![("csrf_token", csrf_token(request, session))],
            fields,
            submit: t("Change password", "修改密码"),
            links: vec![(t("Back to your account", "返回账户"), "/account".to_owned())],
        },
    )
}

/// Changes the password.
pub(super) async fn post_password(
    accounts: Data<Accounts>,
    ctx: RequestCtx,
    sent: PageForm,
) -> HttpResponse {
    let session = match sent_by(&sent, Destination::Password).await {
        Ok(session) => session,
        Err(answer) => return answer,
    };
    let again = |error| password_form(&sent.request, &session, Some(error));
    let input: PasswordForm = match sent.read() {
        Ok(input) => input,
        Err(text) => return again((StatusCode::BAD_REQUEST, text)),
    };
    let new = RepeatedPassword {
        password: &input.password,
        repeated: &input.repeated,
    };
    let changed = accounts.change_password(&ctx, &session, input.current.as_deref(), new);
    match changed.await {
        Ok(()) => back(Destination::Account, "said=password"),
        Err(AccountError::Unavailable(error)) => unavailable(sent.language, &error),
        Err(error) => again(problem(sent.language, &error)),
    }
}
