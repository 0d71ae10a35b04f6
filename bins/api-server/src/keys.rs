//! `api-server keys`: rotation without signing anybody out.

use clap::Subcommand;
use gatewright_auth::{OsRandom, secret_key::SecretKeySettings};
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
}

/// Does it; the keys afterwards.
pub fn run(
    settings: &SecretKeySettings,
    command: KeysCommand,
) -> Result<Vec<KeyInfo>, KeyFileError> {
    let now = SystemClock.now();
    match command {
        KeysCommand::List => key_file::list(settings, now),
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
pub fn text(keys: &[KeyInfo]) -> String {
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
