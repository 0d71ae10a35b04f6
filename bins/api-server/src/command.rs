//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use gatewright_domain::{
    DIFY_VERSION, GATEWRIGHT_VERSION,
    settings::{SettingDoc, Settings as _},
};
use gatewright_http::{HttpSettings, Surface, document};
use gatewright_runtime::groups;

use crate::{
    admin::AdminCommand,
    app::{AppCommand, EXIT_CODES, Whom},
    audit::AuditCommand,
    end_user::{self, EndUserCommand},
    keys::KeysCommand,
    mail::MailCommand,
};

/// Gatewright: a fast, hardened backend that speaks the API of Dify.
#[derive(Debug, Parser)]
#[command(name = "api-server", version = GATEWRIGHT_VERSION, arg_required_else_help = true)]
pub struct Cli {
    /// Read settings from this file below the environment, instead of `.env` in the current folder.
    #[arg(long, global = true, value_name = "FILE")]
    pub env_file: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a whole system here: PostgreSQL and Redis (unless settings name others), migrations, API,
    /// worker. Data, logs and addresses are kept in `.dev`.
    Up {
        /// Return when the system is ready and leave it running.
        #[arg(long)]
        detach: bool,
        /// Only PostgreSQL and Redis.
        #[arg(long)]
        services_only: bool,
        /// Fetch PostgreSQL and Valkey even when the machine has them.
        #[arg(long)]
        fetch_engines: bool,
        /// Ask nothing (also: `GATEWRIGHT_ASSUME_YES=1`).
        #[arg(short, long)]
        yes: bool,
    },
    /// End what `up` started here.
    Down,
    /// Serve. PostgreSQL and Redis must be there and migrated; see `migrate`.
    Serve,
    /// Apply missing migrations, under a lock; exits non-zero when one fails.
    Migrate {
        /// Only say whether any is missing; exits 1 when so.
        #[arg(long)]
        check: bool,
        /// Set up an installation though another schema of the database holds one.
        #[arg(long)]
        second_installation: bool,
    },
    /// The keys that everything signed hangs on: list, rotate, promote, retire, export (file: `GATEWRIGHT_KEYS_FILE`).
    Keys {
        /// Print JSON for programs.
        #[arg(long, global = true)]
        json: bool,
        /// What to do.
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Examine the set-up: addresses, cookies, proxies, clocks, PostgreSQL, Redis, mail, identity
    /// providers. Each problem is one line with the setting to change. Exits 1 when something does not work.
    Doctor {
        /// Print JSON for programs.
        #[arg(long)]
        json: bool,
    },
    /// Accounts and workspaces, without the web console. Exits 1 when it is refused.
    Admin {
        /// Print JSON for programs.
        #[arg(long, global = true)]
        json: bool,
        /// What to do.
        #[command(subcommand)]
        command: AdminCommand,
    },
    /// Apps from a terminal, without a console: import a file, publish, run and see the answer. For CI too.
    #[command(after_help = EXIT_CODES)]
    App {
        /// Print JSON for programs.
        #[arg(long, global = true)]
        json: bool,
        /// On whose behalf.
        #[command(flatten)]
        whom: Whom,
        /// What to do.
        #[command(subcommand)]
        command: AppCommand,
    },
    /// What is kept of one end user of an app: export it, or erase it.
    #[command(after_help = end_user::EXIT_CODES)]
    EndUser {
        /// Print JSON for programs.
        #[arg(long, global = true)]
        json: bool,
        /// What to do.
        #[command(subcommand)]
        command: EndUserCommand,
    },
    /// The audit trail: was it changed?
    Audit {
        /// Print JSON for programs.
        #[arg(long, global = true)]
        json: bool,
        /// What to do.
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Mail: test it, look at the templates.
    Mail {
        /// Print JSON for programs.
        #[arg(long, global = true)]
        json: bool,
        /// What to do.
        #[command(subcommand)]
        command: MailCommand,
    },
    /// Write the OpenAPI documents.
    Openapi {
        /// Folder that the documents are written to.
        #[arg(long, default_value = "openapi", value_name = "FOLDER")]
        output_dir: PathBuf,
    },
    /// List every setting with its default and an example.
    Settings {
        /// Print JSON for programs.
        #[arg(long)]
        json: bool,
    },
    /// Ask a running server whether it is ready; for container health checks.
    Healthcheck {
        /// Where to ask, instead of the loopback: in a container its own name or address, which is what its
        /// published port leads to.
        #[arg(long, default_value = "127.0.0.1", value_name = "HOST")]
        host: String,
    },
    /// Say which version this is.
    Version {
        /// Print JSON for programs.
        #[arg(long)]
        json: bool,
    },
}

/// All settings, for people.
pub fn setting_groups() -> Vec<(&'static str, Vec<SettingDoc>)> {
    let mut all: Vec<_> = groups()
        .into_iter()
        .map(|group| (group.title, group.settings))
        .collect();
    all.push(("HTTP", HttpSettings::docs()));
    all
}

/// The text of `docs/settings.md`, from the declarations.
pub fn settings_markdown() -> String {
    let mut text = String::from(
        "# Settings\n\nGenerated by `cargo xtask generate` from the settings structs; a test compares.\n\n\
         Settings are environment variables. Below them stands a `.env` file in the working folder, and below that a \
         file in TOML. For a secret, `<NAME>_FILE` may name a file that holds it. Blank counts as unset. A setting \
         that cannot be used stops the start with one line that names it; `api-server doctor` lists all of them, and \
         names that are no settings.\n\n\
         In `.env`, values with blanks, quotes or backslashes need quotes around them (`NAME='two words'`); `$` is a \
         character like any other, and nothing is substituted. An example is shown as it has to stand there.\n",
    );
    for (title, settings) in setting_groups() {
        text.push_str(&format!(
            "\n## {title}\n\n| setting | what it is | default | example |\n|---|---|---|---|\n"
        ));
        for setting in settings {
            text.push_str(&format!("{setting}\n"));
        }
    }
    text
}

/// The documents with their file names.
pub fn openapi_documents() -> Vec<(&'static str, String)> {
    Surface::ALL
        .into_iter()
        .map(|surface| {
            let mut text = document(surface).to_pretty_json().unwrap_or_default();
            text.push('\n');
            (surface.file_name(), text)
        })
        .collect()
}

/// What `version` prints.
pub fn version_text(json: bool) -> String {
    if json {
        serde_json::json!({"gatewright": GATEWRIGHT_VERSION, "dify": DIFY_VERSION}).to_string()
    } else {
        format!("gatewright {GATEWRIGHT_VERSION} (speaks Dify {DIFY_VERSION} and 1.14.2)")
    }
}
