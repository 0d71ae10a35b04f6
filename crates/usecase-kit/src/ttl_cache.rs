//! A cache of little time in front of Redis and PostgreSQL, of at most a second for what others may
//! change. It turns a thousand requests a second for one token into one look-up, and is dropped at once
//! when this node changes something.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use gatewright_domain::interval::elapsed;

/// For what other nodes may change.
pub(crate) const A_SECOND: Duration = Duration::from_secs(1);
/// Entries are purged when there are more than this; then the cache starts anew if none was stale.
const MAX_ENTRIES: usize = 20_000;

pub(crate) struct TtlCache<K, V> {
    lifetime: Duration,
    entries: Mutex<Entries<K, V>>,
}

struct Entries<K, V> {
    map: HashMap<K, (DateTime<Utc>, V)>,
    /// Counts drops, so that a look-up that began before a drop does not put its result back.
    drops: u64,
}

/// Says which drops a look-up has seen.
#[derive(Clone, Copy)]
pub(crate) struct Epoch(u64);

impl<K: Hash + Eq, V: Clone> TtlCache<K, V> {
    /// Remembers for less than `lifetime`.
    pub(crate) fn new(lifetime: Duration) -> Self {
        Self {
            lifetime,
            entries: Mutex::new(Entries {
                map: HashMap::new(),
                drops: 0,
            }),
        }
    }

    fn is_fresh(&self, since: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        elapsed(since, now).is_ok_and(|age| age < self.lifetime)
    }

    /// The value, or the epoch to hand to [`Self::insert`].
    pub(crate) fn find<Q>(&self, key: &Q, now: DateTime<Utc>) -> Result<V, Epoch>
    where
        K: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        match entries.map.get(key) {
            Some((since, value)) if self.is_fresh(*since, now) => Ok(value.clone()),
            _ => Err(Epoch(entries.drops)),
        }
    }

    /// Remembers what was looked up at `since`, unless something was dropped meanwhile.
    pub(crate) fn insert(&self, epoch: Epoch, key: K, value: V, since: DateTime<Utc>) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.drops != epoch.0 {
            return;
        }
        if entries.map.len() >= MAX_ENTRIES {
            entries.map.retain(|_, (at, _)| self.is_fresh(*at, since));
            if entries.map.len() >= MAX_ENTRIES {
                entries.map.clear();
            }
        }
        entries.map.insert(key, (since, value));
    }

    pub(crate) fn remove<Q>(&self, key: &Q)
    where
        K: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.drops += 1;
        entries.map.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(1_800_000_000_000 + millis).unwrap()
    }

    #[test]
    fn ttl_cache_keeps_entries_less_than_a_second() {
        let cache = TtlCache::<String, u8>::new(A_SECOND);
        let epoch = cache.find("k", at(0)).unwrap_err();
        cache.insert(epoch, "k".into(), 1, at(0));
        assert_eq!(cache.find("k", at(999)).ok(), Some(1));
        assert!(cache.find("k", at(1000)).is_err());
    }

    #[test]
    fn ttl_cache_lookup_begun_before_an_invalidation_is_not_stored() {
        let cache = TtlCache::<String, u8>::new(A_SECOND);
        let before = cache.find("k", at(0)).unwrap_err();
        cache.remove("k");
        cache.insert(before, "k".into(), 1, at(0));
        assert!(cache.find("k", at(1)).is_err());
    }
}
