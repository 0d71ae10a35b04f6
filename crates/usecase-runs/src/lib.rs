//! Runs of graphs. One task per run ([`RunRegistry::start`]) feeds the engine, performs what it asks for through a
//! [`NodeRunner`], commits what happened through a [`RunStore`], and only then tells readers: what a client was told
//! is in storage, but for pieces of text, which flow at once.
//!
//! Nothing here knows HTTP, PostgreSQL or a model: ports do.

mod answer;
mod calls;
mod commit;
mod dialogue;
mod ids;
mod judging;
mod lines;
mod machine;
mod memory;
mod micros;
mod observer;
mod past;
mod plan;
mod ports;
mod record;
mod recorder;
mod registry;
mod stamp;
mod storable;
mod task;
mod usage;
mod wait;
mod wake;
mod words;

pub use crate::{
    dialogue::{ConversationVariable, Dialogue, Question, QuestionFile},
    ids::{attempt_id, execution_id},
    judging::{Judge, JudgeText, Judgement, OutputRule, Verdict},
    lines::RunLines,
    machine::Machine,
    memory::preset_end,
    observer::{Lasted, NodeOutcome, RunObserver, RunOutcome},
    past::{PastRuns, Waits, add_stored},
    plan::{RunKey, RunPlan, Surface},
    ports::{
        CallReport, Commit, Committed, FormIssuer, NodeRunner, NodeWork, PortFuture, Ports,
        RunStore, Spills, StoreError,
    },
    record::{Checkpoint, FormRecord, NodeRecord, NodeState, Offloaded, Record},
    recorder::{BatchError, BatchStore, Recorder},
    registry::{Capacity, Found, RunHandle, RunRegistry, StartError},
    stamp::files_among,
    storable::storable,
    wait::blocking_answer,
    wake::Wake,
    words::{WordRule, fold},
};
