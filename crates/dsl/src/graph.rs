//! The few things that files and drafts need to know about a graph; what it means when it runs is the
//! engine's.

use serde_json::{Map, Value};
use uuid::Uuid;

/// Encrypts ids of datasets for one workspace, so that files do not carry them around in clear.
pub trait DatasetIdCipher {
    /// The id as it stands in files.
    fn seal(&self, id: &str) -> String;
    /// The id of a text that was sealed for the same workspace.
    fn open(&self, sealed: &str) -> Option<String>;
}

/// The nodes of a graph.
pub(crate) fn nodes(graph: &Map<String, Value>) -> &[Value] {
    list(graph, "nodes")
}

fn list<'a>(graph: &'a Map<String, Value>, key: &str) -> &'a [Value] {
    graph
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// The `data` of each node, to change it.
pub(crate) fn each_data_mut(
    graph: &mut Map<String, Value>,
) -> impl Iterator<Item = &mut Map<String, Value>> {
    graph
        .get_mut("nodes")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
        .filter_map(|node| node.get_mut("data").and_then(Value::as_object_mut))
}

/// The type of a node, by its `data`.
pub(crate) fn node_type(data: &Map<String, Value>) -> &str {
    data.get("type").and_then(Value::as_str).unwrap_or_default()
}

/// The `data` of each node.
pub(crate) fn each_data(graph: &Map<String, Value>) -> impl Iterator<Item = &Map<String, Value>> {
    nodes(graph)
        .iter()
        .filter_map(|node| node.get("data").and_then(Value::as_object))
}

/// The types of all nodes.
pub(crate) fn node_types(graph: &Map<String, Value>) -> impl Iterator<Item = &str> {
    each_data(graph).map(node_type)
}

/// A part of a graph of the wrong shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path} must be a list of mappings")]
pub(crate) struct NoList {
    /// Where in a file.
    pub(crate) path: &'static str,
}

/// That nodes and edges, where they are, are lists of mappings.
pub(crate) fn check_shape(graph: &Map<String, Value>) -> Result<(), NoList> {
    for (key, path) in [
        ("nodes", "workflow.graph.nodes"),
        ("edges", "workflow.graph.edges"),
    ] {
        let is_right = match graph.get(key) {
            None | Some(Value::Null) => true,
            Some(Value::Array(items)) => items.iter().all(Value::is_object),
            Some(_) => false,
        };
        if !is_right {
            return Err(NoList { path });
        }
    }
    Ok(())
}

/// Dataset ids of retrieval nodes as they are stored: plain UUIDs stay, sealed ones are opened, everything
/// else is dropped.
pub(crate) fn open_dataset_ids(
    graph: &mut Map<String, Value>,
    cipher: Option<&dyn DatasetIdCipher>,
) {
    each_dataset_ids(graph, |ids| {
        let opened = ids.iter().filter_map(Value::as_str);
        let opened = opened.filter_map(|id| plain_id(id, cipher));
        *ids = opened.map(Value::String).collect();
    });
}

/// Dataset ids of retrieval nodes as they stand in files.
pub(crate) fn seal_dataset_ids(graph: &mut Map<String, Value>, cipher: &dyn DatasetIdCipher) {
    each_dataset_ids(graph, |ids| {
        for id in ids {
            if let Some(sealed) = id.as_str().map(|id| cipher.seal(id)) {
                *id = Value::String(sealed);
            }
        }
    });
}

fn each_dataset_ids(graph: &mut Map<String, Value>, change: impl Fn(&mut Vec<Value>)) {
    for data in each_data_mut(graph) {
        if node_type(data) != "knowledge-retrieval" {
            continue;
        }
        if let Some(ids) = data.get_mut("dataset_ids").and_then(Value::as_array_mut) {
            change(ids);
        }
    }
}

fn plain_id(id: &str, cipher: Option<&dyn DatasetIdCipher>) -> Option<String> {
    if Uuid::try_parse(id).is_ok() {
        return Some(id.to_owned());
    }
    cipher?.open(id).filter(|id| Uuid::try_parse(id).is_ok())
}

/// The datasets of a classic app (`dataset_configs.datasets.datasets[].dataset.id`), treated like those of
/// nodes.
pub(crate) fn open_config_dataset_ids(
    config: &mut Map<String, Value>,
    cipher: Option<&dyn DatasetIdCipher>,
) {
    let Some(datasets) = config_datasets(config) else {
        return;
    };
    datasets.retain_mut(|entry| {
        let Some(Value::String(id)) = entry.pointer_mut("/dataset/id") else {
            return true;
        };
        match plain_id(id, cipher) {
            Some(plain) => {
                *id = plain;
                true
            }
            None => false,
        }
    });
}

/// The datasets of a classic app as they stand in files.
pub(crate) fn seal_config_dataset_ids(
    config: &mut Map<String, Value>,
    cipher: &dyn DatasetIdCipher,
) {
    for entry in config_datasets(config).into_iter().flatten() {
        if let Some(Value::String(id)) = entry.pointer_mut("/dataset/id") {
            *id = cipher.seal(id);
        }
    }
}

fn config_datasets(config: &mut Map<String, Value>) -> Option<&mut Vec<Value>> {
    config
        .get_mut("dataset_configs")?
        .pointer_mut("/datasets/datasets")?
        .as_array_mut()
}
