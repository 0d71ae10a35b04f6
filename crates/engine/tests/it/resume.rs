//! A run goes on from its state after its process died.

use std::sync::Arc;

use gatewright_engine::{Effect, Engine, EngineState, Event, Graph, Happening, Limits, NodeCall};
use serde_json::{Value as Json, json};

use crate::{
    build::{answer, code, end, graph, start, with},
    driver::{Driver, done},
};

fn restored(driver: &Driver) -> Driver {
    let stored = serde_json::to_vec(driver.engine.state()).unwrap();
    let state: EngineState = serde_json::from_slice(&stored).unwrap();
    let mut next = Driver::of(Engine::restore(Arc::clone(driver.engine.graph()), state));
    next.now = driver.now;
    next.send(Event::Resume);
    next
}

fn http(id: &str, method: &str) -> Json {
    json!({"id": id, "data": {"type": "http-request", "title": id, "method": method, "url": "http://x.test/", "body": {"type": "none", "data": []}}})
}

#[test]
fn what_is_in_flight_is_repeated_or_interrupted() {
    for (node, repeated) in [
        (code("work"), true),
        (http("work", "get"), true),
        (http("work", "head"), true),
        (http("work", "post"), false),
    ] {
        let shown = node.to_string();
        let graph = graph(
            &[
                start(&[]),
                with(node, "error_strategy", json!("fail-branch")),
                end("good", &[]),
                end("bad", &["kind work.error_type"]),
            ],
            &["start work", "work good", "work:fail-branch bad"],
        );
        let mut driver = Driver::new(&graph);
        driver.start(json!({}));
        let first = driver.calls[0].clone();
        let driver = restored(&driver);
        if repeated {
            assert_eq!(driver.calls.front(), Some(&first), "{shown}");
        } else {
            assert!(driver.calls.is_empty(), "{shown}");
            assert_eq!(json!(driver.end().outputs), json!({"kind": "interrupted"}));
        }
    }
}

#[test]
fn what_has_ended_is_not_done_again() {
    let graph = graph(
        &[
            start(&[]),
            code("a"),
            code("b"),
            end("end", &["a a.y", "b b.y"]),
        ],
        &["start a", "a b", "b end"],
    );
    let mut driver = Driver::new(&graph);
    driver.start(json!({}));
    driver.answer(|_, _| done(json!({"y": 1})));
    let mut driver = restored(&driver);
    assert_eq!(driver.calls.len(), 1);
    assert_eq!(driver.calls[0].1, "b");
    driver.answer(|_, _| done(json!({"y": 2})));
    assert_eq!(json!(driver.end().outputs), json!({"a": 1, "b": 2}));
}

#[test]
fn pause_before_a_retry_begins_again() {
    let retry = json!({"retry_enabled": true, "max_retries": 1, "retry_interval": 700});
    let graph = graph(
        &[
            start(&[]),
            with(code("work"), "retry_config", retry),
            end("end", &[]),
        ],
        &["start work", "work end"],
    );
    let mut driver = Driver::new(&graph);
    driver.start(json!({}));
    driver.answer(|_, _| crate::driver::failed("1"));
    let mut driver = restored(&driver);
    assert_eq!(driver.pauses(), [700]);
    driver.ring();
    driver.answer(|_, _| done(json!({})));
    assert!(driver.finished);
}

#[test]
fn text_of_a_repeated_model_is_taken_back_first() {
    let model = json!({"id": "llm", "data": {"type": "llm", "title": "", "model": {"provider": "p", "name": "m", "mode": "chat"},
        "prompt_template": [{"role": "user", "text": "hi"}]}});
    let graph = graph(
        &[start(&[]), model, answer("say", "A: {{#llm.text#}}!")],
        &["start llm", "llm say"],
    );
    let mut driver = Driver::new(&graph);
    driver.start(json!({}));
    let (call, _, request) = driver.calls[0].clone();
    assert!(matches!(request, NodeCall::Model(_)));
    driver.send(Event::CallChunk {
        call,
        text: "Hallö".to_owned(),
    });
    assert_eq!(driver.text(), "A: Hallö");
    let before = std::mem::take(&mut driver.happenings);
    let mut driver = restored(&driver);
    driver.happenings.splice(0..0, before);
    assert_eq!(driver.text(), "A: ");
    driver.send(Event::CallChunk {
        call,
        text: "Hello".to_owned(),
    });
    assert_eq!(driver.text(), "A: Hello");
    assert!(
        driver
            .happenings
            .iter()
            .any(|h| matches!(h, Happening::TextRetracted { chars: 5, .. }))
    );
}

#[test]
fn state_of_another_version_is_refused() {
    let limits = Limits::default();
    let graph = Graph::parse(&graph(&[start(&[])], &[]), &limits).unwrap();
    let engine = Engine::new(Arc::new(graph), limits);
    let mut stored = json!(engine.state());
    stored["version"] = json!(2);
    assert!(serde_json::from_value::<EngineState>(stored).is_err());
}

#[test]
fn state_keeps_each_large_value_once() {
    let each = json!({"id": "each", "data": {"type": "iteration", "title": "", "iterator_selector": ["start", "list"],
        "output_selector": ["work", "y"], "is_parallel": true}});
    let inner = |node| crate::build::inside("each", node);
    let graph = graph(
        &[
            start(&["list", "large"]),
            each,
            inner(json!({"id": "first", "data": {"type": "iteration-start"}})),
            inner(code("work")),
        ],
        &["start each", "first work"],
    );
    let large = "x".repeat(100_000);
    let mut driver = Driver::new(&graph);
    driver.start(json!({"list": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], "large": large}));
    assert_eq!(driver.calls.len(), 10);
    let stored = serde_json::to_string(driver.engine.state()).unwrap();
    assert!(stored.len() < 120_000, "{}", stored.len());
    let mut driver = restored(&driver);
    driver.run(|_, _| done(json!({"y": 1})));
    assert!(driver.finished);
    assert!(
        driver
            .engine
            .step(0, Event::Continue)
            .contains(&Effect::Finished)
    );
}

#[test]
fn items_that_gave_null_stay_where_they_are_after_a_restore() {
    let each = json!({"id": "each", "data": {"type": "iteration", "title": "", "iterator_selector": ["start", "list"],
        "output_selector": ["work", "y"], "error_handle_mode": "continue-on-error"}});
    let inner = |node| crate::build::inside("each", node);
    let graph = graph(
        &[
            start(&["list"]),
            each,
            inner(json!({"id": "first", "data": {"type": "iteration-start"}})),
            inner(code("work")),
            end("end", &["all each.output"]),
        ],
        &["start each", "first work", "each end"],
    );
    let mut driver = Driver::new(&graph);
    driver.start(json!({"list": ["a", "b", "c"]}));
    for (at, answer) in [
        crate::driver::failed("no"),
        done(json!({"y": null})),
        done(json!({"y": 3})),
    ]
    .into_iter()
    .enumerate()
    {
        driver.answer(|_, _| answer);
        if at < 2 {
            driver = restored(&driver);
        }
    }
    assert_eq!(json!(driver.end().outputs), json!({"all": [null, null, 3]}));
}

#[test]
fn state_of_another_graph_fails_the_run_and_nothing_else() {
    let graph = |id: &str| graph(&[start(&[]), code(id)], &[&format!("start {id}")]);
    let mut driver = Driver::new(&graph("a"));
    driver.start(json!({}));
    let other = Graph::parse(&graph("b"), &Limits::default()).unwrap();
    let mut driver = Driver::of(Engine::restore(
        Arc::new(other),
        driver.engine.state().clone(),
    ));
    driver.send(Event::Resume);
    let end = driver.end();
    assert_eq!(json!(end.status), "failed");
    assert!(
        end.error
            .as_deref()
            .unwrap()
            .contains("its graph is not the one")
    );
}
