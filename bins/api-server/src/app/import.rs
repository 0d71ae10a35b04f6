//! An app from a file.

use std::{io::Read as _, path::Path};

use anyhow::{Context as _, bail};
use clap::Args;
use gatewright_domain::{ids::AppId, member::Capability};
use gatewright_usecase_apps::{
    ImportOutcome, ImportRequest, ImportSource, ImportStatus, Overrides,
};

use super::{Desk, Refused, acting::ActingMember, actor};

/// The largest file that is read, in bytes; what an app file may be is less.
const MAX_BYTES: u64 = 64 << 20;

/// What becomes of a file.
#[derive(Debug, Clone, Args)]
pub struct ImportOptions {
    /// Overwrite the draft of this app instead of making a new one.
    #[arg(long, value_name = "ID")]
    pub app: Option<AppId>,
    /// What the app is to be called, whatever its file says.
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Import a file of a newer format than this program knows: parts of it may be lost.
    #[arg(long)]
    pub confirm: bool,
}

impl ImportOptions {
    /// None of it is said where there is no file.
    pub(super) fn refuse_without_file(&self) -> anyhow::Result<()> {
        if self.app.is_some() || self.name.is_some() || self.confirm {
            bail!(
                "--app, --name and --confirm are for a file; an app that is named by its id runs as it is"
            );
        }
        Ok(())
    }
}

/// An app that was imported.
pub(super) struct Imported {
    pub(super) app: AppId,
    pub(super) mode: String,
    pub(super) status: &'static str,
    pub(super) file_version: String,
}

/// The text of a file.
pub(super) fn read(file: &Path) -> anyhow::Result<String> {
    let name = file.display();
    let reader: Box<dyn std::io::Read> = if file == Path::new("-") {
        Box::new(std::io::stdin())
    } else {
        let opened = std::fs::File::open(file);
        Box::new(opened.with_context(|| {
            format!("{name} is neither a file that can be read nor the id of an app")
        })?)
    };
    let mut text = String::new();
    let read = reader.take(MAX_BYTES + 1).read_to_string(&mut text);
    read.with_context(|| format!("{name} cannot be read as a text"))?;
    if text.len() as u64 > MAX_BYTES {
        bail!("{name} is too large for an app file");
    }
    Ok(text)
}

impl Desk {
    /// Who imports: in the workspace of the app that is overwritten, if one is.
    pub(super) async fn import_as(&self, options: &ImportOptions) -> anyhow::Result<ActingMember> {
        let workspace = match options.app {
            Some(app) => Some(self.workspace_of(app).await?),
            None => None,
        };
        self.acting(workspace, Capability::EditApps).await
    }

    /// Makes an app of a text, or a draft.
    pub(super) async fn imported(
        &self,
        member: &ActingMember,
        text: String,
        options: &ImportOptions,
    ) -> anyhow::Result<Imported> {
        let request = ImportRequest {
            source: ImportSource::Content(text),
            overrides: Overrides {
                name: options.name.clone(),
                ..Overrides::default()
            },
            app: options.app.map(|id| id.to_string()),
            language: None,
        };
        let apps = &self.services.apps;
        let mut outcome = apps.import(&self.ctx, actor(member), request).await?;
        if outcome.status == ImportStatus::Pending {
            if !options.confirm {
                let why = format!(
                    "the file is of format {}, which is newer than this program knows; --confirm imports it all the same",
                    outcome.imported_version
                );
                return Err(Refused(why).into());
            }
            let id = outcome.id.clone();
            outcome = apps.confirm_import(&self.ctx, actor(member), &id).await?;
        }
        Ok(imported(outcome)?)
    }
}

fn imported(outcome: ImportOutcome) -> Result<Imported, Refused> {
    let status = match outcome.status {
        ImportStatus::Completed => "completed",
        ImportStatus::CompletedWithWarnings => "completed-with-warnings",
        ImportStatus::Pending | ImportStatus::Failed => {
            return Err(Refused(format!("the file is no app: {}", outcome.error)));
        }
    };
    let (app, mode) = outcome
        .app
        .ok_or_else(|| Refused("the import left no app".to_owned()))?;
    Ok(Imported {
        app,
        mode: mode.as_str().to_owned(),
        status,
        file_version: outcome.imported_version,
    })
}
