//! Every way in which nodes that reach out can end, alone and within containers: the order of what is told of it.

use gatewright_engine::{
    CallResult, Event, Failure, Happening, NodeCall,
    call::{CodeAnswer, HttpAnswer, ModelAnswer},
    happening::Status,
};
use serde_json::{Value as Json, json};

use crate::{
    build::{code, end, form, graph, inside, start, with},
    driver::{Answer, Driver},
};

/// What was told, a word or two for each. Text is left out.
fn story(driver: &Driver) -> Vec<String> {
    let status = |status: &Status| json!(status).as_str().unwrap_or_default().to_owned();
    let told = driver.happenings.iter().filter_map(|happening| {
        Some(match happening {
            Happening::NodeStarted { node } => format!("+{}", node.node_id),
            Happening::NodeRetry { end, retry_index } => {
                format!("retry {} {retry_index}", end.node.node_id)
            }
            Happening::NodeFinished { end } => {
                format!("-{} {}", end.node.node_id, status(&end.status))
            }
            Happening::IterationStarted(start) | Happening::LoopStarted(start) => {
                format!("{} of {}", start.node.node_id, start.length)
            }
            Happening::IterationNext(next) | Happening::LoopNext(next) => {
                format!("{} {}", next.node.node_id, next.index)
            }
            Happening::IterationCompleted(end) | Happening::LoopCompleted(end) => {
                format!("{} {}", end.node.node_id, status(&end.status))
            }
            Happening::FormRequired(form) => format!("asks {}", form.node.node_id),
            Happening::FormFilled(form) => format!("answered {}", form.node.node_id),
            Happening::Paused { .. } => "paused".to_owned(),
            Happening::RunFinished(end) => format!("run {}", status(&end.status)),
            _ => return None,
        })
    });
    told.collect()
}

/// The story behind the start node.
fn behind_start(driver: &Driver) -> Vec<String> {
    let all = story(driver);
    let from = all.iter().position(|word| word == "-start succeeded");
    all[from.map_or(0, |at| at + 1)..].to_vec()
}

fn words(text: &str) -> Vec<&str> {
    text.split(", ").filter(|word| !word.is_empty()).collect()
}

/// Each node that reaches out, and an answer that lets it end well.
fn reaching() -> Vec<(Json, fn() -> CallResult)> {
    let model = json!({"provider": "p", "name": "m", "mode": "chat"});
    let node = |data: Json| json!({"id": "n", "data": data});
    vec![
        (
            node(
                json!({"type": "http-request", "title": "n", "method": "get", "url": "http://x.test/"}),
            ),
            || {
                CallResult::Http(Box::new(HttpAnswer {
                    status: 204,
                    body: String::new(),
                    headers: serde_json::Map::new(),
                    files: Vec::new(),
                    request: String::new(),
                }))
            },
        ),
        (
            node(
                json!({"type": "question-classifier", "title": "n", "model": model, "query_variable_selector": ["start", "q"],
                "classes": [{"id": "1", "name": "one"}]}),
            ),
            || said("{\"category_id\": \"1\"}"),
        ),
        (
            node(
                json!({"type": "parameter-extractor", "title": "n", "model": model, "query": ["start", "q"], "parameters": [],
                "reasoning_mode": "prompt"}),
            ),
            || said("{}"),
        ),
        (code("n"), || {
            CallResult::Code(Box::new(CodeAnswer { result: json!({}) }))
        }),
    ]
}

fn said(text: &str) -> CallResult {
    CallResult::Model(Box::new(ModelAnswer {
        text: text.to_owned(),
        ..ModelAnswer::default()
    }))
}

/// Start, the node, and an end behind each of its ways.
fn around(node: &Json) -> Json {
    let ends = [
        end("good", &[]),
        end("bad", &["m n.error_message", "t n.error_type", "k n.known"]),
    ];
    let [good, bad] = ends;
    let edges = match node["data"]["type"].as_str() {
        Some("question-classifier") => ["start n", "n:1 good", "n:fail-branch bad"],
        _ => ["start n", "n:success-branch good", "n:fail-branch bad"],
    };
    graph(&[start(&["q"]), node.clone(), good, bad], &edges)
}

#[test]
fn node_that_reaches_out_ends_by_its_strategy_once_its_attempts_are_used_up() {
    for (node, _) in reaching() {
        for retries in [0, 2] {
            let again = (1..=retries).map(|n| format!("retry n {n}, "));
            let again = again.collect::<Vec<_>>().concat();
            for (strategy, rest) in [
                (Json::Null, "-n failed, run failed"),
                (
                    json!("fail-branch"),
                    "-n exception, +bad, -bad succeeded, run partial-succeeded",
                ),
            ] {
                let node = with(node.clone(), "error_strategy", strategy);
                let retry =
                    json!({"retry_enabled": true, "max_retries": retries, "retry_interval": 7});
                let node = with(node, "retry_config", retry);
                let mut driver = Driver::new(&around(&node));
                driver.start(json!({"q": "Q"}));
                let first = driver.calls[0].0.execution;
                for _ in 0..retries {
                    driver.answer(|_, _| Answer::of(Err(Failure::new("InvokeError", "no"))));
                    assert_eq!(driver.pauses(), [7], "{node}");
                    driver.ring();
                    assert_eq!(driver.calls[0].0.execution, first, "one execution");
                }
                driver.answer(|_, _| Answer::of(Err(Failure::new("InvokeError", "no"))));
                assert_eq!(
                    behind_start(&driver),
                    words(&format!("+n, {again}{rest}")),
                    "{node}"
                );
                if rest.contains("bad") {
                    let outputs = json!(driver.end().outputs);
                    assert_eq!(outputs, json!({"m": "no", "t": "InvokeError", "k": null}));
                }
            }
        }
    }
}

#[test]
fn node_that_reaches_out_goes_its_good_way_when_a_later_attempt_succeeds() {
    for (node, answer) in reaching() {
        let retry = json!({"retry_enabled": true, "max_retries": 3, "retry_interval": 1});
        let node = with(node, "retry_config", retry);
        let node = with(node, "error_strategy", json!("fail-branch"));
        let mut driver = Driver::new(&around(&node));
        driver.start(json!({"q": "Q"}));
        driver.answer(|_, _| Answer::of(Err(Failure::new("InvokeError", "no"))));
        driver.ring();
        driver.answer(|_, _| Answer::of(Ok(answer())));
        assert_eq!(
            behind_start(&driver),
            words("+n, retry n 1, -n succeeded, +good, -good succeeded, run partial-succeeded"),
            "{node}"
        );
    }
}

#[test]
fn defaults_stand_in_for_what_a_node_that_reaches_out_did_not_give() {
    for (node, _) in reaching() {
        let node = with(node, "error_strategy", json!("default-value"));
        let known = json!([{"key": "known", "type": "object", "value": "{\"a\": 1}"}]);
        let node = with(node, "default_value", known);
        // A classifier leaves by none of its classes: nothing behind it runs.
        let is_classifier = node["data"]["type"] == "question-classifier";
        let nodes = [
            start(&["q"]),
            node.clone(),
            end("next", &["k n.known", "m n.error_message"]),
        ];
        let mut driver = Driver::new(&graph(&nodes, &["start n", "n next"]));
        driver.start(json!({"q": "Q"}));
        driver.answer(|_, _| Answer::of(Err(Failure::new("InvokeError", "no"))));
        assert_eq!(driver.end().status, Status::PartialSucceeded, "{node}");
        if !is_classifier {
            assert_eq!(
                json!(driver.end().outputs),
                json!({"k": {"a": 1}, "m": "no"}),
                "{node}"
            );
        }
    }
}

/// An iteration over the list of the start, with a code node inside that is as `work` says.
fn over(settings: &Json, work: &Json) -> Json {
    let mut each = json!({"id": "each", "data": {"type": "iteration", "title": "", "start_node_id": "first",
        "iterator_selector": ["start", "list"], "output_selector": ["work", "y"]}});
    for (key, value) in settings.as_object().unwrap() {
        each["data"][key] = value.clone();
    }
    let mut inner = json!({"id": "work", "parentId": "each", "data": {"type": "code", "title": "", "code_language": "python3", "code": "x",
        "variables": [{"variable": "x", "value_selector": ["each", "item"]}]}});
    for (key, value) in work.as_object().unwrap() {
        inner["data"][key] = value.clone();
    }
    let first = json!({"id": "first", "parentId": "each", "data": {"type": "iteration-start"}});
    let mend = inside("each", crate::build::template("mend", "m"));
    let mut nodes = vec![
        start(&["list"]),
        each,
        first,
        inner,
        end("end", &["all each.output"]),
    ];
    let mut edges = vec!["start each", "first work", "each end"];
    // Without a strategy every edge is one of success.
    if work["error_strategy"] == "fail-branch" {
        nodes.push(mend);
        edges.push("work:fail-branch mend");
    }
    graph(&nodes, &edges)
}

/// The program gives its argument, and fails for `bad`.
fn echo(call: &NodeCall) -> Answer {
    let NodeCall::Code(call) = call else {
        panic!("a program");
    };
    match &call.inputs["x"] {
        Json::String(bad) if bad == "bad" => {
            Answer::of(Err(Failure::new("CodeExecutionError", "bad item")))
        }
        x => crate::driver::done(json!({"y": x})),
    }
}

fn told(settings: &Json, work: &Json) -> (Vec<String>, Json) {
    let mut driver = Driver::new(&over(settings, work));
    driver.start(json!({"list": [1, "bad", 3]}));
    driver.run(|_, call| echo(call));
    (behind_start(&driver), json!(driver.end().outputs))
}

const GOOD: &str = "+work, -work succeeded";
const LEAVES: &str = "each succeeded, -each succeeded, +end, -end succeeded, run succeeded";

#[test]
fn items_one_by_one_are_told_in_their_order_in_each_mode() {
    let begins = format!("+each, each of 3, each 0, {GOOD}, each 1");
    let fails = format!("{begins}, +work, -work failed");
    for (mode, work, story, all) in [
        (
            "terminated",
            json!({}),
            format!("{fails}, each failed, -each failed, run failed"),
            Json::Null,
        ),
        (
            "continue-on-error",
            json!({}),
            format!("{fails}, each 2, {GOOD}, {LEAVES}"),
            json!([1, null, 3]),
        ),
        (
            "remove-abnormal-output",
            json!({}),
            format!("{fails}, each 2, {GOOD}, {LEAVES}"),
            json!([1, 3]),
        ),
        // What an item mends itself does not reach its iteration, whatever that would do.
        (
            "terminated",
            json!({"error_strategy": "fail-branch"}),
            format!(
                "{begins}, +work, -work exception, +mend, -mend succeeded, each 2, {GOOD}, {LEAVES}"
            ),
            json!([1, null, 3]),
        ),
        (
            "terminated",
            json!({"error_strategy": "default-value", "default_value": [{"key": "y", "type": "number", "value": "2"}]}),
            format!("{begins}, +work, -work exception, each 2, {GOOD}, {LEAVES}"),
            json!([1, 2, 3]),
        ),
        (
            "remove-abnormal-output",
            json!({"retry_config": {"retry_enabled": true, "max_retries": 2, "retry_interval": 1}}),
            format!(
                "{begins}, +work, retry work 1, retry work 2, -work failed, each 2, {GOOD}, {LEAVES}"
            ),
            json!([1, 3]),
        ),
    ] {
        let (happened, outputs) = told(&json!({"error_handle_mode": mode}), &work);
        assert_eq!(happened, words(&story), "{mode} {work}");
        assert_eq!(
            outputs.get("all").unwrap_or(&Json::Null),
            &all,
            "{mode} {work}"
        );
    }
}

#[test]
fn items_side_by_side_are_announced_first_and_told_whole_in_each_mode() {
    let begins = format!("+each, each of 3, each 0, each 1, each 2, {GOOD}");
    for (mode, work, story, all) in [
        (
            "terminated",
            json!({}),
            format!("{begins}, +work, -work failed, each failed, -each failed, run failed"),
            Json::Null,
        ),
        (
            "continue-on-error",
            json!({}),
            format!("{begins}, +work, -work failed, {GOOD}, {LEAVES}"),
            json!([1, null, 3]),
        ),
        (
            "remove-abnormal-output",
            json!({"retry_config": {"retry_enabled": true, "max_retries": 1, "retry_interval": 1}}),
            // While the second item waits for its next attempt the third one ends.
            format!("{begins}, {GOOD}, +work, retry work 1, -work failed, {LEAVES}"),
            json!([1, 3]),
        ),
        (
            "terminated",
            json!({"error_strategy": "fail-branch"}),
            format!("{begins}, +work, -work exception, +mend, -mend succeeded, {GOOD}, {LEAVES}"),
            json!([1, null, 3]),
        ),
    ] {
        let settings = json!({"error_handle_mode": mode, "is_parallel": true, "parallel_nums": 3});
        let (happened, outputs) = told(&settings, &work);
        assert_eq!(happened, words(&story), "{mode} {work}");
        assert_eq!(
            outputs.get("all").unwrap_or(&Json::Null),
            &all,
            "{mode} {work}"
        );
    }
}

/// A list of nothing is told as a node that ended, and what is no list as one that failed.
#[test]
fn iteration_without_items_tells_nothing_of_its_own() {
    for (list, story) in [
        (
            json!([]),
            "+each, -each succeeded, +end, -end succeeded, run succeeded",
        ),
        (
            Json::Null,
            "+each, -each succeeded, +end, -end succeeded, run succeeded",
        ),
        (json!({"a": 1}), "+each, -each failed, run failed"),
        (json!(7), "+each, -each failed, run failed"),
    ] {
        for parallel in [false, true] {
            let mut driver = Driver::new(&over(&json!({"is_parallel": parallel}), &json!({})));
            driver.start(json!({"list": list}));
            assert_eq!(behind_start(&driver), words(story), "{list}");
        }
    }
}

/// An iteration with a loop of two passes inside, and a code node inside of that.
fn loop_in_iteration(mode: &str) -> Json {
    let mut graph = over(
        &json!({"error_handle_mode": mode, "output_selector": ["again", "loop_round"]}),
        &json!({}),
    );
    let nodes = graph["nodes"].as_array_mut().unwrap();
    for node in &mut *nodes {
        if node["id"] == "work" {
            node["parentId"] = json!("again");
        }
    }
    nodes.push(json!({"id": "again", "parentId": "each", "data": {"type": "loop", "title": "", "loop_count": 2, "break_conditions": [],
        "loop_variables": []}}));
    nodes.push(json!({"id": "second", "parentId": "again", "data": {"type": "loop-start"}}));
    graph["edges"] = json!([
        {"source": "start", "target": "each"}, {"source": "first", "target": "again"},
        {"source": "second", "target": "work"}, {"source": "each", "target": "end"},
    ]);
    graph
}

#[test]
fn failure_in_a_loop_fails_the_loop_and_by_it_the_item_around() {
    let rounds =
        format!("+again, again of 2, {GOOD}, again 1, {GOOD}, again succeeded, -again succeeded");
    let fails = "+again, again of 2, +work, -work failed, again failed, -again failed";
    for (mode, story, all) in [
        (
            "terminated",
            format!(
                "+each, each of 3, each 0, {rounds}, each 1, {fails}, each failed, -each failed, run failed"
            ),
            Json::Null,
        ),
        (
            "continue-on-error",
            format!(
                "+each, each of 3, each 0, {rounds}, each 1, {fails}, each 2, {rounds}, {LEAVES}"
            ),
            json!([2, null, 2]),
        ),
    ] {
        let mut driver = Driver::new(&loop_in_iteration(mode));
        driver.start(json!({"list": [1, "bad", 3]}));
        driver.run(|_, call| echo(call));
        assert_eq!(behind_start(&driver), words(&story), "{mode}");
        let outputs = json!(driver.end().outputs);
        assert_eq!(outputs.get("all").unwrap_or(&Json::Null), &all, "{mode}");
    }
}

#[test]
fn stop_within_containers_gives_up_what_is_open_and_tells_no_more_of_it() {
    for graph in [
        over(
            &json!({"is_parallel": true, "parallel_nums": 3}),
            &json!({}),
        ),
        loop_in_iteration("continue-on-error"),
    ] {
        let mut driver = Driver::new(&graph);
        driver.start(json!({"list": [1, 2, 3]}));
        driver.answer(|_, call| echo(call));
        let before = driver.happenings.len();
        driver.send(Event::Stop {
            reason: "enough".to_owned(),
        });
        assert!(driver.finished && driver.calls.is_empty());
        assert_eq!(driver.end().status, Status::Stopped);
        assert_eq!(driver.happenings.len(), before + 1, "{:?}", story(&driver));
    }
}

/// A loop whose pass asks a person.
fn asking() -> Json {
    let again = json!({"id": "again", "data": {"type": "loop", "title": "", "loop_count": 2, "break_conditions": [], "loop_variables": []}});
    let nodes = [
        start(&[]),
        again,
        json!({"id": "second", "parentId": "again", "data": {"type": "loop-start"}}),
        inside("again", form("ask")),
        end("end", &["rounds again.loop_round"]),
    ];
    graph(&nodes, &["start again", "second ask", "again end"])
}

#[test]
fn pass_of_a_loop_waits_for_its_person_and_goes_on_in_another_process() {
    let mut driver = Driver::new(&asking());
    driver.start(json!({}));
    for _ in 0..2 {
        assert!(driver.paused);
        let asked = driver
            .happenings
            .iter()
            .rev()
            .find_map(|happening| match happening {
                Happening::FormRequired(form) => Some(form.node.execution),
                _ => None,
            });
        driver = crate::forms::store_and_restore(driver);
        crate::forms::submit(&mut driver, asked.unwrap(), "yes", "w");
    }
    assert_eq!(
        behind_start(&driver),
        words(
            "+again, again of 2, +ask, asks ask, paused, +ask, answered ask, -ask succeeded, again 1, +ask, asks ask, paused, \
             +ask, answered ask, -ask succeeded, again succeeded, -again succeeded, +end, -end succeeded, run succeeded"
        )
    );
    assert_eq!(json!(driver.end().outputs), json!({"rounds": 2}));
}
