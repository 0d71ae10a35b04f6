//! What can go wrong, each with what to do next.

use std::path::Path;

/// An engine could not be found, fetched, started or stopped.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A file or folder.
    #[error("{path}: {source}")]
    Io {
        /// The path of the file or folder.
        path: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// Neither on the machine nor to be fetched.
    #[error(
        "{engine} is not on this machine and could not be fetched ({tried}). Install it (Debian, Ubuntu: apt-get install {package}), let it be installed (--yes, or GATEWRIGHT_ASSUME_YES=1), or point {settings} at one that runs"
    )]
    NotFound {
        /// The name of the program.
        engine: &'static str,
        /// What was tried.
        tried: String,
        /// What to install.
        package: &'static str,
        /// What to set instead.
        settings: &'static str,
    },
    /// A downloaded file is not what we pinned.
    #[error("{file} has SHA-256 {found}, expected {expected}; it was not used")]
    Checksum {
        /// The name of the file that was fetched.
        file: String,
        /// What it has.
        found: String,
        /// What it should have.
        expected: &'static str,
    },
    /// A command failed.
    #[error("{command} failed: {output}")]
    Command {
        /// The command line that failed.
        command: String,
        /// The end of what it printed.
        output: String,
    },
    /// An engine did not come up.
    #[error("{engine} did not start: {log}")]
    NotReady {
        /// The name of the program.
        engine: &'static str,
        /// The end of its log.
        log: String,
    },
    /// Somebody else owns a folder that must be ours.
    #[error("{0} belongs to somebody else; remove it or set TMPDIR to a folder of your own")]
    ForeignFolder(String),
}

impl EngineError {
    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io {
            path: path.display().to_string(),
            source,
        }
    }
}
