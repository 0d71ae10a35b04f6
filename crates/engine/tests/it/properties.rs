//! What holds for every graph, every order of answers, and every moment.

use std::sync::Arc;

use gatewright_engine::{
    CallId, Effect, Engine, EngineState, Event, Graph, Happening, Limits, NodeCall, Start,
};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::{
    build::{code, end, graph, inside, start, template, with},
    driver::{done, object},
};

/// One node of a random graph: what it is, and which of the nodes before it lead to it.
#[derive(Debug, Clone)]
struct Spec {
    kind: u8,
    parents: u16,
}

fn specs() -> impl Strategy<Value = Vec<Spec>> {
    let spec = (0..6_u8, any::<u16>()).prop_map(|(kind, parents)| Spec { kind, parents });
    prop::collection::vec(spec, 1..9)
}

/// Names the nodes `n0`, `n1`, …; every one leads to the end.
fn random_graph(specs: &[Spec]) -> Json {
    let mut nodes = vec![start(&["q"])];
    let mut edges: Vec<String> = Vec::new();
    let mut outputs: Vec<String> = Vec::new();
    for (at, spec) in specs.iter().enumerate() {
        let id = format!("n{at}");
        add_node(&mut nodes, &mut edges, &mut outputs, spec.kind, &id);
        let parents: Vec<usize> = (0..at)
            .filter(|parent| spec.parents & (1 << parent) != 0)
            .collect();
        if parents.is_empty() {
            edges.push(format!("start {id}"));
        }
        for parent in parents {
            edges.push(format!("n{parent}{} {id}", handle(specs[parent].kind)));
        }
        edges.push(format!("{id}{} end", handle(spec.kind)));
    }
    let outputs: Vec<&str> = outputs.iter().map(String::as_str).collect();
    nodes.push(end("end", &outputs));
    let edges: Vec<&str> = edges.iter().map(String::as_str).collect();
    graph(&nodes, &edges)
}

/// Branches are left by their true side only: what lies behind a false one is skipped.
fn handle(kind: u8) -> &'static str {
    match kind {
        2 | 3 => ":true",
        _ => "",
    }
}

fn add_node(
    nodes: &mut Vec<Json>,
    edges: &mut Vec<String>,
    outputs: &mut Vec<String>,
    kind: u8,
    id: &str,
) {
    match kind {
        0 => {
            nodes.push(code(id));
            outputs.push(format!("{id} {id}.y"));
        }
        1 => {
            nodes.push(template(id, "text"));
            outputs.push(format!("{id} {id}.output"));
        }
        2 => nodes.push(crate::build::branch(id, "q", "yes")),
        3 => nodes.push(crate::build::branch(id, "q", "never")),
        4 => {
            let work = with(code(id), "error_strategy", json!("default-value"));
            nodes.push(with(
                work,
                "retry_config",
                json!({"retry_enabled": true, "max_retries": 1, "retry_interval": 1}),
            ));
            outputs.push(format!("{id} {id}.error_message"));
        }
        _ => {
            nodes.push(json!({"id": id, "data": {"type": "iteration", "title": id, "iterator_selector": ["sys", "list"],
                "output_selector": [format!("{id}w"), "y"], "is_parallel": true, "parallel_nums": 2}}));
            nodes.push(inside(
                id,
                json!({"id": format!("{id}s"), "data": {"type": "iteration-start"}}),
            ));
            nodes.push(inside(id, code(&format!("{id}w"))));
            edges.push(format!("{id}s {id}w"));
            outputs.push(format!("{id} {id}.output"));
        }
    }
}

/// A run that is driven by numbers: each one chooses which open thing happens next.
struct Run {
    engine: Engine,
    now: u64,
    happenings: Vec<Happening>,
    open: Vec<(CallId, String, NodeCall)>,
    timers: Vec<gatewright_engine::TimerId>,
    over: bool,
}

impl Run {
    fn of(engine: Engine) -> Self {
        Self {
            engine,
            now: 0,
            happenings: Vec::new(),
            open: Vec::new(),
            timers: Vec::new(),
            over: false,
        }
    }

    fn begun(graph: &Arc<Graph>) -> Self {
        let mut run = Self::of(Engine::new(Arc::clone(graph), Limits::default()));
        run.send(Event::Start(Start {
            inputs: object(json!({"q": "yes"})),
            system: object(json!({"list": [1, 2, 3]})),
            ..Start::default()
        }));
        run
    }

    fn send(&mut self, event: Event) -> Vec<Effect> {
        self.now += 1;
        let effects = self.engine.step(self.now, event);
        for effect in &effects {
            match effect {
                Effect::Emit(happening) => self.happenings.push(happening.clone()),
                Effect::Call { id, node_id, call } => {
                    self.open.push((*id, node_id.clone(), call.clone()));
                }
                Effect::Cancel(id) => self.open.retain(|(open, ..)| open != id),
                Effect::StartTimer { id, .. } if id.execution > 0 => self.timers.push(*id),
                Effect::Finished => self.over = true,
                _ => {}
            }
        }
        effects
    }

    /// The next event: a timer, or an answer that depends on the node and its item alone. Nodes that may fail do.
    fn next(&mut self, choice: usize) -> Option<Event> {
        if self.over {
            return None;
        }
        let choices = self.open.len() + self.timers.len();
        assert!(choices > 0, "nothing is open, and the run is not over");
        let choice = choice % choices;
        if choice >= self.open.len() {
            return Some(Event::TimerFired(
                self.timers.remove(choice - self.open.len()),
            ));
        }
        let (call, node, _) = self.open.remove(choice);
        let fails = self
            .engine
            .graph()
            .node(&node)
            .is_some_and(|node| node.raw().contains_key("retry_config"));
        Some(match (fails, done(json!({"y": node})).end) {
            (false, Ok(result)) => Event::CallDone { call, result },
            _ => Event::CallFailed {
                call,
                failure: gatewright_engine::Failure::new("E", "no"),
            },
        })
    }

    fn finish(mut self, choices: &[usize]) -> Self {
        let mut at = 0;
        while let Some(event) = self.next(choices[at % choices.len()]) {
            self.send(event);
            at += 1;
        }
        self
    }

    fn outputs(&self) -> (Json, Json) {
        match self.happenings.last() {
            Some(Happening::RunFinished(end)) => (json!(end.status), json!(end.outputs)),
            other => panic!("not over: {other:?}"),
        }
    }
}

fn parsed(specs: &[Spec]) -> Arc<Graph> {
    Arc::new(Graph::parse(&random_graph(specs), &Limits::default()).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn outputs_do_not_depend_on_the_order_of_answers(specs in specs(), one in prop::collection::vec(any::<usize>(), 1..20), other in prop::collection::vec(any::<usize>(), 1..20)) {
        let graph = parsed(&specs);
        let one = Run::begun(&graph).finish(&one);
        let other = Run::begun(&graph).finish(&other);
        prop_assert_eq!(one.outputs(), other.outputs());
        let count = |run: &Run| run.happenings.iter().filter(|h| matches!(h, Happening::NodeFinished { .. })).count();
        prop_assert_eq!(count(&one), count(&other), "each node ends once");
    }

    #[test]
    fn stored_state_goes_on_with_the_same_effects(specs in specs(), choices in prop::collection::vec(any::<usize>(), 1..20)) {
        let graph = parsed(&specs);
        let mut run = Run::begun(&graph);
        let mut at = 0;
        while let Some(event) = run.next(choices[at % choices.len()]) {
            let stored = serde_json::to_string(run.engine.state()).unwrap();
            let state: EngineState = serde_json::from_str(&stored).unwrap();
            let mut twin = Engine::restore(Arc::clone(&graph), state);
            let theirs = twin.step(run.now + 1, event.clone());
            let ours = run.send(event);
            prop_assert_eq!(ours, theirs);
            prop_assert_eq!(serde_json::to_string(twin.state()).unwrap(), serde_json::to_string(run.engine.state()).unwrap());
            at += 1;
        }
    }

    #[test]
    fn run_that_is_resumed_anywhere_ends_as_if_nothing_had_happened(specs in specs(), steps in 0..12_usize, choices in prop::collection::vec(any::<usize>(), 1..20)) {
        let graph = parsed(&specs);
        let whole = Run::begun(&graph).finish(&choices);
        let mut run = Run::begun(&graph);
        for at in 0..steps {
            if let Some(event) = run.next(choices[at % choices.len()]) {
                run.send(event);
            }
        }
        prop_assume!(!run.over);
        let mut next = Run::of(Engine::restore(Arc::clone(&graph), run.engine.state().clone()));
        next.now = run.now;
        next.send(Event::Resume);
        prop_assert_eq!(next.finish(&choices).outputs(), whole.outputs());
    }

    #[test]
    fn stop_at_any_step_ends_the_run_as_stopped(specs in specs(), steps in 0..12_usize, choices in prop::collection::vec(any::<usize>(), 1..20)) {
        let graph = parsed(&specs);
        let mut run = Run::begun(&graph);
        for at in 0..steps {
            if let Some(event) = run.next(choices[at % choices.len()]) {
                run.send(event);
            }
        }
        prop_assume!(!run.over);
        let effects = run.send(Event::Stop { reason: "enough".to_owned() });
        prop_assert!(run.open.is_empty(), "every call is given up");
        prop_assert_eq!(run.outputs().0, json!("stopped"));
        prop_assert_eq!(effects.last(), Some(&Effect::Finished));
    }
}

/// Puts something else at a random place of a JSON value.
fn spoil(json: &mut Json, path: &[usize], with: &Json) {
    let Some((step, rest)) = path.split_first() else {
        *json = with.clone();
        return;
    };
    match json {
        Json::Array(items) if !items.is_empty() => {
            let at = step % items.len();
            spoil(&mut items[at], rest, with);
        }
        Json::Object(members) if !members.is_empty() => {
            let key = members.keys().nth(step % members.len()).cloned().unwrap();
            spoil(&mut members[&key], rest, with);
        }
        other => *other = with.clone(),
    }
}

fn strange() -> impl Strategy<Value = Json> {
    prop::sample::select(vec![
        json!(null),
        json!(""),
        json!("n0"),
        json!("{{#n0.y#}}{{#sys.list#}}"),
        json!(-1),
        json!(1e300),
        json!([]),
        json!(["n1", "y", "z"]),
        json!({}),
        json!({"type": "loop", "loop_count": 3}),
        json!(true),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn spoilt_graph_is_refused_or_runs_to_an_end(
        specs in specs(),
        path in prop::collection::vec(any::<usize>(), 1..7),
        with in strange(),
        result in strange(),
        choices in prop::collection::vec(any::<usize>(), 1..20),
    ) {
        let mut graph = random_graph(&specs);
        spoil(&mut graph, &path, &with);
        let Ok(graph) = Graph::parse(&graph, &Limits::default()) else {
            return Ok(());
        };
        let mut run = Run::begun(&Arc::new(graph));
        let mut at = 0;
        while !run.over {
            prop_assert!(at < 1_000, "it goes on for ever");
            let Some(event) = run.next(choices[at % choices.len()]) else {
                break;
            };
            let event = match event {
                Event::CallDone { call, .. } => Event::CallDone { call, result: done(result.clone()).end.unwrap() },
                other => other,
            };
            run.send(event);
            at += 1;
        }
        prop_assert!(matches!(run.happenings.last(), Some(Happening::RunFinished(_))));
    }
}
