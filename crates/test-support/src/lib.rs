//! Time and randomness for tests: a clock that stands still until it is turned, and a source of
//! randomness that can be told what to give next; and other servers: one that answers as it is told,
//! and one that plays a vendor of models.

pub mod scripted_server;
pub mod scripted_vendor;

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use chrono::{DateTime, TimeDelta, Utc};
use gatewright_crypto::random::{NoRandomness, OsRandom, Random};
use gatewright_domain::Clock;

/// A clock that tests turn by hand. Clones are the same clock.
#[derive(Clone)]
pub struct ManualClock(Arc<Mutex<DateTime<Utc>>>);

impl ManualClock {
    /// Stands at a fixed instant in the year 2027.
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(
            DateTime::UNIX_EPOCH + TimeDelta::seconds(1_800_000_000),
        )))
    }

    /// Turns it on.
    pub fn advance(&self, span: TimeDelta) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += span;
    }

    /// Turns it on by whole seconds.
    pub fn advance_seconds(&self, seconds: i64) {
        self.advance(TimeDelta::seconds(seconds));
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives the bytes it was told to, then those of the operating system.
#[derive(Default)]
pub struct ScriptedRandom {
    next: Mutex<Vec<u8>>,
    is_dry: AtomicBool,
    rest: OsRandom,
}

impl ScriptedRandom {
    /// The next bytes that will be given, first one first.
    pub fn give(&self, bytes: &[u8]) {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        next.splice(0..0, bytes.iter().rev().copied());
    }
}

impl ScriptedRandom {
    /// From now on, or no longer, there is nothing to give.
    pub fn run_dry(&self, is_dry: bool) {
        self.is_dry.store(is_dry, Ordering::SeqCst);
    }
}

impl Random for ScriptedRandom {
    /// Scripted bytes go to draws of one byte only (user codes); longer draws stay random.
    fn fill(&self, buffer: &mut [u8]) -> Result<(), NoRandomness> {
        if self.is_dry.load(Ordering::SeqCst) {
            return Err(NoRandomness);
        }
        if let [byte] = buffer
            && let Some(scripted) = self
                .next
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .pop()
        {
            *byte = scripted;
            return Ok(());
        }
        self.rest.fill(buffer)
    }
}
