//! Which nodes run, how often, and when.

use gatewright_engine::{Effect, Event, Graph, Happening, Limits, Start};
use serde_json::{Value as Json, json};

use crate::{
    build::{answer, branch, code, end, graph, inside, start, template, with},
    driver::{Driver, done, failed},
};

/// Ids of the nodes that started, in order.
fn started(driver: &Driver) -> Vec<&str> {
    let started = driver
        .happenings
        .iter()
        .filter_map(|happening| match happening {
            Happening::NodeStarted { node } => Some(node.node_id.as_str()),
            _ => None,
        });
    started.collect()
}

#[test]
fn branch_runs_one_side_and_a_node_behind_both_runs_once() {
    let graph = graph(
        &[
            start(&["q"]),
            branch("if", "q", "yes"),
            template("a", "A"),
            template("b", "B"),
            end("end", &["a a.output", "b b.output"]),
        ],
        &["start if", "if:true a", "if:false b", "a end", "b end"],
    );
    for (q, nodes, outputs) in [
        (
            "yes",
            ["start", "if", "a", "end"],
            json!({"a": "A", "b": null}),
        ),
        (
            "no",
            ["start", "if", "b", "end"],
            json!({"a": null, "b": "B"}),
        ),
    ] {
        let mut driver = Driver::new(&graph);
        driver.start(json!({"q": q}));
        assert_eq!(started(&driver), nodes);
        assert_eq!(json!(driver.end().outputs), outputs);
    }
    let both = crate::build::graph(
        &[
            start(&["q"]),
            branch("if", "q", "yes"),
            end("end", &["q start.q"]),
        ],
        &["start if", "if:true end", "if:false end"],
    );
    for q in ["yes", "no"] {
        let mut driver = Driver::new(&both);
        driver.start(json!({"q": q}));
        assert_eq!(started(&driver), ["start", "if", "end"]);
    }
}

#[test]
fn join_waits_for_every_branch_that_can_still_reach_it() {
    let graph = graph(
        &[
            start(&["q"]),
            code("slow"),
            branch("if", "q", "yes"),
            code("side"),
            template("skipped", ""),
            end("join", &[]),
        ],
        &[
            "start slow",
            "start if",
            "if:true side",
            "if:false skipped",
            "side join",
            "skipped join",
            "slow join",
        ],
    );
    let mut driver = Driver::new(&graph);
    driver.start(json!({"q": "yes"}));
    assert_eq!(started(&driver), ["start", "slow", "if", "side"]);
    driver.answer_node("side", done(json!({})));
    assert!(!driver.finished);
    driver.answer_node("slow", done(json!({})));
    assert!(driver.finished);
    assert_eq!(started(&driver), ["start", "slow", "if", "side", "join"]);
}

#[test]
fn chosen_way_without_an_edge_ends_the_path_and_the_run_succeeds() {
    let graph = graph(
        &[start(&["q"]), branch("if", "q", "yes"), end("end", &[])],
        &["start if", "if:false end"],
    );
    let mut driver = Driver::new(&graph);
    driver.start(json!({"q": "yes"}));
    assert_eq!(
        (json!(driver.end().status), started(&driver)),
        (json!("succeeded"), vec!["start", "if"])
    );
}

#[test]
fn only_the_chosen_root_is_active_and_nobody_waits_for_the_others() {
    let trigger = json!({"id": "hook", "data": {"type": "trigger-webhook", "title": "hook"}});
    let graph = graph(
        &[
            start(&[]),
            trigger,
            template("lost", ""),
            template("t", "x"),
            end("end", &["t t.output"]),
        ],
        &["start t", "hook t", "lost t", "t end"],
    );
    let mut driver = Driver::new(&graph);
    driver.start(json!({}));
    assert_eq!(started(&driver), ["start", "t", "end"]);

    let mut driver = Driver::new(&graph);
    driver.send(Event::Start(Start {
        root: Some("hook".to_owned()),
        ..Start::default()
    }));
    let error = driver.end().error.clone().unwrap_or_default();
    assert!(
        error.starts_with("Node hook (trigger-webhook) cannot be run:"),
        "{error}"
    );
}

#[test]
fn failure_goes_one_way_and_success_the_other() {
    for success in ["source", "success-branch"] {
        let edge = format!("work:{success} good");
        let graph = graph(
            &[
                start(&[]),
                with(code("work"), "error_strategy", json!("fail-branch")),
                end("good", &[]),
                end("bad", &["text work.error_message", "kind work.error_type"]),
            ],
            &["start work", &edge, "work:fail-branch bad"],
        );
        let mut driver = Driver::new(&graph);
        driver.start(json!({}));
        driver.answer(|_, _| done(json!({})));
        assert_eq!(started(&driver), ["start", "work", "good"]);
        assert_eq!(json!(driver.end().status), "succeeded");

        let mut driver = Driver::new(&graph);
        driver.start(json!({}));
        driver.answer(|_, _| failed("no"));
        assert_eq!(started(&driver), ["start", "work", "bad"]);
        let end = driver.end();
        assert_eq!(
            (json!(end.status), end.exceptions_count),
            (json!("partial-succeeded"), 1)
        );
        assert_eq!(
            json!(end.outputs),
            json!({"text": "no", "kind": "CodeExecutionError"})
        );
    }
}

#[test]
fn default_values_stand_in_for_a_failure() {
    let defaults = json!([{"key": "y", "type": "number", "value": "7"}, {"key": "o", "type": "object", "value": "{\"a\": 1}"}]);
    let work = with(
        with(code("work"), "error_strategy", json!("default-value")),
        "default_value",
        defaults,
    );
    let graph = graph(
        &[
            start(&[]),
            work,
            end("end", &["y work.y", "a work.o.a", "e work.error_message"]),
        ],
        &["start work", "work end"],
    );
    let mut driver = Driver::new(&graph);
    driver.start(json!({}));
    driver.answer(|_, _| failed("no"));
    let end = driver.end();
    assert_eq!(json!(end.status), "partial-succeeded");
    assert_eq!(json!(end.outputs), json!({"y": 7, "a": 1, "e": "no"}));
}

#[test]
fn retries_come_before_the_strategy_and_one_execution_has_all_attempts() {
    let retry = json!({"retry_enabled": true, "max_retries": 2, "retry_interval": 250});
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
    driver.answer(|_, _| failed("1"));
    assert_eq!(driver.pauses(), [250]);
    driver.ring();
    driver.answer(|_, _| failed("2"));
    driver.ring();
    driver.answer(|_, _| done(json!({})));
    let end = driver.end();
    assert_eq!(
        (json!(end.status), end.exceptions_count, end.total_steps),
        (json!("partial-succeeded"), 2, 5)
    );
    assert_eq!(
        started(&driver),
        ["start", "work", "end"],
        "attempts do not start anew"
    );
}

#[test]
fn late_answers_of_attempts_that_are_over_are_ignored() {
    let retry = json!({"retry_enabled": true, "max_retries": 1, "retry_interval": 0});
    let graph = graph(
        &[
            start(&[]),
            with(code("work"), "retry_config", retry),
            end("end", &["y work.y"]),
        ],
        &["start work", "work end"],
    );
    let mut driver = Driver::new(&graph);
    driver.start(json!({}));
    let (first, ..) = driver.calls[0];
    driver.answer(|_, _| failed("1"));
    driver.ring();
    driver.send(Event::CallDone {
        call: first,
        result: done(json!({"y": "late"})).end.unwrap(),
    });
    assert!(!driver.finished);
    driver.answer(|_, _| done(json!({"y": "right"})));
    assert_eq!(json!(driver.end().outputs), json!({"y": "right"}));
}

#[test]
fn failure_without_a_strategy_ends_the_run_and_gives_up_the_others() {
    let graph = graph(
        &[start(&[]), code("a"), code("b"), end("end", &[])],
        &["start a", "start b", "a end", "b end"],
    );
    let mut driver = Driver::new(&graph);
    driver.start(json!({}));
    driver.answer_node("b", failed("no"));
    let end = driver.end();
    assert_eq!(
        (
            json!(end.status),
            end.error.as_deref(),
            end.exceptions_count
        ),
        (json!("failed"), Some("no"), 1)
    );
    assert!(driver.calls.is_empty(), "a is cancelled");
}

#[test]
fn stop_ends_everything_and_nothing_starts_any_more() {
    let graph = graph(
        &[start(&[]), code("a"), code("b"), end("end", &[])],
        &["start a", "a b", "b end"],
    );
    let mut driver = Driver::new(&graph);
    driver.start(json!({}));
    let (open, ..) = driver.calls[0];
    driver.send(Event::Stop {
        reason: "Aborted: User requested stop".to_owned(),
    });
    let before = driver.happenings.len();
    driver.send(Event::CallDone {
        call: open,
        result: done(json!({})).end.unwrap(),
    });
    assert_eq!(driver.happenings.len(), before);
    assert!(driver.calls.is_empty());
    let end = driver.end();
    assert_eq!(
        (json!(end.status), end.exceptions_count),
        (json!("stopped"), 0)
    );
    assert_eq!(end.error.as_deref(), Some("Aborted: User requested stop"));
}

#[test]
fn limits_end_the_run_and_name_themselves() {
    let nodes: Vec<Json> = std::iter::once(start(&[]))
        .chain((0..10).map(|n| template(&format!("t{n}"), "x")))
        .collect();
    let edges: Vec<String> = (0..10)
        .map(|n| {
            if n == 0 {
                "start t0".to_owned()
            } else {
                format!("t{} t{n}", n - 1)
            }
        })
        .collect();
    let edges: Vec<&str> = edges.iter().map(String::as_str).collect();
    let chain = graph(&nodes, &edges);
    let mut driver = Driver::limited(
        &chain,
        Limits {
            steps: 5,
            ..Limits::default()
        },
    );
    driver.start(json!({}));
    assert!(
        driver
            .end()
            .error
            .as_deref()
            .unwrap()
            .contains("more than 5 steps")
    );

    let waits = graph(&[start(&[]), code("a")], &["start a"]);
    let mut driver = Driver::limited(
        &waits,
        Limits {
            run_micros: 2_000_000,
            ..Limits::default()
        },
    );
    driver.start(json!({}));
    let (deadline, after) = driver.timers[0];
    assert_eq!(after, 2_000);
    driver.now += 2_000_000;
    driver.send(Event::TimerFired(deadline));
    let end = driver.end();
    assert_eq!(json!(end.status), "failed");
    assert!(end.error.as_deref().unwrap().contains("2 seconds"));

    let mut driver = Driver::limited(
        &waits,
        Limits {
            output_bytes: 100,
            ..Limits::default()
        },
    );
    driver.start(json!({}));
    driver.answer(|_, _| done(json!({"y": "x".repeat(200)})));
    assert!(
        driver
            .end()
            .error
            .as_deref()
            .unwrap()
            .contains("at most 100 are allowed")
    );
}

#[test]
fn long_chain_yields_after_256_nodes() {
    let nodes: Vec<Json> = std::iter::once(start(&[]))
        .chain((0..300).map(|n| template(&format!("t{n}"), "x")))
        .collect();
    let edges: Vec<String> = (0..300)
        .map(|n| {
            if n == 0 {
                "start t0".to_owned()
            } else {
                format!("t{} t{n}", n - 1)
            }
        })
        .collect();
    let edges: Vec<&str> = edges.iter().map(String::as_str).collect();
    let limits = Limits::default();
    let graph = Graph::parse(&graph(&nodes, &edges), &limits).unwrap();
    let mut engine = gatewright_engine::Engine::new(std::sync::Arc::new(graph), limits);
    let effects = engine.step(0, Event::Start(Start::default()));
    let ran = effects
        .iter()
        .filter(|effect| matches!(effect, Effect::Emit(happened) if matches!(happened.what, Happening::NodeFinished { .. })))
        .count();
    assert_eq!((ran, effects.last()), (256, Some(&Effect::Yield)));
    assert_eq!(
        engine.step(1, Event::Continue).last(),
        Some(&Effect::Finished)
    );
}

#[test]
fn answers_speak_in_order_and_concatenate() {
    let graph = graph(
        &[
            start(&["q"]),
            code("slow"),
            code("fast"),
            answer("one", "1 {{#slow.y#}};"),
            answer("two", "2 {{#fast.y#}}."),
        ],
        &["start slow", "start fast", "slow one", "fast two"],
    );
    let mut driver = Driver::new(&graph);
    driver.start(json!({"q": ""}));
    driver.answer_node("fast", done(json!({"y": "f"})));
    assert_eq!(driver.text(), "1 ", "the second waits for the first");
    driver.answer_node("slow", done(json!({"y": "s"})));
    assert_eq!(driver.text(), "1 s;2 f.");
    // In the order in which they ended.
    assert_eq!(json!(driver.end().outputs["answer"]), "2 f.1 s;");
}

#[test]
fn what_never_comes_is_passed_over_when_its_speaker_is_done() {
    let graph = graph(
        &[
            start(&["q"]),
            branch("if", "q", "yes"),
            template("a", "A"),
            template("b", "B"),
            answer("say", "<{{#a.output#}}{{#b.output#}}>"),
        ],
        &["start if", "if:true a", "if:false b", "a say", "b say"],
    );
    let mut driver = Driver::new(&graph);
    driver.start(json!({"q": "no"}));
    assert_eq!(driver.text(), "<B>");
}

#[test]
fn conversation_variable_goes_out_after_it_was_written_and_survives_an_iteration() {
    let item = json!({"variable_selector": ["conversation", "seen"], "input_type": "variable", "operation": "append", "value": ["each", "item"]});
    let nodes = [
        start(&[]),
        template("list", "x"),
        json!({"id": "each", "data": {"type": "iteration", "title": "", "iterator_selector": ["sys", "list"], "output_selector": ["each", "item"]}}),
        inside(
            "each",
            json!({"id": "first", "data": {"type": "iteration-start"}}),
        ),
        inside(
            "each",
            json!({"id": "set", "data": {"type": "assigner", "version": "2", "title": "", "items": [item]}}),
        ),
        answer("say", "seen {{#conversation.seen#}}"),
    ];
    let graph = graph(
        &nodes,
        &["start list", "list each", "first set", "each say"],
    );
    let mut driver = Driver::new(&graph);
    driver.send(Event::Start(Start {
        system: crate::driver::object(json!({"list": ["a", "b"]})),
        conversation: vec![gatewright_engine::Declared {
            name: "seen".to_owned(),
            value_type: "array[string]".to_owned(),
            value: json!([]),
        }],
        ..Start::default()
    }));
    assert_eq!(driver.text(), "seen - a\n- b");
    let updates = driver
        .happenings
        .iter()
        .filter(|happening| matches!(happening, Happening::VariableUpdated(_)))
        .count();
    assert_eq!(updates, 2);
    let pool = driver.engine.state().pool().unwrap();
    assert_eq!(
        pool.variable("conversation", "seen").unwrap().json(),
        &json!(["a", "b"])
    );
}

#[test]
fn one_node_runs_alone_with_variables_that_are_given() {
    let nodes = [
        start(&[]),
        template("list", "x"),
        json!({"id": "each", "data": {"type": "iteration", "title": "", "iterator_selector": ["list", "output"], "output_selector": ["up", "output"]}}),
        inside(
            "each",
            json!({"id": "first", "data": {"type": "iteration-start"}}),
        ),
        inside(
            "each",
            with(
                template("up", "{{ x }}!"),
                "variables",
                json!([{"variable": "x", "value_selector": ["each", "item"]}]),
            ),
        ),
        answer("say", "{{#each.output#}}"),
    ];
    let graph = graph(&nodes, &["start list", "list each", "first up", "each say"]);
    let preset = |node: &str, name: &str, value: Json| gatewright_engine::Preset {
        node: node.to_owned(),
        name: name.to_owned(),
        value_type: None,
        value,
    };
    for (only, variables, ran, outputs) in [
        (
            "each",
            vec![preset("list", "output", json!(["a", "b"]))],
            vec!["each", "up", "up"],
            json!(["a!", "b!"]),
        ),
        (
            "up",
            vec![preset("each", "item", json!("a"))],
            vec!["up"],
            json!("a!"),
        ),
    ] {
        let mut driver = Driver::new(&graph);
        driver.send(Event::Start(Start {
            only: Some(only.to_owned()),
            variables,
            ..Start::default()
        }));
        assert_eq!(started(&driver), ran);
        assert_eq!(
            (
                json!(driver.end().outputs),
                driver.text().as_str(),
                driver.end().total_steps
            ),
            (json!({}), "", 1)
        );
        let last = driver
            .happenings
            .iter()
            .rev()
            .find_map(|happening| match happening {
                Happening::NodeFinished { end } => Some(json!(end.outputs["output"])),
                _ => None,
            });
        assert_eq!(last, Some(outputs));
    }
}

#[test]
fn answer_inside_an_iteration_speaks_in_every_round() {
    for parallel in [false, true] {
        let nodes = [
            start(&["list"]),
            json!({"id": "each", "data": {"type": "iteration", "title": "", "iterator_selector": ["start", "list"],
                "output_selector": ["each", "item"], "is_parallel": parallel}}),
            inside(
                "each",
                json!({"id": "first", "data": {"type": "iteration-start"}}),
            ),
            inside("each", answer("say", "<{{#each.item#}}>")),
        ];
        let mut driver = Driver::new(&graph(&nodes, &["start each", "first say"]));
        driver.start(json!({"list": ["a", "b", "c"]}));
        assert_eq!(driver.text(), "<a><b><c>");
        assert_eq!(driver.end().outputs["answer"], "<a><b><c>");
    }
}

#[test]
fn list_operator_gives_what_is_left_and_fails_on_what_is_no_list() {
    let list = json!({"id": "list", "data": {"type": "list-operator", "title": "", "variable": ["start", "list"],
        "filter_by": {"enabled": true, "conditions": [{"key": "", "comparison_operator": "contains", "value": "a"}]},
        "order_by": {"enabled": true, "key": "", "value": "desc"}, "extract_by": {"enabled": false, "serial": ""}, "limit": {"enabled": true, "size": 2}}});
    let older = json!({"id": "first", "data": {"type": "variable-assigner", "title": "", "output_type": "array[string]", "variables": [["nobody", "x"], ["list", "result"]]}});
    let graph = graph(
        &[
            start(&["list"]),
            list,
            older,
            end(
                "end",
                &[
                    "all first.output",
                    "one list.first_record",
                    "last list.last_record",
                ],
            ),
        ],
        &["start list", "list first", "first end"],
    );
    let mut driver = Driver::new(&graph);
    driver.start(json!({"list": ["a", "b", "ab", "ac"]}));
    assert_eq!(
        json!(driver.end().outputs),
        json!({"all": ["ac", "ab"], "one": "ac", "last": "ab"})
    );
    let mut driver = Driver::new(&graph);
    driver.start(json!({"list": {"a": 1}}));
    assert_eq!(json!(driver.end().status), "failed");
}

#[test]
fn branch_that_failed_with_defaults_leaves_by_none_of_its_ways() {
    let node = with(
        branch("if", "q", "yes"),
        "error_strategy",
        json!("default-value"),
    );
    let mut broken = with(
        node,
        "default_value",
        json!([{"key": "result", "type": "boolean", "value": false}]),
    );
    broken["data"]["cases"][0]["conditions"][0]["variable_selector"] = json!(["nobody", "x"]);
    let graph = graph(
        &[start(&[]), broken, template("a", ""), template("b", "")],
        &["start if", "if:true a", "if:false b"],
    );
    let mut driver = Driver::new(&graph);
    driver.start(json!({}));
    assert_eq!(
        (started(&driver), json!(driver.end().status)),
        (vec!["start", "if"], json!("partial-succeeded"))
    );
}

#[test]
fn answers_of_a_run_are_bounded_together() {
    let limits = Limits {
        output_bytes: 1_000,
        ..Limits::default()
    };
    let long = "x".repeat(600);
    let mut driver = Driver::limited(
        &graph(
            &[start(&[]), answer("a", &long), answer("b", &long)],
            &["start a", "a b"],
        ),
        limits,
    );
    driver.start(json!({}));
    let error = driver.end().error.as_deref();
    assert_eq!(
        error,
        Some("Node b says too much: at most 1000 bytes are allowed.")
    );
}
