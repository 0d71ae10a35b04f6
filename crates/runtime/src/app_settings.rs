//! Settings of apps.

use gatewright_domain::{settings, settings::SettingError};
use gatewright_run_service::ActiveLimits;
use gatewright_usecase_apps::ExternalApps;

settings! {
    /// Apps: who may use them, and how much.
    pub struct AppSettings {
        /// Apps that people may use who have no account and sign in through an identity provider: ids by commas, or `*` for everything that is open to programs in every workspace. Unset: none.
        GATEWRIGHT_EXTERNAL_APPS => external: String = String::new(), "0198c5a0-0000-7000-8000-000000000000";
        /// Runs at a time of an app that does not say itself how many it may have; 0: as many as come. More are answered 429.
        APP_DEFAULT_ACTIVE_REQUESTS => default_active: u32 = 0, "20";
        /// Runs at a time of any app, whatever it says itself; 0: as many as it says.
        APP_MAX_ACTIVE_REQUESTS => max_active: u32 = 0, "100";
    }
}

impl AppSettings {
    fn validate(&self) -> Result<(), SettingError> {
        self.external_apps().map(|_| ())
    }

    /// How many runs apps may have at a time.
    pub fn active_limits(&self) -> ActiveLimits {
        ActiveLimits {
            default: self.default_active,
            max: self.max_active,
        }
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
