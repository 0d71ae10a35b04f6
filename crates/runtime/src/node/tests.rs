//! Whole runs over real connections: graph, engine, task, runners, a vendor of models and other servers on loopback.

use std::{future, io};

use gatewright_domain::{SystemClock, settings::Settings as _};
use gatewright_engine::{Engine, Graph, Limits, Start, happening::FormRequired};
use gatewright_node_runners::{
    files::{FileContent, FileError},
    history::NoHistory,
};
use gatewright_outbound::guard::{Lookup, Policy, ResolveName};
use gatewright_run_events::{Form, Json, RunEvent, RunLog};
use gatewright_test_support::{
    scripted_server::{Asked, ScriptedServer, Step, answer, chunk, chunked_head},
    scripted_vendor,
};
use gatewright_usecase_runs::{
    Capacity, Commit, Committed, FormIssuer, Ports, RunHandle, RunKey, RunRegistry, RunStore,
    StoreError,
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::*;

struct Nothing;

impl RunFiles for Nothing {
    fn read<'a>(&'a self, _: &'a Value) -> PortFuture<'a, Result<FileContent, FileError>> {
        Box::pin(future::ready(Err(FileError(
            "there are no files".to_owned(),
        ))))
    }

    fn keep(&self, _: FileContent) -> PortFuture<'_, Result<Value, FileError>> {
        Box::pin(future::ready(Err(FileError("no file is kept".to_owned()))))
    }
}

impl RunSurroundings for Nothing {
    fn files(&self, _: &RunPlan) -> Arc<dyn RunFiles> {
        Arc::new(Self)
    }

    fn history(&self, _: &RunPlan) -> Arc<dyn RunHistory> {
        Arc::new(NoHistory)
    }
}

impl RunStore for Nothing {
    fn commit(&self, _: Commit) -> PortFuture<'_, Result<Committed, StoreError>> {
        Box::pin(future::ready(Ok(Committed::default())))
    }
}

impl FormIssuer for Nothing {
    fn issue(&self, _: &RunPlan, _: &FormRequired, _: i64) -> Form {
        unreachable!("no graph here asks people")
    }
}

/// Every name is this machine.
struct Loopback;

impl ResolveName for Loopback {
    fn resolve(&self, _: String) -> Lookup {
        Box::pin(future::ready(Ok::<_, io::Error>(vec![
            [127, 0, 0, 1].into(),
        ])))
    }
}

fn settings(variables: &[(&str, String)]) -> NodeSettings {
    let source = |name: &str| {
        let found = variables.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| value.clone())
    };
    NodeSettings::load(&source).unwrap()
}

fn node(id: &str, kind: &str, data: Value) -> Value {
    let mut all = json!({"type": kind, "title": id});
    if let (Value::Object(all), Value::Object(data)) = (&mut all, data) {
        all.extend(data);
    }
    json!({"id": id, "data": all})
}

/// start → the node → end, which gives one of its outputs.
fn graph(kind: &str, data: Value, output: &str) -> Value {
    json!({
        "nodes": [
            node("start", "start", json!({"variables": [{"variable": "q", "type": "paragraph"}]})),
            node("work", kind, data),
            node("end", "end", json!({"outputs": [{"variable": "out", "value_selector": ["work", output]}]})),
        ],
        "edges": [
            {"source": "start", "sourceHandle": "source", "target": "work"},
            {"source": "work", "sourceHandle": "source", "target": "end"},
        ],
    })
}

fn llm(model: &str, more: Value) -> Value {
    let mut data = json!({
        "model": {"provider": "langgenius/tongyi/tongyi", "name": model, "mode": "chat", "completion_params": {}},
        "prompt_template": [{"role": "user", "text": "{{#start.q#}}"}],
        "context": {"enabled": false}, "vision": {"enabled": false},
    });
    if let (Value::Object(data), Value::Object(more)) = (&mut data, more) {
        data.extend(more);
    }
    data
}

async fn begin(
    vendor: &ScriptedServer,
    variables: &[(&str, String)],
    graph: &Value,
    q: &str,
) -> (RunRegistry, RunHandle) {
    let endpoints = format!(
        "[[endpoint]]\nname = \"scripted\"\nbase_url = \"{}\"\nproviders = [\"tongyi\"]\nmodel = [{{ name = \"*\" }}]",
        vendor.url("/v1")
    );
    let endpoints = Endpoints::parse(&endpoints, &|_| Err(String::new())).unwrap();
    let policy = Policy {
        allow: "allowed.test".parse().unwrap(),
        ..Policy::default()
    };
    let guarded = GuardedClient::with_resolver(policy, Arc::new(Loopback)).unwrap();
    let clock = Arc::new(SystemClock);
    let calls = NodeCalls::new(
        &settings(variables),
        endpoints,
        guarded,
        Arc::new(Nothing),
        clock.clone(),
        None,
    );
    let ports = Ports {
        runner: Arc::new(calls.unwrap()),
        store: Arc::new(Nothing),
        forms: Arc::new(Nothing),
        clock,
    };
    let capacity = Capacity {
        runs: 1,
        log_bytes: 1 << 20,
    };
    let registry = RunRegistry::new(ports, capacity);
    let limits = Limits::default();
    let graph = Arc::new(Graph::parse(graph, &limits).unwrap());
    let inputs: Map<String, Value> = [("q".to_owned(), json!(q))].into_iter().collect();
    let start = Start {
        inputs,
        ..Start::default()
    };
    let engine = Box::new(Engine::new(graph, limits));
    let handle = registry.start(plan(), engine, start).await.unwrap();
    (registry, handle)
}

fn plan() -> RunPlan {
    RunPlan {
        key: RunKey {
            run_id: Uuid::from_u128(7),
            epoch: 1,
        },
        task_id: Uuid::from_u128(8),
        tenant_id: Uuid::from_u128(9),
        app_id: Uuid::from_u128(10),
        workflow_id: Uuid::from_u128(11),
        message: None,
        dialogue: None,
        surface: gatewright_usecase_runs::Surface::Service,
        created_by: CreatedBy::EndUser {
            id: "end-user".to_owned(),
            user: "u".to_owned(),
        },
        inputs: Json::object(),
        stored_inputs: Json::object(),
    }
}

/// What a reader hears: pieces of text, thoughts, and the end with its outputs.
#[derive(Default, Debug)]
struct Heard {
    text: String,
    thoughts: String,
    outputs: Value,
    error: Option<String>,
}

async fn hear(log: &Arc<RunLog>) -> Heard {
    let mut reader = log.reader(0, false);
    let mut heard = Heard::default();
    while let Some(batch) = reader.next().await.unwrap() {
        for event in &batch.events {
            match event.as_ref() {
                RunEvent::TextChunk(chunk) => heard.text.push_str(&chunk.text),
                RunEvent::ReasoningChunk(chunk) => heard.thoughts.push_str(&chunk.reasoning),
                RunEvent::WorkflowFinished(end) => {
                    heard.outputs = serde_json::from_str(end.outputs.as_str()).unwrap();
                    heard.error.clone_from(&end.error);
                }
                _ => {}
            }
        }
    }
    heard
}

async fn run(variables: &[(&str, String)], graph: &Value, q: &str) -> Heard {
    let vendor = scripted_vendor::start().await.unwrap();
    let (_registry, handle) = begin(&vendor, variables, graph, q).await;
    hear(&handle.log).await
}

#[tokio::test]
async fn a_model_answers_through_the_whole_house() {
    for (model, q, more, text, outputs) in [
        (
            "m",
            "echo:Hello wörld 你好",
            json!({}),
            "Hello wörld 你好",
            json!("Hello wörld 你好"),
        ),
        (
            "m",
            "think",
            json!({"reasoning_format": "separated"}),
            "The answer.",
            json!("The answer."),
        ),
        (
            "scripted-think",
            "think",
            json!({"reasoning_format": "separated"}),
            "The answer.",
            json!("The answer."),
        ),
        (
            "scripted-think",
            "think",
            json!({}),
            "<think>\nfirst I think\nthen more\n</think>The answer.",
            json!("<think>\nfirst I think\nthen more\n</think>The answer."),
        ),
    ] {
        let heard = run(&[], &graph("llm", llm(model, more.clone()), "text"), q).await;
        assert_eq!(
            (heard.text.as_str(), &heard.outputs["out"]),
            (text, &outputs),
            "{heard:?}"
        );
        let thoughts = if more == json!({}) {
            ""
        } else {
            "first I think\nthen more"
        };
        assert_eq!(heard.thoughts, thoughts, "{model} {q}");
    }
}

#[tokio::test]
async fn failures_of_a_model_are_the_run_s() {
    for (model, error) in [
        ("fail-rate-limit", "fail-rate-limit says no"),
        (
            "fail-auth",
            "[scripted] Incorrect model credentials provided, please check and try again.",
        ),
        ("fail-midstream", "[scripted] the server did not answer"),
    ] {
        let heard = run(
            &[],
            &graph("llm", llm(model, json!({})), "text"),
            "echo:0123456789abcdef",
        )
        .await;
        assert_eq!(heard.error.as_deref(), Some(error), "{heard:?}");
    }
}

#[tokio::test]
async fn a_stopped_run_hangs_up_on_the_model() {
    let server = ScriptedServer::start(|_: &Asked| {
        let piece = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n";
        vec![
            chunked_head("text/event-stream"),
            chunk(piece),
            Step::UntilClosed,
        ]
    });
    let server = server.await.unwrap();
    let (registry, handle) = begin(
        &server,
        &[],
        &graph("llm", llm("m", json!({})), "text"),
        "x",
    )
    .await;
    let mut reader = handle.log.reader(0, false);
    let is_text = |event: &Arc<RunEvent>| matches!(event.as_ref(), RunEvent::TextChunk(_));
    while let Some(batch) = reader.next().await.unwrap() {
        if batch.events.iter().any(is_text) {
            break;
        }
    }
    assert!(registry.abandon(handle.plan.key.run_id));
    let left = tokio::time::timeout(std::time::Duration::from_secs(10), server.client_left()).await;
    assert!(left.is_ok(), "the model still talks to nobody");
}

#[tokio::test]
async fn an_http_node_reaches_what_is_allowed_and_nothing_else() {
    let server = ScriptedServer::start(|asked: &Asked| {
        answer("200 OK", "content-type: text/plain\r\n", &asked.body)
    });
    let server = server.await.unwrap();
    let port = server.address().port();
    let call = |host: &str| {
        json!({
            "method": "post", "url": format!("http://{host}:{port}/x"), "headers": "", "params": "",
            "authorization": {"type": "no-auth"},
            "body": {"type": "json", "data": [{"type": "text", "value": "{\"q\": \"{{#start.q#}}\"}"}]},
        })
    };
    let heard = run(
        &[],
        &graph("http-request", call("allowed.test"), "body"),
        "a b",
    )
    .await;
    assert_eq!(heard.outputs["out"], "{\"q\":\"a b\"}", "{heard:?}");
    for host in ["other.test", "127.0.0.1", "[::ffff:127.0.0.1]"] {
        let heard = run(&[], &graph("http-request", call(host), "body"), "a b").await;
        let error = heard.error.unwrap_or_default();
        assert!(error.contains("is refused"), "{host}: {error}");
    }
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_code_node_runs_in_the_sandbox_that_the_settings_name() {
    let body =
        json!({"code": 0, "data": {"stdout": "<<RESULT>>{\"y\": 42}<<RESULT>>\n", "error": ""}})
            .to_string();
    let sandbox = ScriptedServer::start(move |_: &Asked| answer("200 OK", "", &body))
        .await
        .unwrap();
    let variables = [
        ("CODE_EXECUTION_ENDPOINT", sandbox.url("")),
        ("CODE_EXECUTION_API_KEY", "its-key".to_owned()),
    ];
    let data = json!({
        "code": "def main(q): return {'y': 42}", "code_language": "python3",
        "variables": [{"variable": "q", "value_selector": ["start", "q"]}],
        "outputs": {"y": {"type": "number", "children": null}},
    });
    let heard = run(&variables, &graph("code", data, "y"), "a").await;
    assert_eq!(heard.outputs["out"], 42, "{heard:?}");
    assert_eq!(sandbox.asked()[0].header("x-api-key"), Some("its-key"));
}

#[test]
fn settings_say_what_cannot_be() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, "endpoint = 1").unwrap();
    let named = |path: String| settings(&[("GATEWRIGHT_MODEL_ENDPOINTS", path)]);
    let wrong = named(file.path().display().to_string())
        .endpoints()
        .unwrap_err();
    assert!(wrong.to_string().contains("line 1"), "{wrong}");
    let gone = named("/gone.toml".to_owned()).endpoints().unwrap_err();
    assert!(
        gone.to_string().contains("/gone.toml cannot be read"),
        "{gone}"
    );
    assert!(settings(&[]).endpoints().unwrap().all().is_empty());
    let no_url = |name: &str| (name == "CODE_EXECUTION_ENDPOINT").then(|| "no url".to_owned());
    assert!(NodeSettings::load(&no_url).is_err());
}
