//! Published versions that this process has read: they never change, so a run needs none of their text again, and their graph is read
//! once. What may be looked up here is decided elsewhere, by the app's row: this only saves reading.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use gatewright_domain::ids::{AppId, WorkflowId};
use gatewright_engine::{Graph, GraphError, Limits};
use serde_json::Value;

use crate::WorkflowContent;

/// Versions that are kept.
const MAX_VERSIONS: usize = 256;
/// Bytes of their texts that are kept; in memory a text takes some times its length.
const MAX_BYTES: usize = 16 << 20;

/// Which version, of which app: one that another app names is not that app's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct VersionKey {
    pub(crate) app: AppId,
    pub(crate) id: WorkflowId,
}

/// A draft or version as runs need it.
#[derive(Debug)]
pub(crate) struct Version {
    /// `draft`, or the name of the version.
    pub(crate) name: String,
    /// `workflow` or `chat`.
    pub(crate) kind: String,
    pub(crate) content: Arc<WorkflowContent>,
    pub(crate) graph: Parsed,
}

/// The graph of a content, once somebody wanted it.
#[derive(Clone, Default)]
pub(crate) struct Parsed(Arc<OnceLock<Arc<Graph>>>);

impl fmt::Debug for Parsed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Parsed")
    }
}

impl Parsed {
    /// The graph; read now, if nobody did before.
    pub(crate) fn get(
        &self,
        content: &WorkflowContent,
        limits: &Limits,
    ) -> Result<Arc<Graph>, GraphError> {
        if let Some(graph) = self.0.get() {
            return Ok(Arc::clone(graph));
        }
        let graph = Graph::parse(&Value::Object(content.graph.clone()), limits)?;
        Ok(Arc::clone(self.0.get_or_init(|| Arc::new(graph))))
    }
}

/// The latest versions that were run, so many and so large.
#[derive(Debug, Default)]
pub struct VersionCache(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    versions: HashMap<VersionKey, Entry>,
    bytes: usize,
    /// Counts look-ups: the version with the smallest number was not wanted for the longest time.
    clock: u64,
}

#[derive(Debug)]
struct Entry {
    version: Arc<Version>,
    bytes: usize,
    used: u64,
}

impl VersionCache {
    /// A version that was read before.
    pub(crate) fn find(&self, key: VersionKey) -> Option<Arc<Version>> {
        let mut kept = self.kept();
        kept.clock += 1;
        let now = kept.clock;
        let entry = kept.versions.get_mut(&key)?;
        entry.used = now;
        Some(Arc::clone(&entry.version))
    }

    /// Keeps a version of so many bytes, and lets others go that nobody wanted for longer.
    pub(crate) fn insert(&self, key: VersionKey, version: Arc<Version>, bytes: usize) {
        if bytes > MAX_BYTES {
            return;
        }
        let mut kept = self.kept();
        kept.remove(key);
        while kept.versions.len() >= MAX_VERSIONS || kept.bytes + bytes > MAX_BYTES {
            let oldest = kept.versions.iter().min_by_key(|(_, entry)| entry.used);
            let Some(oldest) = oldest.map(|(key, _)| *key) else {
                break;
            };
            kept.remove(oldest);
        }
        kept.clock += 1;
        kept.bytes += bytes;
        let used = kept.clock;
        let entry = Entry {
            version,
            bytes,
            used,
        };
        kept.versions.insert(key, entry);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn remove(&mut self, key: VersionKey) {
        if let Some(gone) = self.versions.remove(&key) {
            self.bytes -= gone.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn key(n: usize) -> VersionKey {
        VersionKey {
            app: AppId(Uuid::nil()),
            id: WorkflowId(Uuid::from_u128(n as u128)),
        }
    }

    fn version() -> Arc<Version> {
        Arc::new(Version {
            name: "v".into(),
            kind: "workflow".into(),
            content: Arc::default(),
            graph: Parsed::default(),
        })
    }

    #[test]
    fn version_that_nobody_wanted_for_longest_makes_room_for_a_new_one() {
        let cache = VersionCache::default();
        for n in 0..MAX_VERSIONS {
            cache.insert(key(n), version(), 1);
        }
        assert!(cache.find(key(0)).is_some());
        cache.insert(key(MAX_VERSIONS), version(), 1);
        let found = [0, 1, 2, MAX_VERSIONS].map(|n| cache.find(key(n)).is_some());
        assert_eq!(found, [true, false, true, true]);
    }

    #[test]
    fn versions_together_never_take_more_than_the_limit() {
        let cache = VersionCache::default();
        for n in 0..5 {
            cache.insert(key(n), version(), MAX_BYTES / 4);
        }
        let found = [0, 1, 2, 3, 4].map(|n| cache.find(key(n)).is_some());
        assert_eq!(found, [false, true, true, true, true]);
        cache.insert(key(9), version(), MAX_BYTES + 1);
        assert!(cache.find(key(9)).is_none());
        assert!(cache.find(key(4)).is_some());
        cache.insert(key(4), version(), MAX_BYTES);
        assert_eq!(cache.kept().bytes, MAX_BYTES);
    }

    #[test]
    fn graph_is_read_once() {
        let content = WorkflowContent::default();
        let parsed = Parsed::default();
        let limits = Limits::default();
        assert!(parsed.get(&content, &limits).is_err(), "it has no nodes");
        let graph = serde_json::json!({"nodes": [{"id": "s", "data": {"type": "start", "title": "S"}}], "edges": []});
        let content = WorkflowContent {
            graph: graph.as_object().cloned().unwrap(),
            ..content
        };
        let first = parsed.get(&content, &limits).unwrap();
        let again = parsed.get(&content, &limits).unwrap();
        assert!(Arc::ptr_eq(&first, &again));
    }
}
