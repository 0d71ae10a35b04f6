//! How many pure nodes the engine runs per second on one core: `cargo run --release -p gatewright-engine --example pure_steps`.
//!
//! A chain of twenty aggregators between a start and an end node, run again and again: everything that a run costs besides what its nodes do.

use std::{hint::black_box, sync::Arc, time::Instant};

use gatewright_engine::{Effect, Engine, Event, Graph, Limits, Start};
use serde_json::{Value, json};

const CHAIN: usize = 20;
const RUNS: usize = 20_000;

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

#[allow(clippy::print_stdout, clippy::cast_precision_loss)] // printing is what this program is for
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let limits = Limits::default();
    let graph = Arc::new(Graph::parse(&chain(), &limits)?);
    let inputs = json!({"text": "x".repeat(1_000)});
    let inputs = inputs.as_object().cloned().unwrap_or_default();
    let begun = Instant::now();
    for _ in 0..RUNS {
        let mut engine = Engine::new(Arc::clone(&graph), limits.clone());
        let effects = engine.step(
            0,
            Event::Start(Start {
                inputs: inputs.clone(),
                ..Start::default()
            }),
        );
        if effects.last() != Some(&Effect::Finished) {
            return Err("the run did not end".into());
        }
        black_box(effects);
    }
    let steps = RUNS * (CHAIN + 2);
    println!(
        "{:.0} steps/s",
        steps as f64 / begun.elapsed().as_secs_f64()
    );
    Ok(())
}
