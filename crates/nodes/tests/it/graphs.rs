//! Graphs that are refused, and why.

use gatewright_nodes::{Graph, GraphError, Limits};
use serde_json::{Value as Json, json};

use crate::build::{code, end, form, graph, inside, start, template, with};

fn refusal(graph: &Json) -> GraphError {
    Graph::parse(graph, &Limits::default()).expect_err("refused")
}

fn iteration(id: &str) -> Json {
    json!({"id": id, "data": {"type": "iteration", "title": "", "iterator_selector": ["a", "b"], "output_selector": ["a", "b"]}})
}

#[test]
fn graph_that_cannot_be_run_is_refused_with_the_node() {
    let tool = json!({"id": "t1", "data": {"type": "tool"}});
    let strange = json!({"id": "s1", "data": {"type": "strange"}});
    let inner = inside(
        "each",
        json!({"id": "first", "data": {"type": "iteration-start"}}),
    );
    let cases: Vec<(Json, &str)> = vec![
        (json!("x"), "the graph cannot be read: invalid type: string"),
        (
            graph(&[template("a", "")], &[]),
            "the graph has no start node",
        ),
        (
            graph(&[start(&[]), start(&[])], &[]),
            "node start comes twice",
        ),
        (
            graph(&[start(&[]), strange], &[]),
            "node s1 has the type \"strange\", which is unknown",
        ),
        (
            graph(&[start(&[]), tool], &[]),
            "node t1 (tool) cannot be run: tools are not served yet",
        ),
        (
            graph(&[start(&[])], &["start gone"]),
            "names a node that does not exist: gone",
        ),
        (
            graph(
                &[
                    start(&[]),
                    template("a", ""),
                    template("b", ""),
                    template("c", ""),
                ],
                &["start a", "a b", "b a", "b c"],
            ),
            "is part of a cycle",
        ),
        (
            graph(&[start(&[]), iteration("each")], &[]),
            "container each has no start node inside",
        ),
        (
            graph(&[start(&[]), inside("nobody", template("a", ""))], &[]),
            "node a is said to be inside nobody, which is no container",
        ),
        (
            graph(
                &[
                    start(&[]),
                    iteration("each"),
                    inner,
                    inside("each", template("a", "")),
                ],
                &["start a"],
            ),
            "the edge from start to a crosses the border of a container",
        ),
        (
            graph(&[start(&[]), inside("each", iteration("each"))], &[]),
            "node each is nested too deeply",
        ),
        (
            graph(
                &[
                    start(&[]),
                    inside("b", iteration("a")),
                    inside("a", iteration("b")),
                ],
                &[],
            ),
            "node a is nested too deeply",
        ),
        (
            graph(&[start(&[]), template("a", "")], &["start a", "a a"]),
            "node a is part of a cycle",
        ),
        (
            graph(
                &[
                    start(&[]),
                    json!({"id": "c", "data": {"type": "code", "code_language": "cobol"}}),
                ],
                &[],
            ),
            "node c (code): unknown variant `cobol`",
        ),
        (
            graph(&[start(&[]), template(&"n".repeat(256), "")], &[]),
            "its id must have at most 255 characters",
        ),
        (
            graph(&[start(&[]), form(&"n".repeat(61))], &[]),
            "its id must have at most 60 characters",
        ),
        (
            graph(&[start(&[]), template("a\0b", "")], &[]),
            "none of them U+0000",
        ),
        (
            graph(
                &[start(&[]), with(code("c"), "error_strategy", json!("hope"))],
                &[],
            ),
            "node c (code): error_strategy \"hope\" is unknown",
        ),
        (
            graph(
                &[
                    start(&[]),
                    with(
                        with(code("c"), "error_strategy", json!("default-value")),
                        "default_value",
                        json!([{"key": "n", "type": "number", "value": "seven"}]),
                    ),
                ],
                &[],
            ),
            "default_value of n: \"seven\" is not number",
        ),
    ];
    for value in [json!(true), json!("\"text\"")] {
        let node = with(code("c"), "error_strategy", json!("default-value"));
        let node = with(
            node,
            "default_value",
            json!([{"key": "n", "type": "number", "value": value}]),
        );
        assert!(
            refusal(&graph(&[start(&[]), node], &[]))
                .to_string()
                .ends_with("default_value of n is not number")
        );
    }
    for (graph, text) in cases {
        let error = refusal(&graph).to_string();
        assert!(error.contains(text), "{error}\n{text}");
    }
}

#[test]
fn graph_beyond_the_limits_is_refused() {
    let nodes: Vec<Json> = std::iter::once(start(&[]))
        .chain((0..3).map(|n| end(&format!("e{n}"), &[])))
        .collect();
    let graph = graph(&nodes, &["start e0", "start e1", "start e2"]);
    for (limits, text) in [
        (
            Limits {
                nodes: 3,
                ..Limits::default()
            },
            "the graph has 4 nodes, more than 3",
        ),
        (
            Limits {
                edges: 2,
                ..Limits::default()
            },
            "the graph has 3 edges, more than 2",
        ),
    ] {
        assert_eq!(
            Graph::parse(&graph, &limits)
                .expect_err("refused")
                .to_string(),
            text
        );
    }
    let many = json!({"id": "many", "data": {"type": "answer", "x": vec![0; 10_000]}});
    let lines = |key: &str, count: usize| {
        let node = json!({"id": "ask", "data": {"type": "http-request", "method": "get", "url": "http://x.test"}});
        with(node, key, json!("a:b\n".repeat(count)))
    };
    for (node, text) in [
        (
            many,
            "node many has 10002 values in its data, more than 10000",
        ),
        (
            lines("headers", 1_001),
            "node ask (http-request): headers: more than 1000 lines",
        ),
        (
            lines("params", 1_001),
            "node ask (http-request): params: more than 1000 lines",
        ),
    ] {
        let graph = crate::build::graph(&[start(&[]), node], &[]);
        assert_eq!(refusal(&graph).to_string(), text);
    }
    let fits = crate::build::graph(&[start(&[]), lines("headers", 1_000)], &[]);
    assert!(Graph::parse(&fits, &Limits::default()).is_ok());
}

#[test]
fn title_is_as_long_as_a_row_of_an_execution_can_hold() {
    let mut node = template("a", "");
    node["data"]["title"] = json!(format!("\0{}", "ü".repeat(300)));
    let graph = graph(&[start(&[]), node], &[]);
    let graph = Graph::parse(&graph, &Limits::default()).unwrap();
    assert_eq!(graph.node("a").unwrap().title, "ü".repeat(255));
}

#[test]
fn notes_and_unknown_members_are_passed_over() {
    let note = json!({"id": "note", "type": "custom-note", "data": {"type": "", "text": "hello"}, "position": {"x": 1}});
    let graph = graph(
        &[start(&[]), note, end("end", &[])],
        &["start end", "note end"],
    );
    let graph = Graph::parse(&graph, &Limits::default()).unwrap();
    assert_eq!(graph.nodes().count(), 2);
    assert!(graph.node("note").is_none());
}

#[test]
fn members_that_are_null_or_half_filled_in_are_those_of_a_new_node() {
    let nodes = [
        json!({"id": "start", "data": {"type": "start", "variables": null}}),
        json!({"id": "llm", "data": {"type": "llm", "model": {"provider": "p", "name": "m", "mode": "chat", "completion_params": null},
            "prompt_template": null, "prompt_config": null, "memory": null, "context": {"enabled": false, "variable_selector": []},
            "vision": {"enabled": false, "configs": null}, "structured_output_enabled": null, "reasoning_format": null, "retry_config": null}}),
        json!({"id": "http", "data": {"type": "http-request", "method": "GET", "url": "http://x.test", "headers": null, "params": null,
            "authorization": {"type": "no-auth", "config": {"type": "", "api_key": ""}}, "body": {"type": "none", "data": null},
            "timeout": {"max_connect_timeout": null}, "error_strategy": "none"}}),
        json!({"id": "code", "data": {"type": "code", "code_language": "javascript", "code": "", "variables": null, "outputs": null}}),
        json!({"id": "loop", "data": {"type": "loop", "loop_count": 1, "break_conditions": null, "loop_variables": null, "logical_operator": null}}),
        inside(
            "loop",
            json!({"id": "first", "data": {"type": "loop-start"}}),
        ),
        json!({"id": "end", "data": {"type": "end", "outputs": [{"variable": "x", "value_selector": []}]}}),
    ];
    let parsed = Graph::parse(&graph(&nodes, &["start llm"]), &Limits::default());
    assert!(parsed.is_ok(), "{parsed:?}");
}
