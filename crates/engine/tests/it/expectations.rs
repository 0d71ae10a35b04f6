//! What people who built such flows elsewhere were let down by, as far as the engine decides it. `docs/complaints.md` names these tests.

use gatewright_engine::{
    CallResult, Event, Happening, NodeCall,
    call::{HttpBody, ModelAnswer},
};
use serde_json::{Value as Json, json};

use crate::{
    build::{answer, branch, code, end, form, graph, inside, start, with},
    driver::{Driver, done},
};

fn llm(id: &str) -> Json {
    json!({"id": id, "data": {"type": "llm", "title": id, "model": {"provider": "p", "name": "m", "mode": "chat"},
        "prompt_template": [{"role": "user", "text": "hi"}]}})
}

/// Lets the only open call of a model say pieces, and gives the text that was out after each of them.
fn say(driver: &mut Driver, pieces: &[&str]) -> Vec<String> {
    let (call, _, _) = driver.calls.pop_front().expect("a model is asked");
    let mut heard = Vec::new();
    for piece in pieces {
        let text = (*piece).to_owned();
        driver.send(Event::CallChunk { call, text });
        heard.push(driver.text());
    }
    let text = pieces.concat();
    let answer = ModelAnswer {
        text,
        ..ModelAnswer::default()
    };
    let result = CallResult::Model(Box::new(answer));
    driver.send(Event::CallDone { call, result });
    heard
}

#[test]
fn answer_behind_two_branches_says_what_the_taken_one_says_piece_by_piece() {
    let both = "{{#a.text#}}{{#b.text#}}";
    let graph = graph(
        &[
            start(&["q"]),
            branch("if", "q", "yes"),
            llm("a"),
            llm("b"),
            answer("say", both),
        ],
        &["start if", "if:true a", "if:false b", "a say", "b say"],
    );
    let mut driver = Driver::new(&graph);
    driver.start(json!({"q": "yes"}));
    assert_eq!(
        say(&mut driver, &["one ", "two ", "three"]),
        ["one ", "one two ", "one two three"]
    );
    // What the other branch would have said comes never, and nobody waits for it.
    assert!(driver.finished);
    assert_eq!(driver.text(), "one two three");
}

#[test]
fn text_that_no_answer_mentions_is_not_said() {
    let graph = graph(
        &[
            start(&[]),
            llm("silent"),
            llm("loud"),
            answer("say", "{{#loud.text#}}"),
        ],
        &["start silent", "silent loud", "loud say"],
    );
    let mut driver = Driver::new(&graph);
    driver.start(json!({}));
    assert_eq!(say(&mut driver, &["SECRET"]), [""]);
    say(&mut driver, &["hello"]);
    assert_eq!(driver.text(), "hello");
    assert!(!json!(driver.end().outputs).to_string().contains("SECRET"));
}

#[test]
fn loop_ends_after_the_round_in_which_its_condition_holds() {
    let add = json!({"variable_selector": ["loop", "n"], "input_type": "constant", "operation": "+=", "value": 1});
    let holds = json!({"variable_selector": ["loop", "n"], "varType": "number", "comparison_operator": "≥", "value": "3"});
    let node = json!({"id": "loop", "data": {"type": "loop", "title": "", "loop_count": 10, "logical_operator": "and", "break_conditions": [holds],
        "loop_variables": [{"label": "n", "var_type": "number", "value_type": "constant", "value": "0"}]}});
    let graph = graph(
        &[
            start(&[]),
            node,
            inside(
                "loop",
                json!({"id": "first", "data": {"type": "loop-start"}}),
            ),
            inside(
                "loop",
                json!({"id": "add", "data": {"type": "assigner", "version": "2", "title": "", "items": [add]}}),
            ),
            end("end", &["n loop.n", "rounds loop.loop_round"]),
        ],
        &["start loop", "first add", "loop end"],
    );
    let mut driver = Driver::new(&graph);
    driver.start(json!({}));
    assert_eq!(json!(driver.end().outputs), json!({"n": 3, "rounds": 3}));
    let rounds = driver
        .happenings
        .iter()
        .filter(|h| matches!(h, Happening::NodeStarted { node } if node.node_id == "add"));
    assert_eq!(rounds.count(), 3);
}

#[test]
fn every_type_of_list_is_gone_over_and_null_is_an_empty_one() {
    for (kind, value, each) in [
        ("array[string]", json!(["a", "b"]), json!(["a", "b"])),
        ("array[number]", json!([1, 2.5]), json!([1, 2.5])),
        ("array[object]", json!([{"a": 1}]), json!([{"a": 1}])),
        ("array[boolean]", json!([true, false]), json!([true, false])),
        ("array[string]", json!([]), json!([])),
        ("array[string]", json!(null), json!([])),
    ] {
        let work = with(code("work"), "outputs", json!({"list": {"type": kind}}));
        let each_node = json!({"id": "each", "data": {"type": "iteration", "title": "", "iterator_selector": ["work", "list"], "output_selector": ["each", "item"]}});
        let graph = graph(
            &[
                start(&[]),
                work,
                each_node,
                inside(
                    "each",
                    json!({"id": "first", "data": {"type": "iteration-start"}}),
                ),
                end("end", &["r each.output"]),
            ],
            &["start work", "work each", "each end"],
        );
        let mut driver = Driver::new(&graph);
        driver.start(json!({}));
        driver.answer(|_, _| done(json!({"list": value})));
        assert_eq!(driver.end().error, None, "{kind} {value}");
        assert_eq!(driver.end().outputs["r"], each, "{kind} {value}");
    }
}

#[test]
fn new_run_begins_at_its_start_while_another_one_waits_for_somebody() {
    let graph = graph(
        &[start(&[]), form("ask"), end("end", &[])],
        &["start ask", "ask:yes end"],
    );
    let mut waits = Driver::new(&graph);
    waits.start(json!({}));
    assert!(waits.paused);
    let mut next = Driver::of(gatewright_engine::Engine::new(
        std::sync::Arc::clone(waits.engine.graph()),
        gatewright_engine::Limits::default(),
    ));
    next.start(json!({}));
    let first = next
        .happenings
        .iter()
        .find_map(|happening| match happening {
            Happening::NodeStarted { node } => Some(node.node_id.as_str()),
            _ => None,
        });
    assert_eq!(first, Some("start"));
}

/// The body of the request that a node makes of what a program returned.
fn body_of(kind: &str, template: &str, result: Json) -> HttpBody {
    let data = json!([{"key": "", "type": "text", "value": template}]);
    let node = json!({"id": "ask", "data": {"type": "http-request", "title": "", "method": "post", "url": "http://x.test",
        "body": {"type": kind, "data": data}}});
    let mut driver = Driver::new(&graph(
        &[start(&[]), code("work"), node],
        &["start work", "work ask"],
    ));
    driver.start(json!({}));
    driver.answer(|_, _| done(result));
    match driver.calls.pop_front() {
        Some((_, _, NodeCall::Http(call))) => call.body,
        other => panic!("no request: {other:?} {:?}", driver.end().error),
    }
}

#[test]
fn values_of_every_type_stand_in_a_json_body_as_json() {
    for value in [
        json!([1, "two", null]),
        json!(["a\"b", "ü"]),
        json!({"a": {"b": [true, null]}}),
        json!(1.5),
        json!(7),
        json!(true),
        json!(false),
    ] {
        let body = body_of("json", "{\"v\": {{#work.v#}}}", json!({"v": value}));
        assert_eq!(body, HttpBody::Json(json!({"v": value})));
    }
}

#[test]
fn long_text_reaches_a_body_whole() {
    // Two texts that each are as long as a program may return.
    let half = "0123456789".repeat(39_000);
    let result = json!({"a": half, "b": half});
    let body = body_of("raw-text", "{{#work.a#}}{{#work.b#}}", result);
    assert_eq!(body, HttpBody::Text(half.repeat(2)));
}
