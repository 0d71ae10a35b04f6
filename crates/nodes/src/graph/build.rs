//! From JSON to a [`Graph`]: every rule that a graph must keep is checked here, in the order in which a builder would mend them.

use std::collections::{HashMap, HashSet};

use gatewright_variables::Segment;
use serde::Deserialize;
use serde_json::Value;

use super::{
    Edge, Graph, GraphError, Level, Limits, Node,
    raw::{RawEdge, RawGraph, RawNode},
    strategy,
};
use crate::nodes::{self, Kind, NodeData};

/// JSON values in the data of one node, far above what an editor makes: what a node costs grows with them.
const MAX_NODE_VALUES: usize = 10_000;

pub(super) fn build(graph: &Value, limits: &Limits) -> Result<Graph, GraphError> {
    let raw = RawGraph::deserialize(graph).map_err(|e| GraphError::Unreadable(e.to_string()))?;
    let (notes, drawn): (Vec<RawNode>, Vec<RawNode>) =
        raw.nodes.into_iter().partition(RawNode::is_note);
    within("nodes", drawn.len(), limits.nodes)?;
    within("edges", raw.edges.len(), limits.edges)?;

    let by_id = index(&drawn)?;
    let mut graph = Graph {
        nodes: drawn.iter().map(node).collect::<Result<_, _>>()?,
        edges: Vec::with_capacity(raw.edges.len()),
        levels: vec![Level::default()],
        by_id,
    };
    open_levels(&mut graph);
    place(&mut graph, &drawn)?;
    check_depth(&graph, limits.depth)?;
    let notes: HashSet<&str> = notes.iter().map(|note| note.id.as_str()).collect();
    for edge in &raw.edges {
        if !notes.contains(edge.source.as_str()) && !notes.contains(edge.target.as_str()) {
            connect(&mut graph, edge)?;
        }
    }
    find_roots(&mut graph)?;
    refuse_cycles(&graph)?;
    note_streams(&mut graph);
    Ok(graph)
}

fn within(what: &'static str, found: usize, limit: usize) -> Result<(), GraphError> {
    if found > limit {
        return Err(GraphError::TooLarge { what, found, limit });
    }
    Ok(())
}

fn index(drawn: &[RawNode]) -> Result<HashMap<String, usize>, GraphError> {
    let mut by_id = HashMap::with_capacity(drawn.len());
    for (at, node) in drawn.iter().enumerate() {
        if by_id.insert(node.id.clone(), at).is_some() {
            return Err(GraphError::DuplicateNode(node.id.clone()));
        }
    }
    Ok(by_id)
}

fn node(raw: &RawNode) -> Result<Node, GraphError> {
    let node_type = nodes::find(raw.kind()).ok_or_else(|| GraphError::UnknownType {
        node: raw.id.clone(),
        node_type: raw.kind().to_owned(),
    })?;
    // A root that cannot be run is refused when a run is to begin there.
    if let (Kind::Refused(reason), false) = (&node_type.kind, node_type.root) {
        return Err(GraphError::NotSupported {
            node: raw.id.clone(),
            node_type: node_type.name,
            reason,
        });
    }
    let values: usize = raw.data.values().map(values_in).sum();
    if values > MAX_NODE_VALUES {
        return Err(GraphError::NodeTooLarge {
            node: raw.id.clone(),
            found: values,
            limit: MAX_NODE_VALUES,
        });
    }
    let bad = |reason: String| GraphError::BadNode {
        node: raw.id.clone(),
        node_type: node_type.name,
        reason,
    };
    require_storable(&raw.id, node_type.name).map_err(bad)?;
    Ok(Node {
        id: raw.id.clone(),
        title: storable_title(raw.title()),
        spec: node_type,
        data: (node_type.parse)(&raw.data).map_err(bad)?,
        raw: raw.data.clone(),
        retry: strategy::retry(&raw.data).map_err(bad)?,
        on_error: strategy::on_error(&raw.data).map_err(bad)?,
        level: 0,
        inside: None,
        slot: 0,
        decides: false,
        incoming: Vec::new(),
        outgoing: Vec::new(),
    })
}

/// Longest title of a node, in characters: what rows of executions hold.
const MAX_TITLE_CHARS: usize = 255;

/// A title as rows can hold it: shortened, and without U+0000, which PostgreSQL does not take.
fn storable_title(title: &str) -> String {
    let chars = title.chars().filter(|c| *c != '\0');
    chars.take(MAX_TITLE_CHARS).collect()
}

/// An id that no row could hold would fail the run at its first commit, and whoever is written in the same one.
fn require_storable(id: &str, node_type: &str) -> Result<(), String> {
    let limit = if node_type == "human-input" { 60 } else { 255 };
    if id.chars().count() > limit || id.contains('\0') {
        return Err(format!(
            "its id must have at most {limit} characters, none of them U+0000"
        ));
    }
    Ok(())
}

/// How many values a value consists of, itself included.
fn values_in(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(values_in).sum(),
        Value::Object(members) => members.values().map(values_in).sum(),
        _ => 0,
    }
}

fn open_levels(graph: &mut Graph) {
    for (at, node) in graph.nodes.iter_mut().enumerate() {
        if matches!(node.spec.kind, Kind::Container) {
            node.inside = Some(graph.levels.len());
            graph.levels.push(Level {
                container: Some(at),
                ..Level::default()
            });
        }
    }
}

/// Puts every node into its level.
fn place(graph: &mut Graph, drawn: &[RawNode]) -> Result<(), GraphError> {
    for (at, raw) in drawn.iter().enumerate() {
        let level = match raw.container() {
            None => 0,
            Some(id) => graph
                .index_of(id)
                .and_then(|container| graph.nodes[container].inside)
                .ok_or_else(|| GraphError::NoContainer {
                    node: raw.id.clone(),
                    container: id.to_owned(),
                })?,
        };
        graph.nodes[at].level = level;
        graph.nodes[at].slot = graph.levels[level].nodes.len();
        graph.levels[level].nodes.push(at);
    }
    Ok(())
}

/// Containers in containers, up to the limit; one that is inside itself is met here too.
fn check_depth(graph: &Graph, limit: usize) -> Result<(), GraphError> {
    for node in &graph.nodes {
        let mut depth = 0;
        let mut level = node.level;
        while let Some(container) = graph.levels[level].container {
            depth += 1;
            if depth > limit {
                return Err(GraphError::TooDeep(node.id.clone()));
            }
            level = graph.nodes[container].level;
        }
    }
    Ok(())
}

fn connect(graph: &mut Graph, raw: &RawEdge) -> Result<(), GraphError> {
    let end = |id: &str| {
        graph.index_of(id).ok_or_else(|| GraphError::UnknownEnd {
            from: raw.source.clone(),
            to: raw.target.clone(),
            missing: id.to_owned(),
        })
    };
    let (source, target) = (end(&raw.source)?, end(&raw.target)?);
    let level = graph.nodes[source].level;
    if level != graph.nodes[target].level {
        return Err(GraphError::CrossesBorder {
            from: raw.source.clone(),
            to: raw.target.clone(),
        });
    }
    let at = graph.edges.len();
    graph.edges.push(Edge {
        source,
        target,
        handle: match raw.handle.as_deref() {
            None | Some("") => "source".to_owned(),
            Some(handle) => handle.to_owned(),
        },
        slot: graph.levels[level].edges.len(),
    });
    graph.levels[level].edges.push(at);
    graph.nodes[source].outgoing.push(at);
    graph.nodes[target].incoming.push(at);
    Ok(())
}

fn find_roots(graph: &mut Graph) -> Result<(), GraphError> {
    let canvas: Vec<usize> = roots_of(graph, 0);
    if canvas.is_empty() {
        return Err(GraphError::NoRoot);
    }
    graph.levels[0].roots = canvas;
    for level in 1..graph.levels.len() {
        let Some(container) = graph.levels[level].container else {
            continue;
        };
        let named = graph.nodes[container]
            .raw
            .get("start_node_id")
            .and_then(Value::as_str);
        let named = named
            .and_then(|id| graph.index_of(id))
            .filter(|&at| graph.nodes[at].level == level);
        let root = named.or_else(|| roots_of(graph, level).first().copied());
        let Some(root) = root else {
            return Err(GraphError::NoInnerRoot(graph.nodes[container].id.clone()));
        };
        graph.levels[level].roots = vec![root];
    }
    Ok(())
}

fn roots_of(graph: &Graph, level: usize) -> Vec<usize> {
    let nodes = graph.levels[level].nodes.iter().copied();
    nodes.filter(|&at| graph.nodes[at].spec.root).collect()
}

/// Takes away nodes without incoming edges until none is left; what stays is in a cycle or behind one.
fn refuse_cycles(graph: &Graph) -> Result<(), GraphError> {
    let mut open: Vec<usize> = graph.nodes.iter().map(|node| node.incoming.len()).collect();
    let mut free: Vec<usize> = (0..open.len()).filter(|&at| open[at] == 0).collect();
    let mut left = open.len();
    while let Some(at) = free.pop() {
        left -= 1;
        for &edge in &graph.nodes[at].outgoing {
            let target = graph.edges[edge].target;
            open[target] -= 1;
            if open[target] == 0 {
                free.push(target);
            }
        }
    }
    if left == 0 {
        return Ok(());
    }
    Err(GraphError::Cycle(
        graph.nodes[on_cycle(graph, &open)].id.clone(),
    ))
}

/// Walks backwards among the nodes that are left until one comes again: that one is on a cycle.
fn on_cycle(graph: &Graph, open: &[usize]) -> usize {
    let mut at = open.iter().position(|&left| left > 0).unwrap_or_default();
    let mut seen = vec![false; open.len()];
    while !seen[at] {
        seen[at] = true;
        let sources = graph.nodes[at]
            .incoming
            .iter()
            .map(|&edge| graph.edges[edge].source);
        at = sources
            .into_iter()
            .find(|&source| open[source] > 0)
            .unwrap_or(at);
    }
    at
}

/// What the answer and end nodes of each level stream, and which nodes decide whether they do.
fn note_streams(graph: &mut Graph) {
    for level in 0..graph.levels.len() {
        let nodes = graph.levels[level].nodes.clone();
        let segments = nodes.iter().flat_map(|&at| graph.nodes[at].data.segments());
        let mut streamed: Vec<(String, String)> = segments
            .filter_map(|segment| match segment {
                Segment::Variable(selector) => {
                    Some((selector.node().to_owned(), selector.name().to_owned()))
                }
                Segment::Text(_) => None,
            })
            .collect();
        streamed.sort();
        streamed.dedup();
        for &at in &nodes {
            graph.nodes[at].decides = decides(&graph.nodes[at], &streamed);
        }
        graph.levels[level].speaks = nodes
            .iter()
            .any(|&at| !graph.nodes[at].data.segments().is_empty());
        graph.levels[level].streamed = streamed;
    }
}

/// Whether what comes after a node is decided only when it has ended: branches, containers, other speakers, and assigners whose
/// variables a speaker reads.
fn decides(node: &Node, read: &[(String, String)]) -> bool {
    let writes_read = |data: &NodeData| {
        let written = data.assigned();
        written.iter().any(|w| {
            read.iter()
                .any(|(node, name)| w.node() == node && w.name() == name)
        })
    };
    node.is_branch()
        || node.is_container()
        || !node.data.segments().is_empty()
        || writes_read(&node.data)
}
