//! The cookies: names and attributes from the public addresses alone (DECISIONS §4 "Public URLs").

use actix_web::{
    HttpRequest, HttpResponseBuilder,
    cookie::{Cookie, SameSite, time::Duration},
};
use chrono::TimeDelta;
use gatewright_app::console::SessionTokens;
use gatewright_auth::{
    console::{ConsoleSettings, KNOWN_BROWSER_LIFETIME},
    envelope::{GRANT_LIFETIME, STATE_LIFETIME},
    origin::PublicUrls,
    sso::SIGN_IN_LIFETIME,
};

pub(crate) const ACCESS: &str = "access_token";
pub(crate) const REFRESH: &str = "refresh_token";
pub(crate) const CSRF: &str = "csrf_token";
pub(crate) const INIT: &str = "session";
pub(crate) const KNOWN_BROWSER: &str = "gatewright_known_browser";
const RECEIPT: &str = "gatewright_lookup_";
const SSO_STATE: &str = "gatewright_sso_";
const SIGN_IN_STATE: &str = "gatewright_signin";
const APPROVAL_GRANT: &str = "device_approval_grant";
const DEVICE_CODE: &str = "gatewright_device_code";
const GRANT_PATH: &str = "/openapi/v1/oauth/device";

/// How cookies are named and protected on this installation.
#[derive(Debug, Clone)]
pub(crate) struct CookiePolicy {
    secure: bool,
    domain: Option<String>,
}

impl CookiePolicy {
    pub(crate) fn new(urls: &PublicUrls) -> Self {
        Self {
            secure: urls.is_https(),
            domain: urls.cookie_domain().map(str::to_owned),
        }
    }

    /// The name on the wire: `__Host-` binds a cookie to exactly this host over https.
    pub(crate) fn name(&self, base: &str) -> String {
        if self.secure && self.domain.is_none() {
            format!("__Host-{base}")
        } else {
            base.to_owned()
        }
    }

    /// The cookie of a request, if it has a value. A name that comes twice counts as absent: one of
    /// the two was planted.
    pub(crate) fn read(&self, request: &HttpRequest, base: &str) -> Option<String> {
        read_once(request, &self.name(base))
    }

    /// Puts a session into the browser.
    pub(crate) fn sign_in(
        &self,
        response: &mut HttpResponseBuilder,
        tokens: SessionTokens,
        settings: &ConsoleSettings,
    ) {
        let (access, refresh) = (settings.access_lifetime(), settings.idle_lifetime());
        response
            .cookie(self.access(tokens.access, access))
            .cookie(self.refresh(tokens.refresh, refresh))
            .cookie(self.csrf(tokens.csrf, access));
        if let Some(known) = tokens.known_browser {
            response.cookie(self.known_browser(known, KNOWN_BROWSER_LIFETIME));
        }
    }

    fn access(&self, value: String, life: TimeDelta) -> Cookie<'static> {
        self.cookie(ACCESS, value, Some(life), SameSite::Lax, true)
    }

    fn refresh(&self, value: String, life: TimeDelta) -> Cookie<'static> {
        self.cookie(REFRESH, value, Some(life), SameSite::Strict, true)
    }

    /// Readable by scripts: the page copies it into the header.
    fn csrf(&self, value: String, life: TimeDelta) -> Cookie<'static> {
        self.cookie(CSRF, value, Some(life), SameSite::Lax, false)
    }

    pub(crate) fn init(&self, value: String) -> Cookie<'static> {
        self.cookie(INIT, value, None, SameSite::Lax, true)
    }

    fn known_browser(&self, value: String, life: TimeDelta) -> Cookie<'static> {
        self.cookie(KNOWN_BROWSER, value, Some(life), SameSite::Strict, true)
    }

    pub(crate) fn receipt(
        &self,
        code_digest: &str,
        value: String,
        life: TimeDelta,
    ) -> Cookie<'static> {
        self.cookie(
            &receipt_name(code_digest),
            value,
            Some(life),
            SameSite::Lax,
            true,
        )
    }

    pub(crate) fn read_receipt(&self, request: &HttpRequest, code_digest: &str) -> Option<String> {
        self.read(request, &receipt_name(code_digest))
    }

    /// The state envelope of one round trip. Host-only whatever the domain of the console's cookies:
    /// only the API reads it. Lax: the way back comes from another site.
    pub(crate) fn sso_state(&self, code_digest: &str, value: String) -> Cookie<'static> {
        let name = self.host_only_name(&sso_state_name(code_digest));
        self.host_only(name, "/", value, STATE_LIFETIME)
    }

    /// Clears a state.
    pub(crate) fn cleared_sso_state(&self, code_digest: &str) -> Cookie<'static> {
        cleared(self.sso_state(code_digest, String::new()))
    }

    /// All states of this browser.
    pub(crate) fn read_sso_states(&self, request: &HttpRequest) -> Vec<String> {
        let prefix = self.host_only_name(SSO_STATE);
        let cookies = request.cookies().map(|all| all.clone()).unwrap_or_default();
        let states = cookies
            .iter()
            .filter(|cookie| cookie.name().starts_with(&prefix));
        states.map(|cookie| cookie.value().to_owned()).collect()
    }

    /// The approval grant (device-flow.md §6.6): its name and path are the reference's.
    pub(crate) fn approval_grant(&self, value: String) -> Cookie<'static> {
        self.host_only(APPROVAL_GRANT.into(), GRANT_PATH, value, GRANT_LIFETIME)
    }

    /// Clears the approval grant, with the attributes that it was set with.
    pub(crate) fn cleared_approval_grant(&self) -> Cookie<'static> {
        cleared(self.approval_grant(String::new()))
    }

    pub(crate) fn read_approval_grant(request: &HttpRequest) -> Option<String> {
        read_once(request, APPROVAL_GRANT)
    }

    /// The state of a sign-in through an identity provider.
    pub(crate) fn sign_in_state(&self, value: String) -> Cookie<'static> {
        let name = self.host_only_name(SIGN_IN_STATE);
        self.host_only(name, "/", value, SIGN_IN_LIFETIME)
    }

    pub(crate) fn cleared_sign_in_state(&self) -> Cookie<'static> {
        cleared(self.sign_in_state(String::new()))
    }

    pub(crate) fn read_sign_in_state(&self, request: &HttpRequest) -> Option<String> {
        read_once(request, &self.host_only_name(SIGN_IN_STATE))
    }

    /// The code that this browser looked up, for the pages under `/device` alone.
    pub(crate) fn device_code(&self, value: String, life: TimeDelta) -> Cookie<'static> {
        self.host_only(DEVICE_CODE.into(), "/device", value, life)
    }

    pub(crate) fn cleared_device_code(&self) -> Cookie<'static> {
        cleared(self.device_code(String::new(), TimeDelta::zero()))
    }

    pub(crate) fn read_device_code(request: &HttpRequest) -> Option<String> {
        read_once(request, DEVICE_CODE)
    }

    fn host_only_name(&self, base: &str) -> String {
        if self.secure {
            format!("__Host-{base}")
        } else {
            base.to_owned()
        }
    }

    fn host_only(
        &self,
        name: String,
        path: &'static str,
        value: String,
        life: TimeDelta,
    ) -> Cookie<'static> {
        Cookie::build(name, value)
            .path(path)
            .secure(self.secure)
            .http_only(true)
            .same_site(SameSite::Lax)
            .max_age(Duration::seconds(life.num_seconds()))
            .finish()
    }

    /// Three cookies that clear the session.
    pub(crate) fn cleared(&self) -> [Cookie<'static>; 3] {
        [
            (ACCESS, SameSite::Lax, true),
            (REFRESH, SameSite::Strict, true),
            (CSRF, SameSite::Lax, false),
        ]
        .map(|(name, same_site, http_only)| {
            let mut cookie = self.cookie(name, String::new(), None, same_site, http_only);
            cookie.set_expires(actix_web::cookie::time::OffsetDateTime::UNIX_EPOCH);
            cookie
        })
    }

    fn cookie(
        &self,
        base: &str,
        value: String,
        life: Option<TimeDelta>,
        same_site: SameSite,
        http_only: bool,
    ) -> Cookie<'static> {
        let mut cookie = Cookie::build(self.name(base), value)
            .path("/")
            .secure(self.secure)
            .http_only(http_only)
            .same_site(same_site)
            .finish();
        if let Some(domain) = &self.domain {
            cookie.set_domain(domain.clone());
        }
        if let Some(life) = life {
            cookie.set_max_age(Duration::seconds(life.num_seconds()));
        }
        cookie
    }
}

fn read_once(request: &HttpRequest, name: &str) -> Option<String> {
    let cookies = request.cookies().ok()?;
    let mut named = cookies.iter().filter(|cookie| cookie.name() == name);
    let value = named.next()?.value().to_owned();
    (named.next().is_none() && !value.is_empty()).then_some(value)
}

fn cleared(mut cookie: Cookie<'static>) -> Cookie<'static> {
    cookie.set_max_age(Duration::ZERO);
    cookie.set_expires(actix_web::cookie::time::OffsetDateTime::UNIX_EPOCH);
    cookie
}

fn sso_state_name(code_digest: &str) -> String {
    format!(
        "{SSO_STATE}{}",
        code_digest.get(..12).unwrap_or(code_digest)
    )
}

/// One cookie per code, so that two codes in two tabs do not take each other's receipt.
fn receipt_name(code_digest: &str) -> String {
    format!("{RECEIPT}{}", code_digest.get(..12).unwrap_or(code_digest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatewright_auth::origin::PublicUrls;
    use gatewright_domain::settings::Settings as _;

    fn policy(api: &'static str, web: &'static str, domain: &'static str) -> CookiePolicy {
        let urls = PublicUrls::load(&move |name: &str| match name {
            "CONSOLE_API_URL" => Some(api.to_owned()),
            "CONSOLE_WEB_URL" => Some(web.to_owned()),
            _ => Some(domain.to_owned()),
        });
        CookiePolicy::new(&urls.unwrap())
    }

    #[test]
    fn sec_126_https_without_a_domain_gives_host_cookies() {
        let cookie =
            policy("https://a.example.com", "", "").access("v".into(), TimeDelta::hours(1));
        assert_eq!(cookie.name(), "__Host-access_token");
        assert_eq!(
            (cookie.secure(), cookie.domain(), cookie.path()),
            (Some(true), None, Some("/"))
        );
        let plain = policy("http://a.example.com", "", "").access("v".into(), TimeDelta::hours(1));
        assert_eq!(
            (plain.name(), plain.secure()),
            ("access_token", Some(false))
        );
        assert_eq!(
            policy("", "", "")
                .access("v".into(), TimeDelta::hours(1))
                .name(),
            "access_token"
        );
    }

    #[test]
    fn sec_127_a_cookie_domain_gives_plain_names_and_stays_secure() {
        let policy = policy(
            "https://api.example.com",
            "https://web.example.com",
            ".example.com",
        );
        let csrf = policy.csrf("v".into(), TimeDelta::hours(1));
        assert_eq!(
            (csrf.name(), csrf.domain(), csrf.secure()),
            ("csrf_token", Some("example.com"), Some(true))
        );
        assert_eq!(csrf.http_only(), Some(false), "the page reads it");
    }

    #[test]
    fn the_refresh_cookie_is_strict_and_clearing_keeps_the_attributes() {
        let policy = policy("https://a.example.com", "", "");
        assert_eq!(
            policy.refresh("v".into(), TimeDelta::days(1)).same_site(),
            Some(SameSite::Strict)
        );
        for cookie in policy.cleared() {
            assert!(cookie.value().is_empty() && cookie.secure() == Some(true));
            assert!(cookie.name().starts_with("__Host-") && cookie.max_age().is_none());
        }
    }
}
