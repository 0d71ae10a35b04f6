//! The engine: a graph and the state of one run of it.

use std::sync::Arc;

use gatewright_nodes::{Graph, Limits};

use crate::{effect::Effect, event::Event, happening::Micros, run::Turn, state::EngineState};

/// One run of a graph.
#[derive(Debug, Clone)]
pub struct Engine {
    graph: Arc<Graph>,
    state: EngineState,
    /// The state is that of another graph.
    foreign: bool,
}

impl Engine {
    /// A run that has not begun; its first event is [`Event::Start`].
    pub fn new(graph: Arc<Graph>, limits: Limits) -> Self {
        Self {
            state: EngineState::new(graph.fingerprint(), limits),
            graph,
            foreign: false,
        }
    }

    /// A run from a stored state, with the graph that it began with; its first event is [`Event::Resume`]. With any other graph that event
    /// fails the run.
    pub fn restore(graph: Arc<Graph>, mut state: EngineState) -> Self {
        let foreign = state.graph != graph.fingerprint();
        if foreign {
            state.forget_nodes();
        }
        for frame in state.frames.values_mut() {
            frame.count_edges(&graph);
        }
        Self {
            graph,
            state,
            foreign,
        }
    }

    /// As [`Self::step_by`], all of it at one instant.
    pub fn step(&mut self, now: Micros, event: Event) -> Vec<Effect> {
        self.step_by(&|| now, event)
    }

    /// Takes an event in and says what to do now. The clock tells microseconds, never less than at the step before; it is asked again at
    /// both ends of each node, so that durations are true within a step too.
    /// An event that fits nothing (an answer to a call that was given up, a form answered twice) changes nothing.
    pub fn step_by(&mut self, clock: &dyn Fn() -> Micros, event: Event) -> Vec<Effect> {
        let mut turn = Turn {
            graph: &self.graph,
            state: &mut self.state,
            now: clock(),
            clock,
            effects: Vec::new(),
        };
        if std::mem::take(&mut self.foreign) && !turn.state.is_finished() {
            turn.fail_run("The run cannot go on: its graph is not the one that it began with.");
        } else {
            turn.take(event);
        }
        turn.effects
    }

    /// The state: serialise it for a checkpoint.
    pub const fn state(&self) -> &EngineState {
        &self.state
    }

    /// The graph that the engine runs.
    pub const fn graph(&self) -> &Arc<Graph> {
        &self.graph
    }
}
