//! Lines of forms, and the form within a pause.

use crate::{Form, HumanInputFormFilled, HumanInputFormTimeout, Projection, View, object::Object};

impl Projection {
    pub(super) fn human_input_required(&self, form: &Form, out: &mut Vec<u8>) {
        self.of_run("human_input_required", out, |data| {
            data.field("form_id", &form.form_id)
                .field("node_id", &form.node_id)
                .field("node_title", &form.node_title)
                .field("form_content", &form.form_content)
                .field("inputs", &form.inputs)
                .field("actions", &form.actions)
                .field("display_in_ui", &form.display_in_ui)
                .field("form_token", &self.view.form_token(&form.recipients))
                .field("resolved_default_values", &form.resolved_default_values)
                .field("expiration_time", &form.expiration_time);
            channels(form, self.view, data);
        });
    }

    pub(super) fn form_filled(&self, event: &HumanInputFormFilled, out: &mut Vec<u8>) {
        self.of_run("human_input_form_filled", out, |data| {
            data.field("node_id", &event.node_id)
                .field("node_title", &event.node_title)
                .field("rendered_content", &event.rendered_content)
                .field("action_id", &event.action_id)
                .field("action_text", &event.action_text)
                .field("submitted_data", &event.submitted_data);
        });
    }

    pub(super) fn form_timeout(&self, event: &HumanInputFormTimeout, out: &mut Vec<u8>) {
        self.of_run("human_input_form_timeout", out, |data| {
            data.field("node_id", &event.node_id)
                .field("node_title", &event.node_title)
                .field("expiration_time", &event.expiration_time);
        });
    }
}

/// The form as the reason of a pause: other keys in another order.
pub(super) fn reason(form: &Form, view: View, reason: &mut Object<'_>) {
    reason
        .field("TYPE", "human_input_required")
        .field("form_id", &form.form_id)
        .field("form_content", &form.form_content)
        .field("inputs", &form.inputs)
        .field("actions", &form.actions)
        .field("node_id", &form.node_id)
        .field("node_title", &form.node_title)
        .field("resolved_default_values", &form.resolved_default_values)
        .field("form_token", &view.form_token(&form.recipients))
        .field("expiration_time", &form.expiration_time);
    channels(form, view, reason);
}

/// Where else the form can be answered, for newer clients. Behind all others, so that what was before stays as it was.
fn channels(form: &Form, view: View, object: &mut Object<'_>) {
    if view.is_newer() {
        object.field(
            "approval_channels",
            &view.approval_channels(&form.recipients),
        );
    }
}
