//! How a state is stored: frames keep only the variables that they have beyond the frame they came from.

use std::collections::{BTreeMap, VecDeque};

use gatewright_nodes::{Fields, Limits, Totals};
use gatewright_variables::{Pool, PoolLimits, Variable};
use serde::{Deserialize, Serialize};

use super::{Answer, EngineState, Execution, Frame, Marks, Owner, Phase};
use crate::{
    happening::{Happened, Micros},
    release::Release,
};

/// Version of the stored form.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
pub(super) struct Stored {
    version: u32,
    phase: Phase,
    graph: u64,
    limits: Limits,
    root: usize,
    started_at: Micros,
    since: Micros,
    worked: Micros,
    next_execution: u64,
    next_frame: u32,
    frames: BTreeMap<u32, StoredFrame>,
    executions: BTreeMap<u64, Execution>,
    ready: VecDeque<(u32, usize)>,
    exceptions: u32,
    totals: Totals,
    outputs: Fields,
    answer: Option<Answer>,
}

/// Variables by node and name.
type Variables = BTreeMap<String, BTreeMap<String, Variable>>;

#[derive(Serialize, Deserialize)]
struct StoredFrame {
    level: usize,
    owner: Option<Owner>,
    nodes: Marks,
    edges: Marks,
    open: u32,
    steps: u32,
    started_at: Micros,
    pool: StoredPool,
    release: Release,
    held: Option<Vec<Happened>>,
    totals: Totals,
}

#[derive(Serialize, Deserialize)]
struct StoredPool {
    limits: PoolLimits,
    variables: Variables,
}

impl From<EngineState> for Stored {
    fn from(state: EngineState) -> Self {
        let frames = state.frames.iter().map(|(&id, frame)| {
            let base = frame.owner.and_then(|owner| state.frames.get(&owner.frame));
            (id, stored_frame(frame, base.map(|base| &base.pool)))
        });
        Self {
            version: VERSION,
            frames: frames.collect(),
            phase: state.phase,
            graph: state.graph,
            limits: state.limits,
            root: state.root,
            started_at: state.started_at,
            since: state.since,
            worked: state.worked,
            next_execution: state.next_execution,
            next_frame: state.next_frame,
            executions: state.executions,
            ready: state.ready,
            exceptions: state.exceptions,
            totals: state.totals,
            outputs: state.outputs,
            answer: state.answer,
        }
    }
}

fn stored_frame(frame: &Frame, base: Option<&Pool>) -> StoredFrame {
    StoredFrame {
        level: frame.level,
        owner: frame.owner,
        nodes: frame.nodes.clone(),
        edges: frame.edges.clone(),
        open: frame.open,
        steps: frame.steps,
        started_at: frame.started_at,
        pool: StoredPool {
            limits: frame.pool.limits(),
            variables: beyond(&frame.pool, base),
        },
        release: frame.release.clone(),
        held: frame.held.clone(),
        totals: frame.totals.clone(),
    }
}

/// The variables of a pool that another one does not have, or has otherwise.
fn beyond(pool: &Pool, base: Option<&Pool>) -> Variables {
    let mut variables = Variables::new();
    for node in pool.nodes() {
        for (name, variable) in pool.of_node(node) {
            let known = base.and_then(|base| base.variable(node, name));
            if known.is_none_or(|known| !known.value().is_same(variable.value())) {
                let of_node = variables.entry(node.to_owned()).or_default();
                of_node.insert(name.to_owned(), variable.clone());
            }
        }
    }
    variables
}

impl TryFrom<Stored> for EngineState {
    type Error = String;

    fn try_from(stored: Stored) -> Result<Self, String> {
        if stored.version != VERSION {
            return Err(format!(
                "a state of version {} cannot be read",
                stored.version
            ));
        }
        // A container's frame has a smaller number than those of its passes: frames come after what they build on.
        let mut frames: BTreeMap<u32, Frame> = BTreeMap::new();
        for (id, frame) in stored.frames {
            let base = match frame.owner {
                None => None,
                Some(owner) => Some(
                    frames
                        .get(&owner.frame)
                        .ok_or("a frame has lost its container")?,
                ),
            };
            let frame = read_frame(frame, base.map(|base| &base.pool))?;
            frames.insert(id, frame);
        }
        Ok(Self {
            frames,
            phase: stored.phase,
            graph: stored.graph,
            limits: stored.limits,
            root: stored.root,
            started_at: stored.started_at,
            since: stored.since,
            worked: stored.worked,
            next_execution: stored.next_execution,
            next_frame: stored.next_frame,
            executions: stored.executions,
            ready: stored.ready,
            exceptions: stored.exceptions,
            totals: stored.totals,
            outputs: stored.outputs,
            answer: stored.answer,
        })
    }
}

fn read_frame(stored: StoredFrame, base: Option<&Pool>) -> Result<Frame, String> {
    let mut pool = base
        .cloned()
        .unwrap_or_else(|| Pool::new(stored.pool.limits));
    for (node, variables) in stored.pool.variables {
        pool.set_outputs(&node, variables)
            .map_err(|e| e.to_string())?;
    }
    Ok(Frame {
        level: stored.level,
        owner: stored.owner,
        nodes: stored.nodes,
        edges: stored.edges,
        // Derived from the edges when the engine has its graph again.
        pending: Vec::new(),
        reached: Vec::new(),
        open: stored.open,
        steps: stored.steps,
        started_at: stored.started_at,
        pool,
        release: stored.release,
        held: stored.held,
        totals: stored.totals,
    })
}
