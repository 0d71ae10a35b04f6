//! The settings of a server, group by group. The edge adds its own.

use gatewright_auth::{
    account::AccountSettings, console::ConsoleSettings, device::DeviceSettings,
    limits::LimitSettings, origin::PublicUrls, secret_key::SecretKeySettings,
};
use gatewright_domain::{
    settings,
    settings::{SettingDoc, SettingError, Settings as _, Source, all_errors, is_named},
};
use gatewright_enterprise::EnterpriseSettings;
use gatewright_kv::RedisSettings;
use gatewright_mail::MailSettings;
use gatewright_objects::ObjectSettings;
use gatewright_oidc::OidcSettings;
use gatewright_storage_kit::DbSettings;
use gatewright_usecase_maintenance::MaintenanceSettings;
use gatewright_usecase_workspace::file::FileSettings;

use crate::telemetry;

/// The list of identity providers.
pub(crate) const PROVIDERS: &str = "GATEWRIGHT_OIDC_PROVIDERS";
/// Names the file of settings.
pub(crate) const CONFIG_FILE: &str = "GATEWRIGHT_CONFIG_FILE";

settings! {
    /// Where settings come from, besides the environment and `.env`.
    pub struct SourceSettings {
        /// A file of settings in TOML (`NAME = "value"`), below `.env` and the environment; unset: `gatewright.toml` beside `.env`, if there is one.
        GATEWRIGHT_CONFIG_FILE => file: Option<std::path::PathBuf> = None, "/etc/gatewright/gatewright.toml";
    }
}

impl SourceSettings {
    #[allow(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "the macro asks for it"
    )]
    fn validate(&self) -> Result<(), SettingError> {
        // Whether it can be read is found out by whoever reads it.
        Ok(())
    }
}

settings! {
    /// Logs, on standard output.
    pub struct LogSettings {
        /// `TRACE`, `DEBUG`, `INFO`, `WARNING` (or `WARN`), `ERROR`, `CRITICAL` (like `ERROR`), or a filter such as `info,gatewright_kv=debug`. A level finer than `INFO` is for our own parts alone. What database and Redis drivers say of commands and parameters is never logged.
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
        match telemetry::filter(&self.level) {
            Ok(_) => Ok(()),
            Err(problem) => fail("LOG_LEVEL", problem, "INFO"),
        }
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
    pub maintenance: MaintenanceSettings,
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
            maintenance: MaintenanceSettings::load(source)?,
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

/// Everything that is wrong with the settings, not only what is met first.
pub(crate) fn errors(source: &dyn Source) -> Vec<SettingError> {
    let mut errors = vec![];
    macro_rules! try_groups {
        ($($group:path),+ $(,)?) => { $(errors.extend(all_errors::<$group>(source));)+ };
    }
    try_groups!(
        SecretKeySettings,
        PublicUrls,
        DbSettings,
        RedisSettings,
        ConsoleSettings,
        AccountSettings,
        MailSettings,
        MaintenanceSettings,
        ObjectSettings,
        FileSettings,
        DeviceSettings,
        LimitSettings,
        EnterpriseSettings,
        LogSettings,
    );
    errors.extend(provider_errors(source));
    // A group that is missing above still stops the start, and is said.
    match ServerSettings::load(source) {
        Err(first) if errors.is_empty() => vec![first],
        _ => errors,
    }
}

/// Of each provider by itself: the names of their variables are made from theirs.
fn provider_errors(source: &dyn Source) -> Vec<SettingError> {
    let list = source.get(PROVIDERS).unwrap_or_default();
    let mut errors: Vec<SettingError> = vec![];
    for provider in list
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
    {
        let alone = |name: &str| match name {
            PROVIDERS => Some(provider.to_owned()),
            _ => source.get(name),
        };
        errors.extend(all_errors::<OidcSettings>(&alone));
    }
    // Two of one name or issuer are only seen together.
    if errors.is_empty() {
        errors.extend(OidcSettings::load(source).err());
    }
    errors
}

/// The settings of the HTTP edge, which declares them itself: a worker has the same environment and must
/// know them by name. A test compares.
pub const EDGE_SETTINGS: [&str; 7] = [
    "DIFY_BIND_ADDRESS",
    "DIFY_PORT",
    "SERVER_WORKER_AMOUNT",
    "GATEWRIGHT_TRUSTED_PROXIES",
    "OPENAPI_CORS_ALLOW_ORIGINS",
    "CONSOLE_CORS_ALLOW_ORIGINS",
    "GATEWRIGHT_SHUTDOWN_SECONDS",
];

/// Variables that are no settings of a server: for the scripts and for tests.
pub const OTHER_VARIABLES: [&str; 4] = [
    "GATEWRIGHT_ASSUME_YES",
    "GATEWRIGHT_SCREENSHOTS",
    "GATEWRIGHT_TEST_DATABASE_URL",
    "GATEWRIGHT_TEST_REDIS_URL",
];

/// The names of all settings; in some `<NAME>` stands for the name of a provider.
pub(crate) fn names() -> Vec<&'static str> {
    let declared = groups().into_iter().flat_map(|group| group.settings);
    let declared = declared.map(|setting| setting.name);
    declared.chain(EDGE_SETTINGS).collect()
}

/// Whether a variable is a setting.
pub(crate) fn is_known(name: &str) -> bool {
    names().iter().any(|known| is_named(known, name))
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
        group("Where settings come from", SourceSettings::docs()),
        group("The installation's secret", SecretKeySettings::docs()),
        group("Public addresses", PublicUrls::docs()),
        group("PostgreSQL", DbSettings::docs()),
        group("Redis", RedisSettings::docs()),
        group("Console", ConsoleSettings::docs()),
        group("Accounts", AccountSettings::docs()),
        group("Mail", MailSettings::docs()),
        group("Housekeeping", MaintenanceSettings::docs()),
        group("Storage of files", ObjectSettings::docs()),
        group("Files that people upload", FileSettings::docs()),
        group("Device flow and bearers", DeviceSettings::docs()),
        group("Limits", LimitSettings::docs()),
        group("Identity providers", OidcSettings::docs()),
        group("The enterprise product", EnterpriseSettings::docs()),
        group("Logs", LogSettings::docs()),
    ]
}
