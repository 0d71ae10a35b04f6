//! `SECRET_KEY`: everything that we sign hangs on it, so a missing, short or published one stops
//! the start instead of weakening it.

use std::path::PathBuf;

use gatewright_crypto::keys::MasterKeys;
use gatewright_domain::{Secret, settings, settings::SettingError};

settings! {
    /// The installation's secret and where it runs.
    pub struct SecretKeySettings {
        /// Signs sessions and tokens; at least 32 characters of randomness.
        SECRET_KEY => active: Secret = Secret::default(), "$(openssl rand -base64 42)";
        /// Former keys, comma-separated: still accepted, never used to sign.
        GATEWRIGHT_PREVIOUS_SECRET_KEYS => previous: Secret = Secret::default(), "old-key-1,old-key-2";
        /// File with the keys, made and changed by `api-server keys`; stands above the two settings before it. Changes are noticed without a restart.
        GATEWRIGHT_KEYS_FILE => keys_file: Option<PathBuf> = None, "/var/lib/gatewright/keys.json";
        /// The kind of deployment; sent as `X-Env`. `DEVELOPMENT` accepts a short `SECRET_KEY`.
        DEPLOY_ENV => deploy_env: String = "PRODUCTION".into(), "PRODUCTION";
    }
}

/// Keys that stand in public example files.
const PUBLISHED: [&str; 4] = [
    "sk-9f73s3ljTXVcMT3Blb3ljTqtsKiGHXVcMT3BlbkFJLK7U",
    "changeme",
    "difyai123456",
    "your-secret-key",
];

impl SecretKeySettings {
    fn validate(&self) -> Result<(), SettingError> {
        let key = self.active.expose().trim();
        let problem = if key.is_empty() && self.keys_file.is_some() {
            return Ok(());
        } else if key.is_empty() {
            "is not set; everything that is signed hangs on it"
        } else if PUBLISHED.contains(&key) {
            "is a published example; anybody could sign with it"
        } else if key.len() < 32 && !self.is_development() {
            "is shorter than 32 characters"
        } else {
            return Ok(());
        };
        Err(SettingError {
            name: "SECRET_KEY",
            problem: problem.into(),
            example: "$(openssl rand -base64 42)",
        })
    }

    /// Whether this is somebody's own machine.
    pub fn is_development(&self) -> bool {
        self.deploy_env.eq_ignore_ascii_case("development")
    }

    /// The former keys, the latest first.
    pub fn previous(&self) -> impl Iterator<Item = &str> {
        let all = self.previous.expose().split(',').map(str::trim);
        all.filter(|key| !key.is_empty())
    }

    /// The keys to sign and verify with, as these settings (not the file) have them.
    pub fn master_keys(&self) -> MasterKeys {
        MasterKeys::new(
            self.active.expose().trim().as_bytes(),
            self.previous().map(str::as_bytes),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatewright_domain::settings::Settings as _;

    fn load(key: &'static str, env: &'static str) -> Result<SecretKeySettings, SettingError> {
        SecretKeySettings::load(&move |name: &str| match name {
            "SECRET_KEY" => Some(key.to_owned()),
            "DEPLOY_ENV" => Some(env.to_owned()),
            _ => None,
        })
    }

    #[test]
    fn sec_144_weak_secret_key_stops_the_start_and_is_not_echoed() {
        for key in [
            "",
            "hunter2",
            "sk-9f73s3ljTXVcMT3Blb3ljTqtsKiGHXVcMT3BlbkFJLK7U",
        ] {
            let error = load(key, "PRODUCTION").unwrap_err();
            assert_eq!(error.name, "SECRET_KEY");
            assert!(key.is_empty() || !error.to_string().contains(key));
        }
        assert!(load("hunter2", "DEVELOPMENT").is_ok());
        assert!(load("", "DEVELOPMENT").is_err());
        assert!(load("0123456789abcdef0123456789abcdef", "PRODUCTION").is_ok());
    }
}
