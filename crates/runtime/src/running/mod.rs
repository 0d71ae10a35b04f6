//! The system that `api-server up` brought up in a folder, as the other commands find it: its folder, its state,
//! and its addresses where nobody named others. Bringing it up is `gatewright-up`'s.

mod attach;
mod state;

use std::{
    fs::{self, File},
    io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

pub use attach::{EXAMPLE_API_URL, attach_running_system, names_postgres, names_redis};
pub use state::{State, this_build};

/// `.dev` and what is in it.
#[derive(Debug, Clone)]
pub struct DevFolder {
    /// The folder of `.env`.
    pub root: PathBuf,
    /// The folder `.dev`, of what runs and its data.
    pub dev: PathBuf,
}

impl DevFolder {
    /// Makes what is missing of it.
    ///
    /// # Errors
    /// A folder that cannot be made or protected, with its name.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let named = |path: &Path, error: io::Error| {
            io::Error::new(error.kind(), format!("{}: {error}", path.display()))
        };
        let root = fs::canonicalize(folder).map_err(|error| named(folder, error))?;
        let dev = root.join(".dev");
        gatewright_private_file::make_folder(&dev.join("logs"))
            .and_then(|()| fs::set_permissions(&dev, fs::Permissions::from_mode(0o700)))
            .map_err(|error| named(&dev, error))?;
        Ok(Self { root, dev })
    }

    /// The folder of a system that was brought up here before; nothing is made.
    pub fn existing(folder: &Path) -> Option<Self> {
        let root = fs::canonicalize(folder).ok()?;
        let dev = root.join(".dev");
        dev.is_dir().then_some(Self { root, dev })
    }

    /// What the supervisor and its servers say.
    pub fn log(&self) -> PathBuf {
        self.dev.join("logs").join("up.log")
    }

    /// Locked for as long as the supervisor lives; holds its pid.
    pub fn lock_file(&self) -> PathBuf {
        self.dev.join("up.lock")
    }

    /// Where the [`State`] is kept.
    pub fn state_file(&self) -> PathBuf {
        self.dev.join("state.json")
    }

    /// The addresses, for shells.
    pub fn addresses_file(&self) -> PathBuf {
        self.dev.join("addresses.env")
    }
}

/// The state of a system that runs and is ready: its supervisor holds the lock.
pub fn running(folder: &DevFolder) -> Option<State> {
    let state = State::load(&folder.state_file())?;
    let lock = File::open(folder.lock_file()).ok()?;
    (state.is_ready && lock.try_lock_shared().is_err()).then_some(state)
}
