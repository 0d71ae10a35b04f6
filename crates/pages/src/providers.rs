//! The identity providers on `/account`: which sign somebody in to it, and connecting and disconnecting
//! them.

use actix_web::{HttpResponse, http::StatusCode, web::Data};
use gatewright_domain::{Secret, account::Account, error::Unavailable};
use gatewright_usecase_identity::{
    account::{AccountError, Accounts, LinkedProvider},
    console::{Console, ExternalLoginError, SignInBegun},
    credential::CredentialError,
};

use gatewright_http_kit::{
    cookies::{CookiePolicy, put},
    extract::RequestCtx,
};
use gatewright_pages_kit::{
    form::PageForm,
    guard::{Destination, back, navigation, sent_by},
    page::{MessagePage, Page, PageLanguage, show},
    time::{Fact, Zone},
    unavailable::unavailable,
};

/// A provider on the page.
pub(super) struct ProviderEntry {
    pub(super) id: String,
    pub(super) label: String,
    /// Each a line.
    pub(super) facts: Vec<Fact>,
    /// `connect` or `disconnect`.
    pub(super) act: &'static str,
    pub(super) verb: &'static str,
    pub(super) asks_password: bool,
}

/// All that there are to connect or to disconnect.
pub(super) async fn provider_entries(
    language: PageLanguage,
    accounts: &Accounts,
    account: &Account,
) -> Result<Vec<ProviderEntry>, Unavailable> {
    let providers = match accounts.list_providers(account.id).await {
        Ok(providers) => providers,
        Err(AccountError::Unavailable(error)) => return Err(error),
        Err(_) => vec![],
    };
    let (zone, asks_password) = (Zone::of(account), accounts.proves_by_password(account));
    let entries = providers.into_iter();
    Ok(entries
        .map(|one| entry(language, zone, one, asks_password))
        .collect())
}

fn entry(
    language: PageLanguage,
    zone: Zone,
    one: LinkedProvider,
    asks_password: bool,
) -> ProviderEntry {
    let t = |english, chinese| language.t(english, chinese);
    let mut facts = vec![];
    let (act, verb) = match one.connected_at {
        Some(at) => {
            facts.push(Fact::at(t("Connected:", "绑定时间"), zone.show(at)));
            facts.extend(
                one.email
                    .map(|email| Fact::text(format!("{} {email}", t("Account:", "账号")))),
            );
            ("disconnect", t("Disconnect", "解绑"))
        }
        None => {
            facts.push(Fact::text(t("Not connected", "未绑定")));
            ("connect", t("Connect", "绑定"))
        }
    };
    if !one.is_configured {
        let text = t(
            "Currently not available in this installation",
            "本站目前不提供此登录方式",
        );
        facts.push(Fact::text(text));
    }
    ProviderEntry {
        id: one.key,
        label: one.label,
        facts,
        act,
        verb,
        asks_password,
    }
}

/// Connects or disconnects one.
pub(super) async fn post(
    console: Data<Console>,
    accounts: Data<Accounts>,
    policy: Data<CookiePolicy>,
    ctx: RequestCtx,
    sent: PageForm,
) -> HttpResponse {
    let session = match sent_by(&sent, Destination::Account).await {
        Ok(session) => session,
        Err(answer) => return answer,
    };
    let (id, typed) = (sent.value("id"), sent.value("password"));
    let password = (!typed.is_empty()).then(|| Secret::new(typed));
    let password = password.as_ref();
    if sent.value("act") == "disconnect" {
        let done = accounts.disconnect_identity(&ctx, &session, id, password);
        return match done.await {
            Ok(()) => back(Destination::Account, "said=disconnected"),
            Err(error) => refused(sent.language, &error),
        };
    }
    let proof = match accounts.prove_owner(&ctx, &session, password).await {
        Ok(proof) => proof,
        Err(error) => return refused(sent.language, &error),
    };
    match console.begin_connection(&ctx, id, proof).await {
        Ok(begun) => to_provider(&sent, &policy, begun),
        Err(ExternalLoginError::Unavailable(error)) => unavailable(sent.language, &error),
        Err(ExternalLoginError::RateLimited(_)) => back(Destination::Account, "said=wait"),
        Err(_) => back(Destination::Account, "said=provider"),
    }
}

/// A form may not lead to another site (`form-action`), a link may.
fn to_provider(sent: &PageForm, policy: &CookiePolicy, begun: SignInBegun) -> HttpResponse {
    let language = sent.language;
    let page = Page::new(language, "One more step", "还差一步")
        .with_navigation(navigation(language, Destination::Account));
    let text = language.t(
        "Sign in to the provider with the identity that you want to connect.",
        "请使用要绑定的身份在身份提供方登录。",
    );
    let link = language.t("Continue to the provider", "前往身份提供方");
    let page = MessagePage {
        links: vec![(link.to_owned(), begun.url)],
        ..MessagePage::saying(page, text.to_owned())
    };
    let mut answer = show(StatusCode::OK, &page);
    let cookies = policy.begin_sign_in(&sent.request, &begun.trip, begun.state);
    put(&mut answer, cookies);
    answer
}

fn refused(language: PageLanguage, error: &AccountError) -> HttpResponse {
    let name = match error {
        AccountError::Unavailable(error) => return unavailable(language, error),
        AccountError::Credential(CredentialError::CurrentPasswordIncorrect) => "wrong_password",
        AccountError::Credential(CredentialError::FreshSignInRequired) => "fresh",
        AccountError::LastWayIn => "last_way",
        AccountError::RateLimited(_) => "wait",
        _ => "stale",
    };
    back(Destination::Account, &format!("said={name}"))
}
