//! Iterations and loops: failures, widths, order, nesting.

use gatewright_engine::{CallResult, Failure, Happening, call::CodeAnswer};
use serde_json::{Value as Json, json};

use crate::driver::{Answer, Driver};

/// start → iteration over `list` with a code node inside → end.
pub(crate) fn over_code(settings: &Json) -> Json {
    let mut iteration = json!({"type": "iteration", "title": "Each", "iterator_selector": ["start", "list"],
        "output_selector": ["work", "y"], "start_node_id": "first"});
    for (key, value) in settings.as_object().unwrap() {
        iteration[key] = value.clone();
    }
    json!({
        "nodes": [
            {"id": "start", "data": {"type": "start", "title": "", "variables": [{"variable": "list", "type": "json_object"}]}},
            {"id": "each", "data": iteration},
            {"id": "first", "parentId": "each", "data": {"type": "iteration-start", "title": ""}},
            {"id": "work", "parentId": "each", "data": {"type": "code", "title": "", "code_language": "python3", "code": "x",
                "variables": [{"variable": "x", "value_selector": ["each", "item"]}]}},
            {"id": "end", "data": {"type": "end", "title": "", "outputs": [{"variable": "all", "value_selector": ["each", "output"]}]}},
        ],
        "edges": [
            {"source": "start", "target": "each"},
            {"source": "first", "target": "work"},
            {"source": "each", "target": "end"},
        ],
    })
}

/// Answers a code call with its argument; "bad" fails.
fn echo(call: &gatewright_engine::NodeCall) -> Answer {
    let gatewright_engine::NodeCall::Code(call) = call else {
        panic!("a code call");
    };
    let x = call.inputs["x"].clone();
    Answer::of(match x {
        Json::String(bad) if bad == "bad" => Err(Failure::new("CodeExecutionError", "bad item")),
        x => Ok(CallResult::Code(Box::new(CodeAnswer {
            result: json!({"y": x}),
        }))),
    })
}

fn outcome(settings: &Json, list: &Json) -> (Json, Json, Vec<String>) {
    let mut driver = Driver::new(&over_code(settings));
    driver.start(json!({"list": list}));
    driver.run(|_, call| echo(call));
    let names = driver.happenings.iter().map(name).collect();
    let Some(Happening::RunFinished(end)) = driver.happenings.last() else {
        panic!("the run is over");
    };
    (json!(end.status), json!(end.outputs), names)
}

fn name(happening: &Happening) -> String {
    let tag = json!(happening)["happening"].as_str().unwrap().to_owned();
    match happening {
        Happening::NodeStarted { node } => format!("{tag} {}", node.node_id),
        Happening::NodeFinished { end } => format!("{tag} {}", end.node.node_id),
        _ => tag,
    }
}

#[test]
fn iteration_gives_the_same_one_by_one_and_in_parallel() {
    for (settings, list, output) in [
        (json!({}), json!([1, 2, 3]), json!([1, 2, 3])),
        (json!({}), json!([[1], [2, 3], []]), json!([1, 2, 3])),
        (
            json!({"flatten_output": false}),
            json!([[1], [2]]),
            json!([[1], [2]]),
        ),
        (json!({}), json!([[1], 2]), json!([[1], 2])),
        (json!({}), json!([null, [1]]), json!([1])),
        (json!({}), json!([]), json!([])),
        (json!({}), Json::Null, json!([])),
        (
            json!({"error_handle_mode": "continue-on-error"}),
            json!([1, "bad", 3]),
            json!([1, null, 3]),
        ),
        (
            json!({"error_handle_mode": "remove-abnormal-output"}),
            json!([1, "bad", 3]),
            json!([1, 3]),
        ),
    ] {
        for (parallel, width) in [(false, 1), (true, 2), (true, 10)] {
            let mut settings = settings.clone();
            settings["is_parallel"] = json!(parallel);
            settings["parallel_nums"] = json!(width);
            let (status, outputs, _) = outcome(&settings, &list);
            assert_eq!(status, "succeeded", "{settings}");
            assert_eq!(outputs, json!({"all": output}), "{settings} {list}");
        }
    }
}

#[test]
fn failing_item_ends_the_iteration_and_the_run_when_it_says_so() {
    let (status, outputs, names) = outcome(
        &json!({"error_handle_mode": "terminated"}),
        &json!([1, 2, "bad", 4, 5]),
    );
    assert_eq!((status, outputs), (json!("failed"), json!({})));
    let tail: Vec<&str> = names.iter().rev().take(4).map(String::as_str).collect();
    assert_eq!(
        tail,
        [
            "run_finished",
            "node_finished each",
            "iteration_completed",
            "node_finished work"
        ]
    );
    let items = names
        .iter()
        .filter(|name| *name == "node_started work")
        .count();
    assert_eq!(items, 3, "the fourth item never starts");
}

#[test]
fn parallel_iteration_is_as_wide_as_it_says_and_cancels_the_others() {
    let settings = json!({"is_parallel": true, "parallel_nums": 3});
    let mut driver = Driver::new(&over_code(&settings));
    driver.start(json!({"list": [1, "bad", 3, 4]}));
    assert_eq!(driver.calls.len(), 3);
    driver.answer(|_, call| echo(call));
    assert_eq!(driver.calls.len(), 3, "the next item takes the place");
    driver.answer(|_, call| echo(call));
    assert!(driver.finished);
    assert!(driver.calls.is_empty(), "the others are given up");
}

#[test]
fn what_is_no_list_fails_with_a_clear_text() {
    let mut driver = Driver::new(&over_code(&json!({})));
    driver.start(json!({"list": "text"}));
    let Some(Happening::RunFinished(end)) = driver.happenings.last() else {
        panic!("the run is over");
    };
    assert_eq!(
        end.error.as_deref(),
        Some("invalid iterator value: \"text\", please provide a list.")
    );
}

#[test]
fn events_of_a_parallel_item_come_together() {
    let settings = json!({"is_parallel": true, "parallel_nums": 3});
    let mut driver = Driver::new(&over_code(&settings));
    driver.start(json!({"list": [1, 2, 3]}));
    // The last one ends first.
    while let Some(call) = driver.calls.pop_back() {
        let y = (call.0.execution, 0).1;
        let result = CallResult::Code(Box::new(CodeAnswer {
            result: json!({"y": y}),
        }));
        driver.send(gatewright_engine::Event::CallDone {
            call: call.0,
            result,
        });
    }
    let inside: Vec<String> = driver
        .happenings
        .iter()
        .filter_map(|happening| match happening {
            Happening::NodeStarted { node } if node.node_id == "work" => {
                Some(format!("+{}", node.within[0].index))
            }
            Happening::NodeFinished { end } if end.node.node_id == "work" => {
                Some(format!("-{}", end.node.within[0].index))
            }
            _ => None,
        })
        .collect();
    assert_eq!(inside, ["+2", "-2", "+1", "-1", "+0", "-0"]);
}

#[test]
fn large_iteration_yields() {
    let list: Vec<u32> = (0..1_000).collect();
    let mut graph = over_code(&json!({}));
    graph["nodes"][3]["data"] = json!({"type": "template-transform", "title": "", "template": "{{ x }}",
        "variables": [{"variable": "x", "value_selector": ["each", "item"]}]});
    graph["nodes"][1]["data"]["output_selector"] = json!(["work", "output"]);
    let mut driver = Driver::new(&graph);
    driver.start(json!({"list": list}));
    assert!(driver.finished);
    assert!(driver.yields >= 7, "{}", driver.yields);
}

/// start → loop that goes on for ever, with one assigner inside.
fn endless(count: u32, operation: &Json) -> Json {
    json!({
        "nodes": [
            {"id": "start", "data": {"type": "start", "title": ""}},
            {"id": "loop", "data": {"type": "loop", "title": "", "loop_count": count, "break_conditions": [],
                "loop_variables": [{"label": "v", "var_type": "array[string]", "value_type": "constant", "value": "[]"}]}},
            {"id": "first", "parentId": "loop", "data": {"type": "loop-start"}},
            {"id": "set", "parentId": "loop", "data": {"type": "assigner", "version": "2", "title": "", "items": [operation]}},
        ],
        "edges": [{"source": "start", "target": "loop"}, {"source": "first", "target": "set"}],
    })
}

#[test]
fn loop_and_its_variables_are_bounded() {
    let append = json!({"variable_selector": ["loop", "v"], "input_type": "constant", "operation": "append", "value": "x".repeat(1_000)});
    for (count, text) in [
        (20_000, "more than the limit of 10000"),
        (5_000, "is too large"),
    ] {
        let mut driver = Driver::new(&endless(count, &append));
        driver.start(json!({}));
        assert!(
            driver.end().error.as_deref().unwrap().contains(text),
            "{:?}",
            driver.end().error
        );
    }
}

#[test]
fn results_of_an_iteration_are_bounded_together() {
    let limits = gatewright_engine::Limits {
        output_bytes: 1_000,
        ..gatewright_engine::Limits::default()
    };
    let mut driver = Driver::limited(&over_code(&json!({})), limits);
    driver.start(json!({"list": [1, 2, 3]}));
    for _ in 0..2 {
        driver.answer(|_, _| crate::driver::done(json!({"y": "x".repeat(600)})));
    }
    assert!(
        driver
            .end()
            .error
            .as_deref()
            .unwrap()
            .contains("at most 1000 bytes")
    );
}

#[test]
fn loop_end_breaks_its_loop_at_once() {
    let mut graph = endless(
        10,
        &json!({"variable_selector": ["loop", "v"], "input_type": "constant", "operation": "append", "value": "x"}),
    );
    let add = |list: &mut Json, more: Json| list.as_array_mut().unwrap().push(more);
    add(
        &mut graph["nodes"],
        json!({"id": "stop", "parentId": "loop", "data": {"type": "loop-end"}}),
    );
    add(
        &mut graph["nodes"],
        json!({"id": "end", "data": {"type": "end", "title": "", "outputs": [{"variable": "r", "value_selector": ["loop", "loop_round"]}, {"variable": "v", "value_selector": ["loop", "v"]}]}}),
    );
    add(
        &mut graph["edges"],
        json!({"source": "set", "target": "stop"}),
    );
    add(
        &mut graph["edges"],
        json!({"source": "loop", "target": "end"}),
    );
    let mut driver = Driver::new(&graph);
    driver.start(json!({}));
    assert_eq!(json!(driver.end().outputs), json!({"r": 1, "v": ["x"]}));
}
