//! What became of documents whose text nodes wanted.

use std::sync::atomic::{AtomicU64, Ordering};

/// Documents by what became of them, since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DocumentsSeen {
    /// Their text was found.
    pub(crate) read: u64,
    /// One of a list could not be read, and none of the list was.
    pub(crate) failed: u64,
}

#[derive(Debug, Default)]
pub(super) struct DocumentCounts {
    read: AtomicU64,
    failed: AtomicU64,
}

impl DocumentCounts {
    /// So many were read; none: one was not.
    pub(super) fn ended(&self, read: Option<usize>) {
        match read.map(u64::try_from) {
            Some(read) => self
                .read
                .fetch_add(read.unwrap_or_default(), Ordering::Relaxed),
            None => self.failed.fetch_add(1, Ordering::Relaxed),
        };
    }

    pub(super) fn read(&self) -> DocumentsSeen {
        DocumentsSeen {
            read: self.read.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
        }
    }
}
