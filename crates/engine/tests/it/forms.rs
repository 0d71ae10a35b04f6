//! People are asked, and a run waits for them.

use std::sync::Arc;

use gatewright_engine::{Effect, Engine, EngineState, Event, Happening, happening::StartReason};
use serde_json::{Value as Json, json};

use crate::{
    build::{answer, code, end, form, graph, inside, start, with},
    driver::{Driver, done, object},
};

/// Executions of the forms that are open.
fn asked(driver: &Driver) -> Vec<u64> {
    let asked = driver
        .happenings
        .iter()
        .filter_map(|happening| match happening {
            Happening::FormRequired(form) => Some(form.node.execution),
            _ => None,
        });
    asked.collect()
}

pub(crate) fn submit(driver: &mut Driver, execution: u64, action: &str, what: &str) {
    driver.send(Event::FormSubmitted {
        execution,
        action: action.to_owned(),
        inputs: object(json!({"what": what})),
    });
}

/// Stores the state as text and goes on with a new engine.
pub(crate) fn store_and_restore(driver: Driver) -> Driver {
    let stored = serde_json::to_string(driver.engine.state()).unwrap();
    let state: EngineState = serde_json::from_str(&stored).unwrap();
    let engine = Engine::restore(Arc::clone(driver.engine.graph()), state);
    let mut next = Driver::of(engine);
    next.now = driver.now + 1_000_000;
    next.happenings = driver.happenings;
    next.send(Event::Resume);
    next
}

fn ask() -> Json {
    graph(
        &[
            start(&[]),
            form("ask"),
            end("good", &["said ask.what", "action ask.__action_id"]),
            end("bad", &["text ask.__rendered_content"]),
            end("late", &["action ask.__action_id"]),
        ],
        &[
            "start ask",
            "ask:yes good",
            "ask:no bad",
            "ask:__timeout late",
        ],
    )
}

#[test]
fn answer_chooses_the_way_after_the_state_was_stored() {
    for (action, outputs) in [
        ("yes", json!({"said": "fine", "action": "yes"})),
        ("no", json!({"text": "Say fine"})),
    ] {
        let mut driver = Driver::new(&ask());
        driver.start(json!({}));
        assert!(driver.paused && driver.engine.state().is_paused());
        let waits = asked(&driver)[0];
        let mut driver = store_and_restore(driver);
        assert!(matches!(
            driver.happenings.last(),
            Some(Happening::RunStarted {
                reason: StartReason::Resumption
            })
        ));
        let from = driver.happenings.len();
        submit(&mut driver, waits, action, "fine");
        assert_eq!(json!(driver.end().outputs), outputs);
        let names = driver.happenings[from..]
            .iter()
            .map(|h| json!(h)["happening"].clone());
        let names: Vec<Json> = names.filter(|name| name != "text").take(3).collect();
        assert_eq!(names, ["node_started", "form_filled", "node_finished"]);
    }
}

#[test]
fn form_that_nobody_answers_leaves_by_its_time_out() {
    let mut driver = Driver::new(&ask());
    driver.start(json!({}));
    let Some(Happening::FormRequired(form)) = driver
        .happenings
        .iter()
        .find(|h| matches!(h, Happening::FormRequired(_)))
    else {
        panic!("a form");
    };
    assert_eq!(form.timeout_seconds, 2 * 86_400);
    let execution = asked(&driver)[0];
    driver.send(Event::FormTimedOut { execution });
    assert_eq!(json!(driver.end().outputs), json!({"action": ""}));
}

#[test]
fn form_answered_twice_counts_once() {
    let mut driver = Driver::new(&graph(
        &[start(&[]), form("ask"), code("work")],
        &["start ask", "ask:yes work"],
    ));
    driver.start(json!({}));
    let execution = asked(&driver)[0];
    submit(&mut driver, execution, "yes", "1");
    submit(&mut driver, execution, "no", "2");
    assert_eq!(driver.calls.len(), 1);
}

#[test]
fn forms_of_parallel_branches_are_all_waited_for() {
    let graph = graph(
        &[
            start(&[]),
            form("a"),
            form("b"),
            end("join", &["a a.what", "b b.what"]),
        ],
        &["start a", "start b", "a:yes join", "b:yes join"],
    );
    for first in [0, 1] {
        let mut driver = Driver::new(&graph);
        driver.start(json!({}));
        let forms = asked(&driver);
        assert_eq!(forms.len(), 2);
        submit(&mut driver, forms[first], "yes", "x");
        assert!(
            driver.paused && !driver.finished,
            "the other one still waits"
        );
        let mut driver = store_and_restore(driver);
        submit(&mut driver, forms[1 - first], "yes", "x");
        assert_eq!(json!(driver.end().outputs), json!({"a": "x", "b": "x"}));
    }
}

#[test]
fn run_pauses_only_when_nothing_else_goes_on() {
    let graph = graph(
        &[start(&[]), form("ask"), code("work"), end("end", &[])],
        &["start ask", "start work", "work end", "ask:yes end"],
    );
    let mut driver = Driver::new(&graph);
    driver.start(json!({}));
    assert!(!driver.paused);
    // An answer may even come before the pause.
    let execution = asked(&driver)[0];
    driver.answer(|_, _| done(json!({})));
    assert!(driver.paused);
    submit(&mut driver, execution, "yes", "x");
    assert!(driver.finished);
}

#[test]
fn items_of_an_iteration_wait_each_for_themselves() {
    for parallel in [false, true] {
        let nodes = [
            start(&["list"]),
            json!({"id": "each", "data": {"type": "iteration", "title": "", "iterator_selector": ["start", "list"],
                "output_selector": ["ask", "what"], "is_parallel": parallel}}),
            inside(
                "each",
                json!({"id": "first", "data": {"type": "iteration-start"}}),
            ),
            inside("each", code("count")),
            inside("each", form("ask")),
            end("end", &["all each.output"]),
        ];
        let graph = graph(
            &nodes,
            &["start each", "first count", "count ask", "each end"],
        );
        let mut driver = Driver::new(&graph);
        driver.start(json!({"list": ["a", "b", "c"]}));
        let mut calls = 0;
        let mut answered = Vec::new();
        while !driver.finished {
            while !driver.calls.is_empty() {
                calls += 1;
                driver.answer(|_, _| done(json!({})));
            }
            if driver.finished {
                break;
            }
            assert!(driver.paused);
            let open = asked(&driver)
                .into_iter()
                .find(|form| !answered.contains(form))
                .expect("a form is open");
            answered.push(open);
            driver = store_and_restore(driver);
            submit(
                &mut driver,
                open,
                "yes",
                &format!("said {}", answered.len()),
            );
        }
        assert_eq!(calls, 3, "nothing runs twice");
        assert_eq!(
            json!(driver.end().outputs),
            json!({"all": ["said 1", "said 2", "said 3"]}),
            "parallel: {parallel}"
        );
    }
}

#[test]
fn text_goes_on_after_a_pause() {
    let graph = graph(
        &[
            start(&[]),
            answer("hello", "Hello. "),
            form("ask"),
            answer("bye", "You said {{#ask.what#}}."),
        ],
        &["start hello", "hello ask", "ask:yes bye"],
    );
    let mut driver = Driver::new(&graph);
    driver.start(json!({}));
    assert_eq!(driver.text(), "Hello. ");
    let execution = asked(&driver)[0];
    let mut driver = store_and_restore(driver);
    submit(&mut driver, execution, "yes", "bye");
    assert_eq!(driver.text(), "Hello. You said bye.");
    assert_eq!(driver.end().outputs["answer"], "Hello. You said bye.");
}

#[test]
fn form_takes_options_and_defaults_from_the_run() {
    let inputs = json!([
        {"type": "select", "output_variable_name": "one", "option_source": {"type": "variable", "selector": ["start", "options"], "value": []}},
        {"type": "paragraph", "output_variable_name": "two", "default": {"type": "variable", "selector": ["start", "text"], "value": ""}},
        {"type": "paragraph", "output_variable_name": "three", "default": {"type": "constant", "selector": [], "value": "c"}},
    ]);
    let ask = with(
        with(form("ask"), "inputs", inputs),
        "form_content",
        json!("{{#start.text#}}: {{#start.options#}}"),
    );
    let mut driver = Driver::new(&graph(&[start(&["text", "options"]), ask], &["start ask"]));
    driver.start(json!({"text": "T", "options": ["x", "y"]}));
    let Some(Happening::FormRequired(form)) = driver
        .happenings
        .iter()
        .find(|h| matches!(h, Happening::FormRequired(_)))
    else {
        panic!("a form");
    };
    assert_eq!(form.form_content, "T: - x\n- y");
    assert_eq!(form.inputs[0]["option_source"]["value"], json!(["x", "y"]));
    assert_eq!(json!(form.resolved_default_values), json!({"two": "T"}));
}

#[test]
fn time_spent_waiting_for_people_does_not_count() {
    let graph = graph(
        &[start(&[]), form("ask"), code("work"), end("end", &[])],
        &["start ask", "ask:yes work", "work end"],
    );
    let mut driver = Driver::new(&graph);
    driver.start(json!({}));
    let execution = asked(&driver)[0];
    driver.now += 86_400_000_000;
    submit(&mut driver, execution, "yes", "x");
    driver.answer(|_, _| done(json!({})));
    assert_eq!(json!(driver.end().status), "succeeded");
}

#[test]
fn events_that_fit_nothing_change_nothing() {
    let mut driver = Driver::new(&ask());
    driver.start(json!({}));
    let state = driver.engine.state().clone();
    for event in [
        Event::FormSubmitted {
            execution: 99,
            action: "yes".to_owned(),
            inputs: object(json!({})),
        },
        Event::FormTimedOut { execution: 1 },
        Event::Continue,
    ] {
        let effects = driver.engine.step(driver.now, event);
        assert!(
            effects
                .iter()
                .all(|effect| !matches!(effect, Effect::Emit(_))),
            "{effects:?}"
        );
        assert_eq!(*driver.engine.state(), state);
    }
}
