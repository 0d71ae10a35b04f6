//! Each type of node can fail, and says why.

use gatewright_engine::{Failure, Graph, Happening, Limits, happening::Status};
use serde_json::{Value as Json, json};

use crate::{
    build::{answer, branch, code, end, form, graph, inside, start, template, with},
    driver::{Answer, Driver},
};

/// Markers lead on or back and do nothing.
const NEVER: [&str; 3] = ["iteration-start", "loop-start", "loop-end"];

/// A failing node of each type, and what it says. Nodes that only fail beyond a limit name the large value of [`failed`] often.
fn table() -> Vec<(Json, &'static str)> {
    let model = json!({"provider": "p", "name": "m", "mode": "chat"});
    let node = |kind: &str, data: Json| {
        let mut node = json!({"id": "n", "data": data});
        node["data"]["type"] = json!(kind);
        node["data"]["title"] = json!("n");
        node
    };
    let groups: Json = (0..10)
        .map(|n| json!({"group_name": n.to_string(), "variables": [["start", "q"]]}))
        .collect();
    let groups =
        json!({"variables": [], "advanced_settings": {"group_enabled": true, "groups": groups}});
    let item = json!({"variable_selector": ["conversation", "none"], "input_type": "constant", "operation": "over-write", "value": 1});
    let mut ask = form("n");
    ask["data"]["form_content"] = json!("{{#start.q#}}".repeat(10));
    let mut choose = branch("n", "q", "x");
    choose["data"]["cases"][0]["conditions"][0]["variable_selector"] = json!(["start", "none"]);
    let ask_model = json!({"model": model, "query_variable_selector": ["start", "q"], "query": ["start", "q"], "classes": [{"id": "1", "name": "one"}], "parameters": [], "reasoning_mode": "prompt"});
    vec![
        (
            end("n", &["a start.q", "b start.q", "c start.q"]),
            "Node n says too much",
        ),
        (
            answer("n", &"{{#start.q#}}".repeat(10)),
            "Node n says too much",
        ),
        (choose, "not found"),
        (template("n", "{{ 1 // 0 }}"), "unable to calculate 1 // 0"),
        (node("variable-aggregator", groups.clone()), "too large"),
        (node("variable-assigner", groups), "too large"),
        (
            node("assigner", json!({"version": "2", "items": [item]})),
            "not found",
        ),
        (
            node("list-operator", json!({"variable": ["start", "q"]})),
            "",
        ),
        (
            node("llm", json!({"model": model, "prompt_template": []})),
            "No prompt found",
        ),
        (node("question-classifier", ask_model.clone()), "no credit"),
        (node("parameter-extractor", ask_model), "no credit"),
        (code("n"), "no credit"),
        (
            node(
                "document-extractor",
                json!({"variable_selector": ["start", "q"]}),
            ),
            "is not an ArrayFileSegment",
        ),
        (
            node("http-request", json!({"method": "get", "url": "ftp://x"})),
            "url should start with http",
        ),
        (
            node(
                "iteration",
                json!({"iterator_selector": ["start", "q"], "output_selector": ["n", "item"]}),
            ),
            "please provide a list",
        ),
        (
            node(
                "loop",
                json!({"loop_count": 10_001, "break_conditions": [], "loop_variables": []}),
            ),
            "more than the limit",
        ),
        (ask, "longer than"),
    ]
}

/// Runs the node behind a start that has a large input; whatever it asks for fails.
fn failed(node: &Json) -> Driver {
    let limits = Limits {
        output_bytes: 100_000,
        ..Limits::default()
    };
    let mut nodes = vec![start(&["q"]), node.clone()];
    if let Some(kind) = node["data"]["type"]
        .as_str()
        .filter(|kind| ["iteration", "loop"].contains(kind))
    {
        nodes.push(inside(
            "n",
            json!({"id": "first", "data": {"type": format!("{kind}-start")}}),
        ));
    }
    let mut driver = Driver::limited(&graph(&nodes, &["start n"]), limits);
    driver.start(json!({"q": "x".repeat(50_000)}));
    driver.run(|_, _| Answer::of(Err(Failure::new("InvokeError", "no credit"))));
    driver
}

#[test]
fn node_of_every_type_fails_with_a_sentence_and_is_named() {
    let table = table();
    for (node, says) in &table {
        let driver = failed(node);
        let end = driver.end();
        let error = end.error.clone().unwrap_or_default();
        assert_eq!(end.status, Status::Failed, "{}", node["data"]["type"]);
        assert!(
            !error.is_empty() && error.contains(says),
            "{}: {error}",
            node["data"]["type"]
        );
        let told = driver.happenings.iter().any(|happening| {
            matches!(happening, Happening::NodeFinished { end } if end.status == Status::Failed && end.node.node_id == "n" && end.error.as_ref() == Some(&error))
        });
        assert!(
            told || error.contains("Node n"),
            "{}: {error}",
            node["data"]["type"]
        );
    }
    for (name, refused) in gatewright_engine::node_types() {
        let has_case = table.iter().any(|(node, _)| node["data"]["type"] == name);
        assert!(
            refused.is_some() || NEVER.contains(&name) || name == "start" || has_case,
            "{name} has no case of a failure"
        );
    }
}

/// Whether inputs are right is checked before a run; that they are not too large, here too.
#[test]
fn start_fails_when_its_inputs_are_too_large() {
    let limits = Limits {
        output_bytes: 1_000,
        ..Limits::default()
    };
    let mut driver = Driver::limited(
        &graph(&[start(&["q"]), end("end", &[])], &["start end"]),
        limits,
    );
    driver.start(json!({"q": "x".repeat(700)}));
    assert_eq!(driver.end().error, None);
    let mut driver = Driver::of(gatewright_engine::Engine::new(
        std::sync::Arc::clone(driver.engine.graph()),
        Limits {
            output_bytes: 500,
            ..Limits::default()
        },
    ));
    driver.start(json!({"q": "x".repeat(700)}));
    let error = driver.end().error.clone().unwrap_or_default();
    assert!(error.contains("too large"), "{error}");
}

#[test]
fn node_with_a_strategy_fails_into_it_whatever_its_type() {
    for (node, _) in table() {
        let kind = node["data"]["type"].clone();
        // Text goes out before its node runs: no strategy catches what says too much.
        if ["end", "answer"].iter().any(|name| kind == *name) {
            continue;
        }
        let driver = failed(&with(node, "error_strategy", json!("fail-branch")));
        assert_eq!(
            driver.end().status,
            Status::PartialSucceeded,
            "{kind}: {:?}",
            driver.end().error
        );
        assert_eq!(driver.end().exceptions_count, 1, "{kind}");
    }
}

/// At publishing when it stands somewhere in the graph, at the start of a run when the run would begin there.
#[test]
fn type_that_is_not_at_work_is_refused_with_node_and_reason() {
    for (kind, reason) in gatewright_engine::node_types() {
        let Some(reason) = reason else {
            continue;
        };
        let node = json!({"id": "x", "data": {"type": kind, "title": "x"}});
        let says = format!("ode x ({kind}) cannot be run: {reason}");
        let mut begin = graph(&[node.clone(), end("end", &[])], &["x end"]);
        match Graph::parse(&begin, &Limits::default()) {
            Err(error) => assert!(error.to_string().contains(&says), "{error}"),
            Ok(_) => {
                let mut driver = Driver::new(&begin);
                driver.start(json!({}));
                let error = driver.end().error.clone().unwrap_or_default();
                assert!(error.contains(&says), "{error}");
                // Beside a start it waits for nobody, and nobody waits for it.
                begin["nodes"].as_array_mut().unwrap().push(start(&[]));
                let mut driver = Driver::new(&begin);
                driver.start(json!({}));
                assert_eq!(driver.end().status, Status::Succeeded);
            }
        }
    }
}
