//! The settings of a server, group by group. The edge adds its own.

use gatewright_app::{file::FileSettings, upkeep::UpkeepSettings};
use gatewright_auth::{
    account::AccountSettings, console::ConsoleSettings, device::DeviceSettings,
    limits::LimitSettings, origin::PublicUrls, secret_key::SecretKeySettings,
};
use gatewright_domain::{
    settings,
    settings::{SettingDoc, SettingError, Settings as _, Source},
};
use gatewright_enterprise::EnterpriseSettings;
use gatewright_kv::RedisSettings;
use gatewright_mail::MailSettings;
use gatewright_objects::ObjectSettings;
use gatewright_oidc::OidcSettings;
use gatewright_storage::DbSettings;

settings! {
    /// Logs, on standard output.
    pub struct LogSettings {
        /// `TRACE`, `DEBUG`, `INFO`, `WARN`, `ERROR`, or a filter such as `info,gatewright_kv=debug`.
        LOG_LEVEL => level: String = "INFO".into(), "INFO";
        /// `text` or `json`.
        LOG_OUTPUT_FORMAT => format: String = "text".into(), "json";
    }
}

impl LogSettings {
    fn validate(&self) -> Result<(), SettingError> {
        let fail = |name, problem, example| {
            Err(SettingError {
                name,
                problem,
                example,
            })
        };
        if !matches!(self.format.as_str(), "text" | "json") {
            return fail(
                "LOG_OUTPUT_FORMAT",
                format!("`{}` is neither text nor json", self.format),
                "json",
            );
        }
        if tracing_subscriber::EnvFilter::try_new(self.level.to_lowercase()).is_err() {
            return fail(
                "LOG_LEVEL",
                format!("`{}` is not a level or a filter", self.level),
                "INFO",
            );
        }
        Ok(())
    }
}

/// Everything but the edge.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "each group describes itself")]
pub struct ServerSettings {
    pub secret: SecretKeySettings,
    pub urls: PublicUrls,
    pub db: DbSettings,
    pub redis: RedisSettings,
    pub console: ConsoleSettings,
    pub account: AccountSettings,
    pub mail: MailSettings,
    pub upkeep: UpkeepSettings,
    pub objects: ObjectSettings,
    pub files: FileSettings,
    pub device: DeviceSettings,
    pub limits: LimitSettings,
    pub enterprise: EnterpriseSettings,
    pub oidc: OidcSettings,
    pub log: LogSettings,
}

impl ServerSettings {
    /// Reads and checks all groups; the first problem ends it.
    pub fn load(source: &dyn Source) -> Result<Self, SettingError> {
        Ok(Self {
            secret: SecretKeySettings::load(source)?,
            urls: PublicUrls::load(source)?,
            db: DbSettings::load(source)?,
            redis: RedisSettings::load(source)?,
            console: ConsoleSettings::load(source)?,
            account: AccountSettings::load(source)?,
            mail: MailSettings::load(source)?,
            upkeep: UpkeepSettings::load(source)?,
            objects: ObjectSettings::load(source)?,
            files: FileSettings::load(source)?,
            device: DeviceSettings::load(source)?,
            limits: LimitSettings::load(source)?,
            enterprise: EnterpriseSettings::load(source)?,
            oidc: OidcSettings::load(source)?,
            log: LogSettings::load(source)?,
        })
    }
}

/// A group of settings for people.
pub struct SettingGroup {
    /// Heading.
    pub title: &'static str,
    /// The settings.
    pub settings: Vec<SettingDoc>,
}

/// The groups of [`ServerSettings`], for `docs/settings.md`.
pub fn groups() -> Vec<SettingGroup> {
    let group = |title, settings| SettingGroup { title, settings };
    vec![
        group("The installation's secret", SecretKeySettings::docs()),
        group("Public addresses", PublicUrls::docs()),
        group("PostgreSQL", DbSettings::docs()),
        group("Redis", RedisSettings::docs()),
        group("Console", ConsoleSettings::docs()),
        group("Accounts", AccountSettings::docs()),
        group("Mail", MailSettings::docs()),
        group("Housekeeping", UpkeepSettings::docs()),
        group("Storage of files", ObjectSettings::docs()),
        group("Files that people upload", FileSettings::docs()),
        group("Device flow and bearers", DeviceSettings::docs()),
        group("Limits", LimitSettings::docs()),
        group("Identity providers", OidcSettings::docs()),
        group("The enterprise product", EnterpriseSettings::docs()),
        group("Logs", LogSettings::docs()),
    ]
}
