//! Graphs and values that are made to cost time or memory: each ends with a sentence about it, after a bounded number of steps and bytes.

use gatewright_engine::{Effect, Event, Graph, Happened, Happening, Limits, TimerId};
use serde_json::{Value as Json, json};

use crate::{
    build::{answer, branch, code, end, form, graph, inside, start, template, with},
    driver::{Driver, done},
};

/// Bytes that everything told of a run may have: some times the limit of [`small`].
const MAX_TOLD: usize = 400_000;

/// Ten references to a value that takes half of what is allowed.
fn small() -> Limits {
    Limits {
        output_bytes: 100_000,
        ..Limits::default()
    }
}

fn ran(graph: &Json, inputs: Json) -> Driver {
    let mut driver = Driver::limited(graph, small());
    driver.start(inputs);
    driver
}

fn ten(one: &str) -> String {
    one.repeat(10)
}

fn list(one: impl Fn(usize) -> Json) -> Json {
    (0..10).map(one).collect()
}

fn llm(extra: Json) -> Json {
    let mut node = json!({"id": "n", "data": {"type": "llm", "title": "n", "model": {"provider": "p", "name": "m", "mode": "chat"}}});
    for (key, value) in extra.as_object().into_iter().flatten() {
        node["data"][key] = value.clone();
    }
    node
}

fn http(key: &str, value: Json) -> Json {
    let node = json!({"id": "n", "data": {"type": "http-request", "title": "n", "method": "post", "url": "http://x.test"}});
    with(node, key, value)
}

#[test]
fn node_that_names_a_large_value_often_is_refused_before_it_takes_memory() {
    let q = "{{#start.q#}}";
    let message = |text: &str| json!({"role": "user", "text": text});
    let named = |n: usize| json!({"variable": format!("v{n}"), "value_selector": ["start", "q"]});
    let jinja = json!({"role": "user", "edition_type": "jinja2", "jinja2_text": "{{ v1 }}"});
    let condition =
        json!({"variable_selector": ["start", "q"], "comparison_operator": "is not", "value": "x"});
    let conditions = vec![condition; 1_000];
    let groups = list(|n| json!({"group_name": format!("g{n}"), "variables": [["start", "q"]]}));
    let outputs: Vec<String> = (0..10).map(|n| format!("o{n} start.q")).collect();
    let outputs: Vec<&str> = outputs.iter().map(String::as_str).collect();
    let mut ask = form("n");
    ask["data"]["form_content"] = json!(ten(q));
    let mut mails = form("n");
    mails["data"]["delivery_methods"] = list(|_| json!({"type": "email", "config": {"body": q}}));
    let mut selects = form("n");
    selects["data"]["inputs"] = list(|n| {
        json!({"type": "select", "output_variable_name": format!("s{n}"),
            "option_source": {"type": "variable", "selector": ["start", "l"]}})
    });
    for node in [
        answer("n", &ten(q)),
        end("n", &outputs),
        with(
            with(template("n", "x"), "variables", list(named)),
            "template",
            json!("x"),
        ),
        with(code("n"), "variables", list(named)),
        with(
            branch("n", "q", "x"),
            "cases",
            json!([{"case_id": "true", "logical_operator": "and", "conditions": conditions}]),
        ),
        json!({"id": "n", "data": {"type": "variable-aggregator", "title": "n", "variables": [], "advanced_settings": {"group_enabled": true, "groups": groups}}}),
        llm(json!({"prompt_template": [message(&ten(q))]})),
        llm(json!({"prompt_template": list(|_| message(q))})),
        llm(
            json!({"prompt_template": [message(&ten("{{#context#}}"))], "context": {"enabled": true, "variable_selector": ["start", "q"]}}),
        ),
        llm(
            json!({"prompt_template": list(|_| jinja.clone()), "prompt_config": {"jinja2_variables": [named(1)]}}),
        ),
        http("headers", json!(ten(&format!("a:{q}\n")))),
        http("params", json!(ten(&format!("a:{q}\n")))),
        http("url", json!(format!("http://x.test/{}", ten(q)))),
        http(
            "body",
            json!({"type": "form-data", "data": list(|_| json!({"key": "k", "type": "text", "value": q}))}),
        ),
        http(
            "body",
            json!({"type": "json", "data": [{"key": "", "type": "text", "value": ten(q)}]}),
        ),
        json!({"id": "n", "data": {"type": "question-classifier", "title": "n", "model": {"provider": "p", "name": "m", "mode": "chat"},
            "query_variable_selector": ["start", "q"], "classes": list(|n| json!({"id": n.to_string(), "name": q}))}}),
        http(
            "body",
            json!({"type": "form-data", "data": list(|_| json!({"key": "k", "type": "file", "file": ["start", "f"]}))}),
        ),
        ask,
        mails,
        selects,
    ] {
        // All three are less than what a start node may hold.
        let large = "x".repeat(30_000);
        let file = json!({"dify_model_identity": "__dify__file__", "url": large});
        let driver = ran(
            &graph(&[start(&["q", "l", "f"]), node.clone()], &["start n"]),
            json!({"q": large, "l": [large], "f": file}),
        );
        let error = driver.end().error.clone().unwrap_or_default();
        let told = [
            "too large",
            "too much",
            "at most",
            "more than",
            "exceeds",
            "longer than",
        ];
        assert!(
            told.iter().any(|word| error.contains(word)),
            "{error}: {}",
            node["data"]["type"]
        );
        assert!(driver.calls.is_empty());
        let bytes = json!(driver.happenings).to_string().len();
        assert!(
            bytes < MAX_TOLD,
            "{bytes} bytes of {}",
            node["data"]["type"]
        );
    }
}

#[test]
fn text_of_many_empty_pieces_is_bounded_too() {
    let graph = graph(
        &[start(&["q"]), answer("n", &"{{#start.q#}}".repeat(10_000))],
        &["start n"],
    );
    let driver = ran(&graph, json!({}));
    let error = driver.end().error.as_deref();
    assert_eq!(
        error,
        Some("Node n says too much: at most 100000 bytes are allowed.")
    );
    assert!(driver.happenings.len() < 10);
}

/// A loop in a loop in a loop: as many rounds as all of them multiplied.
fn rounds_of_rounds(count: u32) -> Json {
    let node = |id: &str| json!({"id": id, "data": {"type": "loop", "title": id, "loop_count": count, "break_conditions": [], "loop_variables": []}});
    let first = |id: &str| json!({"id": id, "data": {"type": "loop-start"}});
    graph(
        &[
            start(&[]),
            node("a"),
            inside("a", first("as")),
            inside("a", node("b")),
            inside("b", first("bs")),
            inside("b", node("c")),
            inside("c", first("cs")),
            inside("c", template("t", "x")),
        ],
        &["start a", "as b", "bs c", "cs t"],
    )
}

#[test]
fn rounds_of_rounds_yield_and_end_with_their_time() {
    let graph = Graph::parse(&rounds_of_rounds(10_000), &Limits::default()).unwrap();
    let mut engine = gatewright_engine::Engine::new(std::sync::Arc::new(graph), Limits::default());
    let mut effects = engine.step(0, Event::Start(gatewright_engine::Start::default()));
    for now in 1..200 {
        // A step is bounded, however much there is to do.
        assert!(effects.len() < 2_000 && effects.last() == Some(&Effect::Yield));
        effects = engine.step(now, Event::Continue);
    }
    let deadline = TimerId {
        execution: 0,
        attempt: 0,
    };
    let effects = engine.step(Limits::default().run_micros, Event::TimerFired(deadline));
    let Some(Effect::Emit(Happened {
        what: Happening::RunFinished(end),
        ..
    })) = effects.iter().rev().nth(1)
    else {
        panic!("the run is over: {effects:?}");
    };
    assert_eq!(
        end.error.as_deref(),
        Some("The run took longer than 1200 seconds, the time limit of a run.")
    );
}

#[test]
fn ten_thousand_items_of_a_list_inside_an_object_are_each_answered() {
    let each = json!({"id": "each", "data": {"type": "iteration", "title": "", "iterator_selector": ["start", "q", "list"], "output_selector": ["t", "output"]}});
    let graph = graph(
        &[
            start(&["q"]),
            each,
            inside(
                "each",
                json!({"id": "first", "data": {"type": "iteration-start"}}),
            ),
            inside("each", template("t", "x")),
            end("end", &["r each.output"]),
        ],
        &["start each", "first t", "each end"],
    );
    let mut graph = graph;
    graph["nodes"][0]["data"]["variables"][0]["type"] = json!("json_object");
    let mut driver = Driver::new(&graph);
    driver.start(json!({"q": {"list": vec!["item"; 10_000]}}));
    assert_eq!(
        driver.end().outputs["r"].as_array().map(Vec::len),
        Some(10_000)
    );
}

#[test]
fn numbers_that_are_none_are_compared_or_refused_and_never_lost() {
    let digits = "9".repeat(5_000);
    for (left, operator, right, taken) in [
        (json!(1), "<", "1e400", Some(true)),
        (json!(1), ">", "-1e400", Some(true)),
        (json!(1), "=", "NaN", None),
        (json!(1), "≠", "nan", None),
        (json!(1), "<", "nan", Some(false)),
        (json!(i64::MAX), "<", "9223372036854775808", Some(true)),
        (json!(u64::MAX), "=", "18446744073709551615", Some(true)),
        (json!(1.5), ">", "0x1", None),
        (json!(1), "<", "١٢", None),
        (json!(1), "<", "", None),
        (json!(1), "<", digits.as_str(), Some(true)),
    ] {
        let mut node = branch("if", "q", "x");
        node["data"]["cases"][0]["conditions"][0] = json!({"variable_selector": ["start", "q"], "varType": "number", "comparison_operator": operator, "value": right});
        let mut begin = start(&["q"]);
        begin["data"]["variables"][0]["type"] = json!("number");
        let mut driver = Driver::new(&graph(
            &[begin, node, end("end", &["r if.result"])],
            &["start if", "if:true end", "if:false end"],
        ));
        driver.start(json!({"q": left}));
        let told = driver.end().outputs.get("r").and_then(Json::as_bool);
        assert_eq!(
            told,
            taken,
            "{left} {operator} {right:.30}: {:?}",
            driver.end().error
        );
        assert_eq!(told.is_none(), driver.end().error.is_some());
    }
}

#[test]
fn assigner_does_not_compute_beyond_numbers() {
    for (kind, from, operation, with, becomes) in [
        ("number", json!(1e308), "*=", json!(10), None),
        ("number", json!(1), "/=", json!(0), None),
        ("number", json!(i64::MAX), "*=", json!(i64::MAX), Some(())),
        (
            "string",
            json!("x".repeat(200_000)),
            "+=",
            json!("x".repeat(10_000)),
            None,
        ),
        ("array[number]", json!([1]), "append", json!("one"), None),
    ] {
        let item = json!({"variable_selector": ["conversation", "v"], "input_type": "constant", "operation": operation, "value": with});
        let node = json!({"id": "set", "data": {"type": "assigner", "version": "2", "title": "", "items": [item]}});
        let mut driver = Driver::new(&graph(
            &[start(&[]), node, end("end", &["v conversation.v"])],
            &["start set", "set end"],
        ));
        driver.send(Event::Start(gatewright_engine::Start {
            conversation: vec![gatewright_engine::Declared {
                name: "v".to_owned(),
                value_type: kind.to_owned(),
                value: from.clone(),
            }],
            ..gatewright_engine::Start::default()
        }));
        let end = driver.end();
        assert_eq!(
            end.error.is_none(),
            becomes.is_some(),
            "{operation}: {:?}",
            end.error
        );
        assert!(becomes.is_none() || end.outputs["v"].is_number());
    }
}

#[test]
fn what_is_inside_a_container_cannot_be_read_from_outside() {
    let each = json!({"id": "each", "data": {"type": "iteration", "title": "", "iterator_selector": ["sys", "list"], "output_selector": ["work", "y"]}});
    let graph = graph(
        &[
            start(&[]),
            each,
            inside(
                "each",
                json!({"id": "first", "data": {"type": "iteration-start"}}),
            ),
            inside("each", code("work")),
            end(
                "end",
                &["inner work.y", "item each.item", "all each.output"],
            ),
        ],
        &["start each", "first work", "each end"],
    );
    let mut driver = Driver::new(&graph);
    driver.send(Event::Start(gatewright_engine::Start {
        system: crate::driver::object(json!({"list": [1]})),
        ..gatewright_engine::Start::default()
    }));
    driver.run(|_, _| done(json!({"y": "secret"})));
    assert_eq!(
        json!(driver.end().outputs),
        json!({"inner": null, "item": null, "all": ["secret"]})
    );
}

#[test]
fn parallel_iterations_in_parallel_iterations_do_not_multiply_without_end() {
    let each = |id: &str| {
        json!({"id": id, "data": {"type": "iteration", "title": id, "iterator_selector": ["sys", "list"], "output_selector": ["work", "y"],
            "is_parallel": true, "parallel_nums": 10, "flatten_output": false}})
    };
    let first = |id: &str| json!({"id": id, "data": {"type": "iteration-start"}});
    let graph = graph(
        &[
            start(&[]),
            each("a"),
            inside("a", first("as")),
            inside("a", each("b")),
            inside("b", first("bs")),
            inside("b", each("c")),
            inside("c", first("cs")),
            inside("c", code("work")),
        ],
        &["start a", "as b", "bs c", "cs work"],
    );
    let mut driver = Driver::new(&graph);
    driver.send(Event::Start(gatewright_engine::Start {
        system: crate::driver::object(json!({"list": vec![0; 10]})),
        ..gatewright_engine::Start::default()
    }));
    let (mut most, mut count) = (0, 0);
    while !driver.finished {
        most = most.max(driver.calls.len());
        count += 1;
        driver.answer(|_, _| done(json!({"y": 1})));
    }
    assert_eq!(count, 1_000);
    assert!((50..=200).contains(&most), "{most} at once");
}
