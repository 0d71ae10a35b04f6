//! The engine: a graph and the state of one run of it.

use std::sync::Arc;

use crate::{
    effect::Effect,
    event::Event,
    graph::{Graph, Limits},
    happening::Micros,
    run::Turn,
    state::EngineState,
};

/// One run of a graph.
#[derive(Debug, Clone)]
pub struct Engine {
    graph: Arc<Graph>,
    state: EngineState,
}

impl Engine {
    /// A run that has not begun; its first event is [`Event::Start`].
    pub fn new(graph: Arc<Graph>, limits: Limits) -> Self {
        Self {
            graph,
            state: EngineState::new(limits),
        }
    }

    /// A run from a stored state, with the graph that it began with; its first event is [`Event::Resume`].
    pub fn restore(graph: Arc<Graph>, mut state: EngineState) -> Self {
        for frame in state.frames.values_mut() {
            frame.count_edges(&graph);
        }
        Self { graph, state }
    }

    /// Takes an event in that comes at an instant (microseconds, never less than at the step before), and says what to do now.
    /// An event that fits nothing (an answer to a call that was given up, a form answered twice) changes nothing.
    pub fn step(&mut self, now: Micros, event: Event) -> Vec<Effect> {
        let mut turn = Turn {
            graph: &self.graph,
            state: &mut self.state,
            now,
            effects: Vec::new(),
        };
        turn.take(event);
        turn.effects
    }

    /// The state: serialise it for a checkpoint.
    pub const fn state(&self) -> &EngineState {
        &self.state
    }

    /// The graph.
    pub const fn graph(&self) -> &Arc<Graph> {
        &self.graph
    }
}
