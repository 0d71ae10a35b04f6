//! `api-server admin`: what an administrator does without the web console.

use std::io::Read as _;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use gatewright_domain::{Secret, account::Email};
use gatewright_usecase_identity::admin::{Admin, AdminError};
use serde_json::{Value, json};

/// What to do with accounts and workspaces.
#[derive(Debug, Subcommand)]
pub enum AdminCommand {
    /// Make an account with a workspace of its own, whether or not registration is open.
    CreateAccount {
        /// Mail address of the account.
        email: Email,
        /// Shown in the console; the part before the `@` when left out.
        #[arg(long)]
        name: Option<String>,
        /// A language tag, for example zh-Hans.
        #[arg(long, value_name = "TAG")]
        language: Option<String>,
        /// Where the password comes from.
        #[command(flatten)]
        password: PasswordSource,
    },
    /// Make another workspace for an account.
    CreateWorkspace {
        /// The owner's address.
        owner: Email,
        /// Its name; after its owner when left out.
        #[arg(long)]
        name: Option<String>,
    },
    /// Set a password. All sessions and bearers of the account end, and it is unlocked.
    ResetPassword {
        /// Mail address of the account whose password is set.
        email: Email,
        /// Where the password comes from.
        #[command(flatten)]
        password: PasswordSource,
    },
    /// Change an address. All sessions and bearers of the account end.
    ResetEmail {
        /// Mail address that the account has now.
        email: Email,
        /// The new address.
        new_email: Email,
    },
    /// Forget failed sign-ins, from wherever they came.
    Unlock {
        /// Mail address of the account that is unlocked.
        email: Email,
    },
    /// Lock an account out and end everything it has open.
    Ban {
        /// Mail address of the account that is banned.
        email: Email,
    },
    /// Let a banned account in again.
    Unban {
        /// Mail address of the account whose ban is lifted.
        email: Email,
    },
    /// List the console sessions and bearers of an account.
    Sessions {
        /// Mail address of the account whose sessions are listed.
        email: Email,
    },
    /// End every console session and every bearer of the installation: after a backup was restored.
    RevokeEverything {
        /// Confirm that everybody is signed out.
        #[arg(long, required = true)]
        yes: bool,
    },
    /// End all console sessions and bearers of an account.
    Revoke {
        /// Mail address of the account whose sessions end.
        email: Email,
    },
}

/// Where a password comes from: never from the command line, which others can read.
#[derive(Debug, Args)]
pub struct PasswordSource {
    /// Read the password from the first line of standard input; otherwise one is made and shown once.
    #[arg(long)]
    password_stdin: bool,
}

impl PasswordSource {
    fn read(&self) -> anyhow::Result<Option<Secret>> {
        if !self.password_stdin {
            return Ok(None);
        }
        let mut text = String::new();
        std::io::stdin()
            .read_to_string(&mut text)
            .context("standard input cannot be read")?;
        match text.lines().next().filter(|line| !line.is_empty()) {
            Some(line) => Ok(Some(Secret::new(line))),
            None => bail!(
                "no password on standard input; for example: printf '%s\\n' \"$PASSWORD\" | api-server admin …"
            ),
        }
    }
}

/// What was done, or why not.
pub enum Outcome {
    /// What was done, as JSON: exit code 0.
    Done(Value),
    /// Refused, in words: exit code 1.
    Refused(String),
}

/// Does it.
///
/// # Errors
/// When a store does not answer, or standard input cannot be read.
pub async fn run(admin: &Admin, command: AdminCommand) -> anyhow::Result<Outcome> {
    match perform(admin, command).await {
        Ok(done) => Ok(Outcome::Done(done)),
        Err(error) => match error.downcast::<AdminError>() {
            Ok(AdminError::Unavailable(error)) => {
                bail!("{} does not answer: {}", error.dependency, error.source)
            }
            Ok(refusal) => Ok(Outcome::Refused(refusal.to_string())),
            Err(other) => Err(other),
        },
    }
}

async fn perform(admin: &Admin, command: AdminCommand) -> anyhow::Result<Value> {
    Ok(match command {
        AdminCommand::CreateAccount {
            email,
            name,
            language,
            password,
        } => {
            let (name, language, password) =
                (name.as_deref(), language.as_deref(), password.read()?);
            json!(
                admin
                    .create_account(&email, name, language, password)
                    .await?
            )
        }
        AdminCommand::CreateWorkspace { owner, name } => {
            json!({"workspace_id": admin.create_workspace(&owner, name.as_deref()).await?})
        }
        AdminCommand::ResetPassword { email, password } => {
            let given = password.read()?;
            let made = match &given {
                Some(_) => None,
                None => Some(admin.random_password()?),
            };
            let password = given
                .or_else(|| made.clone().map(Secret::new))
                .unwrap_or_default();
            admin.reset_password(&email, &password).await?;
            json!({"email": email, "password": made})
        }
        AdminCommand::ResetEmail { email, new_email } => {
            admin.reset_email(&email, &new_email).await?;
            json!({"email": new_email.lowercase()})
        }
        AdminCommand::Unlock { email } => {
            admin.unlock(&email).await?;
            json!({"email": email, "unlocked": true})
        }
        AdminCommand::Ban { email } => {
            json!({"email": email, "changed": admin.set_banned(&email, true).await?})
        }
        AdminCommand::Unban { email } => {
            json!({"email": email, "changed": admin.set_banned(&email, false).await?})
        }
        AdminCommand::Sessions { email } => json!(admin.list_open(&email).await?),
        AdminCommand::RevokeEverything { yes: _ } => {
            json!({"revoked": admin.revoke_everything().await?})
        }
        AdminCommand::Revoke { email } => {
            admin.revoke_open(&email).await?;
            json!({"email": email, "revoked": true})
        }
    })
}

/// For people: one line per member, or per row.
pub fn text(value: &Value) -> String {
    let lines: Vec<String> = match value {
        Value::Array(rows) if rows.is_empty() => vec!["nothing".to_owned()],
        Value::Array(rows) => rows.iter().map(line).collect(),
        Value::Object(members) => {
            let shown = members.iter().filter(|(_, value)| !value.is_null());
            shown
                .map(|(name, value)| format!("{name}: {}", plain(value)))
                .collect()
        }
        other => vec![plain(other)],
    };
    lines.join("\n")
}

fn line(row: &Value) -> String {
    let cells = row
        .as_object()
        .into_iter()
        .flatten()
        .map(|(_, value)| plain(value));
    cells.collect::<Vec<_>>().join("  ")
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
