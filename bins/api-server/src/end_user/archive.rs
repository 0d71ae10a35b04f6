//! The archive of an export: a ZIP file that is written as its parts are read, so that memory holds one part.

use std::{
    fs::File,
    io::{BufWriter, Write as _},
    path::Path,
};

use anyhow::Context as _;
use futures_util::StreamExt as _;
use gatewright_domain::file::FileName;
use gatewright_usecase_kit::Ctx;
use gatewright_usecase_maintenance::end_user::{Content, EndUsers, Export, KnownUser};
use zip::{ZipWriter, write::SimpleFileOptions};

/// What an archive holds.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// Lines of `records.jsonl`.
    pub(super) rows: usize,
    /// Contents of files.
    pub(super) files: usize,
    /// Files whose content the storage does not have.
    pub(super) missing: usize,
}

struct Archive {
    zip: ZipWriter<BufWriter<File>>,
    written: Written,
}

/// Writes what is kept of these end users to a file for its owner alone; what stands there is replaced. A file that could not be
/// written whole is removed.
///
/// # Errors
/// When a store does not answer, or the file cannot be written.
pub(super) async fn write(
    users: &EndUsers,
    ctx: &Ctx,
    found: &[KnownUser],
    path: &Path,
) -> anyhow::Result<Written> {
    let name = path.display();
    let file = gatewright_private_file::create(path)
        .with_context(|| format!("{name} cannot be written"))?;
    let archive = Archive {
        zip: ZipWriter::new(BufWriter::new(file)),
        written: Written::default(),
    };
    let written = Box::pin(archive.fill(users, ctx, found)).await;
    if written.is_err() {
        // Half an archive must not be taken for a whole one.
        let _ = std::fs::remove_file(path);
    }
    written.with_context(|| format!("{name} was not written"))
}

fn options() -> SimpleFileOptions {
    SimpleFileOptions::default().large_file(true)
}

impl Archive {
    async fn fill(
        mut self,
        users: &EndUsers,
        ctx: &Ctx,
        found: &[KnownUser],
    ) -> anyhow::Result<Written> {
        self.zip.start_file("records.jsonl", options())?;
        let mut exports = vec![];
        for user in found {
            let mut export = users.export(ctx, user).await?;
            self.rows(&mut export).await?;
            exports.push(export);
        }
        for mut export in exports {
            while let Some(content) = export.next_content().await? {
                self.content(content).await?;
            }
        }
        self.zip.finish()?.flush()?;
        Ok(self.written)
    }

    async fn rows(&mut self, export: &mut Export<'_>) -> anyhow::Result<()> {
        while let Some(lines) = export.next_lines().await? {
            for line in &lines {
                writeln!(self.zip, "{line}")?;
            }
            self.written.rows += lines.len();
        }
        Ok(())
    }

    async fn content(&mut self, content: Content) -> anyhow::Result<()> {
        let Some(mut reading) = content.reading else {
            self.written.missing += 1;
            return Ok(());
        };
        // A name that is none stands in its row all the same.
        let name = FileName::parse(&content.name);
        let name = name.map_or_else(|_| "content".to_owned(), |name| name.as_str().to_owned());
        self.zip
            .start_file(format!("files/{}/{name}", content.id), options())?;
        while let Some(piece) = reading.content.next().await {
            self.zip.write_all(&piece?)?;
        }
        self.written.files += 1;
        Ok(())
    }
}
