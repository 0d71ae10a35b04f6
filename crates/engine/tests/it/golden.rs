//! Recorded runs of the original: the same happenings in the same order, with the same values.
//!
//! Each file of `tests/golden` holds graphs and runs: what came in, what effectful nodes answered, and the events that clients saw.

use std::path::Path;

use gatewright_engine::{
    CallResult, Declared, Event, Failure, Fields, Happening, Start,
    call::{CodeAnswer, HttpAnswer, ModelAnswer},
    happening::{ContainerKind, NodeRef, Within},
};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use crate::driver::{Answer, Driver};

#[derive(Deserialize)]
struct Recording {
    graphs: Map<String, Json>,
    runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Run {
    title: String,
    dsl: String,
    inputs: Map<String, Json>,
    system: Map<String, Json>,
    expected: Vec<Json>,
    answers: Vec<Json>,
}

fn recording(name: &str) -> Recording {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn declared(list: &Json) -> Vec<Declared> {
    let one = |v: &Json| Declared {
        name: v["name"].as_str().unwrap().to_owned(),
        value_type: v["value_type"].as_str().unwrap().to_owned(),
        value: v["value"].clone(),
    };
    list.as_array().into_iter().flatten().map(one).collect()
}

fn answer(recorded: &Json) -> Answer {
    let chunks = recorded["chunks"].as_array().into_iter().flatten();
    let chunks = chunks.map(|c| c.as_str().unwrap().to_owned()).collect();
    let end = if let Some(fail) = recorded["fail"].as_array() {
        Err(Failure {
            process_data: fail
                .get(2)
                .and_then(Json::as_object)
                .cloned()
                .unwrap_or_default()
                .into(),
            ..Failure::new(fail[1].as_str().unwrap(), fail[0].as_str().unwrap())
        })
    } else if recorded.get("http").is_some() {
        Ok(CallResult::Http(Box::new(
            HttpAnswer::deserialize(&recorded["http"]).unwrap(),
        )))
    } else if recorded.get("model").is_some() {
        Ok(CallResult::Model(Box::new(
            ModelAnswer::deserialize(&recorded["model"]).unwrap(),
        )))
    } else {
        Ok(CallResult::Code(Box::new(CodeAnswer {
            result: recorded["result"].clone(),
        })))
    };
    Answer { chunks, end }
}

fn within(node: &NodeRef, kind: ContainerKind) -> Option<&str> {
    let pass = node.within.iter().find(|pass: &&Within| pass.kind == kind);
    pass.map(|pass| pass.node_id.as_str())
}

fn container(node: &NodeRef) -> bool {
    ["iteration", "loop"].contains(&node.node_type.as_str())
}

fn or_null(metadata: &Fields) -> Json {
    if metadata.is_empty() {
        Json::Null
    } else {
        json!(metadata)
    }
}

/// A happening in the shape of the recordings; `None` for what clients do not see.
fn seen(happening: &Happening) -> Option<Json> {
    Some(match happening {
        Happening::RunStarted { reason } => json!(["run_started", reason]),
        Happening::NodeStarted { node } if !container(node) => json!([
            "started",
            node.node_id,
            within(node, ContainerKind::Iteration),
            within(node, ContainerKind::Loop)
        ]),
        Happening::NodeFinished { end } if !container(&end.node) => json!([
            "finished",
            end.node.node_id,
            end.status,
            end.inputs,
            end.process_data,
            end.outputs,
            or_null(&end.metadata),
            if json!(end.status) == "failed" {
                json!(end.error)
            } else {
                Json::Null
            },
        ]),
        Happening::NodeRetry { end, retry_index } => {
            json!(["retry", end.node.node_id, retry_index, end.error])
        }
        Happening::Text { selector, text } => json!(["text", selector, text]),
        Happening::IterationStarted(start) => json!([
            "iteration_started",
            start.node.node_id,
            start.length,
            start.inputs
        ]),
        Happening::LoopStarted(start) => json!([
            "loop_started",
            start.node.node_id,
            start.length,
            start.inputs
        ]),
        Happening::IterationNext(next) => json!(["iteration_next", next.node.node_id, next.index]),
        Happening::LoopNext(next) => json!(["loop_next", next.node.node_id, next.index]),
        Happening::IterationCompleted(end) | Happening::LoopCompleted(end) => {
            let name = match happening {
                Happening::LoopCompleted(_) => "loop_completed",
                _ => "iteration_completed",
            };
            let mut metadata = end.metadata.to_json();
            metadata.retain(|key, _| !key.contains("duration"));
            json!([
                name,
                end.node.node_id,
                end.status,
                end.inputs,
                end.outputs,
                end.steps,
                metadata
            ])
        }
        Happening::FormRequired(form) => json!([
            "human_input_required",
            form.node.node_id,
            form.form_content,
            form.inputs,
            form.actions,
            form.resolved_default_values
        ]),
        Happening::FormFilled(filled) => json!([
            "human_input_form_filled",
            filled.node.node_id,
            filled.rendered_content,
            filled.action_id,
            filled.action_text,
            filled.submitted_data
        ]),
        Happening::Paused {
            waiting,
            total_steps,
            ..
        } => {
            let nodes: Vec<&str> = waiting.iter().map(|node| node.node_id.as_str()).collect();
            json!(["workflow_paused", nodes, total_steps])
        }
        Happening::RunFinished(end) => json!([
            "run_finished",
            end.status,
            end.outputs,
            end.error,
            end.total_steps,
            end.exceptions_count,
            end.total_tokens
        ]),
        _ => return None,
    })
}

fn replay(recording: &Recording, run: &Run) -> Vec<Json> {
    let graph = &recording.graphs[&run.dsl];
    let mut driver = Driver::new(&graph["graph"]);
    driver.send(Event::Start(Start {
        inputs: run.inputs.clone(),
        system: run.system.clone(),
        conversation: declared(&graph["conversation"]),
        ..Start::default()
    }));
    // Answers come in the recorded order, whatever was asked first.
    for recorded in &run.answers {
        let open = |driver: &Driver| {
            driver
                .calls
                .iter()
                .position(|(_, node, _)| recorded["node"] == node.as_str())
        };
        if open(&driver).is_none() {
            assert!(
                !driver.finished,
                "{}: {:?}",
                run.title,
                driver.happenings.last()
            );
            driver.ring();
        }
        let at = open(&driver)
            .unwrap_or_else(|| panic!("{}: {} is called", run.title, recorded["node"]));
        driver.calls.swap(0, at);
        driver.answer(|_, _| answer(recorded));
    }
    driver.happenings.iter().filter_map(seen).collect()
}

/// Replays the runs of a recording, except those that differ on purpose.
fn agrees(name: &str, except: &[&str]) {
    let recording = recording(name);
    for run in recording
        .runs
        .iter()
        .filter(|run| !except.iter().any(|title| run.title.starts_with(title)))
    {
        let mut ours = replay(&recording, run);
        let mut theirs = run.expected.clone();
        if run.title.starts_with("parallel") || run.title.starts_with("cf-parallel-rev") {
            // Threads of their own decide the order there.
            ours.sort_by_key(ToString::to_string);
            theirs.sort_by_key(ToString::to_string);
        }
        for (at, (our, their)) in ours.iter().zip(&theirs).enumerate() {
            assert_eq!(our, their, "{name}: {}: {at}", run.title);
        }
        assert_eq!(ours.len(), theirs.len(), "{name}: {}", run.title);
    }
}

#[test]
fn template_run_is_as_recorded() {
    agrees("01-template.json", &[]);
}

#[test]
fn if_else_runs_are_as_recorded() {
    agrees("02-if-else.json", &[]);
}

#[test]
fn chatflow_runs_are_as_recorded() {
    agrees("13-chatflow.json", &[]);
}

#[test]
fn iteration_runs_are_as_recorded() {
    agrees("04-iteration.json", &[]);
}

#[test]
fn loop_run_is_as_recorded() {
    agrees("05-loop.json", &[]);
}

#[test]
fn code_runs_are_as_recorded() {
    // A template needs no sandbox here.
    agrees("06-code.json", &["template-transform without a sandbox"]);
}

#[test]
fn form_is_asked_as_recorded() {
    agrees(
        "10-human-input.json",
        &["GET events with snapshot, opened before the submit"],
    );
}

#[test]
fn http_runs_are_as_recorded() {
    // An edge with the handle `success-branch` is taken here.
    agrees("07-http-request.json", &["fail-branch strategy, 200"]);
}

#[test]
fn llm_runs_are_as_recorded() {
    // Stopped from outside: told as stopped here.
    agrees("40-llm-node.json", &["the stream that is stopped"]);
}

#[test]
fn chatflow_runs_with_models_are_as_recorded() {
    // What moderation adds to the inputs is not told at the start of the run.
    agrees(
        "41-chatflow-llm.json",
        &["moderation", "stop in mid-stream", "client disconnects"],
    );
}

#[test]
fn classifier_and_extractor_runs_are_as_recorded() {
    agrees("42-classifier-extractor.json", &[]);
}

#[test]
fn every_type_of_node_that_runs_has_a_recording_or_a_table_of_its_own() {
    // The loop of the recordings ends by its condition; lists and the older name are tested in `scheduling` and by the crate of values,
    // documents in `documents`.
    let elsewhere = [
        "loop-end",
        "list-operator",
        "variable-assigner",
        "document-extractor",
    ];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut recorded = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name();
        for graph in recording(name.to_str().unwrap()).graphs.values() {
            let nodes = graph["graph"]["nodes"].as_array().unwrap();
            recorded.extend(
                nodes
                    .iter()
                    .map(|node| node["data"]["type"].as_str().unwrap().to_owned()),
            );
        }
    }
    for (name, refused) in gatewright_engine::node_types() {
        let known = elsewhere.contains(&name) || recorded.iter().any(|one| one == name);
        assert!(refused.is_some() || known, "{name} has no recording");
    }
}
