//! What the engine itself costs, on one core: `cargo bench -p gatewright-engine`. At least 200,000 steps of pure nodes a second are
//! asked of the chain; each figure is of one run, and `elem/s` are nodes.
#![allow(
    missing_docs,
    clippy::expect_used,
    reason = "the macros of criterion make functions without any; a graph that is none must not pass for a fast one"
)]

use std::{hint::black_box, sync::Arc, time::Duration};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gatewright_engine::{
    Effect, Engine, Event, Graph, Happened, Happening, Limits, Start, happening::Status,
};
use serde_json::{Map, Value, json};

/// Nodes between start and end.
const CHAIN: usize = 20;
/// Items of the iteration.
const ITEMS: usize = 20;
/// Characters of the text that the chain hands on.
const TEXT_CHARS: usize = 1_000;

/// Start, aggregators that hand a text on, end: everything that a run costs besides what its nodes do.
fn chain() -> Value {
    let mut nodes = vec![
        json!({"id": "n0", "data": {"type": "start", "title": "Start", "variables": [{"variable": "text", "type": "paragraph"}]}}),
    ];
    let mut edges = Vec::new();
    for at in 1..=CHAIN {
        let before = if at == 1 {
            json!(["n0", "text"])
        } else {
            json!([format!("n{}", at - 1), "output"])
        };
        nodes.push(json!({"id": format!("n{at}"), "data": {"type": "variable-aggregator", "title": "Pass on", "variables": [before]}}));
        edges.push(json!({"source": format!("n{}", at - 1), "target": format!("n{at}")}));
    }
    nodes.push(json!({"id": "end", "data": {"type": "end", "title": "End", "outputs": [{"variable": "text", "value_selector": [format!("n{CHAIN}"), "output"]}]}}));
    edges.push(json!({"source": format!("n{CHAIN}"), "target": "end"}));
    json!({"nodes": nodes, "edges": edges})
}

/// Start, one template for each item of a list, end.
fn iteration() -> Value {
    json!({
        "nodes": [
            {"id": "start", "data": {"type": "start", "title": "Start", "variables": []}},
            {"id": "each", "data": {"type": "iteration", "title": "Each", "iterator_selector": ["start", "items"], "output_selector": ["say", "output"],
                "output_type": "array[string]", "start_node_id": "first", "is_parallel": false, "error_handle_mode": "terminated"}},
            {"id": "first", "parentId": "each", "data": {"type": "iteration-start", "title": "", "iteration_id": "each"}},
            {"id": "say", "parentId": "each", "data": {"type": "template-transform", "title": "Say", "iteration_id": "each", "template": "{{ item|upper }}",
                "variables": [{"variable": "item", "value_selector": ["each", "item"]}]}},
            {"id": "end", "data": {"type": "end", "title": "End", "outputs": [{"variable": "all", "value_selector": ["each", "output"]}]}},
        ],
        "edges": [
            {"source": "start", "target": "each"},
            {"source": "first", "target": "say", "data": {"isInIteration": true, "iteration_id": "each"}},
            {"source": "each", "target": "end"},
        ],
    })
}

/// Measures whole runs of a graph, of so many nodes each.
fn measure(criterion: &mut Criterion, name: &str, graph: &Value, inputs: &Value, nodes: usize) {
    let limits = Limits::default();
    let graph = Arc::new(Graph::parse(graph, &limits).expect("a graph of ours"));
    let inputs: Map<String, Value> = inputs.as_object().cloned().unwrap_or_default();
    let run = || {
        let mut engine = Engine::new(Arc::clone(&graph), limits.clone());
        let start = Start {
            inputs: inputs.clone(),
            ..Start::default()
        };
        let effects = engine.step(0, Event::Start(start));
        assert_eq!(effects.last(), Some(&Effect::Finished));
        effects
    };
    let succeeds = run().iter().any(|effect| {
        matches!(effect, Effect::Emit(Happened { what: Happening::RunFinished(end), .. }) if end.status == Status::Succeeded)
    });
    assert!(succeeds, "what is measured is a run that succeeds: {name}");
    let mut group = criterion.benchmark_group("engine");
    group.throughput(Throughput::Elements(nodes as u64));
    group.measurement_time(Duration::from_secs(5));
    group.bench_function(name, |bencher| {
        bencher.iter(|| black_box(run()));
    });
    group.finish();
}

fn pure_steps(criterion: &mut Criterion) {
    let text = json!({"text": "x".repeat(TEXT_CHARS)});
    measure(
        criterion,
        "chain of 20 aggregators",
        &chain(),
        &text,
        CHAIN + 2,
    );
    let items: Vec<String> = (0..ITEMS).map(|n| format!("item {n}")).collect();
    let items = json!({"items": items});
    measure(
        criterion,
        "iteration over 20 items",
        &iteration(),
        &items,
        ITEMS + 3,
    );
}

criterion_group!(benches, pure_steps);
criterion_main!(benches);
