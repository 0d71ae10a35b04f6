//! The engine's recordings: graphs, runs, and what models, servers and sandboxes answered.

use std::{
    collections::HashMap,
    fs,
    path::Path,
    sync::{Arc, Mutex},
};

use gatewright_engine::{
    CallId, CallResult, Declared, Engine, Failure, Graph, Limits, Start,
    call::{CodeAnswer, HttpAnswer, ModelAnswer},
};
use gatewright_usecase_runs::{NodeRunner, NodeWork, PortFuture};
use serde::Deserialize;
use serde_json::{Map, Value};

/// One file of them.
#[derive(Deserialize)]
pub(crate) struct Recording {
    graphs: Map<String, Value>,
    pub(crate) runs: Vec<Run>,
}

/// One run as it was recorded.
#[derive(Deserialize)]
pub(crate) struct Run {
    pub(crate) title: String,
    dsl: String,
    pub(crate) inputs: Map<String, Value>,
    pub(crate) system: Map<String, Value>,
    answers: Vec<Value>,
}

impl Recording {
    pub(crate) fn read(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/tests/golden");
        let text = fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    pub(crate) fn graph(&self, run: &Run) -> Arc<Graph> {
        let graph = &self.graphs[&run.dsl]["graph"];
        Arc::new(Graph::parse(graph, &Limits::default()).unwrap())
    }

    pub(crate) fn engine(&self, run: &Run) -> Engine {
        Engine::new(self.graph(run), Limits::default())
    }

    pub(crate) fn start(&self, run: &Run) -> Start {
        Start {
            inputs: run.inputs.clone(),
            system: run.system.clone(),
            conversation: declared(&self.graphs[&run.dsl]["conversation"]),
            ..Start::default()
        }
    }
}

fn declared(list: &Value) -> Vec<Declared> {
    let one = |variable: &Value| Declared {
        name: variable["name"].as_str().unwrap().to_owned(),
        value_type: variable["value_type"].as_str().unwrap().to_owned(),
        value: variable["value"].clone(),
    };
    list.as_array().into_iter().flatten().map(one).collect()
}

/// Answers as they were recorded, to each node in the order of its calls; to the same call always the same.
pub(crate) struct Recorded {
    answers: Vec<Value>,
    given: Mutex<HashMap<CallId, usize>>,
    /// How often each call was begun.
    pub(crate) begun: Mutex<HashMap<CallId, usize>>,
}

impl Recorded {
    pub(crate) fn new(run: &Run) -> Self {
        Self {
            answers: run.answers.clone(),
            given: Mutex::default(),
            begun: Mutex::default(),
        }
    }

    fn answer(&self, work: &NodeWork) -> Value {
        *self.begun.lock().unwrap().entry(work.id).or_default() += 1;
        let mut given = self.given.lock().unwrap();
        let known = given.get(&work.id).copied();
        let index = known.unwrap_or_else(|| {
            let free = |index: &usize| {
                self.answers[*index]["node"] == work.node_id.as_str()
                    && !given.values().any(|other| other == index)
            };
            let next = (0..self.answers.len()).find(free);
            next.unwrap_or_else(|| panic!("{} is called", work.node_id))
        });
        given.insert(work.id, index);
        self.answers[index].clone()
    }
}

impl NodeRunner for Recorded {
    fn run(&self, work: NodeWork) -> PortFuture<'static, Result<CallResult, Failure>> {
        let answer = self.answer(&work);
        Box::pin(async move {
            for piece in answer["chunks"].as_array().into_iter().flatten() {
                work.report.text(piece.as_str().unwrap().to_owned()).await;
            }
            end_of(&answer)
        })
    }
}

#[allow(clippy::result_large_err, reason = "as the port has it")]
fn end_of(answer: &Value) -> Result<CallResult, Failure> {
    if let Some(fail) = answer["fail"].as_array() {
        let process_data = fail.get(2).and_then(Value::as_object).cloned();
        return Err(Failure {
            process_data: process_data.unwrap_or_default().into(),
            ..Failure::new(fail[1].as_str().unwrap(), fail[0].as_str().unwrap())
        });
    }
    Ok(if answer.get("http").is_some() {
        CallResult::Http(Box::new(HttpAnswer::deserialize(&answer["http"]).unwrap()))
    } else if answer.get("model").is_some() {
        let model = ModelAnswer::deserialize(&answer["model"]).unwrap();
        CallResult::Model(Box::new(model))
    } else {
        let result = answer["result"].clone();
        CallResult::Code(Box::new(CodeAnswer { result }))
    })
}
