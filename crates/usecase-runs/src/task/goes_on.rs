//! What becomes of a run's log when its task ends.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Whether a run goes on without its task: it waits, or is another process's. Then its log stays open for those who read it.
#[derive(Clone, Debug, Default)]
pub(crate) struct GoesOn(Arc<AtomicBool>);

impl GoesOn {
    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::Release);
    }

    pub(super) fn is_set(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}
