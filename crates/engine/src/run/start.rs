//! How a run begins, and how it goes on from a stored state.

use gatewright_nodes::{Graph, INPUTS};
use gatewright_variables::{Pool, PoolLimits, Variable, VariableType, pool};
use serde_json::Value as Json;

use super::{DEADLINE, Turn};
use crate::{
    effect::Effect,
    event::{Declared, Preset, Start},
    happening::{Happening, StartReason},
    state::{CANVAS, Frame, Mark, Phase},
};

impl Turn<'_> {
    pub(crate) fn start(&mut self, start: Start) {
        self.state.phase = Phase::Running;
        self.state.started_at = self.now;
        self.state.since = self.now;
        self.emit(
            CANVAS,
            Happening::RunStarted {
                reason: StartReason::Initial,
            },
        );
        self.arm_deadline();

        let root = match chosen(self.graph, &start) {
            Ok(root) => root,
            Err(text) => return self.fail_run(&text),
        };
        let alone = start.only.is_some();
        self.state.root = root;
        let pool = match first_pool(start, self.pool_limits()) {
            Ok(pool) => pool,
            Err(text) => return self.fail_run(&text),
        };
        self.state.next_frame = CANVAS + 1;
        let level = self.graph.nodes[root].level;
        let frame = Frame::new(self.graph, level, None, pool, self.now);
        self.state.frames.insert(CANVAS, frame);
        if alone {
            self.begin_alone(root);
        } else {
            self.begin_frame(CANVAS, root);
        }
    }

    /// Sets one node going, and nothing behind it.
    fn begin_alone(&mut self, node: usize) {
        let graph = self.graph;
        if let Some(frame) = self.state.frames.get_mut(&CANVAS) {
            for &edge in &graph.levels[frame.level].edges {
                frame.edges.set(graph.edges[edge].slot, Mark::Skipped);
            }
        }
        self.enqueue(CANVAS, node);
    }

    /// One value may be as large as the outputs of a node; all together, eight times that.
    fn pool_limits(&self) -> PoolLimits {
        let variable_bytes = self.state.limits.output_bytes;
        PoolLimits {
            variable_bytes,
            total_bytes: variable_bytes.saturating_mul(8),
        }
    }

    /// Sets a frame going at its root; other nodes without a way to them are skipped, so that nobody waits for them.
    pub(crate) fn begin_frame(&mut self, id: u32, root: usize) {
        let graph = self.graph;
        let Some(frame) = self.state.frames.get_mut(&id) else {
            return;
        };
        let level = frame.level;
        frame.release.begin(graph, level, root);
        let mut next = Vec::new();
        for &node in &graph.levels[level].nodes {
            if node != root && graph.nodes[node].incoming.is_empty() {
                self.skip(id, node, &mut next);
            }
        }
        self.speak(id);
        self.enqueue(id, root);
    }

    pub(crate) fn arm_deadline(&mut self) {
        if self.state.phase != Phase::Running {
            return;
        }
        let left = self
            .state
            .limits
            .run_micros
            .saturating_sub(self.state.worked);
        self.effects.push(Effect::StartTimer {
            id: DEADLINE,
            after_ms: left.div_ceil(1_000),
        });
    }

    /// After a restore.
    pub(crate) fn resume(&mut self) {
        self.state.since = self.now;
        let paused = self.state.phase == Phase::Paused;
        self.emit(
            CANVAS,
            Happening::RunStarted {
                reason: StartReason::Resumption,
            },
        );
        if !paused {
            self.arm_deadline();
            self.ask_again();
        }
    }

    /// Somebody answered while the run waited for people only: it goes on.
    pub(crate) fn wake(&mut self) {
        if self.state.phase == Phase::Paused {
            self.state.phase = Phase::Running;
            self.state.since = self.now;
            self.arm_deadline();
        }
    }
}

/// The node to begin at.
fn chosen(graph: &Graph, start: &Start) -> Result<usize, String> {
    let Some(id) = start.only.as_deref() else {
        return chosen_root(graph, start.root.as_deref());
    };
    let node = graph
        .index_of(id)
        .ok_or_else(|| format!("Node {id} is not in the graph."))?;
    runnable(graph, node)
}

fn runnable(graph: &Graph, at: usize) -> Result<usize, String> {
    let node = &graph.nodes[at];
    match node.refusal() {
        Some(reason) => Err(format!(
            "Node {} ({}) cannot be run: {reason}",
            node.id,
            node.node_type()
        )),
        None => Ok(at),
    }
}

/// The root to begin at: the chosen one, or the first start node.
fn chosen_root(graph: &Graph, chosen: Option<&str>) -> Result<usize, String> {
    let roots = &graph.levels[0].roots;
    let root = match chosen {
        Some(id) => roots.iter().copied().find(|&at| graph.nodes[at].id == id),
        None => {
            let starts = |&&at: &&usize| graph.nodes[at].is_start();
            roots.iter().find(starts).or(roots.first()).copied()
        }
    };
    let root = root.ok_or_else(|| {
        format!(
            "{:?} is no node that a run can begin at.",
            chosen.unwrap_or_default()
        )
    })?;
    runnable(graph, root)
}

/// Everything that is known before the first node: system, environment, conversation, and the inputs as they came.
fn first_pool(start: Start, limits: PoolLimits) -> Result<Pool, String> {
    let mut first = Pool::new(limits);
    let mut set = |node: &str, name: &str, variable: Variable| {
        first.set(node, name, variable).map_err(|e| e.to_string())
    };
    for (name, value) in start.system {
        set(pool::SYSTEM, &name, system_variable(&name, value))?;
    }
    for (node, declared) in [
        (pool::ENVIRONMENT, start.environment),
        (pool::CONVERSATION, start.conversation),
    ] {
        for Declared {
            name,
            value_type,
            value,
        } in declared
        {
            let kind: VariableType = value_type
                .parse()
                .map_err(|_| format!("Variable {node}.{name} has no type: {value_type}"))?;
            let variable =
                Variable::typed(kind, value).map_err(|e| format!("Variable {node}.{name}: {e}"))?;
            set(node, &name, variable)?;
        }
    }
    for Preset {
        node,
        name,
        value_type,
        value,
    } in start.variables
    {
        let declared = value_type.and_then(|kind| kind.parse::<VariableType>().ok());
        let typed = declared.and_then(|kind| Variable::typed(kind, value.clone()).ok());
        set(
            &node,
            &name,
            typed.unwrap_or_else(|| Variable::infer(value)),
        )?;
    }
    for (name, value) in start.inputs {
        set(INPUTS, &name, Variable::infer(value))?;
    }
    Ok(first)
}

/// `sys.files` is a list of files even when it is empty.
fn system_variable(name: &str, value: Json) -> Variable {
    match name {
        "files" => Variable::typed(VariableType::ArrayFile, value.clone())
            .unwrap_or_else(|_| Variable::infer(value)),
        _ => Variable::infer(value),
    }
}
