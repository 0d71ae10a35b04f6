//! The state of a run: one value that can be stored at any step and taken up again.
//!
//! A run has a frame per level that it is in: the canvas, and one for each pass of a container that is under way. Each frame has its own view
//! of the variables; what is stored of it is what it has beyond the frame it came from.

mod frame;
mod marks;
mod stored;

use std::collections::{BTreeMap, VecDeque};

use gatewright_nodes::{Fields, Limits, ThinkFilter, Totals};
use serde::{Deserialize, Serialize};

pub(crate) use self::{
    frame::{Frame, Owner},
    marks::{Mark, Marks},
};
use crate::{
    happening::Micros,
    run::{iteration::Iteration, looping::Loop},
};

/// Where a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Phase {
    New,
    Running,
    Paused,
    Finished,
}

/// Everything that a run knows. Serialised it is a checkpoint; what is inside is the engine's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "stored::Stored", into = "stored::Stored")]
pub struct EngineState {
    pub(crate) phase: Phase,
    /// Fingerprint of the graph that the numbers of nodes and edges belong to.
    pub(crate) graph: u64,
    pub(crate) limits: Limits,
    /// The root that is active.
    pub(crate) root: usize,
    pub(crate) started_at: Micros,
    /// When it went on last, and how long it had worked by then: pauses do not count.
    pub(crate) since: Micros,
    pub(crate) worked: Micros,
    pub(crate) next_execution: u64,
    pub(crate) next_frame: u32,
    pub(crate) frames: BTreeMap<u32, Frame>,
    pub(crate) executions: BTreeMap<u64, Execution>,
    /// Nodes that can run, in order: frame, node.
    pub(crate) ready: VecDeque<(u32, usize)>,
    pub(crate) exceptions: u32,
    pub(crate) totals: Totals,
    pub(crate) outputs: Fields,
    pub(crate) answer: Option<Answer>,
}

/// What answer nodes have said so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) text: String,
    pub(crate) files: Vec<gatewright_variables::Value>,
}

/// A node execution that is under way and waits for something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Execution {
    pub(crate) frame: u32,
    pub(crate) node: usize,
    pub(crate) started_at: Micros,
    /// The number of the attempt, from 0.
    pub(crate) attempt: u32,
    pub(crate) doing: Doing,
}

/// What an execution waits for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Doing {
    /// The answer to a call.
    Call {
        /// Inputs that were resolved for it.
        inputs: Fields,
        /// Cuts reasoning out of the stream, when the node asks for that.
        think: Option<ThinkFilter>,
    },
    /// The time until the next attempt.
    Retry,
    /// It waits for a person who answers a form.
    Form,
    /// The items of an iteration.
    Iteration(Box<Iteration>),
    /// The passes of a loop.
    Loop(Box<Loop>),
}

impl EngineState {
    pub(crate) fn new(graph: u64, limits: Limits) -> Self {
        Self {
            phase: Phase::New,
            graph,
            limits,
            root: 0,
            started_at: 0,
            since: 0,
            worked: 0,
            next_execution: 1,
            next_frame: 0,
            frames: BTreeMap::new(),
            executions: BTreeMap::new(),
            ready: VecDeque::new(),
            exceptions: 0,
            totals: Totals::default(),
            outputs: Fields::new(),
            answer: None,
        }
    }

    /// Forgets everything that names a node: the state is that of another graph.
    pub(crate) fn forget_nodes(&mut self) {
        self.frames.clear();
        self.executions.clear();
        self.ready.clear();
    }

    /// Whether the run is over.
    pub fn is_finished(&self) -> bool {
        self.phase == Phase::Finished
    }

    /// Whether the run waits for people only.
    pub fn is_paused(&self) -> bool {
        self.phase == Phase::Paused
    }

    /// The variable pool of the canvas: what an inspector shows, what conversation variables are at the end.
    pub fn pool(&self) -> Option<&gatewright_variables::Pool> {
        self.frames.get(&CANVAS).map(|frame| &frame.pool)
    }
}

/// The frame of the canvas.
pub(crate) const CANVAS: u32 = 0;
