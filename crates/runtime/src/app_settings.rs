//! Settings of apps.

use gatewright_domain::{settings, settings::SettingError};
use gatewright_usecase_apps::ExternalApps;

settings! {
    /// Which apps are open to people without an account.
    pub struct AppSettings {
        /// Apps that people may use who have no account and sign in through an identity provider: ids by commas, or `*` for everything that is open to programs in every workspace. Unset: none.
        GATEWRIGHT_EXTERNAL_APPS => external: String = String::new(), "0198c5a0-0000-7000-8000-000000000000";
    }
}

impl AppSettings {
    fn validate(&self) -> Result<(), SettingError> {
        self.external_apps().map(|_| ())
    }

    /// What they say.
    ///
    /// # Errors
    /// When they name no apps.
    pub fn external_apps(&self) -> Result<ExternalApps, SettingError> {
        self.external
            .parse()
            .map_err(|problem: gatewright_usecase_apps::NotApps| SettingError {
                name: "GATEWRIGHT_EXTERNAL_APPS",
                problem: problem.to_string(),
                example: "0198c5a0-0000-7000-8000-000000000000",
            })
    }
}
