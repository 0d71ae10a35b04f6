//! `api-server app`: apps from a terminal, for people without a console and for CI. What the commands do is what the console does:
//! the same use-cases, the same audit trail; runs go on in this process, under a lease, as in a server.

mod acting;
mod import;
mod inputs;
mod outcome;
mod progress;
mod run;
mod text;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use gatewright_domain::{
    Clock as _, SystemClock,
    account::Email,
    ids::{AppId, WorkspaceId},
    member::Capability,
    settings::Source,
};
use gatewright_runtime::{AppServices, Platform, ServerSettings, complain, say};
use gatewright_usecase_apps::{Actor, AppError, Marks};
use gatewright_usecase_kit::Ctx;
use serde_json::json;

use self::{acting::ActingMember, import::ImportOptions, outcome::Output, run::RunRequest};

/// It waits for a person.
const WAITS: u8 = 3;
/// It was stopped, as shells say it of a program that Ctrl-C ended.
const STOPPED: u8 = 130;
/// What the app, its file or its inputs are to blame for; everything else is a wrong usage, or an outage.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Refused(String);

/// What `--help` says of exit codes.
pub const EXIT_CODES: &str = "Exit codes:\n  0    done; the run succeeded (perhaps in part: it says so)\n  \
    1    refused, or the run failed\n  2    wrong usage, or settings or stores cannot be used\n  \
    3    the run waits for a person; a server goes on with it when the form is answered\n  130  stopped by Ctrl-C or SIGTERM";

/// What to do with apps.
#[derive(Debug, Subcommand)]
pub enum AppCommand {
    /// Make an app of a file in Dify's format, or overwrite the draft of one.
    Import {
        /// The file (YAML); `-` reads standard input.
        file: PathBuf,
        /// What becomes of it.
        #[command(flatten)]
        options: ImportOptions,
    },
    /// Make a version of an app's draft: that is what runs from then on.
    Publish {
        /// The app's id.
        app: AppId,
        /// What the version is called, at most 20 characters.
        #[arg(long, default_value = "")]
        name: String,
    },
    /// Run an app and wait for it: progress on standard error, the answer on standard output. A file is imported and published first.
    #[command(after_help = EXIT_CODES)]
    Run {
        /// A file (YAML; `-` reads standard input), or the id of a published app.
        #[arg(value_name = "FILE-or-ID")]
        what: String,
        /// What becomes of a file.
        #[command(flatten)]
        options: ImportOptions,
        /// All inputs, as a JSON object.
        #[arg(long, value_name = "JSON")]
        inputs: Option<String>,
        /// One input; again for each. What is a number, true or false, or JSON is said by the app.
        #[arg(short = 'i', long = "input", value_name = "NAME=VALUE")]
        input: Vec<String>,
        /// What is said to an app that answers in conversations.
        #[arg(long, value_name = "TEXT")]
        query: Option<String>,
        /// Print each event as a line of JSON while the run goes on, instead of the answer.
        #[arg(long)]
        events: bool,
    },
}

/// On whose behalf. Whoever runs this has the database and the key: nobody is asked for a password.
#[derive(Debug, Clone, Args)]
pub struct Whom {
    /// The workspace, when there are several. An app that is named by its id says it by itself.
    #[arg(long, global = true, value_name = "ID")]
    pub workspace: Option<WorkspaceId>,
    /// The member who acts, by their address; the workspace's owner when left out.
    #[arg(long, global = true, value_name = "EMAIL")]
    pub account: Option<Email>,
}

/// What a command works with.
struct Desk {
    settings: ServerSettings,
    platform: Platform,
    services: AppServices,
    ctx: Ctx,
    whom: Whom,
    json: bool,
}

/// Does it, says what came of it.
///
/// # Errors
/// When the usage is wrong, or settings or stores cannot be used.
pub async fn run(
    source: &dyn Source,
    whom: Whom,
    command: AppCommand,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let settings = ServerSettings::load(source)?;
    let platform = Platform::new(&settings).context("the connections cannot be prepared")?;
    crate::serve::require_schema(&platform).await?;
    let services = platform.services(&settings)?;
    let desk = Desk {
        ctx: Ctx::of_system(SystemClock.now(), "app-command"),
        settings,
        platform,
        services,
        whom,
        json,
    };
    match desk.act(command).await {
        Err(error) => match error.downcast::<Refused>() {
            Ok(Refused(why)) if json => {
                say!("{}", json!({"refused": why}));
                Ok(ExitCode::FAILURE)
            }
            Ok(Refused(why)) => {
                complain!("not done: {}", text::safe(&why));
                Ok(ExitCode::FAILURE)
            }
            Err(other) => Err(other),
        },
        done => done,
    }
}

impl Desk {
    async fn act(&self, command: AppCommand) -> anyhow::Result<ExitCode> {
        match command {
            AppCommand::Import { file, options } => self.import(&file, &options).await,
            AppCommand::Publish { app, name } => self.publish(app, name).await,
            AppCommand::Run {
                what,
                options,
                inputs,
                input,
                query,
                events,
            } => {
                let output = match (self.json, events) {
                    (true, true) => anyhow::bail!("--events cannot be used with --json"),
                    (true, false) => Output::Json,
                    (false, true) => Output::Events,
                    (false, false) => Output::Text,
                };
                let given = inputs::given(inputs.as_deref(), &input)?;
                let (app, member) = self.to_run(&what, &options).await?;
                let request = RunRequest {
                    app,
                    member,
                    given,
                    query,
                };
                Box::pin(run::run(self, request, output)).await
            }
        }
    }

    /// The workspace of an app that is named by its id.
    async fn workspace_of(&self, app: AppId) -> anyhow::Result<WorkspaceId> {
        let home = self.services.apps.home_of(app).await?;
        let Some(home) = home else {
            anyhow::bail!("there is no app {app}");
        };
        match self.whom.workspace {
            Some(named) if named != home => {
                anyhow::bail!("app {app} is not in workspace {named}, but in {home}")
            }
            _ => Ok(home),
        }
    }

    async fn import(&self, file: &Path, options: &ImportOptions) -> anyhow::Result<ExitCode> {
        let text = import::read(file)?;
        let member = self.import_as(options).await?;
        let outcome = self.imported(&member, text, options).await?;
        if self.json {
            say!(
                "{}",
                json!({"app_id": outcome.app, "workspace_id": member.workspace, "mode": outcome.mode,
                    "status": outcome.status, "file_version": outcome.file_version})
            );
        } else {
            say!("{}", outcome.app);
            complain!(
                "imported; to let it run: api-server app publish {}",
                outcome.app
            );
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn publish(&self, app: AppId, name: String) -> anyhow::Result<ExitCode> {
        let workspace = self.workspace_of(app).await?;
        let member = self.acting(Some(workspace), Capability::EditApps).await?;
        let version = self.published(&member, app, name).await?;
        if self.json {
            say!("{}", json!({"app_id": app, "version_id": version}));
        } else {
            say!("{version}");
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Publishes; the id of the version.
    async fn published(
        &self,
        member: &ActingMember,
        app: AppId,
        name: String,
    ) -> anyhow::Result<String> {
        let marks = Marks {
            name,
            comment: String::new(),
        };
        let apps = &self.services.apps;
        match apps.publish(&self.ctx, actor(member), app, marks).await {
            Ok(version) => Ok(version.id.to_string()),
            Err(AppError::Unavailable(error)) => Err(error.into()),
            Err(other) => Err(Refused(format!("the app cannot be published: {other}")).into()),
        }
    }

    /// The app that is to be run, and for whom: a file is imported and published first.
    async fn to_run(
        &self,
        what: &str,
        options: &ImportOptions,
    ) -> anyhow::Result<(AppId, ActingMember)> {
        let is_file = what == "-" || Path::new(what).exists();
        if let Some(app) = what.parse::<AppId>().ok().filter(|_| !is_file) {
            options.refuse_without_file()?;
            let workspace = self.workspace_of(app).await?;
            let member = self.acting(Some(workspace), Capability::BeMember).await?;
            return Ok((app, member));
        }
        let text = import::read(Path::new(what))?;
        let member = self.import_as(options).await?;
        let app = self.imported(&member, text, options).await?.app;
        complain!("app {app}");
        self.published(&member, app, String::new()).await?;
        Ok((app, member))
    }
}

fn actor(member: &ActingMember) -> Actor {
    Actor {
        workspace: member.workspace,
        account: member.id,
    }
}
