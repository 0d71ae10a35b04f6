//! A process that dies after any commit of a run: another one goes on from the last checkpoint, and what is kept in the end is what
//! would have been kept without that. The runs are the engine's recordings.

#![allow(clippy::unwrap_used, reason = "what a test cannot unwrap has failed")]

#[allow(dead_code, reason = "other tests use the rest")]
mod support;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use gatewright_engine::{Engine, EngineState};
use gatewright_run_events::{Json, RunEvent};
use gatewright_usecase_runs::{
    Capacity, Checkpoint, Commit, Committed, NodeState, PortFuture, Ports, Record, RunRegistry,
    RunStore, StoreError, Wake,
};
use uuid::Uuid;

use support::{
    Forms, StandingClock, events, plan,
    recording::{Recorded, Recording, Run},
};

/// Keeps so many commits, and is gone from then on.
struct Mortal {
    left: Mutex<usize>,
    kept: Mutex<Vec<Commit>>,
}

impl RunStore for Mortal {
    fn commit(&self, commit: Commit) -> PortFuture<'_, Result<Committed, StoreError>> {
        let mut left = self.left.lock().unwrap();
        let alive = *left > 0;
        *left = left.saturating_sub(1);
        if alive {
            self.kept.lock().unwrap().push(commit);
        }
        Box::pin(async move {
            if alive {
                Ok(Committed::default())
            } else {
                Err(StoreError::Unavailable)
            }
        })
    }
}

/// What is in storage in the end: node executions by id, and the end.
#[derive(Debug, Default, PartialEq)]
struct Kept {
    nodes: BTreeMap<Uuid, NodeState>,
    answer: Option<String>,
    end: Option<Record>,
}

impl Kept {
    fn add(&mut self, commits: &[Commit]) {
        for record in commits.iter().flat_map(|commit| &commit.records) {
            match record {
                Record::Node(node) => {
                    self.nodes.insert(node.id, node.state.clone());
                }
                Record::Message { answer, .. } => self.answer = Some(answer.clone()),
                Record::Finished(_) => self.end = Some(record.clone()),
                _ => {}
            }
        }
    }
}

struct Process {
    registry: RunRegistry,
    store: Arc<Mortal>,
}

fn process(runner: &Arc<Recorded>, commits: usize) -> Process {
    let store = Arc::new(Mortal {
        left: Mutex::new(commits),
        kept: Mutex::default(),
    });
    let ports = Ports {
        runner: Arc::<Recorded>::clone(runner),
        store: Arc::<Mortal>::clone(&store),
        forms: Arc::new(Forms),
        clock: Arc::new(StandingClock),
    };
    Process {
        registry: RunRegistry::new(
            ports,
            Capacity {
                runs: 1,
                log_bytes: 8 << 20,
            },
        ),
        store,
    }
}

fn restored(recording: &Recording, run: &Run, state: &Json) -> Engine {
    let state: EngineState = serde_json::from_str(state.as_str()).unwrap();
    Engine::restore(recording.graph(run), state)
}

/// The run without a death: what is kept, in how many commits.
async fn undisturbed(recording: &Recording, run: &Run, chat: bool) -> (Kept, usize) {
    let process = process(&Arc::new(Recorded::new(run)), usize::MAX);
    let machine = Box::new(recording.engine(run));
    let handle = process
        .registry
        .start(plan(chat), machine, recording.start(run))
        .await
        .unwrap();
    events(&handle.log).await;
    let commits = process.store.kept.lock().unwrap();
    let mut kept = Kept::default();
    kept.add(&commits);
    (kept, commits.len())
}

/// The run whose process dies after so many commits, and what another one makes of it.
async fn disturbed(recording: &Recording, run: &Run, chat: bool, commits: usize) -> Kept {
    let runner = Arc::new(Recorded::new(run));
    let first = process(&runner, commits);
    let machine = Box::new(recording.engine(run));
    let handle = first
        .registry
        .start(plan(chat), machine, recording.start(run))
        .await
        .unwrap();
    let told = events(&handle.log).await;
    assert!(matches!(told.last(), Some(RunEvent::Error(_))));
    drop(first.registry);

    let mut kept = Kept::default();
    let before = std::mem::take(&mut *first.store.kept.lock().unwrap());
    kept.add(&before);
    let Checkpoint::Save(state) = before.last().unwrap().checkpoint.clone() else {
        panic!("it had ended")
    };
    let second = process(&runner, usize::MAX);
    let machine = |state: &Json| Ok(Box::new(restored(recording, run, state)) as Box<_>);
    let again = second
        .registry
        .resume(plan(chat), &state, machine, Wake::Interrupted)
        .await
        .unwrap();
    let told = events(&again.log).await;
    assert!(matches!(told[1], RunEvent::TextReplace(_)));
    kept.add(&second.store.kept.lock().unwrap());
    // What was kept as answered is not asked again; what was under way is asked once more.
    assert!(
        runner
            .begun
            .lock()
            .unwrap()
            .values()
            .all(|times| *times <= 2)
    );
    kept
}

async fn goes_on(name: &str, chat: bool, except: &[&str]) {
    let recording = Recording::read(name);
    let mut deaths = 0;
    for run in &recording.runs {
        if except.iter().any(|title| run.title.starts_with(title)) {
            continue;
        }
        let (expected, commits) = undisturbed(&recording, run, chat).await;
        for dies_after in 1..commits {
            let kept = disturbed(&recording, run, chat, dies_after).await;
            assert_eq!(
                kept, expected,
                "{name}: {}: dies after {dies_after} of {commits}",
                run.title
            );
            deaths += 1;
        }
    }
    assert!(deaths > 0, "{name}: nothing was tried");
}

#[tokio::test(start_paused = true)]
async fn runs_with_code_go_on_elsewhere_as_if_nothing_had_happened() {
    goes_on("06-code", false, &["template-transform without a sandbox"]).await;
}

#[tokio::test(start_paused = true)]
async fn iterations_go_on_elsewhere_as_if_nothing_had_happened() {
    goes_on("04-iteration", false, &[]).await;
}

#[tokio::test(start_paused = true)]
async fn runs_with_models_go_on_elsewhere_as_if_nothing_had_happened() {
    goes_on(
        "40-llm-node",
        false,
        &["the stream that is stopped", "jinja prompt"],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn chatflows_with_models_go_on_elsewhere_with_the_same_answer() {
    let except = ["moderation", "stop in mid-stream", "client disconnects"];
    goes_on("41-chatflow-llm", true, &except).await;
}
