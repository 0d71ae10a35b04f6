//! The doctor: tries the set-up as it is, and says for each problem what is wrong, why anybody would
//! notice, and which setting to change.

mod addresses;
mod offers;
mod outside;
mod stores;

use chrono::{DateTime, Utc};
use gatewright_domain::settings::{SettingError, Settings as _, Source};
use serde::Serialize;

use crate::settings::{ServerSettings, groups};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something does not work.
    Error,
    /// Something works worse, or less safely, than it could.
    Warning,
}

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad.
    pub severity: Severity,
    /// The stable name, for scripts.
    pub check: &'static str,
    /// What is wrong.
    pub what: String,
    /// Why somebody would notice.
    pub why: &'static str,
    /// The setting, and what to do with it.
    pub change: String,
}

impl Finding {
    fn error(
        check: &'static str,
        what: impl Into<String>,
        why: &'static str,
        change: &str,
    ) -> Self {
        Self {
            severity: Severity::Error,
            check,
            what: what.into(),
            why,
            change: change.to_owned(),
        }
    }

    fn warning(
        check: &'static str,
        what: impl Into<String>,
        why: &'static str,
        change: &str,
    ) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(check, what, why, change)
        }
    }
}

/// The exit code that findings deserve: errors are failures, warnings are not.
pub fn is_sound(findings: &[Finding]) -> bool {
    findings
        .iter()
        .all(|finding| finding.severity == Severity::Warning)
}

/// What the doctor is told of the HTTP edge, which is not ours to load.
#[derive(Debug, Clone)]
pub struct Edge {
    /// Where the server listens.
    pub bind_address: String,
    /// Whether any proxy is trusted.
    pub trusts_proxies: bool,
}

/// Examines a set-up. `edge` is absent when its settings cannot be used (that is a finding already).
pub async fn examine(
    source: &(dyn Source + Sync),
    edge: Option<&Edge>,
    now: DateTime<Utc>,
) -> Vec<Finding> {
    let problems = unusable(source);
    let Ok(settings) = ServerSettings::load(source) else {
        return problems;
    };
    let mut findings = addresses::examine(&settings, edge);
    findings.extend(offers::examine(&settings));
    let (stores, reachable, console, mail, providers) = tokio::join!(
        stores::examine(&settings, now),
        outside::public_address(&settings),
        outside::console_page(&settings),
        outside::mail(&settings),
        outside::providers(&settings),
    );
    findings.extend(stores);
    findings.extend(reachable);
    findings.extend(console);
    findings.extend(mail);
    findings.extend(providers);
    findings.sort_by_key(|finding| finding.severity);
    findings
}

/// Settings that stop the start, one per group: the rest of a group is only known when that is mended.
fn unusable(source: &(dyn Source + Sync)) -> Vec<Finding> {
    let mut problems: Vec<SettingError> = vec![];
    let mut note = |outcome: Result<(), SettingError>| problems.extend(outcome.err());
    macro_rules! try_groups {
        ($($group:path),+ $(,)?) => { $(note(<$group>::load(source).map(drop));)+ };
    }
    try_groups!(
        gatewright_auth::secret_key::SecretKeySettings,
        gatewright_auth::origin::PublicUrls,
        gatewright_storage::DbSettings,
        gatewright_kv::RedisSettings,
        gatewright_auth::console::ConsoleSettings,
        gatewright_auth::account::AccountSettings,
        gatewright_mail::MailSettings,
        gatewright_app::upkeep::UpkeepSettings,
        gatewright_auth::device::DeviceSettings,
        gatewright_auth::limits::LimitSettings,
        gatewright_enterprise::EnterpriseSettings,
        gatewright_oidc::OidcSettings,
        crate::settings::LogSettings,
    );
    debug_assert_eq!(groups().len(), 13, "a group is missing above");
    problems.iter().map(setting).collect()
}

/// A setting that stops the start.
pub fn setting(error: &SettingError) -> Finding {
    Finding::error(
        "setting",
        format!("{} {}", error.name, error.problem),
        "the server does not start",
        &format!(
            "set {}, for example {}={}",
            error.name, error.name, error.example
        ),
    )
}
