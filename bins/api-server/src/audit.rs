//! `api-server audit`: is the trail as it was written?

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Subcommand;
use gatewright_usecase_workspace::audit_log::{Anchor, AuditLog, Verification};

/// What to do with the audit trail.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Read every chain and name the first event of each that was altered, removed or reordered. Exits 1
    /// when there is one.
    Verify {
        /// Compare with the ends of chains that an earlier run saved here, which a whole rewritten chain
        /// contradicts.
        #[arg(long, value_name = "FILE")]
        anchors: Option<PathBuf>,
        /// Save the ends of the chains here, to be kept where this database's administrators cannot write.
        #[arg(long, value_name = "FILE")]
        save_anchors: Option<PathBuf>,
        /// First sign the beginning of each chain as it stands. For once after an upgrade from a version
        /// that did not sign, or after a restore, when you know that nobody but retention removed anything.
        #[arg(long)]
        accept_beginnings: bool,
    },
}

/// Verifies.
///
/// # Errors
/// When the database does not answer or a file cannot be used.
pub async fn run(log: &AuditLog, command: AuditCommand) -> anyhow::Result<Verification> {
    let AuditCommand::Verify {
        anchors,
        save_anchors,
        accept_beginnings,
    } = command;
    if accept_beginnings {
        log.accept_bases().await?;
    }
    let kept = match anchors {
        Some(file) => read(&file)?,
        None => vec![],
    };
    let found = log.verify(&kept).await?;
    if let (Some(file), true) = (save_anchors, found.faults.is_empty()) {
        save(&file, &found.anchors)?;
    }
    Ok(found)
}

/// Anew, for us alone. What is no file (`/dev/stdout`) is not replaced by one.
fn save(file: &Path, anchors: &[Anchor]) -> anyhow::Result<()> {
    if std::fs::symlink_metadata(file).is_ok_and(|about| !about.is_file()) {
        bail!("{} is a link or no file; name a file", file.display());
    }
    let text = serde_json::to_string_pretty(anchors)?;
    gatewright_private_file::replace(file, format!("{text}\n").as_bytes())
        .with_context(|| format!("cannot write {}", file.display()))
}

fn read(file: &Path) -> anyhow::Result<Vec<Anchor>> {
    let text =
        std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} holds no anchors", file.display()))
}

/// What `audit verify` found, in sentences for a terminal.
pub fn text(found: &Verification) -> String {
    if found.faults.is_empty() {
        return format!(
            "{} events in {} chains are as they were written\n",
            found.events,
            found.anchors.len()
        );
    }
    let lines = found.faults.iter().map(|fault| {
        let event = fault
            .event
            .map_or_else(String::new, |id| format!(" (event {id})"));
        format!(
            "chain {} at {}{event}: {}\n",
            fault.chain, fault.seq, fault.problem
        )
    });
    lines.collect()
}
