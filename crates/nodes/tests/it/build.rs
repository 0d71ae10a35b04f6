//! Small graphs for tests of this crate and of the engine.

use serde_json::{Value as Json, json};

/// A graph of nodes and edges; an edge is `source target` or `source:handle target`.
pub(crate) fn graph(nodes: &[Json], edges: &[&str]) -> Json {
    let edge = |edge: &&str| {
        let (from, target) = edge.split_once(' ').expect("source and target");
        let (source, handle) = from.split_once(':').unwrap_or((from, "source"));
        json!({"source": source, "sourceHandle": handle, "target": target})
    };
    json!({"nodes": nodes, "edges": edges.iter().map(edge).collect::<Vec<_>>()})
}

/// A start node with these variables.
pub(crate) fn start(variables: &[&str]) -> Json {
    let variables: Vec<Json> = variables
        .iter()
        .map(|name| json!({"variable": name, "type": "paragraph"}))
        .collect();
    json!({"id": "start", "data": {"type": "start", "title": "start", "variables": variables}})
}

/// A code node that is called with nothing.
pub(crate) fn code(id: &str) -> Json {
    json!({"id": id, "data": {"type": "code", "title": id, "code_language": "python3", "code": "x", "outputs": {}}})
}

/// An if-else node: `start.<variable>` contains `text`.
pub(crate) fn branch(id: &str, variable: &str, text: &str) -> Json {
    json!({"id": id, "data": {"type": "if-else", "title": id, "cases": [{"case_id": "true", "logical_operator": "and",
        "conditions": [{"variable_selector": ["start", variable], "comparison_operator": "contains", "value": text}]}]}})
}

/// A template node without variables.
pub(crate) fn template(id: &str, text: &str) -> Json {
    json!({"id": id, "data": {"type": "template-transform", "title": id, "template": text, "variables": []}})
}

/// An end node that names outputs of others: `name node.output`.
pub(crate) fn end(id: &str, outputs: &[&str]) -> Json {
    let output = |output: &&str| {
        let (name, path) = output.split_once(' ').expect("name and path");
        json!({"variable": name, "value_selector": path.split('.').collect::<Vec<_>>()})
    };
    json!({"id": id, "data": {"type": "end", "title": id, "outputs": outputs.iter().map(output).collect::<Vec<_>>()}})
}

/// An answer node.
pub(crate) fn answer(id: &str, text: &str) -> Json {
    json!({"id": id, "data": {"type": "answer", "title": id, "answer": text}})
}

/// A human-input node with the actions `yes` and `no`.
pub(crate) fn form(id: &str) -> Json {
    json!({"id": id, "data": {"type": "human-input", "title": id, "form_content": "Say {{#$output.what#}}",
        "inputs": [{"type": "paragraph", "output_variable_name": "what"}],
        "user_actions": [{"id": "yes", "title": "Yes"}, {"id": "no", "title": "No"}],
        "timeout": 2, "timeout_unit": "day"}})
}

/// A node with one more member of its data.
pub(crate) fn with(mut node: Json, key: &str, value: Json) -> Json {
    node["data"][key] = value;
    node
}

/// A node inside of a container.
pub(crate) fn inside(container: &str, mut node: Json) -> Json {
    node["parentId"] = json!(container);
    node
}
