//! Forms of runs: who may answer each, by tokens that nobody guesses.

use gatewright_auth::form_token::FormKeys;
use gatewright_engine::happening::FormRequired;
use gatewright_run_events::{Form, Json, Recipient, RecipientKind};
use gatewright_usecase_kit::Env;
use gatewright_usecase_runs::{FormIssuer, RunPlan, execution_id};
use serde_json::Value;
use uuid::Uuid;

/// Makes forms, each recipient with a token of its own.
pub struct FormTokens {
    env: Env,
    keys: FormKeys,
}

impl FormTokens {
    /// With ids of these surroundings and tokens by these keys.
    pub fn new(env: Env, keys: FormKeys) -> Self {
        Self { env, keys }
    }

    /// Whoever may answer. People who are told by mail have no token here: it is computed when their mail is written, and no stream
    /// shows it.
    fn recipients(&self, form: Uuid, required: &FormRequired) -> Vec<Recipient> {
        let web_app = is_shown(required).then_some(RecipientKind::StandaloneWebApp);
        let kinds = std::iter::once(RecipientKind::Backstage).chain(web_app);
        let with_token = kinds.zip(0..).map(|(kind, place)| Recipient {
            kind,
            token: self
                .keys
                .token(recipient_id(form, place))
                .expose()
                .to_owned(),
        });
        let mailed = mails(required).next().map(|_| Recipient {
            kind: RecipientKind::EmailMember,
            token: String::new(),
        });
        with_token.chain(mailed).collect()
    }
}

impl FormIssuer for FormTokens {
    fn issue(&self, _plan: &RunPlan, required: &FormRequired, now: i64) -> Form {
        let id = self.env.ids.new_uuid();
        let json = |value: &Vec<Value>| Json::of(value).unwrap_or_else(|_| Json::array());
        let seconds = i64::try_from(required.timeout_seconds).unwrap_or(i64::MAX / 2);
        Form {
            form_id: id.to_string(),
            node_id: required.node.node_id.clone(),
            node_title: required.node.title.clone(),
            form_content: required.form_content.clone(),
            form_template: required.form_content.clone(),
            inputs: json(&required.inputs),
            actions: json(&required.actions),
            display_in_ui: is_shown(required),
            recipients: self.recipients(id, required),
            resolved_default_values: Json::of(&required.resolved_default_values)
                .unwrap_or_else(|_| Json::object()),
            expiration_time: now.saturating_add(seconds),
        }
    }
}

/// The id of a recipient, by their place among those of the form: whoever knows it computes the token.
pub(crate) fn recipient_id(form: Uuid, place: u64) -> Uuid {
    execution_id(form, place)
}

/// Whether the web app shows the form.
fn is_shown(required: &FormRequired) -> bool {
    enabled(required, "webapp").next().is_some()
}

/// Mails that tell people, as the author defined them.
pub(crate) fn mails(required: &FormRequired) -> impl Iterator<Item = &Value> {
    enabled(required, "email")
}

fn enabled<'a>(required: &'a FormRequired, kind: &'a str) -> impl Iterator<Item = &'a Value> {
    let methods = required.delivery_methods.iter();
    methods.filter(move |method| method["type"] == kind && method["enabled"] != false)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use gatewright_auth::{OsRandom, keys::MasterKeys};
    use gatewright_domain::{RandomIds, SystemClock};
    use gatewright_engine::happening::NodeRef;
    use serde_json::json;

    use super::*;

    fn required(methods: &Value) -> FormRequired {
        let node = NodeRef {
            execution: 1,
            node_id: "ask".into(),
            node_type: "human-input".into(),
            title: "Ask".into(),
            within: vec![],
        };
        FormRequired {
            node,
            form_content: String::new(),
            form_template: String::new(),
            inputs: vec![],
            actions: vec![],
            resolved_default_values: gatewright_engine::Fields::new(),
            delivery_methods: methods.as_array().cloned().unwrap_or_default(),
            timeout_seconds: 60,
        }
    }

    #[test]
    fn recipients_of_a_form_are_those_whom_its_ways_of_delivery_reach() {
        let tokens = FormTokens::new(
            Env {
                clock: Arc::new(SystemClock),
                ids: Arc::new(RandomIds),
                random: Arc::new(OsRandom::default()),
            },
            FormKeys::new(&MasterKeys::new(&[b'k'; 32], [])),
        );
        for (methods, expected) in [
            (json!([]), "Backstage 22"),
            (
                json!([{"type": "webapp", "enabled": true}]),
                "Backstage 22, StandaloneWebApp 22",
            ),
            (
                json!([{"type": "webapp", "enabled": false}]),
                "Backstage 22",
            ),
            (
                json!([{"type": "email", "enabled": true}]),
                "Backstage 22, EmailMember 0",
            ),
        ] {
            let found = tokens.recipients(Uuid::from_u128(7), &required(&methods));
            let found = found
                .iter()
                .map(|one| format!("{:?} {}", one.kind, one.token.len()));
            assert_eq!(found.collect::<Vec<_>>().join(", "), expected, "{methods}");
        }
    }
}
