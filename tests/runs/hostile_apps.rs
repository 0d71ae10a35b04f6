//! Files of apps that are made to cost a server time or memory, or to run what cannot be run: imported, published and run over the wire,
//! each is refused with a sentence that names what is wrong.

use serde_json::{Value, json};

use crate::support::{
    Answer, Browser, Harness,
    apps::{import, publish, published},
    basic_account,
    events::data,
    graphs::{chain, end, file, node, start},
};

async fn imported(h: &Harness, owner: &mut Browser, graph: &Value) -> String {
    let done = import(h, owner, &file(graph)).await.expect(200).json();
    done["app_id"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn hostile_file_is_not_imported() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let mut aliases = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let uses = vec![format!("*a{}", level - 1); 10].join(", ");
        aliases += &format!("a{level}: &a{level} [{uses}]\n");
    }
    for (text, says) in [
        (aliases, "too"),
        (format!("app: {}", "[".repeat(50_000)), "deep"),
        (
            "app: &a {b: *a}".to_owned(),
            "inside the value that it names",
        ),
        (
            "app: !!python/object/apply:os.system ['id']".to_owned(),
            "tag",
        ),
        ("app: {name: \"a\\0b\"}".to_owned(), "character"),
        (format!("app: {}", "9".repeat(100_000)), "number"),
        // A ZIP file, as somebody might send whole exports.
        ("PK\u{3}\u{4}\u{14}".to_owned(), ""),
    ] {
        let failed = import(&h, &mut owner, &text).await.expect(400).json();
        assert_eq!(failed["status"], "failed");
        let error = failed["error"].as_str().unwrap_or_default();
        assert!(
            error.to_lowercase().contains(says) && error.len() < 500,
            "{says}: {error}"
        );
    }
    assert_eq!(h.db.query("SELECT count(*) FROM apps").await, ["0"]);
}

#[actix_web::test]
async fn hostile_graph_is_not_published_and_the_node_is_named() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let many: Vec<Value> = (0..10_000)
        .map(|n| node(&format!("n{n}"), json!({"type": "answer"})))
        .collect();
    let container = |id: &str, within: &str| json!({"id": id, "parentId": within, "data": {"type": "iteration", "iterator_selector": ["start", "q"], "output_selector": ["a", "b"]}});
    let with = |more: Value, edges: Value| {
        let nodes: Vec<Value> = std::iter::once(start())
            .chain(more.as_array().cloned().unwrap())
            .collect();
        json!({"nodes": nodes, "edges": edges})
    };
    let answer = || node("a", json!({"type": "answer"}));
    let cases = [
        (
            with(
                json!([answer()]),
                json!([{"source": "start", "target": "a"}, {"source": "a", "target": "a"}]),
            ),
            "node a is part of a cycle",
        ),
        (
            with(
                json!([answer()]),
                json!([{"source": "a", "target": "nowhere"}]),
            ),
            "does not exist: nowhere",
        ),
        (
            with(json!([answer(), answer()]), json!([])),
            "node a comes twice",
        ),
        (
            with(json!([container("c", "c")]), json!([])),
            "node c is nested too deeply",
        ),
        (
            with(json!([container("c", "d"), container("d", "c")]), json!([])),
            "node c is nested too deeply",
        ),
        (
            with(json!(many), json!([])),
            "the graph has 10001 nodes, more than 1000",
        ),
        (
            with(
                json!([node("a", json!({"type": "answer", "x": vec![1; 10_001]}))]),
                json!([]),
            ),
            "node a has 10003 values",
        ),
        (
            with(
                json!([node(
                    "h",
                    json!({"type": "http-request", "method": "get", "url": "x", "headers": "a:b\n".repeat(1_001)})
                )]),
                json!([]),
            ),
            "node h (http-request): headers: more than 1000 lines",
        ),
    ];
    let mut cases: Vec<(Value, String)> =
        cases.map(|(graph, says)| (graph, says.to_owned())).into();
    for (kind, reason) in gatewright_engine::node_types() {
        if let (Some(reason), false) =
            (reason, kind.starts_with("trigger-") || kind == "datasource")
        {
            let says = format!("node x ({kind}) cannot be run: {reason}");
            cases.push((
                with(json!([node("x", json!({"type": kind}))]), json!([])),
                says,
            ));
        }
    }
    for (graph, says) in cases {
        let app = imported(&h, &mut owner, &graph).await;
        let refused = publish(&h, &mut owner, &app).await.expect(400).json();
        let message = refused["message"].as_str().unwrap_or_default();
        assert!(message.contains(&says), "{says}: {message}");
    }
    assert_eq!(
        h.db.query("SELECT count(*) FROM apps WHERE workflow_id IS NOT NULL")
            .await,
        ["0"]
    );
}

/// The end of a run: its status, and the node that failed with its error.
fn told(stream: &str) -> (String, String, String) {
    let events = data(stream);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let last = events.last().expect("an end");
    let failed = events
        .iter()
        .rev()
        .find(|event| event["event"] == "node_finished" && event["data"]["status"] == "failed");
    let failed = failed.map(|event| text(&event["data"]["node_id"]));
    (
        text(&last["data"]["status"]),
        failed.unwrap_or_default(),
        text(&last["data"]["error"]),
    )
}

#[actix_web::test]
async fn hostile_run_ends_with_an_error_that_names_its_limit() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let token = h.token(&mut owner, "laptop").await;
    let template = |text: &str| {
        node(
            "t",
            json!({"type": "template-transform", "title": "T", "template": text, "variables": [{"variable": "q", "value_selector": ["start", "q"]}]}),
        )
    };
    let ask = |url: &str| {
        node(
            "h",
            json!({"type": "http-request", "title": "H", "method": "get", "url": url, "headers": "", "params": "", "authorization": {"type": "no-auth"}, "body": {"type": "none", "data": []}}),
        )
    };
    let many: Vec<Value> = (0..1_900)
        .map(|n| json!({"variable": format!("o{n}"), "value_selector": ["start", "q"]}))
        .collect();
    let cases = [
        (
            chain(&[
                start(),
                template(
                    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
                ),
                end(&["r t.output"]),
            ]),
            "t",
            "template",
        ),
        (
            chain(&[
                start(),
                template("{{ 'x' * 100000000 }}"),
                end(&["r t.output"]),
            ]),
            "t",
            "",
        ),
        (
            chain(&[
                start(),
                template("{% include '/etc/passwd' %}"),
                end(&["r t.output"]),
            ]),
            "t",
            "",
        ),
        (
            chain(&[
                start(),
                template("{{ q.__class__.__mro__[1].__subclasses__() }}"),
                end(&["r t.output"]),
            ]),
            "t",
            "",
        ),
        (
            chain(&[
                start(),
                node(
                    "end",
                    json!({"type": "end", "title": "End", "outputs": many}),
                ),
            ]),
            "",
            "Node end says too much",
        ),
        (
            chain(&[start(), ask("http://127.0.0.1:1/"), end(&["r h.body"])]),
            "h",
            "",
        ),
        (
            chain(&[
                start(),
                ask("http://169.254.169.254/latest/meta-data"),
                end(&["r h.body"]),
            ]),
            "h",
            "",
        ),
        (
            chain(&[
                start(),
                ask("http://[::ffff:10.0.0.1]/"),
                end(&["r h.body"]),
            ]),
            "h",
            "",
        ),
        (
            chain(&[start(), ask("file:///etc/passwd"), end(&["r h.body"])]),
            "h",
            "url should start with http",
        ),
    ];
    for (graph, node, says) in cases {
        let app = published(&h, &mut owner, &file(&graph)).await;
        let path = format!("/openapi/v1/apps/{app}/run");
        let request = h.request("POST", &path).bearer_auth(&token);
        let answer = request
            .json(&json!({"inputs": {"q": "x".repeat(10_000)}}))
            .send()
            .await
            .unwrap();
        let answer = Answer::read(answer).await.expect(200);
        let (status, failed, error) = told(&answer.body);
        assert_eq!(
            (status.as_str(), failed.as_str()),
            ("failed", node),
            "{graph}: {error}"
        );
        assert!(
            error.contains(says) && !error.is_empty() && !error.contains("root:"),
            "{says}: {error}"
        );
    }
    let open = "SELECT count(*) FROM workflow_runs WHERE status <> 'failed'";
    assert_eq!(h.db.query(open).await, ["0"]);
}

#[actix_web::test]
async fn run_that_would_begin_at_a_trigger_is_refused_with_node_and_reason() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let token = h.token(&mut owner, "laptop").await;
    for (kind, reason) in gatewright_engine::node_types() {
        let Some(reason) = reason.filter(|_| kind.starts_with("trigger-")) else {
            continue;
        };
        let graph = chain(&[
            node("begin", json!({"type": kind, "title": "T"})),
            end(&["r begin.x"]),
        ]);
        let app = published(&h, &mut owner, &file(&graph)).await;
        let path = format!("/openapi/v1/apps/{app}/run");
        let request = h
            .request("POST", &path)
            .bearer_auth(&token)
            .json(&json!({"inputs": {}}));
        let answer = Answer::read(request.send().await.unwrap()).await;
        let says = format!("Node begin ({kind}) cannot be run: {reason}");
        assert!(
            answer.body.contains(&says),
            "{} {}",
            answer.status,
            answer.body
        );
    }
}
