//! Values of nodes that are too large for their rows: the whole goes to the storage of files before the run's commit, the row keeps its
//! beginning, as a browser would be shown it. Each writing has a key of its own, so that a former owner of a run overwrites nothing.

use crate::rows;
use bytes::Bytes;
use gatewright_domain::error::Unavailable;
use gatewright_objects::Objects;
use gatewright_run_events::{Json, truncated};
use gatewright_storage_kit::{StorageError, Tx};
use gatewright_storage_runs::node_offload::{self, Offloaded as Row};
use gatewright_usecase_kit::Env;
use gatewright_usecase_runs::{
    Commit, Committed, NodeRecord, NodeState, Offloaded, PortFuture, Record, RunStore, StoreError,
};

/// Keeps runs in `store`, and of their large values the beginning.
pub struct LargeValues<S> {
    store: S,
    objects: Objects,
    env: Env,
}

impl<S: RunStore> LargeValues<S> {
    /// The whole of them goes to `objects`.
    pub fn new(store: S, objects: Objects, env: Env) -> Self {
        Self {
            store,
            objects,
            env,
        }
    }

    /// Moves out what is too large. A value that the storage of files does not take stays in its row.
    async fn move_out(&self, commit: &mut Commit) -> Vec<String> {
        let mut keys = vec![];
        for record in &mut commit.records {
            let Record::Node(node) = record else {
                continue;
            };
            for (kind, value) in values(&mut node.state) {
                let (shown, is_cut) = truncated(value);
                if !is_cut {
                    continue;
                }
                let object = self.env.ids.new_uuid();
                let key = format!("upload_files/{}/{object}.json", commit.plan.tenant_id);
                if let Err(error) = self.write(&key, value).await {
                    tracing::warn!(event = "run.value_not_moved", %error, kind, "a large value of a node stays in its row");
                    continue;
                }
                node.offloaded.push(Offloaded {
                    kind,
                    file: self.env.ids.new_uuid(),
                    key: key.clone(),
                    storage_type: self.objects.storage_type().to_owned(),
                    bytes: value.as_str().len(),
                });
                *value = shown;
                keys.push(key);
            }
        }
        keys
    }

    async fn write(&self, key: &str, value: &Json) -> Result<(), Unavailable> {
        let mut writing = self.objects.create(key).await?;
        let whole = Bytes::copy_from_slice(value.as_str().as_bytes());
        writing.write(whole).await?;
        writing.finish().await
    }
}

/// What an execution took, worked with and gave, once it has ended.
fn values(state: &mut NodeState) -> Vec<(&'static str, &mut Json)> {
    match state {
        NodeState::Running(_) => vec![],
        NodeState::Ended(end) | NodeState::Retried(end, _) => vec![
            ("inputs", &mut end.inputs),
            ("process_data", &mut end.process_data),
            ("outputs", &mut end.outputs),
        ],
    }
}

impl<S: RunStore> RunStore for LargeValues<S> {
    fn commit(&self, mut commit: Commit) -> PortFuture<'_, Result<Committed, StoreError>> {
        Box::pin(async move {
            let keys = self.move_out(&mut commit).await;
            let kept = self.store.commit(commit).await;
            if matches!(
                kept,
                Err(StoreError::Fenced | StoreError::Conflict | StoreError::Rejected(_))
            ) {
                for key in keys {
                    // Best effort: content without a row is out of everybody's reach, and only takes room.
                    let _ = self.objects.delete(&key).await;
                }
            }
            kept
        })
    }
}

/// Whether a value of the commit is kept elsewhere.
pub(crate) fn has_any(commit: &Commit) -> bool {
    let is_large =
        |record: &Record| matches!(record, Record::Node(node) if !node.offloaded.is_empty());
    commit.records.iter().any(is_large)
}

/// Notes where the large values of these commits are.
pub(crate) async fn note(tx: &mut Tx, own: &[&Commit]) -> Result<(), StorageError> {
    let mut rows = vec![];
    for commit in own {
        for record in &commit.records {
            if let Record::Node(node) = record {
                rows.extend(node.offloaded.iter().map(|value| row(commit, node, value)));
            }
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    node_offload::upsert(tx, &rows).await
}

fn row<'a>(commit: &Commit, node: &NodeRecord, value: &'a Offloaded) -> Row<'a> {
    let ended_at = match &node.state {
        NodeState::Running(started) => started.created_at,
        NodeState::Ended(end) | NodeState::Retried(end, _) => end.finished_at,
    };
    Row {
        node: node.id,
        kind: value.kind,
        tenant_id: commit.plan.tenant_id,
        app_id: commit.plan.app_id,
        file: value.file,
        key: &value.key,
        storage_type: &value.storage_type,
        bytes: i32::try_from(value.bytes).unwrap_or(i32::MAX),
        created_at: rows::at(ended_at),
    }
}
