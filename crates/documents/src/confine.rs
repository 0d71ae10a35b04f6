//! What a reader's process may use: limits of the operating system, set before a byte of the file is looked at.

use std::io;

use rustix::process::{Resource, Rlimit, setrlimit};
use serde::{Deserialize, Serialize};

/// What one process may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Confinement {
    /// Bytes of address space.
    pub(crate) memory_bytes: u64,
    /// Seconds of a processor.
    pub(crate) cpu_seconds: u64,
}

/// Files that may be open: the three that every process has, and what the C library opens for a moment.
const OPEN_FILES: u64 = 16;

/// Confines this process, for good.
pub(crate) fn confine(confinement: Confinement) -> io::Result<()> {
    for (resource, limit) in [
        (Resource::As, confinement.memory_bytes),
        (Resource::Cpu, confinement.cpu_seconds),
        (Resource::Nofile, OPEN_FILES),
        (Resource::Fsize, 0),
        (Resource::Core, 0),
    ] {
        let limit = Rlimit {
            current: Some(limit),
            maximum: Some(limit),
        };
        setrlimit(resource, limit)?;
    }
    Ok(())
}

/// Makes this process the first to go where memory runs out; where that cannot be said, it is as any other.
pub(crate) fn be_the_first_to_go() {
    let _as_any_other = std::fs::write("/proc/self/oom_score_adj", "1000");
}
