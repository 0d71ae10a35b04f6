//! `api-server keys`: rotation without signing anybody out.

use clap::{Subcommand, ValueEnum};
use gatewright_auth::{OsRandom, keys::Purpose, secret_key::SecretKeySettings};
use gatewright_domain::{Clock as _, SystemClock};
use gatewright_runtime::key_file::{self, KeyFileError, KeyInfo, KeyState};

/// What to do with the keys.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum KeysCommand {
    /// Show ids, states and ages; never a key.
    List,
    /// Make a new key, which only verifies at first. Every node notices within seconds (`keys` in /readyz).
    Rotate,
    /// Let the new key sign. The one before it verifies on.
    Promote {
        /// Even if not every node can know it yet.
        #[arg(long)]
        force: bool,
    },
    /// Forget former keys of which nothing is alive any more.
    Retire {
        /// All former keys, now: what they signed is refused from then on. For a key that has leaked.
        #[arg(long)]
        force: bool,
    },
    /// Print the keys of one purpose as a JWK set, for a service that verifies what is signed for it.
    /// A secret: whoever has it can sign for that purpose too, and for no other. Print it again after
    /// each `rotate`.
    Export {
        /// What the service verifies.
        #[arg(long)]
        purpose: ExportedPurpose,
    },
}

/// What keys may be given away for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportedPurpose {
    /// What a browser holds between an identity provider and its decision on a device.
    ApprovalGrant,
    /// Who somebody without an account is, between an identity provider and us.
    SubjectAssertion,
}

impl From<ExportedPurpose> for Purpose {
    fn from(purpose: ExportedPurpose) -> Self {
        match purpose {
            ExportedPurpose::ApprovalGrant => Self::ApprovalGrant,
            ExportedPurpose::SubjectAssertion => Self::SubjectAssertion,
        }
    }
}

/// Does it; what is to be printed.
pub fn run(
    settings: &SecretKeySettings,
    command: KeysCommand,
    as_json: bool,
) -> Result<String, KeyFileError> {
    if let KeysCommand::Export { purpose } = command {
        let keys = key_file::export(settings, purpose.into())?;
        return Ok(keys.to_json() + "\n");
    }
    let keys = change(settings, command)?;
    Ok(if as_json {
        format!("{}\n", serde_json::json!(keys))
    } else {
        text(&keys)
    })
}

fn change(
    settings: &SecretKeySettings,
    command: KeysCommand,
) -> Result<Vec<KeyInfo>, KeyFileError> {
    let now = SystemClock.now();
    match command {
        KeysCommand::List | KeysCommand::Export { .. } => key_file::list(settings, now),
        KeysCommand::Rotate => {
            key_file::change(settings, now, |file| file.rotate(&OsRandom::default(), now))
        }
        KeysCommand::Promote { force } => {
            key_file::change(settings, now, |file| file.promote(now, force))
        }
        KeysCommand::Retire { force } => {
            key_file::change(settings, now, |file| file.retire(now, force))
        }
    }
}

/// For people, with what comes next.
fn text(keys: &[KeyInfo]) -> String {
    let mut text = String::new();
    for key in keys {
        let state = match key.state {
            KeyState::Next => "next      verifies; `keys promote` lets it sign",
            KeyState::Active => "active    signs and verifies",
            KeyState::Previous => "previous  verifies; `keys retire` forgets it",
        };
        let since = key.since.map_or_else(
            || "from the settings".to_owned(),
            |since| since.format("since %Y-%m-%d %H:%M UTC").to_string(),
        );
        text.push_str(&format!("{}  {since:<26}  {state}\n", key.id));
    }
    text
}
