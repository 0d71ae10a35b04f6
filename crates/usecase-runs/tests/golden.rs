//! Recorded runs of the original through everything that is pure here: graph, engine, task, log, lines. Of each recorded
//! stream the lines, their order and their members are the same; ids, times, durations and what is drawn at random are not compared.
//!
//! Graphs and what models, servers and sandboxes answered are the engine's recordings, the lines are those of `run-events`.

#![allow(clippy::unwrap_used, reason = "what a test cannot unwrap has failed")]

#[allow(dead_code, reason = "other tests use the rest")]
mod support;

use std::{fs, path::Path, sync::Arc};

use gatewright_run_events::{Audience, Generation, Json, Projection, RunEvent, RunLog, View};
use gatewright_usecase_runs::{Capacity, Ports, RunPlan, RunRegistry};
use serde_json::{Map, Value, json};

use support::{
    Does, Forms, StandingClock, bench, plan,
    recording::{Recorded, Recording, Run},
};

/// What readers of the service API are told of the run.
async fn lines_of(recording: &Recording, run: &Run, chat: bool) -> Vec<String> {
    let plan = RunPlan {
        inputs: Json::from(shown_inputs(run)),
        ..plan(chat)
    };
    let identity = plan.identity();
    let bench = bench(Does::Waits);
    let ports = Ports {
        runner: Arc::new(Recorded::new(run)),
        store: Arc::<support::Memory>::clone(&bench.store),
        forms: Arc::new(Forms),
        clock: Arc::new(StandingClock),
    };
    let registry = RunRegistry::new(
        ports,
        Capacity {
            runs: 1,
            log_bytes: 8 << 20,
        },
    );
    let handle = registry
        .start(plan, Box::new(recording.engine(run)), recording.start(run))
        .await
        .unwrap();
    let view = View {
        audience: Audience::ServiceApi,
        generation: Generation::V1_14,
    };
    let projection = Projection::live(identity, view);
    let events = until_end_of_part(&handle.log).await;
    let lines = events
        .iter()
        .map(|event| String::from_utf8(projection.line(event)).unwrap());
    lines.map(|line| masked(line.trim_end())).collect()
}

async fn until_end_of_part(log: &Arc<RunLog>) -> Vec<RunEvent> {
    let mut reader = log.reader(0, false);
    let mut events = Vec::new();
    while let Some(batch) = reader.next().await.unwrap() {
        // A reader in time: each piece by itself.
        events.extend(batch.events.iter().map(|event| event.as_ref().clone()));
    }
    events
}

/// Inputs and `sys.*`, as the start of a stream shows them.
fn shown_inputs(run: &Run) -> Value {
    let system = run
        .system
        .iter()
        .filter(|(name, _)| *name != "conversation_id");
    let system = system.map(|(name, value)| (format!("sys.{name}"), value.clone()));
    let all: Map<_, _> = run.inputs.clone().into_iter().chain(system).collect();
    Value::Object(all)
}

/// Members that no two runs have the same.
const MASKED: [&str; 20] = [
    "sys.timestamp",
    "id",
    "workflow_run_id",
    "task_id",
    "workflow_id",
    "conversation_id",
    "message_id",
    "created_at",
    "finished_at",
    "elapsed_time",
    "expiration_time",
    "form_id",
    "form_token",
    "created_by",
    "latency",
    "time_to_first_token",
    "time_to_generate",
    "sys.workflow_run_id",
    "iteration_duration_map",
    "loop_duration_map",
];

/// The line with what no two runs have the same blanked.
fn masked(line: &str) -> String {
    let mut tree: Value = serde_json::from_str(line.strip_prefix("data: ").unwrap()).unwrap();
    let keeps_id =
        |value: &Value| value["node_type"] == "iteration" || value["node_type"] == "loop";
    let container = keeps_id(&tree["data"]).then(|| tree["data"]["id"].clone());
    blank(&mut tree);
    if let Some(id) = container {
        tree["data"]["id"] = id;
    }
    tree.to_string()
}

fn blank(tree: &mut Value) {
    match tree {
        Value::Object(members) => {
            let action = members.contains_key("button_style");
            for (key, value) in members.iter_mut() {
                if MASKED.contains(&key.as_str()) && !value.is_null() && !action {
                    *value = json!("#");
                } else {
                    blank(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(blank),
        // Files are signed anew for each reader.
        Value::String(text) if text.contains("/file-preview") => {
            let end = text.find('?').unwrap_or(text.len());
            text.truncate(end);
        }
        _ => {}
    }
}

/// Recorded streams by label.
fn recorded(file: &str) -> Vec<(String, Vec<String>)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../run-events/tests/golden")
        .join(file);
    let text = fs::read_to_string(path).unwrap();
    let stream = |section: &str| {
        let mut lines = section.lines();
        let label = lines.next().unwrap().to_owned();
        let data = lines.filter(|line| line.starts_with("data: {\"event\":"));
        (label, data.map(masked).collect())
    };
    text.split("########## ").skip(1).map(stream).collect()
}

/// Replays the runs of a recording, except those that differ on purpose.
async fn agrees(name: &str, except: &[&str]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../engine/tests/golden")
        .join(format!("{name}.json"));
    let recording: Recording = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let streams = recorded(&format!("{name}.txt"));
    for run in &recording.runs {
        if except.iter().any(|title| run.title.starts_with(title)) {
            continue;
        }
        let (_, theirs) = streams
            .iter()
            .find(|(label, _)| *label == run.title)
            .unwrap();
        let chat = theirs[0].contains("\"message_id\"");
        let ours = lines_of(&recording, run, chat).await;
        for (at, (our, their)) in ours.iter().zip(theirs).enumerate() {
            assert_eq!(our, their, "{name}: {}: {at}", run.title);
        }
        assert_eq!(ours.len(), theirs.len(), "{name}: {}", run.title);
    }
}

#[tokio::test(start_paused = true)]
async fn template_stream_is_as_recorded() {
    agrees("01-template", &[]).await;
}

#[tokio::test(start_paused = true)]
async fn branch_streams_are_as_recorded() {
    agrees("02-if-else", &[]).await;
}

#[tokio::test(start_paused = true)]
async fn iteration_streams_are_as_recorded() {
    // Which item ends first, threads of their own decided there.
    agrees("04-iteration", &["parallel"]).await;
}

#[tokio::test(start_paused = true)]
async fn loop_stream_is_as_recorded() {
    agrees("05-loop", &[]).await;
}

#[tokio::test(start_paused = true)]
async fn code_streams_are_as_recorded() {
    // A template needs no sandbox here.
    agrees("06-code", &["template-transform without a sandbox"]).await;
}

#[tokio::test(start_paused = true)]
async fn request_streams_are_as_recorded() {
    // An edge with the handle `success-branch` is taken here.
    agrees("07-http-request", &["fail-branch strategy, 200"]).await;
}

#[tokio::test(start_paused = true)]
async fn form_stream_is_as_recorded() {
    agrees("10-human-input", &["GET events"]).await;
}

#[tokio::test(start_paused = true)]
async fn snapshot_of_a_run_that_waits_is_as_recorded() {
    let recording = Recording::read("10-human-input");
    let run = &recording.runs[0];
    let bench = bench(Does::Waits);
    let handle = bench.registry.start(
        RunPlan {
            stored_inputs: Json::from(stored_inputs(run)),
            ..plan(false)
        },
        Box::new(recording.engine(run)),
        recording.start(run),
    );
    let log = handle.await.unwrap().log;
    until_end_of_part(&log).await;
    let view = View {
        audience: Audience::ServiceApi,
        generation: Generation::V1_14,
    };
    let snapshot = log.attach(true, false).await.unwrap().snapshot.unwrap();
    let lines = snapshot.lines(&Projection::snapshot(plan(false).identity(), view));
    let lines = String::from_utf8(lines).unwrap();
    let ours: Vec<_> = lines.split_terminator("\n\n").map(masked).collect();
    let streams = recorded("10-human-input.txt");
    let label = "GET events with snapshot, opened before the submit";
    let (_, theirs) = streams.iter().find(|(of, _)| of == label).unwrap();
    assert_eq!(&ours, theirs);
}

/// Inputs as they are stored: with the time behind the app.
fn stored_inputs(run: &Run) -> Value {
    let Value::Object(shown) = shown_inputs(run) else {
        panic!()
    };
    let timestamp =
        |name: &str| (name == "sys.app_id").then(|| ("sys.timestamp".to_owned(), json!(1)));
    let stored: Map<_, _> = shown
        .into_iter()
        .flat_map(|(name, value)| {
            let next = timestamp(&name);
            std::iter::once((name, value)).chain(next)
        })
        .collect();
    Value::Object(stored)
}

#[tokio::test(start_paused = true)]
async fn chatflow_streams_are_as_recorded() {
    agrees("13-chatflow", &[]).await;
}

#[tokio::test(start_paused = true)]
async fn model_streams_are_as_recorded() {
    // Stopped from outside; told as stopped here.
    agrees(
        "40-llm-node",
        &["the stream that is stopped", "jinja prompt"],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn chatflow_streams_with_models_are_as_recorded() {
    let except = [
        "moderation",
        "stop in mid-stream",
        "client disconnects",
        "cf-parallel",
    ];
    agrees("41-chatflow-llm", &except).await;
}
