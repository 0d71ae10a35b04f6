//! What a child is told of itself, as one argument: nothing in it is a secret.

use std::{fmt, path::PathBuf};

use serde::{Deserialize, Serialize};

/// The first argument of a process that is to be a child.
pub(crate) const CHILD: &str = "sandbox-child";

/// What a child becomes, and what it may then.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ChildPlan {
    /// What it becomes.
    pub(crate) becomes: Becomes,
    /// Files and folders that it may read.
    pub(crate) readable: Vec<PathBuf>,
    /// The user that it is from then on; `None` where the server has no right to choose.
    pub(crate) uid: Option<u32>,
    /// The one TCP port that it may connect to; `None`: no network at all.
    pub(crate) port: Option<u16>,
    /// Its bounds, as the kernel holds them.
    pub(crate) bounds: Bounds,
}

/// What a child becomes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Becomes {
    /// This program, with a library of its own.
    Interpreter {
        /// The file itself, no link to it.
        program: PathBuf,
        /// Its arguments, without its name.
        arguments: Vec<String>,
        /// Its whole environment.
        environment: Vec<(String, String)>,
    },
    /// `QuickJS`, which the child has in it.
    QuickJs {
        /// Bytes that a program may take.
        memory: u64,
    },
}

impl fmt::Display for Becomes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Interpreter {
            program, arguments, ..
        } = self
        else {
            return f.write_str("QuickJS");
        };
        write!(f, "{}", program.display())?;
        // Its switches, not the program that it is given.
        let switches = arguments.iter().take_while(|argument| argument.len() > 2);
        switches
            .into_iter()
            .try_for_each(|switch| write!(f, " {switch}"))
    }
}

/// Limits as the kernel holds them.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Bounds {
    /// Seconds of processor time.
    pub(crate) cpu_seconds: u64,
    /// Bytes of addresses, for interpreters that take what they need.
    pub(crate) addresses: Option<u64>,
    /// Bytes of writable memory, for those that reserve far more than they use.
    pub(crate) data: Option<u64>,
    /// Threads, where the user is the child's alone.
    pub(crate) threads: Option<u64>,
}
