//! What must hold of a draft, as far as it needs nothing but the draft.

use serde_json::{Map, Value};

use super::human_input;
use crate::graph;

/// Characters of the name of a version, at most.
const MAX_NAME_CHARS: usize = 20;

/// Characters of the comment of a version, at most.
const MAX_COMMENT_CHARS: usize = 100;

/// What is wrong with a draft: 400, code `invalid_param`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// Nothing is there to publish.
    #[error("No valid workflow found.")]
    Missing,
    /// A graph begins in one way.
    #[error("Start node and trigger nodes cannot coexist in the same workflow")]
    StartAndTrigger,
    /// Nodes or edges that are no lists of mappings.
    #[error("{0}")]
    Shape(String),
    /// A form that nobody could fill in.
    #[error("Invalid HumanInput node data: {0}")]
    HumanInput(String),
    /// The name of a version is too long.
    #[error("marked_name: String should have at most 20 characters")]
    NameTooLong,
    /// The comment of a version is too long.
    #[error("marked_comment: String should have at most 100 characters")]
    CommentTooLong,
}

/// What must hold of a graph before it is saved as a draft. Empty ones are right: an editor begins with
/// one.
pub fn check_save(graph: &Map<String, Value>) -> Result<(), DraftError> {
    graph::check_shape(graph).map_err(|error| DraftError::Shape(error.to_string()))?;
    let has_start = graph::node_types(graph).any(|node| node == "start");
    let has_trigger = graph::node_types(graph).any(|node| node.starts_with("trigger-"));
    if has_start && has_trigger {
        return Err(DraftError::StartAndTrigger);
    }
    graph::each_data(graph)
        .filter(|data| graph::node_type(data) == "human-input")
        .try_for_each(|data| human_input::check(data).map_err(DraftError::HumanInput))
}

/// What must hold of a draft before it is published, beside what the engine checks of its graph.
pub fn check_publish(draft: Option<&Map<String, Value>>) -> Result<(), DraftError> {
    check_save(draft.ok_or(DraftError::Missing)?)
}

/// The name and the comment of a version: at most 20 and 100 characters.
pub fn check_marks(name: &str, comment: &str) -> Result<(), DraftError> {
    if name.chars().count() > MAX_NAME_CHARS {
        return Err(DraftError::NameTooLong);
    }
    if comment.chars().count() > MAX_COMMENT_CHARS {
        Err(DraftError::CommentTooLong)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn graph(types: &[&str]) -> Map<String, Value> {
        let node = |kind: &&str| json!({"id": kind, "data": {"type": kind}});
        let nodes: Vec<Value> = types.iter().map(node).collect();
        json!({"nodes": nodes, "edges": []})
            .as_object()
            .unwrap()
            .clone()
    }

    #[test]
    fn graph_begins_with_a_start_or_with_triggers() {
        for types in [
            &[][..],
            &["start", "end"],
            &["trigger-webhook", "trigger-schedule", "end"],
        ] {
            assert_eq!(check_save(&graph(types)), Ok(()), "{types:?}");
        }
        let both = graph(&["start", "trigger-plugin"]);
        assert_eq!(check_save(&both), Err(DraftError::StartAndTrigger));
        assert_eq!(check_publish(Some(&both)), Err(DraftError::StartAndTrigger));
    }

    #[test]
    fn form_that_nobody_could_fill_in_stops_the_save() {
        let data = json!({"type": "human-input", "inputs": [{"type": "paragraph"}]});
        let graph = json!({"nodes": [{"id": "h", "data": data}], "edges": []});
        let error = check_save(graph.as_object().unwrap()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "Invalid HumanInput node data: an input has no output_variable_name"
        );
    }

    #[test]
    fn publishing_needs_a_draft() {
        assert_eq!(check_publish(Some(&graph(&[]))), Ok(()));
        let error = check_publish(None).unwrap_err();
        assert_eq!(error.to_string(), "No valid workflow found.");
    }

    #[test]
    fn graph_of_the_wrong_shape_is_refused() {
        for wrong in [
            json!({"nodes": {}}),
            json!({"nodes": ["x"]}),
            json!({"edges": 3}),
        ] {
            assert!(check_save(wrong.as_object().unwrap()).is_err(), "{wrong}");
        }
        assert_eq!(check_save(&Map::new()), Ok(()));
    }

    #[test]
    fn marks_are_counted_in_characters() {
        assert_eq!(check_marks(&"名".repeat(20), &"c".repeat(100)), Ok(()));
        assert_eq!(
            check_marks(&"n".repeat(21), ""),
            Err(DraftError::NameTooLong)
        );
        assert_eq!(
            check_marks("", &"c".repeat(101)),
            Err(DraftError::CommentTooLong)
        );
    }
}
