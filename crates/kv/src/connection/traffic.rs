//! What goes through the connection, counted.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

/// How the connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RedisStatus {
    /// Commands that are under way.
    pub under_way: usize,
    /// How many of them wait for the connection.
    pub waiting: usize,
    /// How often no answer came in time, since the start.
    pub timeouts: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Traffic {
    under_way: AtomicUsize,
    waiting: AtomicUsize,
    timeouts: AtomicU64,
    /// By the names of limits: so often they refused.
    refusals: Mutex<BTreeMap<&'static str, u64>>,
}

/// Counted while it is there.
pub(super) struct Counted<'a>(&'a AtomicUsize);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn counted(count: &AtomicUsize) -> Counted<'_> {
    count.fetch_add(1, Ordering::Relaxed);
    Counted(count)
}

impl Traffic {
    pub(super) fn under_way(&self) -> Counted<'_> {
        counted(&self.under_way)
    }

    pub(super) fn waiting(&self) -> Counted<'_> {
        counted(&self.waiting)
    }

    pub(super) fn late(&self) {
        self.timeouts.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn status(&self) -> RedisStatus {
        RedisStatus {
            under_way: self.under_way.load(Ordering::Relaxed),
            waiting: self.waiting.load(Ordering::Relaxed),
            timeouts: self.timeouts.load(Ordering::Relaxed),
        }
    }

    pub(super) fn refused(&self, limit: &'static str) {
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        *refusals.entry(limit).or_default() += 1;
    }

    pub(super) fn refusals(&self) -> BTreeMap<&'static str, u64> {
        let refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        refusals.clone()
    }
}
