//! Settings of the enterprise product.

use gatewright_auth::origin::BaseUrl;
use gatewright_domain::{Secret, settings, settings::SettingError};

settings! {
    /// The enterprise product.
    pub struct EnterpriseSettings {
        /// Base address of the enterprise product, with its path prefix. Set: it brokers the SSO branch.
        ENTERPRISE_API_URL => url: Option<BaseUrl> = None, "http://enterprise.internal:8082/inner/api";
        /// Secret that the enterprise product expects in `Enterprise-Api-Secret-Key`.
        ENTERPRISE_API_SECRET_KEY => secret: Secret = Secret::default(), "a-long-random-text";
    }
}

impl EnterpriseSettings {
    fn validate(&self) -> Result<(), SettingError> {
        let usable = self.secret.expose().bytes().all(|b| b.is_ascii_graphic());
        let problem = if self.url.is_some() && self.secret.is_empty() {
            "is not set, but ENTERPRISE_API_URL is"
        } else if !usable {
            "has characters that cannot stand in a header"
        } else {
            return Ok(());
        };
        Err(SettingError {
            name: "ENTERPRISE_API_SECRET_KEY",
            problem: problem.into(),
            example: "a-long-random-text",
        })
    }
}
