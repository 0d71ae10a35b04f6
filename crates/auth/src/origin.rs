//! This installation's public addresses. Every URL that leaves the server is built here, from
//! settings alone: nothing is ever derived from a request's `Host` (DECISIONS F1).

use gatewright_domain::{
    settings,
    settings::{SettingError, SettingValue},
};

/// An absolute http or https URL without trailing slashes, query or fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// The URL without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the scheme is https.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// Scheme, host and port: what a browser sends as `Origin`.
    pub fn origin(&self) -> &str {
        let host_start = self.0.find("://").map_or(0, |at| at + 3);
        let end = self.0[host_start..]
            .find('/')
            .map_or(self.0.len(), |at| host_start + at);
        &self.0[..end]
    }

    /// What follows the origin: empty, or a slash and more, without a slash at its end.
    pub fn path(&self) -> &str {
        &self.0[self.origin().len()..]
    }

    /// The host without a port.
    pub fn host(&self) -> &str {
        let origin = self.origin();
        let host = origin.split_once("://").map_or(origin, |(_, host)| host);
        match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((v6, _)) => v6,
            None => host.split(':').next().unwrap_or(host),
        }
    }
}

impl SettingValue for BaseUrl {
    fn parse_setting(text: &str) -> Result<Self, String> {
        let problem = || format!("`{text}` is not an absolute http(s) URL");
        let url = text.trim().trim_end_matches('/');
        let lower = url.to_ascii_lowercase();
        let rest = lower
            .strip_prefix("https://")
            .or_else(|| lower.strip_prefix("http://"))
            .ok_or_else(problem)?;
        let host = rest.split('/').next().unwrap_or_default();
        let plain = url
            .chars()
            .all(|c| c.is_ascii_graphic() && !"?#\\\"<>@".contains(c));
        if host.is_empty() || host.starts_with(':') || !plain {
            return Err(problem());
        }
        // The scheme and the host are compared in lower case; a path keeps its own.
        let split = url.len() - rest.len() + host.len();
        Ok(Self(format!("{}{}", &lower[..split], &url[split..])))
    }

    fn show(&self) -> String {
        self.0.clone()
    }
}

settings! {
    /// The addresses that people and programs use from outside.
    pub struct PublicUrls {
        /// Public address of this API: issuer of signed objects, base of the metadata document, of the SSO callback and of the redirect URIs of identity providers. Without a path, unless CONSOLE_WEB_URL is set.
        CONSOLE_API_URL => console_api: Option<BaseUrl> = None, "https://dify.example.com";
        /// Public address of the web console. Unset: our pages answer at `CONSOLE_API_URL`.
        CONSOLE_WEB_URL => console_web: Option<BaseUrl> = None, "https://console.example.com";
        /// Serve our own `/device` beside the web console of `CONSOLE_WEB_URL`, for one that has no such page: Dify's up to and with 1.14.2. Needs one origin whose proxy sends `/device`, `/device/confirm`, `/renew`, `/signout` and `/account/init` here.
        GATEWRIGHT_OWN_DEVICE_PAGE => own_device_page: bool = false, "true";
        /// Public address of the web app, whose `/form/…` is a page of ours; unset: `CONSOLE_API_URL`. Links in the mails of human-input nodes begin with it.
        APP_WEB_URL => app_web: Option<BaseUrl> = None, "https://dify.example.com";
        /// Public address of files; unset: `CONSOLE_API_URL`.
        FILES_URL => files: Option<BaseUrl> = None, "https://dify.example.com";
        /// Domain of the console cookies when web and API live on sibling domains; empty: this host only.
        COOKIE_DOMAIN => cookie_domain: Option<String> = None, "example.com";
    }
}

/// No public address is configured, so nothing that needs one can be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("neither CONSOLE_WEB_URL nor CONSOLE_API_URL is set")]
pub struct OriginUnset;

impl PublicUrls {
    fn validate(&self) -> Result<(), SettingError> {
        self.require_pages_at_the_root()?;
        self.require_one_origin_for_the_device_page()?;
        let Some(domain) = self.cookie_domain() else {
            return Ok(());
        };
        let foreign = [&self.console_api, &self.console_web]
            .into_iter()
            .flatten()
            .find(|url| url.host() != domain && !url.host().ends_with(&format!(".{domain}")));
        let problem = match foreign {
            Some(url) => format!(
                "`{domain}` is not the domain of {} or a parent of it",
                url.as_str()
            ),
            None if !domain.contains('.') && domain != "localhost" => {
                format!("`{domain}` is a public suffix; browsers refuse such cookies")
            }
            None => return Ok(()),
        };
        Err(SettingError {
            name: "COOKIE_DOMAIN",
            problem,
            example: "example.com",
        })
    }

    /// Our pages, their links, forms and cookies stand at the root of a host. Without this check they
    /// would be shown, and each of their links be answered 404.
    fn require_pages_at_the_root(&self) -> Result<(), SettingError> {
        let Some(api) = self.console_api.as_ref().filter(|_| self.has_own_pages()) else {
            return Ok(());
        };
        if api.path().is_empty() {
            return Ok(());
        }
        Err(SettingError {
            name: "CONSOLE_API_URL",
            problem: format!(
                "`{}` has the path `{}`, and the pages are served at the root of a host: give them a \
                 host name of their own and set `{}`, or serve another web console and set \
                 CONSOLE_WEB_URL",
                api.as_str(),
                api.path(),
                api.origin(),
            ),
            example: "https://dify.example.com",
        })
    }

    /// Our device page reads the session that the console began: its cookies come here on one origin alone.
    fn require_one_origin_for_the_device_page(&self) -> Result<(), SettingError> {
        let (true, Some(web)) = (self.own_device_page, &self.console_web) else {
            return Ok(());
        };
        let api = self.console_api.as_ref();
        if api.is_some_and(|api| api.origin() == web.origin() && web.path().is_empty()) {
            return Ok(());
        }
        Err(SettingError {
            name: "GATEWRIGHT_OWN_DEVICE_PAGE",
            problem: format!(
                "our device page reads the session of the web console, so that CONSOLE_API_URL and \
                 CONSOLE_WEB_URL must be one origin without a path, and are `{}` and `{}`",
                api.map_or("unset", BaseUrl::as_str),
                web.as_str(),
            ),
            example: "false",
        })
    }

    /// The API's address.
    pub fn api(&self) -> Option<&BaseUrl> {
        self.console_api.as_ref()
    }

    /// The console's address.
    pub fn web(&self) -> Option<&BaseUrl> {
        self.console_web.as_ref()
    }

    /// Where a person types a user code.
    pub fn verification_uri(&self) -> Result<String, OriginUnset> {
        let base = self
            .console_web
            .as_ref()
            .or(self.console_api.as_ref())
            .ok_or(OriginUnset)?;
        Ok(format!("{}/device", base.as_str()))
    }

    /// A page, for mails: absolute, and never from a request.
    pub fn page_in_mail(&self, path: &str) -> Result<String, OriginUnset> {
        let base = self.console_web.as_ref().or(self.console_api.as_ref());
        Ok(format!("{}{path}", base.ok_or(OriginUnset)?.as_str()))
    }

    /// The page of a form, for mails: absolute, and never from a request.
    pub fn form_in_mail(&self, token: &str) -> Result<String, OriginUnset> {
        let base = self.app_web.as_ref().or(self.console_api.as_ref());
        Ok(format!(
            "{}/form/{token}",
            base.ok_or(OriginUnset)?.as_str()
        ))
    }

    /// The issuer of this authorization server (RFC 8414).
    pub fn issuer(&self) -> Result<&str, OriginUnset> {
        self.console_api
            .as_ref()
            .map(BaseUrl::as_str)
            .ok_or(OriginUnset)
    }

    /// Where the browser comes back with an external-subject assertion.
    pub fn sso_complete(&self) -> Result<String, OriginUnset> {
        Ok(format!(
            "{}/openapi/v1/oauth/device/sso-complete",
            self.issuer()?
        ))
    }

    /// Where an identity provider sends the browser back to; to be registered there.
    pub fn oidc_redirect_uri(&self, provider: &str) -> Result<String, OriginUnset> {
        Ok(format!(
            "{}/console/api/oauth/authorize/{provider}",
            self.issuer()?
        ))
    }

    /// Where files are fetched from.
    pub fn files(&self) -> Result<&str, OriginUnset> {
        let base = self.files.as_ref().or(self.console_api.as_ref());
        base.map(BaseUrl::as_str).ok_or(OriginUnset)
    }

    /// A page of the web console. Relative when the console shares our origin, as Dify has
    /// it; absolute otherwise, for the API has no pages then.
    pub fn page(&self, path: &str) -> String {
        match (&self.console_web, &self.console_api) {
            (Some(web), Some(api)) if web.origin() == api.origin() => {
                format!("{}{path}", web.path())
            }
            (Some(web), _) => format!("{}{path}", web.as_str()),
            (None, _) => path.to_owned(),
        }
    }

    /// Whether the built-in pages answer here: no console is configured.
    pub fn has_own_pages(&self) -> bool {
        self.console_web.is_none()
    }

    /// Whether devices are connected on our own page: there is no console, or one that has no such page.
    pub fn has_own_device_page(&self) -> bool {
        self.has_own_pages() || self.own_device_page
    }

    /// The configured cookie domain without its leading dot.
    pub fn cookie_domain(&self) -> Option<&str> {
        self.cookie_domain
            .as_deref()
            .map(|d| d.trim().trim_start_matches('.'))
            .filter(|d| !d.is_empty())
    }

    /// The domains that a browser takes a cookie of this API's host for: the configured one, the host
    /// itself and each above it but the last label. None for an address.
    pub fn cookie_domains(&self) -> Vec<String> {
        let mut domains: Vec<String> = self
            .cookie_domain()
            .map(str::to_owned)
            .into_iter()
            .collect();
        let mut rest = self.console_api.as_ref().map_or("", BaseUrl::host);
        if rest.parse::<std::net::IpAddr>().is_ok() {
            return domains;
        }
        while rest.contains('.') {
            if !domains.iter().any(|known| known == rest) {
                domains.push(rest.to_owned());
            }
            rest = rest.split_once('.').map_or("", |(_, above)| above);
        }
        domains
    }

    /// Whether cookies are `Secure`: every configured address is https, and at least one is.
    pub fn is_https(&self) -> bool {
        let mut urls = [&self.console_api, &self.console_web]
            .into_iter()
            .flatten()
            .peekable();
        urls.peek().is_some() && urls.all(BaseUrl::is_https)
    }

    /// Whether `origin` is one of ours, for requests that change something.
    pub fn is_own_origin(&self, origin: &str) -> bool {
        [&self.console_api, &self.console_web]
            .into_iter()
            .flatten()
            .any(|url| url.origin().eq_ignore_ascii_case(origin))
    }

    /// Whether forms of runs are answered from `origin`: mails link to them at the web app's address, which is no place for anything
    /// that needs a session.
    pub fn is_form_origin(&self, origin: &str) -> bool {
        let app_web = self.app_web.as_ref();
        self.is_own_origin(origin)
            || app_web.is_some_and(|url| url.origin().eq_ignore_ascii_case(origin))
    }
}

#[cfg(test)]
mod tests;
