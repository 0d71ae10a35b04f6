//! Settings of console identity.

use chrono::TimeDelta;
use gatewright_domain::{
    Secret, settings,
    settings::{SettingError, SettingValue},
};

/// The edition that clients are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edition {
    /// One's own servers.
    SelfHosted,
    /// Dify's cloud.
    Cloud,
}

impl Edition {
    /// The text on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SelfHosted => "SELF_HOSTED",
            Self::Cloud => "CLOUD",
        }
    }
}

impl SettingValue for Edition {
    fn parse_setting(text: &str) -> Result<Self, String> {
        match text.trim() {
            "SELF_HOSTED" => Ok(Self::SelfHosted),
            "CLOUD" => Ok(Self::Cloud),
            other => Err(format!("`{other}` is neither SELF_HOSTED nor CLOUD")),
        }
    }
    fn show(&self) -> String {
        self.as_str().into()
    }
}

settings! {
    /// Signing in at the console.
    pub struct ConsoleSettings {
        /// `SELF_HOSTED` or `CLOUD`.
        EDITION => edition: Edition = Edition::SelfHosted, "SELF_HOSTED";
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
