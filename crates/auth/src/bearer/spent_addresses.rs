//! The addresses that have spent their budget of dead bearers, or of keys that open nothing, as far as this process has seen: whoever
//! is on the list costs no look at any store any more.

use std::{
    collections::HashMap,
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

use chrono::{DateTime, TimeDelta, Utc};
use gatewright_domain::{client_address::ClientAddress, interval::remaining};

/// Entries; when there are more, the list begins anew. Each is noted again at the next refusal.
const MAX_ENTRIES: usize = 20_000;

/// Addresses, and until when each has to wait.
#[derive(Debug, Default)]
pub struct SpentAddresses {
    /// Nearly always empty, and then nobody waits for the lock.
    is_any: AtomicBool,
    until: RwLock<HashMap<String, DateTime<Utc>>>,
}

impl SpentAddresses {
    /// How many whole seconds an address has to wait, if it is on the list.
    pub fn wait(&self, address: ClientAddress, now: DateTime<Utc>) -> Option<u64> {
        if !self.is_any.load(Ordering::Relaxed) {
            return None;
        }
        let listed = self.until.read().unwrap_or_else(PoisonError::into_inner);
        let until = *listed.get(&address.limit_key())?;
        let left = remaining(until, now).as_millis().div_ceil(1000);
        u64::try_from(left).ok().filter(|seconds| *seconds > 0)
    }

    /// Puts an address on the list for so many seconds.
    pub fn note(&self, address: ClientAddress, retry_after: u64, now: DateTime<Utc>) {
        let seconds = TimeDelta::seconds(i64::try_from(retry_after).unwrap_or(1));
        let mut listed = self.until.write().unwrap_or_else(PoisonError::into_inner);
        if listed.len() >= MAX_ENTRIES {
            listed.retain(|_, until| now < *until);
            if listed.len() >= MAX_ENTRIES {
                listed.clear();
            }
        }
        listed.insert(address.limit_key(), now + seconds);
        self.is_any.store(true, Ordering::Relaxed);
    }
}
