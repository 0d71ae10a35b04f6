//! What does not leave the workspace with a file.

use serde_json::{Map, Value};

use crate::graph;

/// Members whose value means something in one workspace only, and says whose account is used there.
const CREDENTIAL: &str = "credential_id";

/// Takes ids of credentials out, wherever they stand.
pub(super) fn drop_credentials(members: &mut Map<String, Value>) {
    members.remove(CREDENTIAL);
    for value in members.values_mut() {
        drop_below(value);
    }
}

/// Values are no deeper than the reader of files or of requests allows.
fn drop_below(value: &mut Value) {
    match value {
        Value::Object(members) => drop_credentials(members),
        Value::Array(items) => items.iter_mut().for_each(drop_below),
        _ => {}
    }
}

/// Addresses and subscriptions of this server, which mean nothing on another one: cleared in every export.
pub(super) fn clear_places(workflow_graph: &mut Map<String, Value>) {
    for data in graph::each_data_mut(workflow_graph) {
        let keys: &[&str] = match graph::node_type(data) {
            "trigger-webhook" => &["webhook_url", "webhook_debug_url"],
            "trigger-plugin" => &["subscription_id"],
            _ => &[],
        };
        for key in keys {
            if let Some(value) = data.get_mut(*key) {
                *value = Value::String(String::new());
            }
        }
    }
}
