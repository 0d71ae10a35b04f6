//! The answer to a caller who waits: put together from the same events that streams show.

use crate::{
    MessageEnd, MessageIdentity, RunError, RunEvent, RunIdentity, RunStatus, View,
    WorkflowFinished, WorkflowPaused,
    object::Object,
    project::{metadata, reasons},
    python_json,
};

/// What a waiting caller gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// 200, `application/json`.
    Body(Vec<u8>),
    /// An error, with its own status and code.
    Refused(RunError),
}

/// Reads events until there is an answer.
#[derive(Clone, Debug)]
pub struct BlockingAnswer {
    run: RunIdentity,
    view: View,
    workflow_id: String,
    text: String,
    end: MessageEnd,
    outcome: Option<Outcome>,
}

#[derive(Clone, Debug)]
enum Outcome {
    /// What answers stands in the app already: no run began.
    Said,
    Finished(WorkflowFinished),
    Paused(WorkflowPaused),
    Broken(RunError),
}

impl BlockingAnswer {
    /// Nothing read yet.
    #[must_use]
    pub fn new(run: RunIdentity, view: View) -> Self {
        Self {
            run,
            view,
            workflow_id: String::new(),
            text: String::new(),
            end: MessageEnd::default(),
            outcome: None,
        }
    }

    /// Reads the next event.
    pub fn apply(&mut self, event: &RunEvent) {
        match event {
            RunEvent::WorkflowStarted(event) => self.workflow_id.clone_from(&event.workflow_id),
            RunEvent::TextChunk(event) => self.text.push_str(&event.text),
            RunEvent::TextReplace(event) => self.text.clone_from(&event.text),
            RunEvent::MessageEnd(event) => {
                self.end = event.clone();
                if self.workflow_id.is_empty() && self.outcome.is_none() {
                    self.outcome = Some(Outcome::Said);
                }
            }
            RunEvent::WorkflowFinished(event) => {
                self.outcome = Some(Outcome::Finished(event.clone()));
            }
            RunEvent::WorkflowPaused(event) => self.outcome = Some(Outcome::Paused(event.clone())),
            RunEvent::Error(error) => self.outcome = Some(Outcome::Broken(error.clone())),
            _ => {}
        }
    }

    /// The answer, once what was read contains a pause or an end. A workflow that failed answers 200 and says so inside;
    /// a chatflow that failed is refused with 400.
    #[must_use]
    pub fn answer(&self) -> Option<Answer> {
        let outcome = self.outcome.as_ref()?;
        let mut body = Vec::with_capacity(1024);
        match (outcome, &self.run.message) {
            (Outcome::Broken(error), _) => return Some(Answer::Refused(error.clone())),
            (Outcome::Said, None) => return None,
            (Outcome::Finished(end), None) => self.workflow(&mut body, |data| finished(end, data)),
            (Outcome::Paused(pause), None) => {
                self.workflow(&mut body, |data| self.paused_workflow(pause, data));
            }
            (Outcome::Finished(end), Some(_)) if end.status == RunStatus::Failed => {
                let reason = end.error.as_deref().unwrap_or_default();
                let error = RunError::invalid_param(format!("Run failed: {reason}"));
                return Some(Answer::Refused(error.after_start()));
            }
            (Outcome::Finished(_) | Outcome::Said, Some(message)) => {
                let mut object = Object::open(&mut body);
                self.message("message", message, &mut object);
                object.close();
            }
            (Outcome::Paused(pause), Some(message)) => {
                self.paused_message(pause, message, &mut body);
            }
        }
        Some(Answer::Body(python_json::styled(&body)))
    }

    fn workflow(&self, body: &mut Vec<u8>, data: impl FnOnce(&mut Object<'_>)) {
        let mut object = Object::open(body);
        object
            .field("task_id", &self.run.task_id)
            .field("workflow_run_id", &self.run.workflow_run_id)
            .object("data", |inner| {
                inner.field("id", &self.run.workflow_run_id);
                data(inner);
            });
        object.close();
    }

    fn paused_workflow(&self, pause: &WorkflowPaused, data: &mut Object<'_>) {
        data.field("workflow_id", &self.workflow_id)
            .field("status", "paused")
            .field("outputs", &crate::Json::object())
            .field("error", &())
            .field("elapsed_time", &pause.elapsed_time)
            .field("total_tokens", &pause.total_tokens)
            .field("total_steps", &pause.total_steps)
            .field("created_at", &pause.created_at)
            .field("finished_at", &())
            .field("paused_nodes", &pause.paused_nodes);
        reasons(&pause.reasons, self.view, data);
    }

    fn message(&self, event: &str, message: &MessageIdentity, object: &mut Object<'_>) {
        object
            .field("event", event)
            .field("task_id", &self.run.task_id)
            .field("id", &message.message_id)
            .field("message_id", &message.message_id)
            .field("conversation_id", &message.conversation_id)
            .field("mode", "advanced-chat")
            .field("answer", &self.text);
        metadata(&self.end.metadata, self.view, object.key("metadata"));
        object.field("created_at", &message.created_at);
    }

    fn paused_message(
        &self,
        pause: &WorkflowPaused,
        message: &MessageIdentity,
        body: &mut Vec<u8>,
    ) {
        let mut object = Object::open(body);
        self.message("workflow_paused", message, &mut object);
        object
            .field("workflow_run_id", &self.run.workflow_run_id)
            .object("data", |data| {
                data.field("id", &message.message_id)
                    .field("mode", "advanced-chat")
                    .field("conversation_id", &message.conversation_id)
                    .field("message_id", &message.message_id)
                    .field("workflow_run_id", &self.run.workflow_run_id)
                    .field("answer", &self.text);
                metadata(&self.end.metadata, self.view, data.key("metadata"));
                data.field("created_at", &message.created_at)
                    .field("paused_nodes", &pause.paused_nodes);
                reasons(&pause.reasons, self.view, data);
                data.field("status", "paused")
                    .field("elapsed_time", &pause.elapsed_time)
                    .field("total_tokens", &pause.total_tokens)
                    .field("total_steps", &pause.total_steps);
            });
        object.close();
    }
}

fn finished(end: &WorkflowFinished, data: &mut Object<'_>) {
    data.field("workflow_id", &end.workflow_id)
        .field("status", end.status.as_str())
        .field("outputs", &end.outputs)
        .field("error", &end.error)
        .field("elapsed_time", &end.elapsed_time)
        .field("total_tokens", &end.total_tokens)
        .field("total_steps", &end.total_steps)
        .field("created_at", &end.created_at)
        .field("finished_at", &end.finished_at);
}
