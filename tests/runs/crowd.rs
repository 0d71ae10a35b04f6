//! A hundred runs at once of a graph with each node that reaches out or goes round: each hears its own, in the order of its graph.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use gatewright_test_support::scripted_server::{
    Asked, ScriptedServer, Step, answer, chunk, chunked_head,
};
use serde_json::{Value, json};

use crate::support::{
    Browser, Harness,
    apps::{APPS, make_key, published},
    basic_account,
    events::events,
    graphs::{edges, end, file, get, inside, node, start, template},
    model_server::endpoint_file,
};

/// Runs at once.
const RUNS: usize = 100;

/// Asked for a page it says its path; a path of `/503/…` fails each time. Asked as a model, it sorts by the first letter of the question, or
/// takes its last word out.
fn script(asked: &Asked) -> Vec<Step> {
    if asked.method == "POST" {
        let body: Value = serde_json::from_slice(&asked.body).unwrap();
        let messages = body["messages"].as_array().unwrap();
        return says(&replied(
            messages.last().unwrap()["content"].as_str().unwrap(),
        ));
    }
    let status = if asked.target.starts_with("/503/") {
        "503 No"
    } else {
        "200 OK"
    };
    answer(status, "content-type: text/plain\r\n", &asked.target)
}

fn replied(prompt: &str) -> String {
    let line = |title: &str| {
        let (_, rest) = prompt.split_once(title)?;
        rest.lines().next().map(str::to_owned)
    };
    match (line("Question:\n"), line("Text:\n")) {
        (Some(question), _) => {
            let class = if question.starts_with('a') { "1" } else { "2" };
            format!("```json\n{{\"category_id\": \"{class}\", \"category_name\": \"x\"}}\n```")
        }
        (None, Some(text)) => {
            let word = text.split(' ').next_back().unwrap_or_default().to_owned();
            format!("It is {}.", json!({"word": word}))
        }
        _ => "words".to_owned(),
    }
}

fn says(text: &str) -> Vec<Step> {
    let event = |value: &Value| chunk(format!("data: {value}\n\n"));
    let piece = json!({"choices": [{"index": 0, "delta": {"content": text}}]});
    let usage = json!({"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12});
    let last =
        json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": usage});
    vec![
        chunked_head("text/event-stream"),
        event(&piece),
        event(&last),
        chunk("data: [DONE]\n\n"),
        chunk(""),
    ]
}

fn with(mut data: Value, more: Value) -> Value {
    for (key, value) in more.as_object().unwrap() {
        data[key] = value.clone();
    }
    data
}

/// start → filter → classifier ⇒ each item is asked for, side by side ⇒ a loop that asks until it has gone round → extractor → end.
fn graph(server: &ScriptedServer) -> Value {
    let model =
        json!({"provider": "scripted", "name": "small", "mode": "chat", "completion_params": {}});
    let url = |path: &str| server.url(path);
    let nodes = [
        start(),
        node(
            "keep",
            json!({"type": "list-operator", "title": "Keep", "variable": ["start", "o", "list"],
                "filter_by": {"enabled": true, "conditions": [{"key": "", "comparison_operator": "not contains", "value": "drop"}]},
                "order_by": {"enabled": true, "key": "", "value": "desc"}, "limit": {"enabled": false, "size": 1}}),
        ),
        node(
            "sort",
            json!({"type": "question-classifier", "title": "Sort", "model": model, "query_variable_selector": ["start", "q"],
                "classes": [{"id": "1", "name": "one"}, {"id": "2", "name": "two"}]}),
        ),
        node(
            "each",
            json!({"type": "iteration", "title": "Each", "start_node_id": "first", "is_parallel": true, "parallel_nums": 3,
                "error_handle_mode": "remove-abnormal-output", "iterator_selector": ["keep", "result"], "output_selector": ["page", "body"]}),
        ),
        inside("each", "first", json!({"type": "iteration-start"})),
        inside(
            "each",
            "page",
            with(
                get(&url("/{{#each.item#}}/{{#start.q#}}")),
                json!({"retry_config": {"retry_enabled": true, "max_retries": 1, "retry_interval": 1}}),
            ),
        ),
        node(
            "round",
            json!({"type": "loop", "title": "Round", "loop_count": 5, "logical_operator": "and",
                "break_conditions": [{"varType": "string", "variable_selector": ["round", "seen"], "comparison_operator": "contains", "value": "xxx"}],
                "loop_variables": [{"label": "seen", "var_type": "string", "value_type": "constant", "value": ""}]}),
        ),
        inside("round", "begin", json!({"type": "loop-start"})),
        inside("round", "more", template("{{ x }}x", &["round", "seen"])),
        inside(
            "round",
            "note",
            json!({"type": "assigner", "version": "2", "title": "N", "items": [{"variable_selector": ["round", "seen"],
                "input_type": "variable", "operation": "over-write", "value": ["more", "output"]}]}),
        ),
        node(
            "take",
            json!({"type": "parameter-extractor", "title": "Take", "model": model, "query": ["start", "q"], "reasoning_mode": "prompt",
                "parameters": [{"name": "word", "type": "string", "description": "the last", "required": true}]}),
        ),
        node(
            "other",
            with(
                get(&url("/503/{{#start.q#}}")),
                json!({"error_strategy": "fail-branch"}),
            ),
        ),
        end(&[
            "kept keep.result",
            "pages each.output",
            "rounds round.loop_round",
            "word take.word",
            "failed other.error_message",
        ]),
    ];
    let edges = edges(&[
        "start keep",
        "keep sort",
        "sort:1 each",
        "sort:2 other",
        "first page",
        "each round",
        "begin more",
        "more note",
        "round take",
        "take end",
        "other:fail-branch end",
    ]);
    json!({"nodes": nodes, "edges": edges})
}

/// What is told of the canvas, in order: of an item side by side with others only how often.
fn told(events: &[Value]) -> (Vec<String>, BTreeMap<String, usize>) {
    let (mut order, mut inside) = (vec![], BTreeMap::new());
    for event in events {
        let (name, data) = (event["event"].as_str().unwrap(), &event["data"]);
        let id = data["node_id"].as_str().unwrap_or_default();
        let word = match name {
            "node_started" => format!("+{id}"),
            "node_finished" => format!("-{id} {}", data["status"].as_str().unwrap()),
            "node_retry" => format!("retry {id}"),
            "text_chunk" => continue,
            other => format!("{other} {id}"),
        };
        if data["iteration_id"].is_string() {
            *inside.entry(word).or_default() += 1;
        } else {
            order.push(word.trim().to_owned());
        }
    }
    (order, inside)
}

/// The events of a run that goes the way of the class.
fn expected(is_first: bool) -> Vec<String> {
    let node = |id: &str| [format!("+{id}"), format!("-{id} succeeded")];
    let mut all = vec!["workflow_started".to_owned()];
    all.extend(["start", "keep", "sort"].iter().flat_map(|id| node(id)));
    if is_first {
        all.push("iteration_started each".to_owned());
        all.extend(std::iter::repeat_n("iteration_next each".to_owned(), 4));
        all.push("iteration_completed each".to_owned());
        all.push("loop_started round".to_owned());
        for pass in 0..3 {
            if pass > 0 {
                all.push("loop_next round".to_owned());
            }
            all.extend(["more", "note"].iter().flat_map(|id| node(id)));
        }
        all.push("loop_completed round".to_owned());
        all.extend(node("take"));
    } else {
        all.extend(["+other".to_owned(), "-other exception".to_owned()]);
    }
    all.extend(node("end"));
    all.push("workflow_finished".to_owned());
    all
}

async fn begun(h: &Harness, key: &str, number: usize) -> Vec<Value> {
    let query = query(number);
    let list = ["pages", "503", "drop-1", "images", "texts", "drop-2"];
    let body = json!({"inputs": {"q": query, "o": {"list": list}}, "response_mode": "streaming", "user": query});
    let request = h.request("POST", "/v1/workflows/run").bearer_auth(key);
    let answer = request.json(&body).send().await.unwrap();
    events(&answer.text().await.unwrap())
}

fn query(number: usize) -> String {
    let class = if number.is_multiple_of(4) { 'b' } else { 'a' };
    format!("{class} word{number}")
}

#[actix_web::test]
async fn hundred_runs_at_once_hear_each_their_own_in_the_order_of_their_graph() {
    let server = ScriptedServer::start(script).await.unwrap();
    let models = "providers = [\"scripted\"]\n[[endpoint.model]]\nname = \"*\"\n";
    let models = endpoint_file(&server, models);
    let settings = [
        ("GATEWRIGHT_OUTBOUND_ALLOW", "127.0.0.0/8"),
        (
            "GATEWRIGHT_MODEL_ENDPOINTS",
            models.path().to_str().unwrap(),
        ),
    ];
    let h = Harness::with(&settings).await;
    let mut owner: Browser = basic_account(&h).await;
    let app = published(&h, &mut owner, &file(&graph(&server))).await;
    let (_, key) = make_key(&h, &mut owner, &app).await;
    let runs = join_all((0..RUNS).map(|number| begun(&h, &key, number))).await;
    for (number, events) in runs.iter().enumerate() {
        let query = query(number);
        let is_first = query.starts_with('a');
        let (order, inside) = told(events);
        assert_eq!(order, expected(is_first), "{query}");
        let encoded = query.replace(' ', "%20");
        let outputs = &events.last().unwrap()["data"]["outputs"];
        let pages = ["texts", "pages", "images"].map(|name| format!("/{name}/{encoded}"));
        let kept = json!(["texts", "pages", "images", "503"]);
        let expected = if is_first {
            json!({"kept": kept, "pages": pages, "rounds": 3, "word": format!("word{number}"), "failed": null})
        } else {
            json!({"kept": kept, "pages": null, "rounds": null, "word": null, "failed": "Request failed with status code 503"})
        };
        assert_eq!(outputs, &expected, "{query}");
        let times = |word: &str| inside.get(word).copied().unwrap_or_default();
        let counts = ["+page", "-page succeeded", "retry page", "-page failed"].map(times);
        assert_eq!(
            counts,
            if is_first { [4, 3, 1, 1] } else { [0; 4] },
            "{query}"
        );
        assert_eq!(batches(events), if is_first { 4 } else { 0 }, "{query}");
    }
    let rows = "SELECT status || ' ' || count(*) FROM workflow_runs GROUP BY status ORDER BY 1";
    let of_class = RUNS / 4;
    let ended = [
        format!("partial-succeeded {of_class}"),
        format!("succeeded {}", RUNS - of_class),
    ];
    assert_eq!(h.db.query(rows).await, ended);
    let path = format!("{APPS}/{app}/workflow-runs/count?triggered_from=app-run");
    let counted = owner.get(&h, &path).await.expect(200).json();
    assert_eq!(counted["total"], RUNS);
}

/// Items whose events came together, as one piece each.
fn batches(events: &[Value]) -> usize {
    let of_items = events
        .iter()
        .filter(|event| event["data"]["iteration_id"].is_string());
    let mut open = None;
    let mut whole = 0;
    for event in of_items {
        let id = event["data"]["id"].as_str();
        match event["event"].as_str() {
            Some("node_started") => {
                assert_eq!(open, None, "an item comes between the events of another");
                open = id;
            }
            Some("node_finished") => {
                assert_eq!(open, id);
                open = None;
                whole += 1;
            }
            _ => assert_eq!(open, id),
        }
    }
    whole
}
