//! `api-server end-user`: what is kept of one end user of an app, told to whoever asks for it, or erased.

mod archive;

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use gatewright_domain::{Clock as _, SystemClock, ids::AppId, settings::Source};
use gatewright_runtime::{Platform, ServerSettings, complain, say, worker};
use gatewright_usecase_kit::Ctx;
use gatewright_usecase_maintenance::end_user::{EndUsers, KnownUser};
use serde_json::{Value, json};

/// What `--help` says of exit codes.
pub const EXIT_CODES: &str = "Exit codes:\n  0  done, or nothing is kept of such an end user\n  \
    2  wrong usage, or settings or stores cannot be used; what was erased until then stays erased, and the same command goes on";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum EndUserCommand {
    /// Tell everything that is kept of an end user: conversations, messages, feedback, runs with their nodes, logs and forms, and
    /// files. Each row is a line of JSON, {"table": …, "row": …}, with the columns of its table. It holds what the app's owner told the
    /// model too: look at it before you pass it on.
    Export {
        /// Which end user is meant.
        #[command(flatten)]
        whom: Whom,
        /// Write a ZIP archive with the lines (`records.jsonl`) and the contents of files (`files/…`), for its owner alone. When left
        /// out, the lines go to standard output, without contents.
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Erase an end user with everything that is kept of them. Without `--yes` it only counts. Runs that are under way are stopped;
    /// contents of files are deleted by the worker, which must run. What backups hold is not touched.
    Erase {
        /// Which end user is meant.
        #[command(flatten)]
        whom: Whom,
        /// Erase; it cannot be undone.
        #[arg(long)]
        yes: bool,
    },
}

/// Which end user of which app.
#[derive(Debug, Clone, Args)]
pub struct Whom {
    /// The id of the app.
    #[arg(long, value_name = "ID")]
    app: AppId,
    /// What the caller of the app calls them (`user` of a request), or the id of the end user. All of this name are meant: one who came
    /// by a key and one who visited the web app are two.
    #[arg(long, value_name = "NAME")]
    user: String,
}

/// What a command works with.
struct Desk {
    users: EndUsers,
    ctx: Ctx,
    json: bool,
}

/// Does it, says what came of it.
///
/// # Errors
/// When settings or stores cannot be used, or a file cannot be written.
pub async fn run(
    source: &dyn Source,
    command: EndUserCommand,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let settings = ServerSettings::load(source)?;
    let platform = Platform::new(&settings).context("the connections cannot be prepared")?;
    let desk = Desk {
        users: worker::end_users(&platform, &settings),
        ctx: Ctx::of_system(SystemClock.now(), "command line"),
        json,
    };
    match command {
        EndUserCommand::Export { whom, output } => desk.export(&whom, output).await?,
        EndUserCommand::Erase { whom, yes } => desk.erase(&whom, yes).await?,
    }
    Ok(ExitCode::SUCCESS)
}

impl Desk {
    async fn find(&self, whom: &Whom) -> anyhow::Result<Vec<KnownUser>> {
        Ok(self.users.find(whom.app, &whom.user).await?)
    }

    async fn export(&self, whom: &Whom, output: Option<PathBuf>) -> anyhow::Result<()> {
        let found = self.find(whom).await?;
        let Some(file) = output else {
            for user in &found {
                let mut export = self.users.export(&self.ctx, user).await?;
                while let Some(lines) = export.next_lines().await? {
                    for line in &lines {
                        say!("{line}");
                    }
                }
            }
            return Ok(());
        };
        let written = archive::write(&self.users, &self.ctx, &found, &file).await?;
        let text = format!(
            "{}: {} rows, {} files, {} whose content is missing",
            file.display(),
            written.rows,
            written.files,
            written.missing
        );
        self.say(
            &json!({"rows": written.rows, "files": written.files, "missing": written.missing, "users": found}),
            &text,
        );
        Ok(())
    }

    async fn erase(&self, whom: &Whom, yes: bool) -> anyhow::Result<()> {
        let found = self.find(whom).await?;
        for user in &found {
            if yes {
                let told = |what: &'static str, rows: usize| {
                    complain!("{}: {rows} {what} gone", user.id);
                };
                self.users.erase(&self.ctx, user, &told).await?;
            }
        }
        let lines: Vec<String> = found.iter().map(line).collect();
        let end = match (found.is_empty(), yes) {
            (true, _) => "nothing is kept of such an end user",
            (_, true) => "erased; the worker deletes the contents of the files",
            (_, false) => "nothing was erased; give --yes to erase it",
        };
        let text = lines.into_iter().chain([end.to_owned()]);
        let text: Vec<String> = text.collect();
        self.say(&json!({"erased": yes, "users": found}), &text.join("\n"));
        Ok(())
    }

    fn say(&self, value: &Value, text: &str) {
        if self.json {
            say!("{value}");
        } else {
            say!("{text}");
        }
    }
}

fn line(user: &KnownUser) -> String {
    format!(
        "{} ({}): {} conversations, {} messages, {} runs, {} files",
        user.id, user.kind, user.conversations, user.messages, user.runs, user.files
    )
}
