//! The commands of operators: what they print, and the exit codes. 0 is well, 1 is "no" (a problem was
//! found, or it was refused), 2 is "could not" (settings, stores).
use std::process::ExitCode;

use anyhow::Context as _;
use gatewright_domain::{
    Clock as _, IdGen as _, RandomIds, SystemClock,
    settings::{Settings as _, Source, all_errors},
};
use gatewright_http::HttpSettings;
use gatewright_mail::MailSettings;
use gatewright_runtime::{
    AppServices, Platform, ServerSettings,
    doctor::{self, Edge, Severity},
    environment::Environment,
    probe, say,
};
use serde_json::json;

use crate::{
    admin::{self, AdminCommand, Outcome},
    audit::{self, AuditCommand},
    mail::{self, MailCommand, Tested},
};

fn code(is_well: bool) -> ExitCode {
    if is_well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Logs stay off: what was done is the answer, and standard output is for it.
fn services(source: &dyn Source) -> anyhow::Result<AppServices> {
    let settings = ServerSettings::load(source)?;
    let platform = Platform::new(&settings).context("the connections cannot be prepared")?;
    Ok(platform.services(&settings)?)
}

/// `doctor`.
///
/// # Errors
/// Never: what cannot be examined is a finding.
pub async fn doctor(environment: &Environment, json: bool) -> anyhow::Result<ExitCode> {
    let edge = HttpSettings::load(environment);
    let known = edge.as_ref().ok().map(|edge| Edge {
        bind_address: edge.bind_address.clone(),
        trusts_proxies: !edge.trusted_proxies.is_empty(),
    });
    let mut findings = doctor::examine_sources(environment);
    let edge_errors = all_errors::<HttpSettings>(environment);
    findings.extend(edge_errors.iter().map(doctor::setting));
    findings.extend(doctor::examine(environment, known.as_ref(), SystemClock.now()).await);
    findings.sort_by_key(|finding| finding.severity);
    if json {
        say!("{}", json!(findings));
    } else if findings.is_empty() {
        say!("everything that can be examined from here is well");
    } else {
        for one in &findings {
            let severity = match one.severity {
                Severity::Error => "error  ",
                Severity::Warning => "warning",
            };
            say!(
                "{severity} [{}] {}; {}. {}",
                one.check,
                one.what,
                one.why,
                capital(&one.change)
            );
        }
    }
    Ok(code(doctor::is_sound(&findings)))
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        format!("{}{}", first.to_uppercase(), chars.as_str())
    })
}

/// `admin`.
///
/// # Errors
/// When settings or stores cannot be used.
pub async fn admin(
    source: &dyn Source,
    command: AdminCommand,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let services = services(source)?;
    Ok(match admin::run(&services.admin, command).await? {
        Outcome::Done(done) if json => {
            say!("{done}");
            ExitCode::SUCCESS
        }
        Outcome::Done(done) => {
            say!("{}", admin::text(&done));
            ExitCode::SUCCESS
        }
        Outcome::Refused(why) => {
            if json {
                say!("{}", json!({"refused": why}));
            } else {
                say!("not done: {why}");
            }
            ExitCode::FAILURE
        }
    })
}

/// `audit`.
///
/// # Errors
/// When settings, stores or files cannot be used.
pub async fn audit(
    source: &dyn Source,
    command: AuditCommand,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let found = audit::run(&services(source)?.audit_log, command).await?;
    if json {
        say!("{}", json!(found));
    } else {
        say!("{}", audit::text(&found).trim_end());
    }
    Ok(code(found.faults.is_empty()))
}

/// `mail`.
///
/// # Errors
/// When settings or templates cannot be used.
pub async fn mail(
    source: &dyn Source,
    command: MailCommand,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let settings = MailSettings::load(source)?;
    match command {
        MailCommand::Test { address } => {
            let id = RandomIds.new_uuid().to_string();
            let tested = mail::test(&settings, &address, id).await?;
            let (is_well, value, text) = match &tested {
                Tested::Sent => (
                    true,
                    json!({"sent": true}),
                    format!("the mail to {address} left"),
                ),
                Tested::Failed(problem) => (
                    false,
                    json!({"sent": false, "what": problem.what, "change": problem.change}),
                    format!("{}. {}", capital(&problem.what), capital(&problem.change)),
                ),
            };
            say!("{}", if json { value.to_string() } else { text });
            Ok(code(is_well))
        }
        MailCommand::Preview { output_dir } => {
            let files = mail::preview(&settings, &output_dir)?;
            if json {
                say!("{}", json!(files));
            } else {
                say!("wrote {} files to {}", files.len(), output_dir.display());
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Whether a server on a host of ours is ready.
///
/// # Errors
/// Settings that cannot be read.
pub async fn healthcheck(environment: &Environment, host: &str) -> anyhow::Result<ExitCode> {
    let settings = HttpSettings::load(environment)?;
    let ready = probe::is_ready_at(host, settings.port).await;
    say!("{}", if ready { "ready" } else { "not ready" });
    Ok(if ready {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
