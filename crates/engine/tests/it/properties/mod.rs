//! What holds for every graph, every order of answers, and every moment.

mod graphs;
mod run;

use std::{collections::BTreeMap, sync::Arc};

use gatewright_engine::{
    CallId, Effect, Engine, EngineState, Event, Graph, Happening, Limits, happening::Status,
};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use self::{
    graphs::{Spec, random_graph, specs},
    run::{Run, told},
};
use crate::driver::done;

fn parsed(specs: &[Spec]) -> Arc<Graph> {
    Arc::new(Graph::parse(&random_graph(specs), &Limits::default()).unwrap())
}

fn begun(specs: &[Spec]) -> Run {
    Run::begun(&parsed(specs), Limits::default())
}

/// How a run ended, but for the order in which things happened.
fn outcome(run: &Run) -> Json {
    let end = run.end();
    let ended = run
        .happenings
        .iter()
        .filter(|h| matches!(h, Happening::NodeFinished { .. }))
        .count();
    json!([
        end.status,
        end.outputs,
        end.total_steps,
        end.exceptions_count,
        end.error,
        ended
    ])
}

fn choices() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(any::<usize>(), 1..20)
}

/// Limits that random graphs meet now and then.
fn limits() -> impl Strategy<Value = Limits> {
    (1..12_u32, 0..5_usize, 1..4_usize, 10..300_usize, 1..40_u64).prop_map(
        |(steps, items, parallel, output_bytes, run_micros)| Limits {
            steps,
            items,
            parallel,
            output_bytes,
            run_micros,
            ..Limits::default()
        },
    )
}

/// Open calls of each iteration, by the execution that they are in.
fn most_at_once(run: &Run, most: &mut BTreeMap<String, usize>) {
    let places = run.places();
    let mut now: BTreeMap<String, std::collections::BTreeSet<u32>> = BTreeMap::new();
    for id in run.open.keys() {
        if let Some(pass) = places.get(&id.execution()).and_then(|within| within.last()) {
            now.entry(pass.node_id.clone())
                .or_default()
                .insert(pass.index);
        }
    }
    for (node, passes) in now {
        let known = most.entry(node).or_default();
        *known = (*known).max(passes.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn outputs_do_not_depend_on_the_order_of_answers(specs in specs(), one in choices(), other in choices()) {
        let one = begun(&specs).finish(&one);
        let other = begun(&specs).finish(&other);
        prop_assert_eq!(outcome(&one), outcome(&other));
    }

    #[test]
    fn stored_state_goes_on_with_the_same_effects(specs in specs(), choices in choices()) {
        let mut run = begun(&specs);
        for choice in choices.iter().cycle() {
            let stored = serde_json::to_string(run.engine.state()).unwrap();
            let Some(event) = run.next(*choice) else {
                break;
            };
            let state: EngineState = serde_json::from_str(&stored).unwrap();
            let mut twin = Engine::restore(Arc::clone(run.engine.graph()), state);
            let theirs = twin.step(run.now + 1, event.clone());
            let ours = run.send(event);
            prop_assert_eq!(ours, theirs);
            prop_assert_eq!(serde_json::to_string(twin.state()).unwrap(), serde_json::to_string(run.engine.state()).unwrap());
        }
    }

    #[test]
    fn run_that_is_resumed_at_any_step_tells_the_same_from_there_on(specs in specs(), steps in 0..30_usize, choices in choices()) {
        let mut run = begun(&specs);
        run.go_on(&choices, steps);
        prop_assume!(!run.over);
        let elsewhere = run.elsewhere().finish(&choices);
        let next = [run.happenings.clone(), elsewhere.happenings].concat();
        prop_assert_eq!(told(&run.finish(&choices).happenings), told(&next));
    }

    #[test]
    fn stop_at_any_step_ends_the_run_as_stopped_and_leaves_nothing_running(specs in specs(), steps in 0..12_usize, choices in choices()) {
        let mut run = begun(&specs);
        run.go_on(&choices, steps);
        prop_assume!(!run.over);
        let open: Vec<CallId> = run.open.keys().map(|id| id.call()).collect();
        let effects = run.send(Event::Stop { reason: "enough".to_owned() });
        prop_assert!(run.open.is_empty(), "every call is given up");
        prop_assert_eq!((run.end().status, run.end().error.as_deref()), (Status::Stopped, Some("enough")));
        prop_assert_eq!(effects.last(), Some(&Effect::Finished));
        // What comes too late changes nothing.
        for call in open {
            for late in [Event::CallChunk { call, text: "late".to_owned() }, Event::CallDone { call, result: done(json!({})).end.unwrap() }] {
                prop_assert_eq!(run.send(late), vec![Effect::Finished]);
            }
        }
    }

    #[test]
    fn no_run_goes_beyond_its_limits(specs in specs(), limits in limits(), choices in choices()) {
        let mut run = Run::begun(&parsed(&specs), limits.clone());
        let mut at_once = BTreeMap::new();
        let mut waited = run.engine.state().is_paused();
        for choice in choices.iter().cycle() {
            most_at_once(&run, &mut at_once);
            let Some(event) = run.next(*choice) else {
                break;
            };
            run.send(event);
            // Time that people take does not count.
            waited |= run.engine.state().is_paused();
            prop_assert!(waited || run.over || run.now <= limits.run_micros, "its time is over, and it is not");
        }
        let end = run.end();
        prop_assert!(end.total_steps <= limits.steps + 1, "the step that is one too many counts, and does nothing");
        let begun = run.places().values().filter(|within| within.is_empty()).count();
        prop_assert!(begun <= limits.steps as usize);
        for (node, passes) in at_once {
            prop_assert!(passes <= limits.parallel.min(limits.items), "{node}: {passes} at once");
        }
        for happening in &run.happenings {
            match happening {
                Happening::NodeFinished { end } if end.status == Status::Succeeded => {
                    prop_assert!(end.outputs.bytes() <= limits.output_bytes, "{end:?}");
                }
                Happening::IterationNext(next) | Happening::LoopNext(next) => {
                    prop_assert!((next.index as usize) < limits.items);
                }
                _ => {}
            }
        }
        if end.status == Status::Failed {
            let text = end.error.clone().unwrap_or_default();
            prop_assert!(["limit", "too large", "too long", "at most", "enough"].iter().any(|word| text.contains(word)), "{text}");
        }
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
        let mut run = Run::begun(&Arc::new(graph), Limits::default());
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
