//! Graphs, written down in a test: nodes, what stands behind what, and the file of an app with them.

use serde_json::{Value, json};

/// The file of a workflow app. A file is YAML, and JSON in a file is YAML too.
pub fn file(graph: &Value) -> String {
    let workflow = json!({"graph": graph, "features": {}, "environment_variables": [], "conversation_variables": []});
    format!(
        "app: {{mode: workflow, name: written}}\nkind: app\nversion: 0.6.0\nworkflow: {workflow}\n"
    )
}

/// A node.
pub fn node(id: &str, data: Value) -> Value {
    json!({"id": id, "data": data})
}

/// A node in a container.
pub fn inside(container: &str, id: &str, data: Value) -> Value {
    json!({"id": id, "parentId": container, "data": data})
}

/// A start that takes a long text `q` and an object `o`.
pub fn start() -> Value {
    let text = json!({"variable": "q", "label": "q", "type": "paragraph", "max_length": 1_000_000});
    let object = json!({"variable": "o", "label": "o", "type": "json_object"});
    node(
        "start",
        json!({"type": "start", "title": "Start", "variables": [text, object]}),
    )
}

/// An end with these outputs: `name node.variable`.
pub fn end(outputs: &[&str]) -> Value {
    let output = |text: &&str| {
        let (name, selector) = text.split_once(' ').expect("name node.variable");
        let selector: Vec<&str> = selector.split('.').collect();
        json!({"variable": name, "value_selector": selector})
    };
    let outputs: Vec<Value> = outputs.iter().map(output).collect();
    node(
        "end",
        json!({"type": "end", "title": "End", "outputs": outputs}),
    )
}

/// A template over one variable, `x`.
pub fn template(text: &str, selector: &[&str]) -> Value {
    json!({"type": "template-transform", "title": "T", "template": text, "variables": [{"variable": "x", "value_selector": selector}]})
}

/// A GET of this URL.
pub fn get(url: &str) -> Value {
    json!({"type": "http-request", "title": "H", "method": "get", "url": url, "headers": "", "params": "",
        "authorization": {"type": "no-auth"}, "body": {"type": "none", "data": []}})
}

/// Edges, each as `source target` or `source:handle target`.
pub fn edges(list: &[&str]) -> Vec<Value> {
    let edge = |text: &&str| {
        let (source, target) = text.split_once(' ').expect("source target");
        let (source, handle) = source.split_once(':').unwrap_or((source, "source"));
        json!({"source": source, "sourceHandle": handle, "target": target})
    };
    list.iter().map(edge).collect()
}

/// A graph of nodes, the second behind the first and so on.
pub fn chain(nodes: &[Value]) -> Value {
    let pairs = nodes.iter().zip(&nodes[1..]);
    let edges: Vec<Value> = pairs
        .map(|(a, b)| json!({"source": a["id"], "target": b["id"]}))
        .collect();
    json!({"nodes": nodes, "edges": edges})
}
