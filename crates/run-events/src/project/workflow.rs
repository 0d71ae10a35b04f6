//! Lines of the run itself.

use super::form;
use crate::{
    Audience, CreatedBy, Json, PauseReason, Projection, View, WorkflowFinished, WorkflowPaused,
    WorkflowStarted, object::Object,
};

impl Projection {
    pub(super) fn workflow_started(&self, event: &WorkflowStarted, out: &mut Vec<u8>) {
        self.of_run("workflow_started", out, |data| {
            data.field("id", &self.run.workflow_run_id)
                .field("workflow_id", &event.workflow_id)
                .field("inputs", &event.inputs)
                .field("created_at", &event.created_at)
                .field("reason", event.reason.as_str());
        });
    }

    pub(super) fn workflow_paused(&self, event: &WorkflowPaused, out: &mut Vec<u8>) {
        let outputs = match self.view.audience {
            Audience::ServiceApi => Json::object(),
            _ => event.outputs.clone(),
        };
        self.of_run("workflow_paused", out, |data| {
            data.field("workflow_run_id", &self.run.workflow_run_id)
                .field("paused_nodes", &event.paused_nodes)
                .field("outputs", &outputs);
            reasons(&event.reasons, self.view, data);
            data.field("status", "paused")
                .field("created_at", &event.created_at)
                .field("elapsed_time", &event.elapsed_time)
                .field("total_tokens", &event.total_tokens)
                .field("total_steps", &event.total_steps);
        });
    }

    pub(super) fn workflow_finished(&self, event: &WorkflowFinished, out: &mut Vec<u8>) {
        self.of_run("workflow_finished", out, |data| {
            data.field("id", &self.run.workflow_run_id)
                .field("workflow_id", &event.workflow_id)
                .field("status", event.status.as_str())
                .field("outputs", &event.outputs)
                .field("error", &event.error)
                .field("elapsed_time", &event.elapsed_time)
                .field("total_tokens", &event.total_tokens)
                .field("total_steps", &event.total_steps);
            created_by(&event.created_by, data);
            data.field("created_at", &event.created_at)
                .field("finished_at", &event.finished_at)
                .field("exceptions_count", &event.exceptions_count)
                .field("files", &event.files);
        });
    }
}

fn created_by(who: &CreatedBy, data: &mut Object<'_>) {
    data.object("created_by", |object| match who {
        CreatedBy::Account { id, name, email } => {
            object
                .field("id", id)
                .field("name", name)
                .field("email", email);
        }
        CreatedBy::EndUser { id, user } => {
            object.field("id", id).field("user", user);
        }
    });
}

/// `"reasons": […]`.
pub(crate) fn reasons(reasons: &[PauseReason], view: View, data: &mut Object<'_>) {
    let out = data.key("reasons");
    out.push(b'[');
    for (index, reason) in reasons.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        let mut object = Object::open(out);
        match reason {
            PauseReason::HumanInputRequired(asked) => form::reason(asked, view, &mut object),
            PauseReason::ScheduledPause { message } => {
                object
                    .field("TYPE", "scheduled_pause")
                    .field("message", message);
            }
        }
        object.close();
    }
    out.push(b']');
}
