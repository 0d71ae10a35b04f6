//! Random graphs of every kind of node that matters to a run's order.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::build::{branch, code, end, form, graph, inside, start, template, with};

/// One node of a random graph: what it is, and which of the nodes before it lead to it.
#[derive(Debug, Clone)]
pub(crate) struct Spec {
    kind: u8,
    parents: u16,
}

/// Kinds of nodes that [`add_node`] knows.
const KINDS: u8 = 13;

/// One to eight nodes.
pub(crate) fn specs() -> impl Strategy<Value = Vec<Spec>> {
    let spec = (0..KINDS, any::<u16>()).prop_map(|(kind, parents)| Spec { kind, parents });
    prop::collection::vec(spec, 1..9)
}

/// Names the nodes `n0`, `n1`, …; every one leads to the end.
pub(crate) fn random_graph(specs: &[Spec]) -> Json {
    let mut drawing = Drawing {
        nodes: vec![start(&["q"])],
        edges: Vec::new(),
        outputs: Vec::new(),
    };
    for (at, spec) in specs.iter().enumerate() {
        let id = format!("n{at}");
        drawing.add_node(spec.kind, &id);
        let parents: Vec<usize> = (0..at)
            .filter(|parent| spec.parents & (1 << parent) != 0)
            .collect();
        if parents.is_empty() {
            drawing.edges.push(format!("start {id}"));
        }
        for parent in parents {
            let handle = handle(specs[parent].kind);
            drawing.edges.push(format!("n{parent}{handle} {id}"));
        }
        drawing.edges.push(format!("{id}{} end", handle(spec.kind)));
    }
    let outputs: Vec<&str> = drawing.outputs.iter().map(String::as_str).collect();
    drawing.nodes.push(end("end", &outputs));
    let edges: Vec<&str> = drawing.edges.iter().map(String::as_str).collect();
    graph(&drawing.nodes, &edges)
}

/// Branches are left by their true side only: what lies behind a false one is skipped.
fn handle(kind: u8) -> &'static str {
    match kind {
        2 | 3 => ":true",
        8 => ":yes",
        10 => ":fail-branch",
        _ => "",
    }
}

struct Drawing {
    nodes: Vec<Json>,
    edges: Vec<String>,
    outputs: Vec<String>,
}

impl Drawing {
    fn add_node(&mut self, kind: u8, id: &str) {
        let output = match kind {
            0 => self.plain(code(id), "y"),
            1 => self.plain(template(id, "text"), "output"),
            2 => self.plain(branch(id, "q", "yes"), "result"),
            3 => self.plain(branch(id, "q", "never"), "result"),
            4 => self.plain(
                with(
                    with(code(id), "error_strategy", json!("default-value")),
                    "retry_config",
                    json!({"retry_enabled": true, "max_retries": 1, "retry_interval": 1}),
                ),
                "error_message",
            ),
            5 => self.each(
                id,
                json!({"is_parallel": true, "parallel_nums": 2}),
                code(&inner(id)),
                "y",
            ),
            6 => self.each(id, json!({}), code(&inner(id)), "y"),
            7 => self.rounds(id, code(&inner(id))),
            8 => self.plain(form(id), "__action_id"),
            9 => self.plain(model(id), "text"),
            10 => self.plain(
                with(code(id), "error_strategy", json!("fail-branch")),
                "error_type",
            ),
            11 => self.each(id, json!({"is_parallel": true}), form(&inner(id)), "what"),
            _ => {
                self.each(id, json!({}), in_rounds(&inner(id)), "loop_round");
                let deepest = format!("{id}www");
                self.inside(&inner(id), "loop-start", code(&deepest));
                "output"
            }
        };
        self.outputs.push(format!("{id} {id}.{output}"));
    }

    fn plain(&mut self, node: Json, output: &'static str) -> &'static str {
        self.nodes.push(node);
        output
    }

    /// An iteration over `sys.list`.
    fn each(&mut self, id: &str, settings: Json, work: Json, output: &str) -> &'static str {
        let mut node = json!({"id": id, "data": {"type": "iteration", "title": id, "iterator_selector": ["sys", "list"],
            "output_selector": [inner(id), output]}});
        for (key, value) in settings.as_object().into_iter().flatten() {
            node["data"][key] = value.clone();
        }
        self.nodes.push(node);
        self.inside(id, "iteration-start", work);
        "output"
    }

    /// A loop of two rounds.
    fn rounds(&mut self, id: &str, work: Json) -> &'static str {
        self.nodes.push(in_rounds(id));
        self.inside(id, "loop-start", work);
        "loop_round"
    }

    fn inside(&mut self, id: &str, marker: &str, work: Json) {
        let first = format!("{id}s");
        self.edges
            .push(format!("{first} {}", work["id"].as_str().expect("an id")));
        self.nodes
            .push(inside(id, json!({"id": first, "data": {"type": marker}})));
        self.nodes.push(inside(id, work));
    }
}

fn inner(id: &str) -> String {
    format!("{id}w")
}

fn in_rounds(id: &str) -> Json {
    json!({"id": id, "data": {"type": "loop", "title": id, "loop_count": 2, "break_conditions": [], "loop_variables": []}})
}

fn model(id: &str) -> Json {
    json!({"id": id, "data": {"type": "llm", "title": id, "model": {"provider": "p", "name": "m", "mode": "chat"},
        "prompt_template": [{"role": "user", "text": "hi"}]}})
}
