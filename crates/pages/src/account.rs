//! `/account`: who is signed in, with which browsers, which devices act for them; and ending each.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use askama::Template;
use gatewright_domain::error::Unavailable;
use gatewright_usecase_device::bearer::{BearerRouteError, Bearers, ConnectedDevice};
use gatewright_usecase_identity::{
    account::{AccountError, Accounts},
    console::Console,
};
use gatewright_usecase_kit::ConsoleIdentity;
use woothee::parser::Parser;

use super::providers::{ProviderEntry, provider_entries};
use gatewright_http_kit::extract::RequestCtx;
use gatewright_pages_kit::{
    form::PageForm,
    guard::{Destination, FlashQuery, back, csrf_token, flash, navigation, sent_by, signed_in},
    page::{Page, PageLanguage, show},
    pager::Pager,
    time::{Fact, Zone},
    unavailable::unavailable,
};

/// Something that acts for somebody.
struct Entry {
    id: String,
    name: String,
    /// Each a line.
    facts: Vec<Fact>,
    can_end: bool,
}

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    page: Page,
    name: String,
    email: String,
    workspace: Option<String>,
    csrf_token: String,
    devices: Vec<Entry>,
    browsers: Vec<Entry>,
    providers: Vec<ProviderEntry>,
    /// To the pages beside this one.
    more: Vec<(String, String)>,
}

/// Shows the page of the account.
pub(super) async fn get(
    console: Data<Console>,
    bearers: Data<Bearers>,
    accounts: Data<Accounts>,
    ctx: RequestCtx,
    from: FlashQuery,
    request: HttpRequest,
) -> HttpResponse {
    let language = PageLanguage::of(&request);
    let session = match signed_in(&request, Destination::Account).await {
        Ok(session) => session,
        Err(answer) => return answer,
    };
    let (devices, browsers) = match entries(language, &console, &bearers, &ctx, &session).await {
        Ok(entries) => entries,
        Err(error) => return unavailable(language, &error),
    };
    let providers = match provider_entries(language, &accounts, &session.account).await {
        Ok(providers) => providers,
        Err(error) => return unavailable(language, &error),
    };
    let workspace = session.current_workspace();
    let pager = Pager::new(from.page(), devices.len().max(browsers.len()));
    let page = AccountPage {
        page: flash(
            Page::new(language, "Your account", "您的账户")
                .with_navigation(navigation(language, Destination::Account)),
            from.flash.as_deref(),
        ),
        name: session.account.name.clone(),
        email: session.account.email.clone(),
        workspace: workspace.map(|one| format!("{} ({})", one.name, language.role(one.role))),
        csrf_token: csrf_token(&request, &session),
        devices: pager.cut(devices),
        browsers: pager.cut(browsers),
        providers,
        more: pager.links(language),
    };
    show(StatusCode::OK, &page)
}

async fn entries(
    language: PageLanguage,
    console: &Console,
    bearers: &Bearers,
    ctx: &RequestCtx,
    session: &ConsoleIdentity,
) -> Result<(Vec<Entry>, Vec<Entry>), Unavailable> {
    let t = |english, chinese| language.t(english, chinese).to_owned();
    let zone = Zone::of(&session.account);
    let devices = bearers.list_devices(ctx, session.account.id).await?;
    let browsers = console.list_browsers(ctx, session).await?;
    let browsers = browsers.into_iter().map(|one| {
        let is_this = one.id == session.claims.session_id;
        let agent = one.user_agent.unwrap_or_default();
        let mut facts = vec![Fact::at(
            language.t("Signed in:", "登录时间"),
            zone.show(one.created_at),
        )];
        let from = |ip| Fact::text(format!("{} {ip}", t("From:", "来自")));
        facts.extend(one.ip.map(from));
        if is_this {
            facts.push(Fact::text(t("This browser", "当前浏览器")));
        }
        Entry {
            id: one.id.to_string(),
            name: browser(&agent).unwrap_or_else(|| t("Unknown browser", "未知浏览器")),
            facts,
            can_end: !is_this,
        }
    });
    let devices = devices.into_iter().map(|one| device(language, zone, one));
    Ok((devices.collect(), browsers.collect()))
}

/// Two words for what calls itself so. It may lie: the words only help to tell one's own apart.
fn browser(agent: &str) -> Option<String> {
    let known = Parser::new().parse(agent);
    let known = known.filter(|known| known.name != "UNKNOWN")?;
    Some(match known.os {
        "UNKNOWN" => known.name.to_owned(),
        os => format!("{}, {os}", known.name),
    })
}

fn device(language: PageLanguage, zone: Zone, device: ConnectedDevice) -> Entry {
    let token = device.token;
    let t = |english, chinese| language.t(english, chinese).to_owned();
    let used = token.last_used_at.map(|at| zone.show(at));
    let mut facts = vec![
        Fact::text(format!("{} {}", t("Client:", "客户端"), token.client_id)),
        Fact::maybe_at(
            language.t("Last used:", "最近使用"),
            used,
            language.t("never", "从未"),
        ),
        Fact::at(
            language.t("Expires:", "到期时间"),
            zone.show(token.expires_at),
        ),
    ];
    let from = |ip| Fact::text(format!("{} {ip}", t("Connected from:", "连接地址")));
    facts.extend(device.address.map(from));
    Entry {
        id: token.id.to_string(),
        name: token.device_label,
        facts,
        can_end: true,
    }
}

/// Ends one, or everything but the browser that asks.
pub(super) async fn end(
    console: Data<Console>,
    bearers: Data<Bearers>,
    accounts: Data<Accounts>,
    ctx: RequestCtx,
    sent: PageForm,
) -> HttpResponse {
    let session = match sent_by(&sent, Destination::Account).await {
        Ok(session) => session,
        Err(answer) => return answer,
    };
    let ended = match sent.value("kind") {
        "device" => end_device(&bearers, &ctx, &session, sent.value("id")).await,
        "browser" => end_browser(&console, &ctx, &session, sent.value("id")).await,
        "others" => match accounts.end_others(&ctx, &session).await {
            Err(AccountError::Unavailable(error)) => Err(error),
            _ => Ok(()),
        },
        _ => Ok(()),
    };
    match ended {
        Ok(()) => back(Destination::Account, "said=ended"),
        Err(error) => unavailable(sent.language, &error),
    }
}

/// What is unknown or dead already needs no ending: the page shows what is left.
async fn end_device(
    bearers: &Bearers,
    ctx: &RequestCtx,
    session: &ConsoleIdentity,
    id: &str,
) -> Result<(), Unavailable> {
    let Ok(id) = id.parse() else { return Ok(()) };
    match bearers.revoke_device(ctx, session.account.id, id).await {
        Err(BearerRouteError::Unavailable(error)) => Err(error),
        _ => Ok(()),
    }
}

async fn end_browser(
    console: &Console,
    ctx: &RequestCtx,
    session: &ConsoleIdentity,
    id: &str,
) -> Result<(), Unavailable> {
    match id.parse() {
        Ok(id) => console.end_browser(ctx, session, id).await,
        Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::browser;

    #[test]
    fn session_browser_name_is_read_from_known_user_agents_only() {
        let firefox =
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 14.5; rv:140.0) Gecko/20100101 Firefox/140.0";
        assert_eq!(browser(firefox).as_deref(), Some("Firefox, Mac OSX"));
        assert_eq!(browser("<b>\u{202e}"), None);
        assert_eq!(browser(""), None);
    }
}
