//! How attempts at jobs ended in this process.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// Attempts that ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JobCount {
    /// The job was done.
    pub done: u64,
    /// It failed, whether there is another attempt or not.
    pub failed: u64,
}

/// Attempts that ended, by kind of job.
#[derive(Debug, Default)]
pub struct JobCounts(Mutex<BTreeMap<&'static str, JobCount>>);

impl JobCounts {
    /// By the kinds of which there was one.
    pub fn read(&self) -> BTreeMap<&'static str, JobCount> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn ended(&self, kind: &'static str, is_done: bool) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(kind).or_default();
        if is_done {
            count.done += 1;
        } else {
            count.failed += 1;
        }
    }
}
