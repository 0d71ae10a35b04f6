//! What people expect of runs because other systems disappointed them: real graphs, many at once.

#![allow(clippy::unwrap_used, reason = "what a test cannot unwrap has failed")]

#[allow(dead_code, reason = "other tests use the rest")]
mod support;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use gatewright_domain::Clock;
use gatewright_engine::{
    CallResult, Engine, EngineState, Failure, Graph, Limits, Start,
    call::{HttpAnswer, ModelAnswer},
};
use gatewright_run_events::{Answer, Audience, Generation, Json, RunEvent, RunStatus, View};
use gatewright_usecase_runs::{
    BatchError, BatchStore, Capacity, Checkpoint, Commit, Committed, Machine, NodeRunner, NodeWork,
    PortFuture, Ports, Record, Recorder, RunHandle, RunRegistry, StartError, StoreError, Wake,
    blocking_answer,
};
use serde_json::{Map, Value, json};
use tokio::{sync, task::JoinSet};
use uuid::Uuid;

use support::{Forms, events, name, plan, until};

const STOPPED: &str = "Stopped by user.";

/// Keeps everything, by run.
#[derive(Default)]
struct Kept(Mutex<HashMap<Uuid, Vec<Commit>>>);

impl BatchStore for Kept {
    fn write<'a>(
        &'a self,
        batch: &'a [Commit],
    ) -> PortFuture<'a, Result<Vec<Result<Committed, StoreError>>, BatchError>> {
        let mut kept = self.0.lock().unwrap();
        for commit in batch {
            let copy = Commit {
                plan: Arc::clone(&commit.plan),
                key: commit.key,
                records: commit.records.clone(),
                checkpoint: commit.checkpoint.clone(),
            };
            kept.entry(commit.key.run_id).or_default().push(copy);
        }
        let answers = batch.iter().map(|_| Ok(Committed::default())).collect();
        Box::pin(async { Ok(answers) })
    }
}

impl Kept {
    /// The answer of a chatflow, as it is kept.
    fn answer(&self, run: Uuid) -> String {
        let kept = self.0.lock().unwrap();
        let records = kept[&run].iter().flat_map(|commit| &commit.records);
        let mut answers = records.filter_map(|record| match record {
            Record::Message { answer, .. } => Some(answer.clone()),
            _ => None,
        });
        answers.next_back().unwrap()
    }

    fn state(&self, run: Uuid) -> Json {
        let kept = self.0.lock().unwrap();
        match &kept[&run].last().unwrap().checkpoint {
            Checkpoint::Save(state) => state.clone(),
            Checkpoint::Drop => panic!("the run has ended"),
        }
    }
}

/// Time as tokio tells it: it stands still, or goes on with timers.
struct TokioClock(tokio::time::Instant);

impl Clock for TokioClock {
    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        chrono::DateTime::from_timestamp(1_000_000, 0).unwrap() + self.0.elapsed()
    }
}

/// A model that says the question word by word, a server that answers, unless it is to wait for a word.
#[derive(Default)]
struct World {
    waits: bool,
    begun: Mutex<Vec<String>>,
}

impl NodeRunner for World {
    fn run(&self, work: NodeWork) -> PortFuture<'static, Result<CallResult, Failure>> {
        self.begun.lock().unwrap().push(work.node_id.clone());
        let waits = self.waits;
        let marker = work.plan.key.run_id.to_string();
        Box::pin(async move {
            if waits {
                std::future::pending::<()>().await;
            }
            if work.node_id != "llm" {
                let answer =
                    json!({"status": 200, "body": "", "headers": {}, "files": [], "request": ""});
                return Ok(CallResult::Http(Box::new(
                    serde_json::from_value::<HttpAnswer>(answer).unwrap(),
                )));
            }
            for piece in marker.split_inclusive('-') {
                work.report.text(piece.to_owned()).await;
                tokio::task::yield_now().await;
            }
            Ok(CallResult::Model(Box::new(ModelAnswer {
                text: marker,
                ..ModelAnswer::default()
            })))
        })
    }
}

struct House {
    registry: Arc<RunRegistry>,
    store: Arc<Kept>,
    world: Arc<World>,
    graph: Arc<Graph>,
    limits: Limits,
    chat: bool,
    /// Whoever takes a run up reads its state and takes it in one go, as a claim in storage does.
    claim: sync::Mutex<()>,
}

fn house(graph: &Value, world: World, chat: bool) -> House {
    let (store, world) = (Arc::new(Kept::default()), Arc::new(world));
    let ports = Ports {
        runner: Arc::<World>::clone(&world),
        store: Arc::new(Recorder::start(Arc::<Kept>::clone(&store))),
        forms: Arc::new(Forms),
        clock: Arc::new(TokioClock(tokio::time::Instant::now())),
    };
    let registry = Arc::new(RunRegistry::new(
        ports,
        Capacity {
            runs: 500,
            log_bytes: 8 << 20,
        },
    ));
    let limits = Limits::default();
    let graph = Arc::new(Graph::parse(graph, &limits).unwrap());
    House {
        registry,
        store,
        world,
        graph,
        limits,
        chat,
        claim: sync::Mutex::default(),
    }
}

impl House {
    async fn start(&self, number: u128) -> Result<RunHandle, StartError> {
        let mut plan = plan(self.chat);
        plan.key.run_id = Uuid::from_u128(number);
        plan.task_id = Uuid::from_u128(number + (1 << 100));
        let engine = Engine::new(Arc::clone(&self.graph), self.limits.clone());
        let system = json!({"query": "q", "files": [], "user_id": "u"});
        let start = Start {
            inputs: json!({"who": "Bob", "q": "q"})
                .as_object()
                .cloned()
                .unwrap(),
            system: system.as_object().cloned().unwrap(),
            ..Start::default()
        };
        self.registry.start(plan, Box::new(engine), start).await
    }

    /// Answers a form, whether the run is under way or waits.
    async fn answer(&self, run: &RunHandle, execution: u64) {
        let id = run.plan.key.run_id;
        let inputs = Map::from_iter([("comment".to_owned(), json!("fine"))]);
        let wake = Wake::Submitted {
            execution,
            action: "yes".to_owned(),
            inputs,
        };
        for _ in 0..1_000 {
            let _claim = self.claim.lock().await;
            if self.registry.wake(id, wake.clone()).await {
                return;
            }
            let state = self.store.state(id);
            let machine = |state: &Json| {
                let state: EngineState =
                    serde_json::from_str(state.as_str()).map_err(|error| error.to_string())?;
                Ok(Box::new(Engine::restore(Arc::clone(&self.graph), state)) as Box<dyn Machine>)
            };
            let plan = run.plan.as_ref().clone();
            match self
                .registry
                .resume(plan, &state, machine, wake.clone())
                .await
            {
                Ok(_) => return,
                Err(StartError::UnderWay) => tokio::task::yield_now().await,
                Err(error) => panic!("{error}"),
            }
        }
        panic!("nobody took the answer");
    }
}

fn node(id: &str, data: Value) -> Value {
    json!({"id": id, "data": data})
}

fn edge(source: &str, handle: &str, target: &str) -> Value {
    json!({"source": source, "sourceHandle": handle, "target": target})
}

fn start_node() -> Value {
    node(
        "start",
        json!({"type": "start", "title": "Start", "variables": []}),
    )
}

/// A model between question and answer.
fn chat_graph() -> Value {
    let llm = json!({
        "type": "llm", "title": "LLM", "model": {"provider": "p", "name": "m", "mode": "chat", "completion_params": {}},
        "prompt_template": [{"role": "user", "text": "{{#sys.query#}}"}], "context": {"enabled": false, "variable_selector": []},
        "vision": {"enabled": false},
    });
    let answer = json!({"type": "answer", "title": "Answer", "answer": "{{#llm.text#}}"});
    json!({
        "nodes": [start_node(), node("llm", llm), node("answer", answer)],
        "edges": [edge("start", "source", "llm"), edge("llm", "source", "answer")],
    })
}

/// Two requests, one behind the other.
fn request_graph() -> Value {
    let call = json!({
        "type": "http-request", "title": "Call", "method": "post", "url": "http://example.test/", "headers": "", "params": "",
        "authorization": {"type": "no-auth", "config": null}, "body": {"type": "none", "data": []},
        "timeout": {"max_connect_timeout": 0, "max_read_timeout": 0, "max_write_timeout": 0},
    });
    let end = json!({"type": "end", "title": "End", "outputs": []});
    json!({
        "nodes": [start_node(), node("first", call.clone()), node("second", call), node("end", end)],
        "edges": [edge("start", "source", "first"), edge("first", "source", "second"), edge("second", "source", "end")],
    })
}

/// Two forms at once, then the end.
fn forms_graph() -> Value {
    let ask = json!({
        "type": "human-input", "title": "Ask", "form_content": "Well? {{#$output.comment#}}", "delivery_methods": [],
        "inputs": [{"type": "paragraph", "output_variable_name": "comment", "default": {"type": "constant", "selector": [], "value": ""}}],
        "user_actions": [{"id": "yes", "title": "Yes", "button_style": "default"}], "timeout": 1, "timeout_unit": "hour",
    });
    let outputs = json!([{"variable": "a", "value_selector": ["ask1", "comment"]}, {"variable": "b", "value_selector": ["ask2", "comment"]}]);
    json!({
        "nodes": [start_node(), node("ask1", ask.clone()), node("ask2", ask), node("end", json!({"type": "end", "title": "End", "outputs": outputs}))],
        "edges": [edge("start", "source", "ask1"), edge("start", "source", "ask2"), edge("ask1", "yes", "end"), edge("ask2", "yes", "end")],
    })
}

fn end(events: &[RunEvent]) -> (RunStatus, Option<String>) {
    let ends = events.iter().filter_map(|event| match event {
        RunEvent::WorkflowFinished(end) => Some((end.status, end.error.clone())),
        _ => None,
    });
    let ends: Vec<_> = ends.collect();
    assert_eq!(ends.len(), 1, "a run ends once");
    ends[0].clone()
}

fn text(events: &[RunEvent]) -> String {
    let text = |event: &RunEvent| match event {
        RunEvent::TextChunk(chunk) => chunk.text.clone(),
        _ => String::new(),
    };
    events.iter().map(text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_of_many_chats_at_once_are_whole_and_their_own() {
    let house = Arc::new(house(&chat_graph(), World::default(), true));
    let mut chats = JoinSet::new();
    for number in 1..=200 {
        let house = Arc::clone(&house);
        chats.spawn(async move {
            let run = house.start(number).await.unwrap();
            (number, events(&run.log).await)
        });
    }
    while let Some(chat) = chats.join_next().await {
        let (number, events) = chat.unwrap();
        let run = Uuid::from_u128(number);
        // Merged or not: every piece, in order, of this run alone, as it is kept.
        assert_eq!(text(&events), run.to_string());
        assert_eq!(house.store.answer(run), run.to_string());
        assert_eq!(name(&events[0]), "workflow_started");
        assert_eq!(end(&events).0, RunStatus::Succeeded);
        let last: Vec<_> = events[events.len() - 2..].iter().map(name).collect();
        assert_eq!(last, ["message_end", "workflow_finished"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_who_wait_are_answered_when_their_runs_end_with_what_streams_say() {
    let house = Arc::new(house(&chat_graph(), World::default(), true));
    let mut callers = JoinSet::new();
    for number in 1..=50 {
        let house = Arc::clone(&house);
        callers.spawn(async move {
            let run = house.start(number).await.unwrap();
            let view = View {
                audience: Audience::ServiceApi,
                generation: Generation::V1_16,
            };
            let answer = blocking_answer(run.reader(false), run.plan.identity(), view).await;
            (text(&events(&run.log).await), answer)
        });
    }
    while let Some(caller) = callers.join_next().await {
        let (streamed, answer) = caller.unwrap();
        let Answer::Body(body) = answer else {
            panic!("{answer:?}")
        };
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["answer"], streamed);
    }
}

#[tokio::test]
async fn no_node_begins_after_a_stop_and_the_run_is_stopped() {
    let house = house(
        &request_graph(),
        World {
            waits: true,
            ..World::default()
        },
        false,
    );
    let run = house.start(1).await.unwrap();
    until(|| house.world.begun.lock().unwrap().len() == 1).await;
    assert!(house.registry.stop(Uuid::from_u128(1), STOPPED).await);
    let events = events(&run.log).await;
    assert_eq!(end(&events), (RunStatus::Stopped, Some(STOPPED.to_owned())));
    assert_eq!(*house.world.begun.lock().unwrap(), ["first"]);
}

#[tokio::test(start_paused = true)]
async fn run_that_takes_too_long_fails_with_the_limit_named() {
    let mut house = house(
        &request_graph(),
        World {
            waits: true,
            ..World::default()
        },
        false,
    );
    house.limits.run_micros = 5_000_000;
    let run = house.start(1).await.unwrap();
    let began = tokio::time::Instant::now();
    let (status, error) = end(&events(&run.log).await);
    assert_eq!(status, RunStatus::Failed);
    assert!(error.unwrap().contains("5 seconds"));
    assert!(began.elapsed() < Duration::from_secs(6));
}

#[tokio::test]
async fn run_whose_reader_goes_away_reaches_its_end_with_all_its_nodes() {
    let house = house(&request_graph(), World::default(), false);
    let run = house.start(1).await.unwrap();
    let mut reader = run.reader(false);
    reader.next().await.unwrap();
    drop((reader, run));
    until(|| house.registry.count() == 0).await;
    let kept = house.store.0.lock().unwrap();
    let records: Vec<_> = kept[&Uuid::from_u128(1)]
        .iter()
        .flat_map(|commit| &commit.records)
        .collect();
    assert!(
        matches!(records.last(), Some(Record::Finished(end)) if end.status == RunStatus::Succeeded)
    );
    let nodes: std::collections::HashSet<_> = records
        .iter()
        .filter_map(|record| match record {
            Record::Node(node) => Some(node.id),
            _ => None,
        })
        .collect();
    assert_eq!(nodes.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_forms_at_once_answered_at_the_same_moment_let_the_run_end() {
    let house = Arc::new(house(&forms_graph(), World::default(), false));
    for number in 1..=50 {
        let run = house.start(number).await.unwrap();
        let mut reader = run.log.reader(0, true);
        let mut forms = 0;
        while forms < 2 {
            let batch = reader.next().await.unwrap().unwrap();
            forms += batch
                .events
                .iter()
                .filter(|event| name(event) == "human_input_required")
                .count();
        }
        let answers = [2, 3].map(|execution| {
            let (house, run) = (Arc::clone(&house), run.clone());
            tokio::spawn(async move { house.answer(&run, execution).await })
        });
        for answer in answers {
            answer.await.unwrap();
        }
        let events = events(&run.log).await;
        let RunEvent::WorkflowFinished(end) = events.last().unwrap() else {
            panic!("{events:?}")
        };
        assert_eq!(end.status, RunStatus::Succeeded, "{number}");
        assert_eq!(end.outputs.as_str(), r#"{"a":"fine","b":"fine"}"#);
    }
}
