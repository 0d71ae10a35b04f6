//! The doctor: tries the set-up as it is, and says for each problem what is wrong, why anybody would
//! notice, and which setting to change.

mod addresses;
mod offers;
mod outside;
mod sources;
mod stores;

use chrono::{DateTime, Utc};
use gatewright_domain::settings::{SettingError, Source, assignment};
use serde::Serialize;

pub use sources::examine as examine_sources;

use crate::settings::{ServerSettings, errors};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something does not work.
    Error,
    /// Something works worse, or less safely, than it could.
    Warning,
}

/// One problem that the doctor found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Whether it stops the work or is a warning.
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
    let Ok(settings) = ServerSettings::load(source) else {
        return errors(source).iter().map(setting).collect();
    };
    let mut findings = addresses::examine(&settings, edge);
    findings.extend(offers::examine(&settings));
    let (stores, reachable, console, mail, providers) = tokio::join!(
        Box::pin(stores::examine(&settings, now)),
        Box::pin(outside::public_address(&settings)),
        Box::pin(outside::console_page(&settings)),
        Box::pin(outside::mail(&settings)),
        Box::pin(outside::providers(&settings)),
    );
    findings.extend(stores);
    findings.extend(reachable);
    findings.extend(console);
    findings.extend(mail);
    findings.extend(providers);
    findings.sort_by_key(|finding| finding.severity);
    findings
}

/// A setting that stops the start.
pub fn setting(error: &SettingError) -> Finding {
    Finding::error(
        "setting",
        format!("{} {}", error.name, error.problem),
        "the server does not start",
        &format!(
            "set {}, for example {}",
            error.name,
            assignment(error.name, error.example)
        ),
    )
}
