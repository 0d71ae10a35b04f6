//! Public addresses, cookies and proxies: do they fit each other?

use gatewright_auth::origin::{BaseUrl, PublicUrls};

use super::{Edge, Finding};
use crate::settings::ServerSettings;

pub(super) fn examine(settings: &ServerSettings, edge: Option<&Edge>) -> Vec<Finding> {
    let urls = &settings.urls;
    let mut findings = vec![];
    match (urls.api(), urls.web()) {
        (None, None) => findings.push(Finding::error(
            "public_address_unset",
            "neither CONSOLE_API_URL nor CONSOLE_WEB_URL is set",
            "device logins answer 503 console_url_unset, and messages have no links",
            "set CONSOLE_API_URL to the address that people use",
        )),
        (None, Some(_)) => findings.push(Finding::error(
            "api_address_unset",
            "CONSOLE_API_URL is not set",
            "the SSO branch answers 502 console_api_url_unset, and cookies are not Secure",
            "set CONSOLE_API_URL to the address that people reach the API at",
        )),
        (Some(api), Some(web)) => findings.extend(pair(urls, api, web)),
        (Some(_), None) => {}
    }
    findings.extend(urls.api().and_then(|api| clear_text(settings, api)));
    findings.extend(edge.and_then(|edge| proxies(urls, edge)));
    findings
}

/// The console and the API under two addresses: do cookies of one reach the other?
fn pair(urls: &PublicUrls, api: &BaseUrl, web: &BaseUrl) -> Option<Finding> {
    if api.is_https() != web.is_https() {
        return Some(Finding::error(
            "mixed_schemes",
            "one of CONSOLE_API_URL and CONSOLE_WEB_URL is https and the other is not",
            "browsers refuse the calls of the one to the other, and cookies are not Secure",
            "give both https addresses",
        ));
    }
    if api.host() == web.host() {
        return None;
    }
    if site(api.host()) != site(web.host()) {
        return Some(Finding::error(
            "different_sites",
            format!("`{}` and `{}` are different sites", api.host(), web.host()),
            "browsers send no session cookie from one to the other: everybody is signed out at once",
            "serve both below one domain: change CONSOLE_API_URL or CONSOLE_WEB_URL",
        ));
    }
    if urls.cookie_domain().is_none() {
        return Some(Finding::error(
            "cookie_domain_unset",
            "the console and the API have two hosts, and COOKIE_DOMAIN is not set",
            "the console cannot read the CSRF cookie: \"CSRF token is missing or invalid\"",
            &format!("set COOKIE_DOMAIN={}", site(api.host())),
        ));
    }
    None
}

/// The part of a host that browsers take for a site: the last two labels, three below `co.uk` and its
/// like. An address is its own site.
fn site(host: &str) -> &str {
    let labels: Vec<&str> = host.split('.').collect();
    if host.parse::<std::net::IpAddr>().is_ok() || labels.len() <= 2 {
        return host;
    }
    let (second, top) = (labels[labels.len() - 2], labels[labels.len() - 1]);
    let count = if top.len() == 2 && second.len() <= 3 {
        3
    } else {
        2
    };
    let start = labels[labels.len() - count.min(labels.len())..]
        .join(".")
        .len();
    &host[host.len() - start..]
}

fn clear_text(settings: &ServerSettings, api: &BaseUrl) -> Option<Finding> {
    let is_local = matches!(api.host(), "localhost" | "127.0.0.1" | "::1" | "[::1]");
    if api.is_https() || is_local || settings.secret.is_development() {
        return None;
    }
    Some(Finding::warning(
        "clear_text",
        format!("CONSOLE_API_URL is {}", api.as_str()),
        "passwords and sessions travel in clear, and cookies are not Secure",
        "serve https, and set CONSOLE_API_URL to the https address",
    ))
}

fn proxies(urls: &PublicUrls, edge: &Edge) -> Option<Finding> {
    if edge.trusts_proxies || !urls.is_https() {
        return None;
    }
    Some(Finding::warning(
        "proxy_untrusted",
        "the public address is https, so a proxy stands in front, and no proxy is trusted",
        "all people share one address: one of them reaches a limit for all",
        "set GATEWRIGHT_TRUSTED_PROXIES to the proxy's address, for example 127.0.0.1/32",
    ))
}

#[cfg(test)]
mod tests {
    use super::site;

    #[test]
    fn doctor_site_is_the_registrable_domain() {
        assert_eq!(site("api.dify.example.com"), "example.com");
        assert_eq!(site("api.example.co.uk"), "example.co.uk");
        assert_eq!(site("localhost"), "localhost");
        assert_eq!(site("10.0.0.1"), "10.0.0.1");
    }
}
