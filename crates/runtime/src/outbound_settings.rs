//! Where applications and people may send this server.

use gatewright_domain::{settings, settings::SettingError};
use gatewright_outbound::guard::{AllowList, Policy};

settings! {
    /// Requests to places that applications and people name: remote files, files of apps, HTTP nodes.
    pub struct OutboundSettings {
        /// Networks (`10.0.0.0/8`), addresses and names (`wiki.corp.example`, `*.corp.example`) beyond the public internet that may be asked, by commas.
        GATEWRIGHT_OUTBOUND_ALLOW => allow: String = String::new(), "10.1.0.0/16,wiki.corp.example";
        /// A proxy for `http://`; unset: none.
        SSRF_PROXY_HTTP_URL => http_proxy: Option<String> = None, "http://ssrf_proxy:3128";
        /// A proxy for `https://`; unset: none.
        SSRF_PROXY_HTTPS_URL => https_proxy: Option<String> = None, "http://ssrf_proxy:3128";
    }
}

impl OutboundSettings {
    fn validate(&self) -> Result<(), SettingError> {
        self.policy().map(|_| ())
    }

    /// What they say.
    ///
    /// # Errors
    /// Which of them cannot be read.
    pub fn policy(&self) -> Result<Policy, SettingError> {
        let fail = |name, problem: String, example| SettingError {
            name,
            problem,
            example,
        };
        let proxy = |name, url: &Option<String>| {
            let url = url.as_deref().filter(|url| !url.is_empty());
            let example = "http://ssrf_proxy:3128";
            url.map(str::parse)
                .transpose()
                .map_err(|error| fail(name, format!("is no URL: {error}"), example))
        };
        Ok(Policy {
            allow: self.allow.parse::<AllowList>().map_err(|error| {
                let example = "10.1.0.0/16,wiki.corp.example";
                fail("GATEWRIGHT_OUTBOUND_ALLOW", error.to_string(), example)
            })?,
            http_proxy: proxy("SSRF_PROXY_HTTP_URL", &self.http_proxy)?,
            https_proxy: proxy("SSRF_PROXY_HTTPS_URL", &self.https_proxy)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policy_is_what_the_settings_say_and_nonsense_is_named() {
        let settings = |allow: &str, proxy: Option<&str>| OutboundSettings {
            allow: allow.to_owned(),
            http_proxy: proxy.map(str::to_owned),
            https_proxy: None,
        };
        let policy = settings("10.0.0.0/8, wiki.corp.example", Some("http://p:3128"));
        let policy = policy.policy().unwrap();
        assert!(policy.allow.has_name("wiki.corp.example"));
        assert_eq!(policy.http_proxy.unwrap().as_str(), "http://p:3128/");
        for (allow, proxy, name) in [
            ("10.0.0.0/99", None, "GATEWRIGHT_OUTBOUND_ALLOW"),
            ("", Some("no url"), "SSRF_PROXY_HTTP_URL"),
        ] {
            assert_eq!(settings(allow, proxy).policy().unwrap_err().name, name);
        }
    }
}
