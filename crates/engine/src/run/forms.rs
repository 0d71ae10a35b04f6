//! Nodes that wait for people.

use serde_json::{Map, Value as Json};

use super::{Running, Turn, calls};
use crate::{
    happening::{FormFilled, Happening},
    nodes::{Context, human_input},
    state::{Doing, Execution},
};

impl Turn<'_> {
    /// Asks, and waits.
    pub(crate) fn ask(&mut self, running: Running) {
        let named = self.name(running);
        let Some(frame) = self.state.frames.get(&running.frame) else {
            return;
        };
        let context = Context {
            node: &self.graph.nodes[running.node],
            pool: &frame.pool,
            limits: &self.state.limits,
        };
        match human_input::form(&context, named) {
            Ok(form) => {
                let execution = Execution {
                    frame: running.frame,
                    node: running.node,
                    started_at: running.started_at,
                    attempt: running.attempt,
                    doing: Doing::Form,
                };
                self.state.executions.insert(running.execution, execution);
                self.emit(running.frame, Happening::FormRequired(Box::new(form)));
            }
            Err(failure) => self.fail(running, failure),
        }
    }

    /// The execution that waits for a person; it tells again that it started when the run had been paused.
    fn answered(&mut self, id: u64) -> Option<Running> {
        let execution = self
            .state
            .executions
            .get(&id)
            .filter(|execution| execution.doing == Doing::Form)?;
        let running = calls::running(id, execution);
        self.state.executions.remove(&id);
        if self.state.is_paused() {
            self.wake();
            let node = self.name(running);
            self.emit(running.frame, Happening::NodeStarted { node });
        }
        Some(running)
    }

    pub(crate) fn form_submitted(&mut self, id: u64, action: &str, inputs: Map<String, Json>) {
        let Some(running) = self.answered(id) else {
            return;
        };
        let node = self.name(running);
        let Some(frame) = self.state.frames.get(&running.frame) else {
            return;
        };
        let context = Context {
            node: &self.graph.nodes[running.node],
            pool: &frame.pool,
            limits: &self.state.limits,
        };
        match human_input::submitted(&context, action, inputs) {
            Ok((filled, outcome)) => {
                let filled = FormFilled {
                    node,
                    rendered_content: filled.rendered_content,
                    action_id: action.to_owned(),
                    action_text: filled.action_text,
                    submitted_data: filled.submitted_data,
                };
                self.emit(running.frame, Happening::FormFilled(Box::new(filled)));
                self.succeed(running, outcome);
            }
            Err(failure) => self.fail(running, failure),
        }
    }

    pub(crate) fn form_timed_out(&mut self, id: u64) {
        let Some(running) = self.answered(id) else {
            return;
        };
        let node = self.name(running);
        self.emit(running.frame, Happening::FormTimedOut { node });
        let Some(frame) = self.state.frames.get(&running.frame) else {
            return;
        };
        let context = Context {
            node: &self.graph.nodes[running.node],
            pool: &frame.pool,
            limits: &self.state.limits,
        };
        match human_input::timed_out(&context) {
            Ok(outcome) => self.succeed(running, outcome),
            Err(failure) => self.fail(running, failure),
        }
    }
}
