//! Forms of runs: who may answer each, by tokens that nobody guesses.

use std::sync::Arc;

use gatewright_domain::IdGen;
use gatewright_engine::happening::FormRequired;
use gatewright_run_events::{Form, Json, Recipient, RecipientKind};
use gatewright_usecase_runs::{FormIssuer, RunPlan};

/// Makes forms with ids and tokens out of 122 random bits each.
pub struct FormTokens {
    ids: Arc<dyn IdGen>,
}

impl FormTokens {
    /// With ids of this source.
    pub fn new(ids: Arc<dyn IdGen>) -> Self {
        Self { ids }
    }

    fn recipient(&self, kind: RecipientKind) -> Recipient {
        let token = self.ids.new_uuid().simple().to_string();
        Recipient {
            kind,
            token: token[..22].to_owned(),
        }
    }
}

impl FormIssuer for FormTokens {
    fn issue(&self, _plan: &RunPlan, required: &FormRequired, now: i64) -> Form {
        let is_shown =
            |method: &serde_json::Value| method["type"] == "webapp" && method["enabled"] != false;
        let display_in_ui = required.delivery_methods.iter().any(is_shown);
        let mut recipients = vec![
            self.recipient(RecipientKind::Backstage),
            self.recipient(RecipientKind::Console),
        ];
        if display_in_ui {
            recipients.push(self.recipient(RecipientKind::StandaloneWebApp));
        }
        let json =
            |value: &Vec<serde_json::Value>| Json::of(value).unwrap_or_else(|_| Json::array());
        let seconds = i64::try_from(required.timeout_seconds).unwrap_or(i64::MAX / 2);
        Form {
            form_id: self.ids.new_uuid().to_string(),
            node_id: required.node.node_id.clone(),
            node_title: required.node.title.clone(),
            form_content: required.form_content.clone(),
            form_template: required.form_content.clone(),
            inputs: json(&required.inputs),
            actions: json(&required.actions),
            display_in_ui,
            recipients,
            resolved_default_values: Json::of(&required.resolved_default_values)
                .unwrap_or_else(|_| Json::object()),
            expiration_time: now.saturating_add(seconds),
        }
    }
}
