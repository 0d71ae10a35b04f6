//! Which node runs next: edges are taken or skipped, and a node runs once all its edges are known and one of them is taken.

use gatewright_nodes::{Attempt, OnError};

use super::{Running, Turn};
use crate::{happening::Happening, state::Mark};

/// By which way a node is left.
pub(crate) enum Exit<'a> {
    /// By every edge, except the one for failures.
    All,
    /// By the edges with this handle.
    By(&'a str),
}

impl Turn<'_> {
    /// Queues a node.
    pub(crate) fn enqueue(&mut self, frame: u32, node: usize) {
        let slot = self.node(node).slot;
        if let Some(state) = self.state.frames.get_mut(&frame) {
            state.nodes.set(slot, Mark::Active);
            state.open += 1;
            self.state.ready.push_back((frame, node));
        }
    }

    /// Resolves the edges out of a node that ended; gives the nodes that can run now.
    pub(crate) fn leave(&mut self, frame: u32, node: usize, exit: &Exit<'_>) -> Vec<usize> {
        let graph = self.graph;
        let from = &graph.nodes[node];
        let mut next = Vec::new();
        for &edge in &from.outgoing {
            let handle = graph.edges[edge].handle.as_str();
            let taken = match exit {
                Exit::All => from.on_error != OnError::FailBranch || handle != "fail-branch",
                Exit::By(wanted) => handle == *wanted,
            };
            self.resolve(frame, edge, taken, &mut next);
        }
        next
    }

    /// A node does not run, and so do all that only it leads to.
    pub(crate) fn skip(&mut self, frame: u32, node: usize, next: &mut Vec<usize>) {
        let slot = self.node(node).slot;
        if let Some(state) = self.state.frames.get_mut(&frame) {
            state.nodes.set(slot, Mark::Skipped);
        }
        let graph = self.graph;
        for &edge in &graph.nodes[node].outgoing {
            self.resolve(frame, edge, false, next);
        }
    }

    fn resolve(&mut self, frame: u32, edge: usize, taken: bool, next: &mut Vec<usize>) {
        let graph = self.graph;
        let Some(state) = self.state.frames.get_mut(&frame) else {
            return;
        };
        let mut todo = vec![(edge, taken)];
        while let Some((edge, taken)) = todo.pop() {
            let data = &graph.edges[edge];
            if state.edges.get(data.slot) != Mark::Open {
                continue;
            }
            state
                .edges
                .set(data.slot, if taken { Mark::Done } else { Mark::Skipped });
            let target = &graph.nodes[data.target];
            state.pending[target.slot] -= 1;
            state.reached[target.slot] |= taken;
            if taken {
                state.release.taken(graph, edge);
            }
            if state.pending[target.slot] > 0 || state.nodes.get(target.slot) != Mark::Open {
                continue;
            }
            if state.reached[target.slot] {
                next.push(data.target);
            } else {
                state.nodes.set(target.slot, Mark::Skipped);
                todo.extend(target.outgoing.iter().rev().map(|&edge| (edge, false)));
            }
        }
    }

    /// Runs a node that can run. A frame that is gone takes its nodes with it.
    pub(crate) fn run_node(&mut self, frame: u32, at: usize) {
        if !self.state.frames.contains_key(&frame) {
            return;
        }
        let node = &self.graph.nodes[at];
        let is_marker = node.is_marker();
        if !is_marker && !self.count_step(frame) {
            return;
        }
        self.tick();
        let execution = self.state.next_execution;
        let running = Running {
            execution,
            frame,
            node: at,
            started_at: self.now,
            attempt: 0,
        };
        if !is_marker {
            self.state.next_execution += 1;
            let named = self.name(running);
            self.emit(frame, Happening::NodeStarted { node: named });
        }
        self.attempt(running);
    }

    /// One attempt of an execution.
    pub(crate) fn attempt(&mut self, running: Running) {
        let Some(context) = self.context(running) else {
            return;
        };
        let attempt = context.node.attempt(&context);
        self.tick();
        match attempt {
            Attempt::Over(Ok(outcome)) => self.succeed(running, outcome),
            Attempt::Over(Err(failure)) => self.fail(running, failure),
            Attempt::Call(request) => self.call(running, request),
            Attempt::Container => self.enter(running),
            Attempt::Form => self.ask(running),
            Attempt::Marker => self.pass_marker(running),
            Attempt::LoopEnd => self.break_loop(running),
        }
    }

    /// The start of a container only leads on; nobody hears of it.
    fn pass_marker(&mut self, running: Running) {
        self.mark_done(running);
        let next = self.leave(running.frame, running.node, &Exit::All);
        self.speak(running.frame);
        self.go_on(running.frame, next);
    }

    /// A node ended: those behind it are queued, and a frame without any node left ends.
    pub(crate) fn go_on(&mut self, frame: u32, next: Vec<usize>) {
        for node in next {
            self.enqueue(frame, node);
        }
        let Some(state) = self.state.frames.get_mut(&frame) else {
            return;
        };
        state.open -= 1;
        if state.open == 0 && state.owner.is_some() {
            self.pass_ended(frame);
        }
    }

    pub(crate) fn mark_done(&mut self, running: Running) {
        let slot = self.node(running.node).slot;
        if let Some(frame) = self.state.frames.get_mut(&running.frame) {
            frame.nodes.set(slot, Mark::Done);
        }
    }

    /// Counts an attempt of a node; one more than a run may make fails the run, and false is the answer.
    pub(crate) fn count_step(&mut self, frame: u32) -> bool {
        let limit = self.state.limits.steps;
        let Some(frame) = self.state.frames.get_mut(&frame) else {
            return true;
        };
        frame.steps += 1;
        let is_allowed = frame.steps <= limit;
        if !is_allowed {
            self.fail_run(&format!(
                "The run took more than {limit} steps, the limit of a run."
            ));
        }
        is_allowed
    }
}
