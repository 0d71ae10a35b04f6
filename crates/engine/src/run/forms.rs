//! Nodes that wait for people.

use serde_json::{Map, Value as Json};

use super::{Running, Turn, calls};
use crate::{
    happening::{FormFilled, FormRequired, Happening},
    state::{Doing, Execution},
};

impl Turn<'_> {
    /// Asks, and waits.
    pub(crate) fn ask(&mut self, running: Running) {
        let Some(context) = self.context(running) else {
            return;
        };
        let form = match context.node.form(&context) {
            Ok(form) => form,
            Err(failure) => return self.fail(running, failure),
        };
        let form = FormRequired {
            node: self.name(running),
            form_content: form.form_content,
            form_template: form.form_template,
            inputs: form.inputs,
            actions: form.actions,
            resolved_default_values: form.resolved_default_values,
            delivery_methods: form.delivery_methods,
            timeout_seconds: form.timeout_seconds,
        };
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
        let Some(context) = self.context(running) else {
            return;
        };
        match context.node.submitted(&context, action, inputs) {
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
        let Some(context) = self.context(running) else {
            return;
        };
        match context.node.timed_out(&context) {
            Ok(outcome) => self.succeed(running, outcome),
            Err(failure) => self.fail(running, failure),
        }
    }
}
