//! What is elsewhere: the public address as the world sees it, the mail server, who knows people.

use std::{sync::Arc, time::Duration};

use gatewright_auth::{
    origin::PublicUrls,
    sso::{Broker as _, Licence},
};
use gatewright_domain::SystemClock;
use gatewright_enterprise::EnterpriseBroker;
use gatewright_oidc::OidcProvider;
use gatewright_outbound::Outbound;
use http::{Request, Response, header};

use super::{Finding, Severity};
use crate::settings::ServerSettings;

const BUDGET: Duration = Duration::from_secs(3);

/// Asks the API at its public address, as a browser would.
pub(super) async fn public_address(settings: &ServerSettings) -> Option<Finding> {
    let api = settings.urls.api()?;
    let url = format!("{}/livez", api.as_str());
    let request = Request::get(&url).body(vec![]).ok()?;
    let answer = match Outbound::new(BUDGET) {
        Ok(outbound) => outbound.send(request).await,
        Err(error) => Err(error),
    };
    match answer {
        Ok(answer) => judge(api.is_https(), &url, &answer),
        Err(error) => Some(Finding::warning(
            "public_address_silent",
            format!("{url} does not answer from here: {}", chain(&error)),
            "if it does not answer elsewhere either, nobody reaches the server",
            "start the server and its proxy, or correct CONSOLE_API_URL",
        )),
    }
}

fn judge(is_https: bool, url: &str, answer: &Response<Vec<u8>>) -> Option<Finding> {
    let location = answer.headers().get(header::LOCATION);
    let location = location
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if answer.status().is_redirection() && !is_https && location.starts_with("https://") {
        return Some(Finding::error(
            "https_behind_http",
            format!("{url} sends browsers on to https, but CONSOLE_API_URL says http"),
            "cookies are not Secure, and sign-ins from the https page are refused as foreign (csrf_mismatch)",
            "set CONSOLE_API_URL to the https address",
        ));
    }
    if answer.status().is_redirection() && is_https && location.starts_with("http://") {
        return Some(Finding::error(
            "http_behind_https",
            format!("{url} sends browsers back to http"),
            "browsers go round in circles",
            "let the proxy pass https requests on instead of redirecting them, or correct CONSOLE_API_URL",
        ));
    }
    if !answer.headers().contains_key("x-gatewright-version") {
        return Some(Finding::error(
            "public_address_foreign",
            format!("something else answers at {url}"),
            "clients talk to another server",
            "correct CONSOLE_API_URL, or let the proxy pass /livez and the API on",
        ));
    }
    None
}

/// Asks the web console's page which cookies its script will read (console.md §2): they must be the
/// ones that this server sets.
pub(super) async fn console_page(settings: &ServerSettings) -> Option<Finding> {
    let web = settings.urls.web()?;
    let request = Request::get(format!("{}/signin", web.as_str()))
        .body(vec![])
        .ok()?;
    let answer = Outbound::new(BUDGET).ok()?.send(request).await.ok()?;
    judge_console(&settings.urls, &String::from_utf8_lossy(answer.body()))
}

fn judge_console(urls: &PublicUrls, page: &str) -> Option<Finding> {
    let (api, web) = (urls.api()?, urls.web()?);
    let reads = ConsoleScript::of(page)?;
    let sets_prefix = urls.is_https() && urls.cookie_domain().is_none();
    if reads.host_prefix == sets_prefix {
        return None;
    }
    let names = ["csrf_token", "__Host-csrf_token"];
    let (read, set) = (
        names[usize::from(reads.host_prefix)],
        names[usize::from(sets_prefix)],
    );
    let change = match urls.cookie_domain() {
        Some(domain) => format!("give the console's container NEXT_PUBLIC_COOKIE_DOMAIN={domain}"),
        None => format!(
            "give the console's container CONSOLE_API_URL={0} and APP_API_URL={0}",
            api.as_str()
        ),
    };
    Some(Finding::error(
        "console_reads_other_cookies",
        format!(
            "the web console at {} reads the cookie {read}, and this server sets {set}",
            web.as_str()
        ),
        "after signing in every call is refused: \"CSRF token is missing or invalid\"",
        &change,
    ))
}

/// What the web console's page tells its script.
struct ConsoleScript {
    /// Whether it reads cookies whose names begin with `__Host-`.
    host_prefix: bool,
}

impl ConsoleScript {
    /// None when the page is no web console of Dify's.
    fn of(page: &str) -> Option<Self> {
        let value = |name: &str| {
            let (_, rest) = page.split_once(&format!("{name}=\""))?;
            rest.split_once('"').map(|(value, _)| value)
        };
        let has_domain =
            value("data-cookie-domain").is_some_and(|domain| !domain.trim().is_empty());
        Some(Self {
            host_prefix: value("data-api-prefix")?.starts_with("https://") && !has_domain,
        })
    }
}

/// Tries the way to the mail server.
pub(super) async fn mail(settings: &ServerSettings) -> Option<Finding> {
    if !settings.mail.is_set_up() {
        return None;
    }
    let problem = gatewright_mail::diagnose(&settings.mail).await.err()?;
    Some(Finding {
        severity: Severity::Error,
        check: "mail_server",
        what: problem.what,
        why: "no message leaves: codes and invitations wait in the queue",
        change: problem.change,
    })
}

/// Asks each identity provider who it is, and the enterprise product for its licence.
pub(super) async fn providers(settings: &ServerSettings) -> Vec<Finding> {
    let mut findings = vec![];
    for one in &settings.oidc.providers {
        let name = one.name.as_str().to_owned();
        let timeout = settings.oidc.timeout;
        let outcome = match OidcProvider::new(one.clone(), timeout, Arc::new(SystemClock)) {
            Ok(provider) => provider.probe().await.map_err(|error| chain(&error)),
            Err(error) => Err(chain(&error)),
        };
        findings.extend(outcome.err().map(|cause| {
            Finding::error(
                "provider",
                format!("the identity provider `{name}` cannot be used: {cause}"),
                "nobody can sign in through it",
                &format!(
                    "correct GATEWRIGHT_OIDC_{}_ISSUER",
                    name.to_uppercase().replace('-', "_")
                ),
            )
        }));
    }
    findings.extend(enterprise(settings).await);
    findings
}

async fn enterprise(settings: &ServerSettings) -> Option<Finding> {
    let broker = EnterpriseBroker::new(&settings.enterprise, Arc::new(SystemClock)).ok()??;
    match broker.licence().await {
        Licence::Open => None,
        Licence::Closed => Some(Finding::error(
            "enterprise",
            "the enterprise product does not answer, or its licence is not in force",
            "the SSO branch answers 404",
            "correct ENTERPRISE_API_URL and ENTERPRISE_API_SECRET_KEY, or renew the licence",
        )),
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatewright_domain::settings::Settings as _;

    /// How the stock console writes its settings into its page.
    fn page(prefix: &str, domain: &str) -> String {
        format!(
            "<body class=\"h-full\" data-api-prefix=\"{prefix}\" data-cookie-domain=\"{domain}\">"
        )
    }

    fn urls(base: &'static str, domain: &'static str) -> PublicUrls {
        let source = move |name: &str| match name {
            "CONSOLE_API_URL" | "CONSOLE_WEB_URL" => Some(base.to_owned()),
            "COOKIE_DOMAIN" => Some(domain.to_owned()),
            _ => None,
        };
        PublicUrls::load(&source).unwrap()
    }

    #[test]
    fn d9_doctor_names_a_console_that_reads_other_cookies_and_its_missing_settings() {
        let (https, http) = ("https://dify.example.com", "http://dify.example.com");
        let right = [
            (https, "", page("https://dify.example.com/console/api", "")),
            (http, "", page("/console/api", "")),
            (
                https,
                "example.com",
                page("https://dify.example.com/console/api", "1"),
            ),
            (https, "", "<body>something else</body>".to_owned()),
        ];
        for (base, domain, page) in right {
            assert!(
                judge_console(&urls(base, domain), &page).is_none(),
                "{page}"
            );
        }
        let wrong = [
            (
                https,
                "",
                page("/console/api", ""),
                "CONSOLE_API_URL=https://dify.example.com",
            ),
            (
                https,
                "example.com",
                page("https://dify.example.com/console/api", ""),
                "NEXT_PUBLIC_COOKIE_DOMAIN",
            ),
            (
                http,
                "",
                page("https://dify.example.com/console/api", ""),
                "CONSOLE_API_URL=http://",
            ),
        ];
        for (base, domain, page, advice) in wrong {
            let finding = judge_console(&urls(base, domain), &page).expect("a finding");
            assert_eq!(finding.check, "console_reads_other_cookies");
            assert!(finding.change.contains(advice), "{finding:?}");
        }
    }
}
