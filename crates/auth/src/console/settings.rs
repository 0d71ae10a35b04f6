//! Settings of console identity.

use chrono::TimeDelta;
use gatewright_domain::{
    Secret,
    generation::{Generation, SpokenVersion},
    settings,
    settings::{SettingError, SettingValue},
};

/// The edition that clients are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edition {
    /// One's own servers.
    Community,
    /// One's own servers, beside the enterprise product.
    Enterprise,
    /// Dify's cloud service: `CLOUD`.
    Cloud,
}

impl Edition {
    /// What clients of the generation call it: the older one knows one name for all of one's own servers.
    pub fn name(self, generation: Generation) -> &'static str {
        match (self, generation) {
            (Self::Cloud, _) => "CLOUD",
            (_, Generation::V1_14) => "SELF_HOSTED",
            (Self::Community, Generation::V1_16) => "COMMUNITY",
            (Self::Enterprise, Generation::V1_16) => "ENTERPRISE",
        }
    }
}

/// Each setting takes the words of both.
impl SettingValue for Edition {
    fn parse_setting(text: &str) -> Result<Self, String> {
        match text.trim() {
            "COMMUNITY" | "SELF_HOSTED" => Ok(Self::Community),
            "ENTERPRISE" => Ok(Self::Enterprise),
            "CLOUD" => Ok(Self::Cloud),
            other => Err(format!("`{other}` is none of COMMUNITY, ENTERPRISE, CLOUD")),
        }
    }
    fn show(&self) -> String {
        self.name(Generation::V1_16).into()
    }
}

settings! {
    /// Signing in at the console.
    pub struct ConsoleSettings {
        /// `COMMUNITY`, `ENTERPRISE` or `CLOUD`: what clients are told. Unset: `EDITION` counts.
        DEPLOYMENT_EDITION => deployment_edition: Option<Edition> = None, "COMMUNITY";
        /// The same in the words of older versions: `SELF_HOSTED` or `CLOUD`.
        EDITION => legacy_edition: Option<Edition> = None, "SELF_HOSTED";
        /// The version of Dify that clients are told: `1.14.2`, `1.16.1`, or `auto`: to each the one that it expects.
        GATEWRIGHT_DIFY_VERSION => dify_version: SpokenVersion = SpokenVersion::Auto, "auto";
        /// Asked for once before the set-up; unset: nobody is asked.
        INIT_PASSWORD => init_password: Option<Secret> = None, "a-password-for-the-installer";
        /// Life of access and CSRF tokens in minutes, 1 to 1440.
        ACCESS_TOKEN_EXPIRE_MINUTES => access_minutes: u32 = 60, "60";
        /// Days after which an unused session ends; may be fractional, at most 365.
        REFRESH_TOKEN_EXPIRE_DAYS => refresh_days: f64 = 30.0, "30";
        /// Days after which a session ends however much it is used, at most 3650.
        GATEWRIGHT_SESSION_MAX_DAYS => session_max_days: u32 = 90, "90";
        /// Seconds until failed sign-ins are forgotten.
        LOGIN_LOCKOUT_DURATION => lockout_seconds: u32 = 86_400, "86400";
        /// Passwords that are hashed at the same time, at most 64; each takes 19 MiB and a processor. 0: half of the processors, at least one.
        GATEWRIGHT_PASSWORD_HASH_PARALLELISM => hash_parallelism: u32 = 0, "2";
        /// Whether the password form is offered and accepted.
        ENABLE_EMAIL_PASSWORD_LOGIN => password_login: bool = true, "true";
        /// Whether people may sign in with a code from a mail.
        ENABLE_EMAIL_CODE_LOGIN => email_code_login: bool = false, "false";
        /// Whether social sign-in is offered (the flow comes with a later release).
        ENABLE_SOCIAL_OAUTH_LOGIN => social_login: bool = false, "false";
        /// Whether several people may edit at once (told to the web console, which then wants a WebSocket that does not exist here yet).
        ENABLE_COLLABORATION_MODE => collaboration_mode: bool = false, "false";
        /// Whether strangers may register.
        ALLOW_REGISTER => allow_register: bool = false, "false";
        /// Whether users may create workspaces.
        ALLOW_CREATE_WORKSPACE => allow_create_workspace: bool = false, "false";
        /// Whether the marketplace is shown in the web console. Plugins come with a later release.
        MARKETPLACE_ENABLED => marketplace: bool = false, "false";
        /// Whether the creators' platform is shown in the web console.
        CREATORS_PLATFORM_FEATURES_ENABLED => creators_platform: bool = true, "true";
        /// Whether a trial application is shown.
        ENABLE_TRIAL_APP => trial_app: bool = false, "false";
        /// Whether the explore page shows a banner.
        ENABLE_EXPLORE_BANNER => explore_banner: bool = false, "false";
        /// Largest plugin package in bytes (told to the web console).
        PLUGIN_MAX_PACKAGE_SIZE => plugin_max_package_size: u32 = 15_728_640, "15728640";
        /// Whether a workspace may replace the logo.
        CAN_REPLACE_LOGO => can_replace_logo: bool = false, "false";
        /// Whether model load balancing is shown.
        MODEL_LB_ENABLED => model_load_balancing: bool = false, "false";
        /// Whether the dataset-operator role is offered.
        DATASET_OPERATOR_ENABLED => dataset_operator: bool = false, "false";
    }
}

impl ConsoleSettings {
    /// The edition that the installation presents itself as (`EDITION`).
    pub fn edition(&self) -> Edition {
        let named = self.deployment_edition.or(self.legacy_edition);
        named.unwrap_or(Edition::Community)
    }

    /// The `iss` of console sessions: one name for all generations, so that a session outlives an upgrade.
    pub fn session_issuer(&self) -> &'static str {
        self.edition().name(Generation::V1_14)
    }

    /// How long failed sign-ins of a network or browser are remembered.
    pub fn failure_memory(&self) -> TimeDelta {
        TimeDelta::seconds(i64::from(self.lockout_seconds))
    }
}

impl ConsoleSettings {
    fn validate(&self) -> Result<(), SettingError> {
        let fail = |name, problem: &str, example| {
            Err(SettingError {
                name,
                problem: problem.into(),
                example,
            })
        };
        if !(1..=1440).contains(&self.access_minutes) {
            return fail(
                "ACCESS_TOKEN_EXPIRE_MINUTES",
                "must be from 1 to 1440",
                "60",
            );
        }
        if !(self.refresh_days > 0.0 && self.refresh_days <= 365.0) {
            return fail(
                "REFRESH_TOKEN_EXPIRE_DAYS",
                "must be above 0 and at most 365",
                "30",
            );
        }
        if !(1..=3650).contains(&self.session_max_days) {
            return fail(
                "GATEWRIGHT_SESSION_MAX_DAYS",
                "must be from 1 to 3650",
                "90",
            );
        }
        if self.hash_parallelism > 64 {
            return fail(
                "GATEWRIGHT_PASSWORD_HASH_PARALLELISM",
                "must be at most 64",
                "2",
            );
        }
        Ok(())
    }

    /// Life of access and CSRF tokens.
    pub fn access_lifetime(&self) -> TimeDelta {
        TimeDelta::minutes(i64::from(self.access_minutes))
    }

    /// Life of an unused session, whole seconds.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "validated to at most a year"
    )]
    pub fn idle_lifetime(&self) -> TimeDelta {
        TimeDelta::seconds((self.refresh_days * 86_400.0) as i64)
    }

    /// Life of a session that is used.
    pub fn absolute_lifetime(&self) -> TimeDelta {
        TimeDelta::days(i64::from(self.session_max_days))
    }
}
