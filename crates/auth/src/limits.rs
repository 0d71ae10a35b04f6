//! Every rate limit by name: how many in which window. `0` switches one off.

use chrono::TimeDelta;
use gatewright_domain::{
    settings,
    settings::{SettingError, SettingValue},
    throttle::Slope,
};

/// So many in such a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many; 0 is unlimited.
    pub count: u32,
    /// The sliding window in which the charges are counted.
    pub window: TimeDelta,
}

impl Rate {
    /// `count` in `seconds`.
    pub const fn new(count: u32, seconds: i64) -> Self {
        Self {
            count,
            window: TimeDelta::seconds(seconds),
        }
    }
}

impl SettingValue for Rate {
    fn parse_setting(text: &str) -> Result<Self, String> {
        let problem = || format!("`{text}` is not <count>/<number><s|m|h|d>, or 0");
        let text = text.trim();
        if text == "0" {
            return Ok(Self::new(0, 1));
        }
        let (count, window) = text.split_once('/').ok_or_else(problem)?;
        let (number, unit) = window
            .split_at_checked(window.len().saturating_sub(1))
            .ok_or_else(problem)?;
        let number: i64 = if number.is_empty() {
            1
        } else {
            number.parse().map_err(|_| problem())?
        };
        let seconds = match unit {
            "s" => number,
            "m" => number.saturating_mul(60),
            "h" => number.saturating_mul(3600),
            "d" => number.saturating_mul(86_400),
            _ => return Err(problem()),
        };
        let count = count.trim().parse().map_err(|_| problem())?;
        if (1..=366 * 86_400).contains(&seconds) {
            Ok(Self::new(count, seconds))
        } else {
            Err(problem())
        }
    }

    fn show(&self) -> String {
        if self.count == 0 {
            return "0".into();
        }
        let seconds = self.window.num_seconds();
        let (number, unit) = match seconds {
            s if s % 86_400 == 0 => (s / 86_400, 'd'),
            s if s % 3600 == 0 => (s / 3600, 'h'),
            s if s % 60 == 0 => (s / 60, 'm'),
            s => (s, 's'),
        };
        format!("{}/{number}{unit}", self.count)
    }
}

/// A rate with the name that keeps its counters apart from all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Part of every key.
    pub name: &'static str,
    /// How many, in which window.
    pub rate: Rate,
}

impl Limit {
    /// The rate as a slope: so many that cost nothing, then waits, forgotten after the window. None
    /// when it is switched off.
    pub fn slope(&self) -> Option<Slope> {
        let Rate { count, window } = self.rate;
        (count > 0).then_some(Slope {
            free: count,
            memory: window,
        })
    }
}

settings! {
    /// Rate limits. Each is `<count>/<window>` (`60/1h`; units s, m, h, d) or `0` for none.
    pub struct LimitSettings {
        /// Device codes requested, per client address.
        GATEWRIGHT_LIMIT_DEVICE_CODE => device_code: Rate = Rate::new(60, 3600), "60/1h";
        /// Look-ups of user codes, per client address.
        GATEWRIGHT_LIMIT_DEVICE_LOOKUP => device_lookup: Rate = Rate::new(60, 300), "60/5m";
        /// Look-ups of unknown user codes from all addresses together: a distributed guess trips it.
        GATEWRIGHT_LIMIT_DEVICE_LOOKUP_MISS => device_lookup_miss: Rate = Rate::new(1000, 300), "1000/5m";
        /// Polls with unknown or malformed device codes, per client address.
        GATEWRIGHT_LIMIT_DEVICE_TOKEN => device_token: Rate = Rate::new(60, 60), "60/1m";
        /// Beginnings of the SSO branch, per client address.
        GATEWRIGHT_LIMIT_SSO_INITIATE => sso_initiate: Rate = Rate::new(60, 3600), "60/1h";
        /// Returns from the identity provider, per client address.
        GATEWRIGHT_LIMIT_SSO_COMPLETE => sso_complete: Rate = Rate::new(60, 3600), "60/1h";
        /// Approvals by people without an account, per e-mail address in any case.
        GATEWRIGHT_LIMIT_APPROVE_EXTERNAL => approve_external: Rate = Rate::new(10, 3600), "10/1h";
        /// Sign-ins at the console through an identity provider, begun or finished, per client address.
        GATEWRIGHT_LIMIT_OIDC => oidc: Rate = Rate::new(60, 300), "60/5m";
        /// Failed sign-ins, per client address. A right password is never charged.
        GATEWRIGHT_LIMIT_LOGIN => login: Rate = Rate::new(60, 300), "60/5m";
        /// Failed sign-ins per account from all unknown browsers together that cost no delay. Past them each one makes the next wait longer, up to 15 minutes and never more; forgotten when there was none for the window.
        GATEWRIGHT_LIMIT_LOGIN_ACCOUNT => login_account: Rate = Rate::new(10, 86_400), "10/1d";
        /// Mails that strangers may cause (codes to any address), per client address.
        GATEWRIGHT_LIMIT_MAIL_ADDRESS => mail_address: Rate = Rate::new(60, 3600), "60/1h";
        /// Codes to set a password, to register, to change the address, to give a workspace away, to delete the account: each per e-mail address. A browser that the account has used has its own.
        GATEWRIGHT_LIMIT_MAIL_CODE => mail_code: Rate = Rate::new(1, 60), "1/1m";
        /// Codes to sign in, per e-mail address. A browser that the account has used has its own.
        GATEWRIGHT_LIMIT_MAIL_LOGIN_CODE => mail_login_code: Rate = Rate::new(3, 300), "3/5m";
        /// Mails that others can cause (codes, invitations), per e-mail address over all senders and kinds, that leave at once. Past them each one makes the next wait longer, up to 15 minutes; forgotten when there was none for the window.
        GATEWRIGHT_LIMIT_MAIL_RECIPIENT => mail_recipient: Rate = Rate::new(10, 86_400), "10/1d";
        /// Wrong codes, per purpose and e-mail address, that cost no delay. Past them each one makes the next *code* wait longer, up to 15 minutes; a code that was sent can always be tried five times.
        GATEWRIGHT_LIMIT_CODE_GUESS => code_guess: Rate = Rate::new(30, 86_400), "30/1d";
        /// Invitations, per workspace.
        GATEWRIGHT_LIMIT_INVITE => invite: Rate = Rate::new(200, 3600), "200/1h";
        /// Look-ups and uses of invitations, per client address.
        GATEWRIGHT_LIMIT_ACTIVATE => activate: Rate = Rate::new(60, 300), "60/5m";
        /// Wrong guesses of one's own password (changing it), per session.
        GATEWRIGHT_LIMIT_PASSWORD_CHANGE => password_change: Rate = Rate::new(10, 3600), "10/1h";
        /// Guesses of `INIT_PASSWORD`, per client address.
        GATEWRIGHT_LIMIT_INIT => init: Rate = Rate::new(10, 3600), "10/1h";
        /// Refreshes of console sessions with tokens that are worth nothing, per client address.
        GATEWRIGHT_LIMIT_REFRESH => refresh: Rate = Rate::new(300, 300), "300/5m";
        /// Bearers that lead nowhere (wrong form, wrong checksum, unknown, revoked), per client address.
        GATEWRIGHT_LIMIT_BAD_BEARER => bad_bearer: Rate = Rate::new(300, 60), "300/1m";
        /// Introspections of bearers, per client address.
        GATEWRIGHT_LIMIT_INTROSPECTION => introspection: Rate = Rate::new(6000, 60), "6000/1m";
        /// Uploads of files, per account.
        GATEWRIGHT_LIMIT_UPLOAD => upload: Rate = Rate::new(60, 3600), "60/1h";
        /// Uploads of files with an app's key or as a visitor of a web app, per end user.
        GATEWRIGHT_LIMIT_UPLOAD_BY_KEY => upload_by_key: Rate = Rate::new(600, 3600), "600/1h";
        /// Keys of apps that open nothing, per client address.
        GATEWRIGHT_LIMIT_KEY_GUESS => key_guess: Rate = Rate::new(300, 60), "300/1m";
        /// Requests with an app's key, per key; off unless it is set.
        GATEWRIGHT_LIMIT_APP_KEY => app_key: Rate = Rate::new(0, 1), "0";
        /// Pages of forms that runs wait for, shown or answered, per client address.
        GATEWRIGHT_LIMIT_FORM => form: Rate = Rate::new(60, 300), "60/5m";
        /// Passports of new visitors of web apps, per client address.
        GATEWRIGHT_LIMIT_PASSPORT => passport: Rate = Rate::new(300, 300), "300/5m";
        /// Calls of `GET /account`, per account.
        GATEWRIGHT_LIMIT_IDENTITY => identity: Rate = Rate::new(60, 60), "60/1m";
        /// Requests a minute per bearer; 0 is unlimited.
        OPENAPI_RATE_LIMIT_PER_TOKEN => per_token: u32 = 60, "60";
        /// Approvals and refusals of devices an hour per account, at least 1.
        DEVICE_FLOW_APPROVE_RATE_LIMIT_PER_HOUR => approve_per_hour: u32 = 10, "10";
    }
}

impl LimitSettings {
    fn validate(&self) -> Result<(), SettingError> {
        if self.approve_per_hour == 0 {
            return Err(SettingError {
                name: "DEVICE_FLOW_APPROVE_RATE_LIMIT_PER_HOUR",
                problem: "must be at least 1".into(),
                example: "10",
            });
        }
        Ok(())
    }
}

impl LimitSettings {
    /// Every rate with the name of its setting.
    pub fn rates(&self) -> Vec<(&'static str, Rate)> {
        vec![
            ("GATEWRIGHT_LIMIT_DEVICE_CODE", self.device_code),
            ("GATEWRIGHT_LIMIT_DEVICE_LOOKUP", self.device_lookup),
            (
                "GATEWRIGHT_LIMIT_DEVICE_LOOKUP_MISS",
                self.device_lookup_miss,
            ),
            ("GATEWRIGHT_LIMIT_DEVICE_TOKEN", self.device_token),
            ("GATEWRIGHT_LIMIT_SSO_INITIATE", self.sso_initiate),
            ("GATEWRIGHT_LIMIT_SSO_COMPLETE", self.sso_complete),
            ("GATEWRIGHT_LIMIT_APPROVE_EXTERNAL", self.approve_external),
            ("GATEWRIGHT_LIMIT_OIDC", self.oidc),
            ("GATEWRIGHT_LIMIT_LOGIN", self.login),
            ("GATEWRIGHT_LIMIT_LOGIN_ACCOUNT", self.login_account),
            ("GATEWRIGHT_LIMIT_MAIL_ADDRESS", self.mail_address),
            ("GATEWRIGHT_LIMIT_MAIL_CODE", self.mail_code),
            ("GATEWRIGHT_LIMIT_MAIL_LOGIN_CODE", self.mail_login_code),
            ("GATEWRIGHT_LIMIT_MAIL_RECIPIENT", self.mail_recipient),
            ("GATEWRIGHT_LIMIT_CODE_GUESS", self.code_guess),
            ("GATEWRIGHT_LIMIT_INVITE", self.invite),
            ("GATEWRIGHT_LIMIT_ACTIVATE", self.activate),
            ("GATEWRIGHT_LIMIT_PASSWORD_CHANGE", self.password_change),
            ("GATEWRIGHT_LIMIT_INIT", self.init),
            ("GATEWRIGHT_LIMIT_REFRESH", self.refresh),
            ("GATEWRIGHT_LIMIT_BAD_BEARER", self.bad_bearer),
            ("GATEWRIGHT_LIMIT_INTROSPECTION", self.introspection),
            ("GATEWRIGHT_LIMIT_UPLOAD", self.upload),
            ("GATEWRIGHT_LIMIT_UPLOAD_BY_KEY", self.upload_by_key),
            ("GATEWRIGHT_LIMIT_KEY_GUESS", self.key_guess),
            ("GATEWRIGHT_LIMIT_APP_KEY", self.app_key),
            ("GATEWRIGHT_LIMIT_FORM", self.form),
            ("GATEWRIGHT_LIMIT_PASSPORT", self.passport),
            ("GATEWRIGHT_LIMIT_IDENTITY", self.identity),
        ]
    }
}

/// The limits as the code uses them.
#[derive(Debug, Clone)]
#[allow(
    missing_docs,
    reason = "each is described by its setting of the same name"
)]
pub struct Limits {
    pub device_code: Limit,
    pub device_lookup: Limit,
    pub device_lookup_miss: Limit,
    pub device_token: Limit,
    pub sso_initiate: Limit,
    pub sso_complete: Limit,
    pub approve_external: Limit,
    pub oidc: Limit,
    pub login: Limit,
    pub login_account: Limit,
    pub mail_address: Limit,
    pub mail_code: Limit,
    pub mail_login_code: Limit,
    pub mail_recipient: Limit,
    pub code_guess: Limit,
    pub invite: Limit,
    pub activate: Limit,
    pub password_change: Limit,
    pub init: Limit,
    pub refresh: Limit,
    pub bad_bearer: Limit,
    pub introspection: Limit,
    pub upload: Limit,
    pub upload_by_key: Limit,
    pub key_guess: Limit,
    pub app_key: Limit,
    pub form: Limit,
    pub passport: Limit,
    pub identity: Limit,
    pub per_token: Limit,
    pub approve: Limit,
}

impl From<&LimitSettings> for Limits {
    fn from(settings: &LimitSettings) -> Self {
        let limit = |name, rate| Limit { name, rate };
        Self {
            device_code: limit("DEVICE_CODE", settings.device_code),
            device_lookup: limit("DEVICE_LOOKUP", settings.device_lookup),
            device_lookup_miss: limit("DEVICE_LOOKUP_MISS", settings.device_lookup_miss),
            device_token: limit("DEVICE_TOKEN", settings.device_token),
            sso_initiate: limit("SSO_INITIATE", settings.sso_initiate),
            sso_complete: limit("SSO_COMPLETE", settings.sso_complete),
            approve_external: limit("APPROVE_EXTERNAL", settings.approve_external),
            oidc: limit("OIDC", settings.oidc),
            login: limit("LOGIN", settings.login),
            login_account: limit("LOGIN_ACCOUNT", settings.login_account),
            mail_address: limit("MAIL_ADDRESS", settings.mail_address),
            mail_code: limit("MAIL_CODE", settings.mail_code),
            mail_login_code: limit("MAIL_LOGIN_CODE", settings.mail_login_code),
            mail_recipient: limit("MAIL_RECIPIENT", settings.mail_recipient),
            code_guess: limit("CODE_GUESS", settings.code_guess),
            invite: limit("INVITE", settings.invite),
            activate: limit("ACTIVATE", settings.activate),
            password_change: limit("PASSWORD_CHANGE", settings.password_change),
            init: limit("INIT", settings.init),
            refresh: limit("REFRESH", settings.refresh),
            bad_bearer: limit("BAD_BEARER", settings.bad_bearer),
            introspection: limit("INTROSPECTION", settings.introspection),
            upload: limit("UPLOAD", settings.upload),
            upload_by_key: limit("UPLOAD_BY_KEY", settings.upload_by_key),
            key_guess: limit("KEY_GUESS", settings.key_guess),
            app_key: limit("APP_KEY", settings.app_key),
            form: limit("FORM", settings.form),
            passport: limit("PASSPORT", settings.passport),
            identity: limit("IDENTITY", settings.identity),
            per_token: limit(
                "OPENAPI_RATE_LIMIT_PER_TOKEN",
                Rate::new(settings.per_token, 60),
            ),
            approve: limit(
                "DEVICE_FLOW_APPROVE_RATE_LIMIT_PER_HOUR",
                Rate::new(settings.approve_per_hour, 3600),
            ),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::from(&LimitSettings::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_parses_as_it_is_displayed() {
        for text in ["60/1h", "60/5m", "10/30s", "100/1d", "0"] {
            assert_eq!(Rate::parse_setting(text).unwrap().show(), text);
        }
        assert_eq!(Rate::parse_setting("5/m").unwrap(), Rate::new(5, 60));
        for bad in [
            "",
            "60",
            "60/1",
            "x/1h",
            "-1/1h",
            "1/0s",
            "1/99999999999d",
            "1/é",
        ] {
            assert!(Rate::parse_setting(bad).is_err(), "{bad}");
        }
    }
}
