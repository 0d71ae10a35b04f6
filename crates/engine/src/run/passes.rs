//! What iteration and loop share: a pass is a frame of its own; it begins, ends, fails, and is thrown away.

use gatewright_nodes::Failure;
use gatewright_variables::Variable;

use super::{Running, Turn, calls, iteration, looping};
use crate::{
    happening::{Happening, Micros},
    state::{Doing, Frame, Owner},
};

/// What a pass was when it ended.
pub(crate) struct Pass {
    pub(crate) owner: Owner,
    pub(crate) frame: Frame,
    /// Why it failed; `None` = it went through.
    pub(crate) failure: Option<Failure>,
    /// A loop-end node broke it off.
    pub(crate) broken: bool,
}

impl Turn<'_> {
    /// Begins a container.
    pub(crate) fn enter(&mut self, running: Running) {
        let node = &self.graph.nodes[running.node];
        if let Some(data) = node.iteration() {
            iteration::begin(self, running, data);
        } else if let Some(data) = node.looping() {
            looping::begin(self, running, data);
        }
    }

    /// Opens a pass with these variables of the container.
    pub(crate) fn open_pass(
        &mut self,
        container: Running,
        index: u32,
        variables: Vec<(String, Variable)>,
        held: bool,
    ) {
        let graph = self.graph;
        let node = &graph.nodes[container.node];
        let (Some(level), Some(outer)) = (node.inside, self.state.frames.get(&container.frame))
        else {
            return;
        };
        let owner = Owner {
            execution: container.execution,
            frame: container.frame,
            index,
        };
        let mut frame = Frame::new(graph, level, Some(owner), outer.pool.clone(), self.now);
        frame.held = held.then(Vec::new);
        for (name, variable) in variables {
            if let Err(error) = frame.pool.set(&node.id, &name, variable) {
                return self.fail_run(&error.to_string());
            }
        }
        let id = self.state.next_frame;
        self.state.next_frame += 1;
        self.state.frames.insert(id, frame);
        let Some(&root) = graph.levels[level].roots.first() else {
            return;
        };
        self.begin_frame(id, root);
    }

    /// All nodes of a pass have ended.
    pub(crate) fn pass_ended(&mut self, id: u32) {
        self.end_pass(id, None, false);
    }

    /// A node of a pass failed, and nothing there catches it.
    pub(crate) fn pass_failed(&mut self, id: u32, failure: &Failure) {
        self.end_pass(id, Some(failure.clone()), false);
    }

    /// A loop-end node ends its pass at once, and the loop.
    pub(crate) fn break_loop(&mut self, running: Running) {
        self.mark_done(running);
        self.end_pass(running.frame, None, true);
    }

    fn end_pass(&mut self, id: u32, failure: Option<Failure>, broken: bool) {
        let Some(owner) = self.state.frames.get(&id).and_then(|frame| frame.owner) else {
            return;
        };
        let Some(mut frame) = self.drop_pass(id) else {
            return;
        };
        for happened in frame.held.take().unwrap_or_default() {
            self.tell(owner.frame, happened);
        }
        let Some(execution) = self.state.executions.get(&owner.execution) else {
            return;
        };
        let container = calls::running(owner.execution, execution);
        let pass = Pass {
            owner,
            frame,
            failure,
            broken,
        };
        let node = &self.graph.nodes[container.node];
        if let Some(data) = node.iteration() {
            iteration::ended(self, container, data, pass);
        } else if let Some(data) = node.looping() {
            looping::ended(self, container, data, pass);
        }
    }

    /// Throws a pass away with everything that runs inside; what it held back is gone unless the caller sends it.
    pub(crate) fn drop_pass(&mut self, id: u32) -> Option<Frame> {
        let mut gone = vec![id];
        let mut at = 0;
        while at < gone.len() {
            let outer = gone[at];
            let inner = self
                .state
                .frames
                .iter()
                .filter(|(_, frame)| frame.owner.is_some_and(|owner| owner.frame == outer));
            gone.extend(inner.map(|(&id, _)| id));
            at += 1;
        }
        let inside: Vec<u64> = self
            .state
            .executions
            .iter()
            .filter(|(_, execution)| gone.contains(&execution.frame))
            .map(|(&id, _)| id)
            .collect();
        self.cancel(&inside);
        let frame = self.state.frames.remove(&id);
        for id in &gone[1..] {
            self.state.frames.remove(id);
        }
        frame
    }

    /// Passes of a container that are under way.
    pub(crate) fn passes_of(&self, execution: u64) -> Vec<u32> {
        let frames = self.state.frames.iter();
        let own = frames.filter(|(_, frame)| {
            frame
                .owner
                .is_some_and(|owner| owner.execution == execution)
        });
        own.map(|(&id, _)| id).collect()
    }

    /// Changes what a container remembers.
    pub(crate) fn remember(&mut self, container: Running, doing: Doing) {
        if let Some(execution) = self.state.executions.get_mut(&container.execution) {
            execution.doing = doing;
        }
    }

    /// A container is over: for others it is a node that ended.
    pub(crate) fn leave_container(&mut self, container: Running, happening: Happening) {
        self.state.executions.remove(&container.execution);
        self.emit(container.frame, happening);
    }
}

/// Microseconds as seconds with six places, as clients see durations.
pub(crate) fn seconds(micros: Micros) -> serde_json::Value {
    #[allow(clippy::cast_precision_loss)] // durations are far below 2^52 microseconds
    let seconds = micros as f64 / 1e6;
    serde_json::Value::from(seconds)
}

/// A map from pass to duration.
pub(crate) fn durations(passes: &[(u32, Micros)]) -> serde_json::Value {
    let pairs = passes
        .iter()
        .map(|&(index, micros)| (index.to_string(), seconds(micros)));
    serde_json::Value::Object(pairs.collect())
}
