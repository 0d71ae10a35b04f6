//! The hash of a draft.

use gatewright_crypto::digest::sha256_hex;
use serde_json::{Map, Value};

use crate::python;

/// The hash of a draft: 64 hex characters that cover its graph and nothing else, equal to the original's.
/// SHA-256 over the JSON of `{"graph": …}` with sorted keys and escaped non-ASCII, and the four letters
/// `None` behind it.
pub fn draft_hash(graph: &Map<String, Value>) -> String {
    let graph = python::sorted_json(&Value::Object(graph.clone()));
    sha256_hex(format!("{{\"graph\": {graph}}}None"))
}

/// Somebody else has saved meanwhile: 409, code `draft_workflow_not_sync`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Workflow graph might have been modified, please refresh and resubmit.")]
pub struct NotInSync;

/// Whether a save may overwrite what is stored: it must bring the `stored` draft's hash. Before there is a
/// draft, anything goes.
pub fn check_hash(stored: Option<&str>, brought: Option<&str>) -> Result<(), NotInSync> {
    match stored {
        None => Ok(()),
        Some(stored) if brought == Some(stored) => Ok(()),
        Some(_) => Err(NotInSync),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn hash(graph: &Value) -> String {
        draft_hash(graph.as_object().unwrap())
    }

    /// The hash that the original gave the same graph.
    #[test]
    fn hash_is_the_original_s() {
        assert_eq!(
            hash(&json!({"nodes": [], "edges": []})),
            "27f5dd8b97a0933012c8e79d95d121949ca5f7c72ebd7f56d7d37767307d995e"
        );
        let recorded: Value =
            serde_json::from_str(include_str!("../../tests/files/graph.json")).unwrap();
        assert_eq!(
            hash(&recorded),
            "cb849cdec83b22b42ee72285474a120f7bbfa89a5e213b7c6f3f206e80f80a32"
        );
    }

    #[test]
    fn hash_does_not_depend_on_the_order_of_keys() {
        let (one, other) = (
            json!({"a": 1, "b": {"c": 2, "d": 3}}),
            json!({"b": {"d": 3, "c": 2}, "a": 1}),
        );
        assert_eq!(hash(&one), hash(&other));
        assert_ne!(hash(&one), hash(&json!({"a": 1, "b": {"c": 2, "d": 3.0}})));
    }

    #[test]
    fn save_must_bring_the_hash_of_what_it_overwrites() {
        for (stored, brought, is_right) in [
            (None, None, true),
            (None, Some("x"), true),
            (Some("a"), Some("a"), true),
            (Some("a"), Some("b"), false),
            (Some("a"), Some(""), false),
            (Some("a"), None, false),
        ] {
            assert_eq!(
                check_hash(stored, brought).is_ok(),
                is_right,
                "{stored:?} {brought:?}"
            );
        }
    }
}
