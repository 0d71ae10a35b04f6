//! A run that waits, and one that has ended.

use gatewright_engine::{
    Fields, Micros,
    happening::{NodeRef, RunEnd, Status},
};
use gatewright_run_events::{
    Json, PauseReason, RunEvent, RunStatus, WorkflowFinished, WorkflowPaused,
};

use super::{Stamp, files_of, json_of, kept};
use crate::{
    Record,
    micros::{seconds, unix_seconds},
    record::Stamped,
    storable,
};

impl Stamp {
    /// `totals` are steps and tokens.
    pub(super) fn paused(
        &self,
        waiting: &[NodeRef],
        outputs: &Fields,
        totals: (u64, u64),
        started_at: Micros,
        now: Micros,
    ) -> Stamped {
        let forms = waiting
            .iter()
            .filter_map(|node| self.memory.forms.get(&node.execution));
        let reasons = forms.map(|form| PauseReason::HumanInputRequired(Box::new(form.clone())));
        let paused = WorkflowPaused {
            paused_nodes: waiting.iter().map(|node| node.node_id.clone()).collect(),
            outputs: json_of(outputs),
            reasons: reasons.collect(),
            created_at: unix_seconds(started_at),
            elapsed_time: seconds(now.saturating_sub(self.memory.part_started)),
            total_tokens: totals.1,
            total_steps: totals.0,
        };
        let mut stamped = kept(
            RunEvent::WorkflowPaused(paused.clone()),
            Record::Paused(paused),
        );
        if self.plan.message.is_some() {
            // What was said so far is what lists show of the message meanwhile.
            let so_far = Record::Message {
                answer: self.memory.said.whole(),
                end: self.memory.message_end(Json::array()),
            };
            stamped.records.insert(0, so_far);
        }
        stamped
    }

    /// A chatflow's message is complete before its run is, unless the run was stopped; one that failed has no such event.
    pub(super) fn run_finished(&self, end: &RunEnd, now: Micros) -> Stamped {
        let finished = WorkflowFinished {
            workflow_id: self.plan.workflow_id.to_string(),
            status: status(end.status),
            outputs: json_of(&end.outputs),
            error: end
                .error
                .as_deref()
                .map(|error| storable(error).into_owned()),
            elapsed_time: seconds(now.saturating_sub(self.memory.part_started)),
            total_tokens: end.total_tokens,
            total_steps: u64::from(end.total_steps),
            created_by: self.plan.created_by.clone(),
            created_at: unix_seconds(end.started_at),
            finished_at: unix_seconds(now),
            exceptions_count: u64::from(end.exceptions_count),
            files: files_of(&end.outputs),
        };
        let mut stamped = kept(
            RunEvent::WorkflowFinished(finished.clone()),
            Record::Finished(finished.clone()),
        );
        if self.plan.message.is_some() {
            let files = end
                .outputs
                .get("files")
                .map_or_else(Json::array, Json::from);
            let message = self.memory.message_end(files);
            stamped.records.insert(
                0,
                Record::Message {
                    answer: self.memory.said.whole(),
                    end: message.clone(),
                },
            );
            let event = RunEvent::MessageEnd(message);
            match finished.status {
                RunStatus::Succeeded | RunStatus::PartialSucceeded => {
                    stamped.events.insert(0, event);
                }
                RunStatus::Stopped => stamped.events.push(event),
                RunStatus::Failed => {}
            }
        }
        stamped
    }
}

fn status(status: Status) -> RunStatus {
    match status {
        Status::Succeeded => RunStatus::Succeeded,
        Status::PartialSucceeded | Status::Exception => RunStatus::PartialSucceeded,
        Status::Failed => RunStatus::Failed,
        Status::Stopped => RunStatus::Stopped,
    }
}

/// The same end with another status: what storage or a limit says counts. The message of a run that was stopped comes
/// behind its end, that of one that failed not at all.
pub(crate) fn ended_as(events: &mut Vec<RunEvent>, status: RunStatus, reason: &str) {
    let message = events
        .iter()
        .position(|event| matches!(event, RunEvent::MessageEnd(_)));
    let message = message.map(|index| events.remove(index));
    for event in events.iter_mut() {
        if let RunEvent::WorkflowFinished(end) = event {
            end.status = status;
            end.error = Some(reason.to_owned());
        }
    }
    events.extend(message.filter(|_| status == RunStatus::Stopped));
}
