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
use gatewright_observe::{MetricsSettings, TraceSettings};
use gatewright_oidc::OidcSettings;
use gatewright_storage_kit::DbSettings;
use gatewright_usecase_files::FileSettings;
use gatewright_usecase_maintenance::{MaintenanceSettings, RetentionSettings};

use crate::{
    app_settings::AppSettings, node::NodeSettings, outbound_settings::OutboundSettings, telemetry,
};

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

/// The one list of groups: the struct, how it is read, what is wrong with it and what `docs/settings.md` says all
/// come from it. A group's errors are found by `all_errors`, or by what stands behind `by`.
macro_rules! groups {
    ($($field:ident: $group:ty = $title:literal $(by $errors:path)?;)+) => {
        /// Everything but the edge.
        #[derive(Debug, Clone)]
        pub struct ServerSettings {
            $(#[doc = $title] pub $field: $group,)+
        }

        impl ServerSettings {
            /// Reads and checks all groups; the first problem ends it.
            pub fn load(source: &dyn Source) -> Result<Self, SettingError> {
                Ok(Self { $($field: <$group>::load(source)?,)+ })
            }
        }

        /// Everything that is wrong with the settings, not only what is met first.
        pub(crate) fn errors(source: &dyn Source) -> Vec<SettingError> {
            let mut errors = vec![];
            $(errors.extend(groups!(@errors source, $group $(, $errors)?));)+
            errors
        }

        /// The groups for `docs/settings.md`: where settings come from, then those of [`ServerSettings`].
        pub fn groups() -> Vec<SettingGroup> {
            let group = |title, settings| SettingGroup { title, settings };
            vec![
                group("Where settings come from", SourceSettings::docs()),
                $(group($title, <$group>::docs()),)+
            ]
        }
    };
    (@errors $source:ident, $group:ty) => { all_errors::<$group>($source) };
    (@errors $source:ident, $group:ty, $errors:path) => { $errors($source) };
}

groups! {
    secret: SecretKeySettings = "The installation's secret";
    urls: PublicUrls = "Public addresses";
    db: DbSettings = "PostgreSQL";
    redis: RedisSettings = "Redis";
    console: ConsoleSettings = "Console";
    account: AccountSettings = "Accounts";
    mail: MailSettings = "Mail";
    maintenance: MaintenanceSettings = "Housekeeping";
    retention: RetentionSettings = "Retention";
    objects: ObjectSettings = "Storage of files";
    files: FileSettings = "Files that people upload";
    apps: AppSettings = "Apps";
    outbound: OutboundSettings = "Requests to other servers";
    device: DeviceSettings = "Device flow and bearers";
    limits: LimitSettings = "Limits";
    oidc: OidcSettings = "Identity providers" by provider_errors;
    enterprise: EnterpriseSettings = "The enterprise product";
    nodes: NodeSettings = "What nodes of workflows reach";
    log: LogSettings = "Logs";
    metrics: MetricsSettings = "Figures for Prometheus";
    traces: TraceSettings = "Traces for OpenTelemetry";
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
pub const EDGE_SETTINGS: [&str; 9] = [
    "DIFY_BIND_ADDRESS",
    "DIFY_PORT",
    "SERVER_WORKER_AMOUNT",
    "GATEWRIGHT_TRUSTED_PROXIES",
    "OPENAPI_CORS_ALLOW_ORIGINS",
    "CONSOLE_CORS_ALLOW_ORIGINS",
    "WEB_API_CORS_ALLOW_ORIGINS",
    "GATEWRIGHT_EMBED_ORIGINS",
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
    /// The heading of the group in `docs/settings.md`.
    pub title: &'static str,
    /// The settings of the group, in the order of their declaration.
    pub settings: Vec<SettingDoc>,
}
