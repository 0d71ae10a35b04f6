//! From an event to the bytes of its line: pure, and exact to the order of keys.

mod container;
mod form;
mod message;
mod node;
mod workflow;

pub(crate) use self::{message::metadata, workflow::reasons};
use crate::{
    Audience, Json, RunEvent, RunIdentity, View,
    event::RunError,
    object::{Object, put},
    truncate::truncated,
};

/// What a stream of a graph app begins with, and repeats while nothing happens.
pub const PING: &[u8] = b"event: ping\n\n";

/// How one reader sees one run. Made once for a stream: what every line repeats is written once.
#[derive(Clone, Debug)]
pub struct Projection {
    pub(crate) view: View,
    pub(crate) run: RunIdentity,
    /// Whether nodes lose their insides: for simple readers, and in every snapshot.
    simple: bool,
    /// `,"conversation_id":…,…,"task_id":…`
    task_head: Vec<u8>,
    /// The same with `"workflow_run_id":…` where this kind of app has it.
    run_head: Vec<u8>,
}

impl Projection {
    /// For live events.
    #[must_use]
    pub fn live(run: RunIdentity, view: View) -> Self {
        Self::new(run, view, false)
    }

    /// For the events of a snapshot: without insides of nodes for every reader, and a workflow's `task_id` comes
    /// before its `workflow_run_id`.
    #[must_use]
    pub fn snapshot(run: RunIdentity, view: View) -> Self {
        Self::new(run, view, true)
    }

    fn new(run: RunIdentity, view: View, snapshot: bool) -> Self {
        let task = member("task_id", &run.task_id);
        let id = member("workflow_run_id", &run.workflow_run_id);
        let (task_head, run_head) = match &run.message {
            Some(_) => {
                let task = [message_head(&run), task].concat();
                let with_run = [task.as_slice(), &id].concat();
                (task, with_run)
            }
            None => {
                let both = if snapshot {
                    [task, id].concat()
                } else {
                    [id, task].concat()
                };
                (both.clone(), both)
            }
        };
        Self {
            view,
            simple: snapshot || view.audience.is_simple(),
            run,
            task_head,
            run_head,
        }
    }

    /// For whom, and for which generation, events are written.
    #[must_use]
    pub fn view(&self) -> View {
        self.view
    }

    /// Appends the event's line, `data: {…}` and an empty line, to `out`. Appends nothing when this reader is not told
    /// of it: `message_end` in a workflow, reasoning before 1.16.
    pub fn write(&self, event: &RunEvent, out: &mut Vec<u8>) {
        match event {
            RunEvent::WorkflowStarted(event) => self.workflow_started(event, out),
            RunEvent::NodeStarted(event) => self.node_started(event, out),
            RunEvent::NodeFinished(event) => self.node_finished(event, out),
            RunEvent::NodeRetry(event) => self.node_retry(event, out),
            RunEvent::IterationStarted(event) => {
                self.container_started(container::ITERATION, event, out);
            }
            RunEvent::LoopStarted(event) => self.container_started(container::LOOP, event, out),
            RunEvent::IterationNext(event) => self.iteration_next(event, out),
            RunEvent::LoopNext(event) => self.loop_next(event, out),
            RunEvent::IterationCompleted(event) => {
                self.container_completed(container::ITERATION, event, out);
            }
            RunEvent::LoopCompleted(event) => self.container_completed(container::LOOP, event, out),
            RunEvent::TextChunk(event) => self.text_chunk(event, out),
            RunEvent::TextReplace(event) => self.text_replace(event, out),
            RunEvent::ReasoningChunk(event) => self.reasoning_chunk(event, out),
            RunEvent::MessageEnd(event) => self.message_end(event, out),
            RunEvent::AgentLog(event) => self.agent_log(event, out),
            RunEvent::HumanInputRequired(form) => self.human_input_required(form, out),
            RunEvent::HumanInputFormFilled(event) => self.form_filled(event, out),
            RunEvent::HumanInputFormTimeout(event) => self.form_timeout(event, out),
            RunEvent::WorkflowPaused(event) => self.workflow_paused(event, out),
            RunEvent::WorkflowFinished(event) => self.workflow_finished(event, out),
            RunEvent::Error(event) => self.error(event, out),
        }
    }

    /// The event's line; empty when this reader is not told of it.
    #[must_use]
    pub fn line(&self, event: &RunEvent) -> Vec<u8> {
        let mut out = Vec::with_capacity(512);
        self.write(event, &mut out);
        out
    }

    /// A line whose members are in `data`, of an event that names the run.
    fn of_run(&self, name: &str, out: &mut Vec<u8>, members: impl FnOnce(&mut Object<'_>)) {
        data_line(name, &self.run_head, out, members);
    }

    /// A line whose members are in `data`, of an event that names only the task.
    fn of_task(&self, name: &str, out: &mut Vec<u8>, members: impl FnOnce(&mut Object<'_>)) {
        data_line(name, &self.task_head, out, members);
    }

    /// `error`: never a task; a workflow's run only once clients know it. The order of keys is that of the two ways in
    /// which the original makes them.
    fn error(&self, event: &RunError, out: &mut Vec<u8>) {
        open(out, "error");
        match &self.run.message {
            Some(_) => out.extend_from_slice(&message_head(&self.run)),
            None => {
                let known = event.after_start.then_some(&self.run.workflow_run_id);
                out.extend_from_slice(&member("workflow_run_id", &known));
            }
        }
        error_members(event, out);
        out.extend_from_slice(b"}\n\n");
    }

    /// A value of a node or container for this reader, and whether it was cut.
    fn shown(&self, value: &Json) -> (Json, bool) {
        match self.view.audience {
            Audience::ServiceApi => (value.clone(), false),
            _ => truncated(value),
        }
    }
}

/// The only line of a stream whose run could not even be made: no app's envelope, for there is no run and no message.
#[must_use]
pub fn early_error(event: &RunError) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    open(&mut out, "error");
    error_members(event, &mut out);
    out.extend_from_slice(b"}\n\n");
    out
}

/// The same of a workflow whose graph could not be made ready: it names the run that there is none of.
#[must_use]
pub fn unready_error(event: &RunError) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    open(&mut out, "error");
    out.extend_from_slice(&member("workflow_run_id", &None::<String>));
    error_members(event, &mut out);
    out.extend_from_slice(b"}\n\n");
    out
}

/// What an error says, in its order.
fn error_members(event: &RunError, out: &mut Vec<u8>) {
    let fixed_text = matches!(
        event.code.as_deref(),
        Some("internal_server_error" | "provider_quota_exceeded")
    );
    let status = member("status", &event.status);
    let message = member("message", &event.message);
    if let Some(code) = &event.code {
        out.extend_from_slice(&member("code", code));
    }
    let last = if fixed_text || event.code.is_none() {
        [message, status]
    } else {
        [status, message]
    };
    out.extend_from_slice(&last.concat());
}

fn data_line(name: &str, head: &[u8], out: &mut Vec<u8>, members: impl FnOnce(&mut Object<'_>)) {
    open(out, name);
    out.extend_from_slice(head);
    out.extend_from_slice(b",\"data\":");
    let mut data = Object::open(out);
    members(&mut data);
    data.close();
    out.extend_from_slice(b"}\n\n");
}

/// `data: {"event":"…"`.
fn open(out: &mut Vec<u8>, name: &str) {
    out.extend_from_slice(b"data: {\"event\":\"");
    out.extend_from_slice(name.as_bytes());
    out.push(b'"');
}

/// `,"key":value`.
fn member<T: serde::Serialize + ?Sized>(key: &str, value: &T) -> Vec<u8> {
    let mut out = Vec::with_capacity(64);
    out.extend_from_slice(b",\"");
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(b"\":");
    put(&mut out, value);
    out
}

/// What every line of a chatflow repeats first.
fn message_head(run: &RunIdentity) -> Vec<u8> {
    run.message.as_ref().map_or_else(Vec::new, |message| {
        [
            member("conversation_id", &message.conversation_id),
            member("message_id", &message.message_id),
            member("created_at", &message.created_at),
        ]
        .concat()
    })
}
