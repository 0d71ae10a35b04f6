//! The file of keys: rotation in three steps, so that no node ever meets a signature that it cannot
//! verify. `rotate` makes a key that only verifies; when every node knows it, `promote` lets it sign;
//! when nothing signed by the old one is alive any more, `retire` forgets that.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use chrono::{DateTime, Utc};
use gatewright_auth::{
    NoRandomness, Random,
    key_set::ExportedKeys,
    keys::{MasterKeys, Purpose, key_id},
    secret_key::SecretKeySettings,
};
use gatewright_domain::interval::elapsed;
use serde::{Deserialize, Serialize};

/// A new key signs at the earliest after this long: every node has read the file by then.
pub const SETTLE: Duration = Duration::from_secs(30);
/// A former key is kept at least this long: what it signed last (a refresh token) lives that long.
pub const KEEP: Duration = Duration::from_secs(30 * DAY);
const DAY: u64 = 24 * 60 * 60;
const ENTROPY_BYTES: usize = 48;

/// What a key is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// Verifies; signs after the next `promote`.
    Next,
    /// Signs and verifies.
    Active,
    /// Verifies what it signed before.
    Previous,
}

#[derive(Clone, Serialize, Deserialize)]
struct Entry {
    id: String,
    state: KeyState,
    /// When it came into this state.
    since: DateTime<Utc>,
    secret: String,
}

/// A key without its secret, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyInfo {
    /// Public id; the `kid` of what it signs.
    pub id: String,
    /// What it is used for.
    pub state: KeyState,
    /// When it came into this state; unknown for keys that stand in settings.
    pub since: Option<DateTime<Utc>>,
}

/// Why the keys stay as they are.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The setting is missing.
    #[error(
        "GATEWRIGHT_KEYS_FILE is not set: name a file that every node reads (for example GATEWRIGHT_KEYS_FILE=/var/lib/gatewright/keys.json)"
    )]
    NoFile,
    /// The file cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The path of the key file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The file is not what we write.
    #[error("{path} is not a file of keys: {problem}")]
    Malformed {
        /// The path of the key file.
        path: PathBuf,
        /// What is wrong; no secret is in it.
        problem: &'static str,
    },
    /// There is nothing to draw a key from.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// Somebody else changes it.
    #[error("{0} exists: another `keys` command runs; remove it when none does")]
    Locked(PathBuf),
    /// There is a next key already.
    #[error("there is a next key already ({0}); `keys promote` lets it sign")]
    NextExists(String),
    /// There is no next key.
    #[error("there is no next key; `keys rotate` makes one")]
    NoNext,
    /// Not every node can know it yet.
    #[error(
        "the next key is {seconds} s old; wait until it is {} s, so that every node has read it (see `keys` in /readyz), or use --force", SETTLE.as_secs()
    )]
    TooYoung {
        /// How many seconds ago the next key was made.
        seconds: u64,
    },
    /// There is nothing to retire.
    #[error("there is no former key")]
    NoPrevious,
    /// What a former key signed may still be alive.
    #[error(
        "no former key is {} days old yet: retiring one now would sign people out; if it has leaked, use --force", KEEP.as_secs() / DAY
    )]
    InUse,
}

/// The keys, in the file's order: next, active, former ones from the latest to the oldest.
#[derive(Clone, Serialize, Deserialize)]
pub struct KeyFile {
    keys: Vec<Entry>,
}

impl KeyFile {
    /// Reads the file.
    pub fn read(path: &Path) -> Result<Self, KeyFileError> {
        let text = fs::read(path).map_err(|source| io(path, source))?;
        let malformed = |problem| KeyFileError::Malformed {
            path: path.to_owned(),
            problem,
        };
        let file: Self = serde_json::from_slice(&text)
            .map_err(|_| malformed("not the JSON that `keys` writes"))?;
        let count = |state| file.keys.iter().filter(|key| key.state == state).count();
        if count(KeyState::Active) != 1 || count(KeyState::Next) > 1 {
            return Err(malformed(
                "there must be one active key and at most one next",
            ));
        }
        if file.keys.iter().any(|key| key.secret.len() < 32) {
            return Err(malformed("a key is shorter than 32 characters"));
        }
        Ok(file)
    }

    /// What the settings say, as a file would.
    pub fn from_settings(settings: &SecretKeySettings, now: DateTime<Utc>) -> Self {
        let entry = |secret: &str, state| Entry {
            id: key_id(secret.as_bytes()),
            state,
            since: now,
            secret: secret.to_owned(),
        };
        let active = entry(settings.active.expose().trim(), KeyState::Active);
        let previous = settings
            .previous()
            .map(|secret| entry(secret, KeyState::Previous));
        Self {
            keys: std::iter::once(active).chain(previous).collect(),
        }
    }

    /// The keys without their secrets.
    pub fn list(&self) -> Vec<KeyInfo> {
        let info = |key: &Entry| KeyInfo {
            id: key.id.clone(),
            state: key.state,
            since: Some(key.since),
        };
        self.keys.iter().map(info).collect()
    }

    /// Makes a key that only verifies.
    pub fn rotate(&mut self, random: &dyn Random, now: DateTime<Utc>) -> Result<(), KeyFileError> {
        if let Some(next) = self.position(KeyState::Next) {
            return Err(KeyFileError::NextExists(self.keys[next].id.clone()));
        }
        let secret = random.base64url(ENTROPY_BYTES)?;
        let entry = Entry {
            id: key_id(secret.as_bytes()),
            state: KeyState::Next,
            since: now,
            secret,
        };
        self.keys.insert(0, entry);
        Ok(())
    }

    /// Lets the next key sign; the one that did verifies only.
    pub fn promote(&mut self, now: DateTime<Utc>, force: bool) -> Result<(), KeyFileError> {
        let next = self.position(KeyState::Next).ok_or(KeyFileError::NoNext)?;
        // Unknown counts as none: then only `--force` does it.
        let age = elapsed(self.keys[next].since, now).unwrap_or_default();
        if age < SETTLE && !force {
            let seconds = age.as_secs();
            return Err(KeyFileError::TooYoung { seconds });
        }
        for key in &mut self.keys {
            let state = match key.state {
                KeyState::Next => KeyState::Active,
                KeyState::Active => KeyState::Previous,
                KeyState::Previous => continue,
            };
            (key.state, key.since) = (state, now);
        }
        Ok(())
    }

    /// Forgets former keys that are old enough; with `force` all of them. What they signed is refused
    /// from then on.
    pub fn retire(&mut self, now: DateTime<Utc>, force: bool) -> Result<(), KeyFileError> {
        if self.position(KeyState::Previous).is_none() {
            return Err(KeyFileError::NoPrevious);
        }
        let before = self.keys.len();
        self.keys.retain(|key| {
            key.state != KeyState::Previous
                || (!force && !elapsed(key.since, now).is_ok_and(|age| age >= KEEP))
        });
        if self.keys.len() == before {
            return Err(KeyFileError::InUse);
        }
        Ok(())
    }

    /// Writes the file so that a reader sees the old or the new one, never half of it; readable by
    /// its owner only.
    pub fn write(&self, path: &Path) -> Result<(), KeyFileError> {
        let text = serde_json::to_vec_pretty(self).unwrap_or_default();
        gatewright_private_file::replace(path, &text).map_err(|source| io(path, source))
    }

    /// The keys to sign and verify with.
    pub fn master_keys(&self) -> MasterKeys {
        let (active, others) = self.secrets();
        MasterKeys::new(active, others)
    }

    /// Makes keys in use follow the file.
    pub fn apply_to(&self, master: &MasterKeys) {
        let (active, others) = self.secrets();
        master.replace(active, others);
    }

    fn secrets(&self) -> (&[u8], Vec<&[u8]>) {
        let of = |active: bool| {
            let wanted = move |key: &&Entry| (key.state == KeyState::Active) == active;
            self.keys
                .iter()
                .filter(wanted)
                .map(|key| key.secret.as_bytes())
        };
        // Reading has made sure that there is an active one.
        (of(true).next().unwrap_or_default(), of(false).collect())
    }

    fn position(&self, state: KeyState) -> Option<usize> {
        self.keys.iter().position(|key| key.state == state)
    }
}

fn io(path: &Path, source: std::io::Error) -> KeyFileError {
    KeyFileError::Io {
        path: path.to_owned(),
        source,
    }
}

/// Changes the file of the settings under a lock; makes it from `SECRET_KEY` when it is not there.
pub fn change(
    settings: &SecretKeySettings,
    now: DateTime<Utc>,
    change: impl FnOnce(&mut KeyFile) -> Result<(), KeyFileError>,
) -> Result<Vec<KeyInfo>, KeyFileError> {
    let path = settings.keys_file.as_deref().ok_or(KeyFileError::NoFile)?;
    let lock = path.with_extension("lock");
    let _held = Lock::take(&lock)?;
    let mut file = if path.exists() || settings.active.is_empty() {
        KeyFile::read(path)?
    } else {
        KeyFile::from_settings(settings, now)
    };
    change(&mut file)?;
    file.write(path)?;
    Ok(file.list())
}

struct Lock<'a>(&'a Path);

impl<'a> Lock<'a> {
    fn take(path: &'a Path) -> Result<Self, KeyFileError> {
        match fs::File::create_new(path) {
            Ok(_) => Ok(Self(path)),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                Err(KeyFileError::Locked(path.to_owned()))
            }
            Err(source) => Err(io(path, source)),
        }
    }
}

impl Drop for Lock<'_> {
    fn drop(&mut self) {
        // If it cannot be removed, the next command says so.
        drop(fs::remove_file(self.0));
    }
}

/// The keys of the settings: those of the file when it is there, else those of the environment.
pub fn load(settings: &SecretKeySettings) -> Result<MasterKeys, KeyFileError> {
    match settings.keys_file.as_deref() {
        Some(path) if path.exists() || settings.active.is_empty() => {
            Ok(KeyFile::read(path)?.master_keys())
        }
        _ => Ok(settings.master_keys()),
    }
}

/// The keys of one purpose, to be given to a service that verifies: the next one too, so that it knows
/// that before it signs.
pub fn export(
    settings: &SecretKeySettings,
    purpose: Purpose,
) -> Result<ExportedKeys, KeyFileError> {
    let file = match settings.keys_file.as_deref() {
        Some(path) if path.exists() || settings.active.is_empty() => KeyFile::read(path)?,
        _ => KeyFile::from_settings(settings, DateTime::UNIX_EPOCH),
    };
    let (active, others) = file.secrets();
    let secrets = std::iter::once(active).chain(others);
    Ok(ExportedKeys::derive(purpose, secrets))
}

/// What of a key may be shown, for settings without a file too.
pub fn list(
    settings: &SecretKeySettings,
    now: DateTime<Utc>,
) -> Result<Vec<KeyInfo>, KeyFileError> {
    match settings.keys_file.as_deref() {
        Some(path) if path.exists() => Ok(KeyFile::read(path)?.list()),
        _ => {
            let mut keys = KeyFile::from_settings(settings, now).list();
            for key in &mut keys {
                key.since = None;
            }
            Ok(keys)
        }
    }
}

/// Looks at the file every second and follows its changes, until the future is dropped. A file that
/// cannot be read changes nothing.
pub async fn follow(path: PathBuf, master: MasterKeys) {
    let stamp = |path: &Path| {
        let about = fs::metadata(path).ok()?;
        Some((about.modified().ok()?, about.len()))
    };
    let mut seen = None;
    let mut tick = tokio::time::interval(std::time::Duration::from_secs(1));
    loop {
        tick.tick().await;
        let now = stamp(&path);
        if now.is_none() || now == seen {
            continue;
        }
        seen = now;
        match KeyFile::read(&path) {
            Ok(file) => {
                let before = master.key_ids();
                file.apply_to(&master);
                if master.key_ids() != before {
                    tracing::info!(
                        event = "keys.changed",
                        keys = ?master.key_ids(),
                        "the keys have changed"
                    );
                }
            }
            Err(error) => {
                tracing::error!(event = "keys.unreadable", %error, "the keys stay as they were");
            }
        }
    }
}

/// Hides what must not be printed by accident.
impl std::fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.list()).finish()
    }
}

#[cfg(test)]
mod tests;
