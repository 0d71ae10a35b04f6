//! From what the engine says to what clients see and storage keeps: ids, wall time, and what only the whole run knows.

mod form;
mod node;
mod workflow;

use std::sync::Arc;

pub(crate) use self::workflow::ended_as;
use gatewright_engine::{
    Fields, Happening, Micros,
    happening::{FormRequired, StartReason as Reason},
};
use gatewright_run_events::{
    HumanInputFormFilled, HumanInputFormTimeout, Json, ReasoningChunk, RunEvent, StartReason,
    TextChunk, TextReplace, WorkflowStarted,
};
use serde_json::{Map, Value};

use crate::{
    FormIssuer, FormRecord, Record, RunObserver, RunPlan, Verdict, memory::Memory,
    micros::unix_seconds, record::Stamped, storable, words::Watch,
};

/// Why an answer was replaced, as clients know it.
const MODERATED: &str = "output_moderation";

/// Stamps happenings of one run.
pub(crate) struct Stamp {
    pub(crate) plan: Arc<RunPlan>,
    pub(crate) memory: Memory,
    pub(crate) forms: Arc<dyn FormIssuer>,
    /// Whether readers are told the text that counts when the run goes on: they may have seen more of it, from a process that is gone.
    pub(crate) tells_text: bool,
    /// Looks for words that the answer must not contain.
    pub(crate) watch: Option<Watch>,
    /// Hears what happens in the run.
    pub(crate) observer: Option<Arc<dyn RunObserver>>,
}

impl Stamp {
    /// What clients see of it, and what is kept.
    pub(crate) fn happened(&mut self, happening: Happening, now: Micros) -> Stamped {
        match happening {
            Happening::RunStarted { reason } => self.run_started(reason, now),
            Happening::NodeStarted { node } => self.node_started(&node, now),
            Happening::NodeRetry { end, retry_index } => self.node_retry(&end, retry_index, now),
            Happening::NodeFinished { end } => self.node_finished(&end, now),
            Happening::IterationStarted(start) => shown(RunEvent::IterationStarted(
                node::container_started(&start, now),
            )),
            Happening::LoopStarted(start) => {
                shown(RunEvent::LoopStarted(node::container_started(&start, now)))
            }
            Happening::IterationNext(next) => {
                shown(RunEvent::IterationNext(node::container_next(&next, now)))
            }
            Happening::LoopNext(next) => {
                shown(RunEvent::LoopNext(node::container_next(&next, now)))
            }
            Happening::IterationCompleted(end) => shown(RunEvent::IterationCompleted(
                node::container_completed(&end, now),
            )),
            Happening::LoopCompleted(end) => shown(RunEvent::LoopCompleted(
                node::container_completed(&end, now),
            )),
            Happening::Text { selector, text } => self.text(selector, text, now),
            Happening::TextRetracted { selector, chars } => self.retracted(&selector, chars),
            Happening::FormRequired(required) => self.form_required(*required, now),
            Happening::FormFilled(filled) => {
                self.memory.forms.remove(&filled.node.execution);
                shown(RunEvent::HumanInputFormFilled(HumanInputFormFilled {
                    node_id: filled.node.node_id,
                    node_title: filled.node.title,
                    rendered_content: filled.rendered_content,
                    action_id: filled.action_id,
                    action_text: filled.action_text,
                    submitted_data: json_of(&filled.submitted_data),
                }))
            }
            Happening::FormTimedOut { node } => {
                let form = self.memory.forms.remove(&node.execution);
                shown(RunEvent::HumanInputFormTimeout(HumanInputFormTimeout {
                    node_id: node.node_id,
                    node_title: node.title,
                    expiration_time: form.map_or(unix_seconds(now), |form| form.expiration_time),
                }))
            }
            Happening::VariableUpdated(update) => Stamped {
                events: Vec::new(),
                records: vec![Record::Variable(update)],
            },
            Happening::Paused {
                waiting,
                outputs,
                total_steps,
                total_tokens,
                started_at,
            } => {
                let totals = (u64::from(total_steps), total_tokens);
                self.paused(&waiting, &outputs, totals, started_at, now)
            }
            Happening::RunFinished(end) => self.run_finished(&end, now),
        }
    }

    /// A piece of what a model thinks.
    pub(crate) fn reasoning(&mut self, node_id: &str, text: &str, is_final: bool) -> RunEvent {
        let so_far = self.memory.reasoning.entry(node_id.to_owned()).or_default();
        so_far.push_str(text);
        RunEvent::ReasoningChunk(ReasoningChunk {
            reasoning: text.to_owned(),
            node_id: node_id.to_owned(),
            is_final,
        })
    }

    fn run_started(&mut self, reason: Reason, now: Micros) -> Stamped {
        self.memory.part_started = now;
        self.memory.text_times = None;
        let started = WorkflowStarted {
            workflow_id: self.plan.workflow_id.to_string(),
            inputs: self.plan.inputs.clone(),
            stored_inputs: self.plan.stored_inputs.clone(),
            created_at: unix_seconds(now),
            reason: match reason {
                Reason::Initial => StartReason::Initial,
                Reason::Resumption => StartReason::Resumption,
            },
        };
        let mut stamped = kept(
            RunEvent::WorkflowStarted(started.clone()),
            Record::Started(started),
        );
        if std::mem::take(&mut self.tells_text) {
            stamped.events.push(that_counts(self.memory.said.whole()));
        }
        stamped
    }

    fn form_required(&mut self, mut required: FormRequired, now: Micros) -> Stamped {
        form::inputs(&mut required.inputs);
        form::actions(&mut required.actions);
        let mut form = self.forms.issue(&self.plan, &required, unix_seconds(now));
        form.form_template.clone_from(&required.form_template);
        let execution = required.node.execution;
        self.memory.forms.insert(execution, form.clone());
        let record = FormRecord {
            form: form.clone(),
            required,
        };
        kept(
            RunEvent::HumanInputRequired(Box::new(form)),
            Record::Form(Box::new(record)),
        )
    }

    fn text(&mut self, selector: Vec<String>, text: String, now: Micros) -> Stamped {
        if self.memory.is_replaced {
            return Stamped::default();
        }
        self.memory.text(&selector, &text, now);
        let instead = self.watch.as_mut().and_then(|watch| watch.hear(&text));
        if let Some(preset) = instead {
            self.memory.replace(preset);
            return shown(RunEvent::TextReplace(TextReplace {
                text: preset.to_owned(),
                reason: MODERATED.to_owned(),
            }));
        }
        shown(RunEvent::TextChunk(TextChunk {
            text,
            from_variable_selector: Some(selector),
        }))
    }

    /// What a judge says of a text that was said. None where nothing changes, or the text was taken back meanwhile.
    pub(crate) fn judged(&mut self, text: &str, verdict: Verdict) -> Option<RunEvent> {
        if self.memory.is_replaced {
            return None;
        }
        let said = self.memory.said.whole();
        let behind = said.strip_prefix(text)?;
        let text = match verdict {
            Verdict::Fine => return None,
            Verdict::Instead(preset) => {
                let preset = storable(&preset).into_owned();
                self.memory.replace(&preset);
                preset
            }
            Verdict::Rewritten(text) => {
                let text = storable(&text).into_owned() + behind;
                self.memory.rewrite(&text);
                text
            }
        };
        Some(RunEvent::TextReplace(TextReplace {
            text,
            reason: MODERATED.to_owned(),
        }))
    }

    fn retracted(&mut self, selector: &[String], chars: u64) -> Stamped {
        if self.memory.is_replaced {
            return Stamped::default();
        }
        self.memory.said.retract(selector, chars);
        let text = self.memory.said.whole();
        if let Some(watch) = &mut self.watch {
            watch.again(&text);
        }
        shown(that_counts(text))
    }
}

/// Tells readers the text that counts from now on.
fn that_counts(text: String) -> RunEvent {
    RunEvent::TextReplace(TextReplace {
        text,
        reason: String::new(),
    })
}

/// Seen, and not kept.
fn shown(event: RunEvent) -> Stamped {
    Stamped {
        events: vec![event],
        records: Vec::new(),
    }
}

/// Seen and kept.
fn kept(event: RunEvent, record: Record) -> Stamped {
    Stamped {
        events: vec![event],
        records: vec![record],
    }
}

/// Fields as an object.
fn json_of(fields: &Fields) -> Json {
    Json::of(fields).unwrap_or_default()
}

/// Files among outputs, one by one or in lists: an array.
fn files_of(outputs: &Fields) -> Json {
    let files: Vec<&Value> = outputs
        .iter()
        .flat_map(|(_, value)| files_in(value.json()))
        .collect();
    listed(&files)
}

/// Files among the outputs of a run, an object: an array.
#[must_use]
pub fn files_among(outputs: &Value) -> Json {
    let values = outputs.as_object().into_iter().flat_map(Map::values);
    listed(&values.flat_map(files_in).collect::<Vec<_>>())
}

fn listed(files: &[&Value]) -> Json {
    if files.is_empty() {
        Json::array()
    } else {
        Json::of(files).unwrap_or_else(|_| Json::array())
    }
}

fn files_in(value: &Value) -> Vec<&Value> {
    let is_file = |value: &&Value| {
        value.get("dify_model_identity").and_then(Value::as_str) == Some("__dify__file__")
    };
    match value {
        Value::Array(items) => items.iter().filter(is_file).collect(),
        other => Some(other).filter(is_file).into_iter().collect(),
    }
}
