//! What a reader who attaches late is shown first: where the run stands, in place of what they missed.

use crate::{
    Container, Form, Json, NodeExecution, NodeFinished, NodeStarted, NodeStatus, PauseReason,
    Projection, RunEvent, RunIdentity, StartReason, TextReplace, WorkflowFinished, WorkflowPaused,
    WorkflowStarted, python_json,
};

/// Where a run stands after the events read so far, in memory or from storage.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    started: Option<WorkflowStarted>,
    answer: String,
    nodes: Vec<Executed>,
    forms: Vec<Form>,
    paused: Option<WorkflowPaused>,
}

#[derive(Clone, Debug)]
struct Executed {
    started: NodeStarted,
    finished: Option<NodeFinished>,
}

impl Snapshot {
    /// Reads the next event.
    pub fn apply(&mut self, event: &RunEvent) {
        match event {
            RunEvent::WorkflowStarted(event) => self.start(event),
            RunEvent::NodeStarted(event) => self.node_started(event.clone()),
            RunEvent::NodeFinished(event) => self.node_finished(event.clone()),
            RunEvent::IterationStarted(event) | RunEvent::LoopStarted(event) => {
                self.node_started(NodeStarted {
                    node: as_node(&event.container),
                    created_at: event.created_at,
                    extras: Json::object(),
                    agent_strategy: Json::null(),
                });
            }
            RunEvent::IterationCompleted(event) | RunEvent::LoopCompleted(event) => {
                self.node_finished(NodeFinished {
                    node: as_node(&event.container),
                    inputs: event.inputs.clone(),
                    process_data: Json::object(),
                    outputs: event.outputs.clone(),
                    status: event.status,
                    error: None,
                    elapsed_time: event.elapsed_time,
                    execution_metadata: event.execution_metadata.clone(),
                    created_at: event.created_at,
                    finished_at: event.finished_at,
                    files: Json::array(),
                });
            }
            RunEvent::TextChunk(event) => self.answer.push_str(&event.text),
            RunEvent::TextReplace(event) => self.answer.clone_from(&event.text),
            RunEvent::HumanInputRequired(form) => self.forms.push(form.as_ref().clone()),
            RunEvent::HumanInputFormFilled(event) => self.answered(&event.node_id),
            RunEvent::HumanInputFormTimeout(event) => self.answered(&event.node_id),
            RunEvent::WorkflowPaused(event) => self.pause(event),
            _ => {}
        }
    }

    /// Says that the run goes on behind what was read: its pause is over, and no form waits.
    pub fn resumed(&mut self) {
        self.forms.clear();
        self.paused = None;
    }

    /// Forgets all but the pause and its forms.
    pub fn keep_pause(&mut self) {
        self.started = None;
        self.answer.clear();
        self.nodes.clear();
    }

    /// The events to show, in their order: the start, the text so far, every node that was executed, and, while the run
    /// waits, its forms as their author wrote them and the pause.
    #[must_use]
    pub fn events(&self) -> Vec<RunEvent> {
        let mut events = Vec::with_capacity(2 * self.nodes.len() + self.forms.len() + 3);
        events.extend(self.started.clone().map(RunEvent::WorkflowStarted));
        if !self.answer.is_empty() {
            events.push(RunEvent::TextReplace(TextReplace {
                text: self.answer.clone(),
                reason: String::new(),
            }));
        }
        for (node, index) in self.nodes.iter().zip(1..) {
            let mut started = node.started.clone();
            started.node.index = index;
            events.push(RunEvent::NodeStarted(started));
            events.extend(node.finished.clone().map(|mut finished| {
                finished.node.index = index;
                RunEvent::NodeFinished(finished)
            }));
        }
        if let Some(paused) = &self.paused {
            let forms = self.forms.iter().cloned().map(unrendered);
            events.extend(forms.map(|form| RunEvent::HumanInputRequired(Box::new(form))));
            events.push(RunEvent::WorkflowPaused(as_stored(paused.clone())));
        }
        events
    }

    /// The same as bytes. `projection` is one made for snapshots. In a workflow the text so far is left out: its
    /// clients know it by the nodes' outputs.
    #[must_use]
    pub fn lines(&self, projection: &Projection) -> Vec<u8> {
        let mut out = Vec::with_capacity(4096);
        for event in self.events() {
            let of_workflow = projection.run.message.is_none();
            if !(of_workflow && matches!(event, RunEvent::TextReplace(_))) {
                projection.write(&event, &mut out);
            }
        }
        out
    }

    fn start(&mut self, event: &WorkflowStarted) {
        self.resumed();
        if self.started.is_none() {
            self.started = Some(WorkflowStarted {
                inputs: event.stored_inputs.clone(),
                reason: StartReason::Initial,
                ..event.clone()
            });
        }
    }

    fn node_started(&mut self, event: NodeStarted) {
        let known = self
            .nodes
            .iter_mut()
            .find(|node| node.started.node.id == event.node.id);
        if let Some(node) = known {
            node.finished = None;
        } else {
            self.nodes.push(Executed {
                started: event,
                finished: None,
            });
        }
    }

    fn node_finished(&mut self, event: NodeFinished) {
        let started = self.nodes.iter_mut().rev();
        if let Some(node) = started
            .into_iter()
            .find(|node| node.started.node.id == event.node.id)
        {
            node.finished = Some(event);
        }
    }

    fn answered(&mut self, node_id: &str) {
        self.forms.retain(|form| form.node_id != node_id);
    }

    /// Nodes that wait are shown as ended, with a status of their own.
    fn pause(&mut self, event: &WorkflowPaused) {
        let waiting = self.nodes.iter_mut().filter(|node| {
            node.finished.is_none() && event.paused_nodes.contains(&node.started.node.node_id)
        });
        for node in waiting {
            node.finished = Some(waits(&node.started, event.created_at));
        }
        self.paused = Some(event.clone());
    }
}

/// A container as the node that it is in storage.
fn as_node(container: &Container) -> NodeExecution {
    NodeExecution {
        id: container.node_id.clone(),
        node_id: container.node_id.clone(),
        node_type: container.node_type.clone(),
        title: container.title.clone(),
        index: 1,
        iteration_id: None,
        loop_id: None,
    }
}

fn waits(started: &NodeStarted, since: i64) -> NodeFinished {
    NodeFinished {
        node: started.node.clone(),
        inputs: Json::object(),
        process_data: Json::object(),
        outputs: Json::object(),
        status: NodeStatus::Paused,
        error: None,
        elapsed_time: 0.0,
        execution_metadata: Json::null(),
        created_at: started.created_at,
        finished_at: since,
        files: Json::array(),
    }
}

fn unrendered(form: Form) -> Form {
    Form {
        form_content: form.form_template.clone(),
        ..form
    }
}

/// A pause as it is read back: no time has passed, and its forms are as written.
fn as_stored(mut pause: WorkflowPaused) -> WorkflowPaused {
    for reason in &mut pause.reasons {
        if let PauseReason::HumanInputRequired(form) = reason {
            form.form_content.clone_from(&form.form_template);
        }
    }
    WorkflowPaused {
        elapsed_time: 0.0,
        ..pause
    }
}

/// The one line for a run that has ended, without a ping before it: spaced as Python spaces, every member of the
/// stored run, and the run's id as task.
#[must_use]
pub fn finished_only(run: &RunIdentity, end: &WorkflowFinished) -> Vec<u8> {
    let stored = RunIdentity {
        task_id: run.workflow_run_id.clone(),
        message: None,
        workflow_run_id: run.workflow_run_id.clone(),
    };
    // How this line is shown depends on nobody: every reader may see how the run ended.
    let view = crate::View {
        audience: crate::Audience::ServiceApi,
        generation: crate::Generation::V1_14,
    };
    let line = Projection::snapshot(stored, view).line(&RunEvent::WorkflowFinished(end.clone()));
    let compact = line
        .strip_prefix(b"data: ")
        .unwrap_or(&line)
        .trim_ascii_end();
    [b"data: ".as_slice(), &python_json::styled(compact), b"\n\n"].concat()
}
