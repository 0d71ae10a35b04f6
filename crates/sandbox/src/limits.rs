//! What a program may use.

use std::time::Duration;

/// What a program may use. More is its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From its first line to its last; processor time has the same bound.
    pub time: Duration,
    /// Bytes of memory beside what the interpreter itself needs.
    pub memory: u64,
    /// Bytes on standard output, and again on standard error.
    pub output: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(15),
            memory: 256 << 20,
            output: 16 << 20,
        }
    }
}
