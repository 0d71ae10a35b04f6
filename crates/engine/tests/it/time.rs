//! When things happened: within a step too, and however long they were held back.

use std::{cell::Cell, sync::Arc};

use gatewright_engine::{
    CallResult, Effect, Engine, Event, Graph, Happened, Happening, Limits, Micros, Start,
    call::CodeAnswer,
    happening::{NodeEnd, RunEnd},
};
use serde_json::{Value as Json, json};

use crate::{
    build::{end, graph, start, template},
    containers::over_code,
};

/// A clock that goes on by a microsecond each time that it is looked at.
fn ticking(now: &Cell<Micros>) -> impl Fn() -> Micros {
    || {
        now.set(now.get() + 1);
        now.get()
    }
}

fn engine(graph: &Json) -> Engine {
    let limits = Limits::default();
    Engine::new(Arc::new(Graph::parse(graph, &limits).unwrap()), limits)
}

fn ends(effects: &[Effect]) -> Vec<(Micros, &NodeEnd)> {
    let ends = effects.iter().filter_map(|effect| match effect {
        Effect::Emit(Happened {
            at,
            what: Happening::NodeFinished { end },
        }) => Some((*at, &**end)),
        _ => None,
    });
    ends.collect()
}

#[test]
fn nodes_of_one_step_and_their_run_take_the_time_that_the_clock_says() {
    let graph = graph(
        &[start(&[]), template("t", "T"), end("end", &["t t.output"])],
        &["start t", "t end"],
    );
    let now = Cell::new(100);
    let effects = engine(&graph).step_by(&ticking(&now), Event::Start(Start::default()));
    let took: Vec<Micros> = ends(&effects)
        .iter()
        .map(|(at, end)| at.abs_diff(end.started_at))
        .collect();
    assert_eq!(took, [1, 1, 1]);
    let run = effects.iter().find_map(|effect| match effect {
        Effect::Emit(Happened {
            at,
            what: Happening::RunFinished(end),
        }) => Some((*at, &**end)),
        _ => None,
    });
    let (at, RunEnd { started_at, .. }) = run.unwrap();
    assert_eq!(
        at.abs_diff(*started_at),
        6,
        "three nodes, each looked at twice"
    );
    let instants = effects.iter().filter_map(|effect| match effect {
        Effect::Emit(happened) => Some(happened.at),
        _ => None,
    });
    assert!(instants.is_sorted());
}

#[test]
fn clock_that_is_set_back_takes_no_time_away() {
    let graph = graph(&[start(&[]), end("end", &[])], &["start end"]);
    let now = Cell::new(100);
    let back = || {
        now.set(now.get() - 1);
        now.get()
    };
    let effects = engine(&graph).step_by(&back, Event::Start(Start::default()));
    let ended = ends(&effects);
    assert!(
        ended.len() == 2
            && ended
                .iter()
                .all(|(at, end)| *at == 99 && end.started_at == 99)
    );
}

#[test]
fn what_a_parallel_item_held_back_has_the_instants_at_which_it_happened() {
    let graph = over_code(&json!({"is_parallel": true, "parallel_nums": 2}));
    let mut engine = engine(&graph);
    let inputs = json!({"list": [1]}).as_object().cloned().unwrap();
    let begun = engine.step(
        1_000,
        Event::Start(Start {
            inputs,
            ..Start::default()
        }),
    );
    let call = begun.iter().find_map(|effect| match effect {
        Effect::Call { id, .. } => Some(*id),
        _ => None,
    });
    let result = CallResult::Code(Box::new(CodeAnswer {
        result: json!({"y": 1}),
    }));
    let told = engine.step(
        9_000,
        Event::CallDone {
            call: call.unwrap(),
            result,
        },
    );
    let work: Vec<Micros> = told
        .iter()
        .filter_map(|effect| match effect {
            Effect::Emit(Happened {
                at,
                what: Happening::NodeStarted { node },
            }) if node.node_id == "work" => Some(*at),
            Effect::Emit(Happened {
                at,
                what: Happening::NodeFinished { end },
            }) if end.node.node_id == "work" => Some(*at),
            _ => None,
        })
        .collect();
    assert_eq!(work, [1_000, 9_000]);
}
