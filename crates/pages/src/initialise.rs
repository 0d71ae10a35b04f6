//! `/account/init`: what an account that another edition left behind has yet to say. Until then no
//! other page lets it do anything.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use gatewright_domain::{account::AccountStatus, language::Language};
use gatewright_usecase_identity::account::{AccountError, Accounts, ProfileChange};
use gatewright_usecase_kit::ConsoleIdentity;

use super::{
    mailed_code::{Problem, problem, split},
    profile::locale_fields,
};
use gatewright_http_identity::input::{LanguageTag, Timezone};
use gatewright_http_kit::extract::RequestCtx;
use gatewright_pages_kit::{
    form::PageForm,
    guard::{Destination, back, csrf_token, present, sent_by_any},
    page::{FormPage, Page, PageLanguage, show},
    unavailable::unavailable,
};
use serde::Deserialize;

const HERE: &str = "/account/init";

/// What such an account lacks.
#[derive(Debug, Deserialize)]
struct Initialisation {
    interface_language: LanguageTag,
    timezone: Timezone,
}

/// Shows the form to whom it is for.
pub(super) async fn get(request: HttpRequest) -> HttpResponse {
    let session = match present(&request).await {
        Ok(session) => session,
        Err(absence) => return absence.answer(&request, Destination::Account),
    };
    if session.account.status != AccountStatus::Uninitialized {
        return back(Destination::Account, "");
    }
    let language = PageLanguage::of(&request);
    let known = Language::or_default(Some(language.tag()));
    form(&request, &session, None, [known.tag, known.timezone])
}

fn form(
    request: &HttpRequest,
    session: &ConsoleIdentity,
    error: Option<Problem>,
    [tag, zone]: [&str; 2],
) -> HttpResponse {
    let language = PageLanguage::of(request);
    let t = |english, chinese| language.t(english, chinese).to_owned();
    let (status, error) = split(error);
    let page = Page::new(language, "Complete your account", "完善账户信息").with_error(error);
    let intro = t(
        "Your account was created in another edition. Two settings are still missing.",
        "您的账户创建于其他版本，还需补充两项设置。",
    );
    show(
        status,
        &FormPage {
            page,
            intro: Some(intro),
            action: HERE,
            hidden: vec![("csrf_token", csrf_token(request, session))],
            fields: locale_fields(language, tag, zone).into(),
            submit: t("Save", "保存"),
            links: vec![],
        },
    )
}

/// Takes the form that initialises an account.
pub(super) async fn post(
    accounts: Data<Accounts>,
    ctx: RequestCtx,
    sent: PageForm,
) -> HttpResponse {
    let session = match sent_by_any(&sent, Destination::Account).await {
        Ok(session) => session,
        Err(answer) => return answer,
    };
    let typed = ["interface_language", "timezone"].map(|name| sent.value(name));
    let again = |error| form(&sent.request, &session, Some(error), typed);
    let input: Initialisation = match sent.read() {
        Ok(input) => input,
        Err(text) => return again((StatusCode::BAD_REQUEST, text)),
    };
    let change = ProfileChange {
        interface_language: Some(input.interface_language.into_inner()),
        timezone: Some(input.timezone.into_inner()),
        ..ProfileChange::default()
    };
    match accounts.initialise(&ctx, &session.account, change).await {
        // Somebody else of the same account was faster: that is as good.
        Ok(()) | Err(AccountError::AlreadyInited) => back(Destination::Account, "said=saved"),
        Err(AccountError::Unavailable(error)) => unavailable(sent.language, &error),
        Err(error) => again(problem(sent.language, &error)),
    }
}
