//! Forms on their way into storage: in the transaction of the run that asks, together with the mails that tell people.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use gatewright_auth::form_token::{FormKeys, digest};
use gatewright_jobs::{JobId, enqueue};
use gatewright_run_events::{Form, RecipientKind};
use gatewright_storage_kit::{StorageError, Tx};
use gatewright_storage_runs::{
    form::{self, NewForm},
    form_recipient::{self, MemberAddress, NewDelivery, NewRecipient},
};
use gatewright_usecase_kit::{Env, mail::SendFormMail};
use gatewright_usecase_runs::{FormRecord, RunPlan};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::forms::{mails, recipient_id};

/// Members of a mail's config that are kept for its writer.
const MAIL_MEMBERS: [&str; 2] = ["subject", "body"];

/// Writes forms in the transactions of their runs.
pub struct FormWriter {
    /// Computes the tokens of recipients.
    pub keys: FormKeys,
    /// Ids and the time.
    pub env: Env,
    /// Whether mails are sent here.
    pub sends_mail: bool,
}

/// One form of one run.
pub(crate) struct AskedForm<'a> {
    pub(crate) plan: &'a RunPlan,
    pub(crate) record: &'a FormRecord,
}

/// Rows of one transaction.
#[derive(Default)]
struct Rows {
    deliveries: Vec<NewDelivery>,
    recipients: Vec<NewRecipient>,
    /// Recipients who get a mail.
    mailed: Vec<Uuid>,
}

impl FormWriter {
    /// Writes forms, who may answer them, and the jobs that send mails.
    pub(crate) async fn write(
        &self,
        tx: &mut Tx,
        asked: &[AskedForm<'_>],
    ) -> Result<(), StorageError> {
        let now = self.env.clock.now();
        let forms: Vec<_> = asked.iter().map(|one| form_row(one, now)).collect();
        let new = form::insert(tx, &forms).await?;
        let mut rows = Rows::default();
        // A commit whose answer was lost is written again: what belongs to its forms was written with them.
        let is_new = |one: &&AskedForm<'_>| new.contains(&form_id(&one.record.form));
        for one in asked.iter().filter(is_new) {
            let members = if mails(&one.record.required).next().is_some() {
                form_recipient::list_members(tx, one.plan.tenant_id).await?
            } else {
                vec![]
            };
            self.add(&mut rows, &one.record.form, now);
            for method in mails(&one.record.required) {
                self.add_mail(&mut rows, &one.record.form, method, &members);
            }
        }
        form_recipient::insert_deliveries(tx, &rows.deliveries).await?;
        form_recipient::insert(tx, &rows.recipients).await?;
        for recipient in rows.mailed.into_iter().filter(|_| self.sends_mail) {
            let id = JobId::generate(self.env.ids.as_ref());
            enqueue(tx.as_mut(), id, &SendFormMail { recipient }, now, now).await?;
        }
        Ok(())
    }

    /// Whoever answers without having been written to.
    fn add(&self, rows: &mut Rows, form: &Form, now: DateTime<Utc>) {
        let form_id = form_id(form);
        let delivery_id = self.env.ids.new_uuid();
        rows.deliveries.push(NewDelivery {
            id: delivery_id,
            form_id,
            method: "webapp",
            config_id: None,
            payload: "{}".to_owned(),
            created_at: now,
        });
        let with_token = form.recipients.iter().zip(0..);
        for (recipient, place) in with_token.filter(|(recipient, _)| !recipient.token.is_empty()) {
            rows.recipients.push(NewRecipient {
                id: recipient_id(form_id, place),
                form_id,
                delivery_id,
                kind: kind(recipient.kind),
                payload: json!({"TYPE": kind(recipient.kind)}).to_string(),
                digest: digest(&recipient.token),
                created_at: now,
            });
        }
    }

    /// Whoever is written to: members first, each address once.
    fn add_mail(&self, rows: &mut Rows, form: &Form, method: &Value, members: &[MemberAddress]) {
        let (form_id, now) = (form_id(form), self.env.clock.now());
        let config = &method["config"];
        let delivery_id = self.env.ids.new_uuid();
        let kept = MAIL_MEMBERS.map(|name| (name.to_owned(), config[name].clone()));
        let mut payload = Value::Object(kept.into_iter().collect());
        payload["node_title"] = json!(form.node_title);
        rows.deliveries.push(NewDelivery {
            id: delivery_id,
            form_id,
            method: "email",
            config_id: method["id"].as_str().and_then(|id| id.parse().ok()),
            payload: payload.to_string(),
            created_at: now,
        });
        let mut seen = HashSet::new();
        for (kind, address) in addresses(&config["recipients"], members) {
            if !seen.insert(address.to_lowercase()) {
                continue;
            }
            let id = self.env.ids.new_uuid();
            rows.mailed.push(id);
            rows.recipients.push(NewRecipient {
                id,
                form_id,
                delivery_id,
                kind: self::kind(kind),
                payload: json!({"TYPE": self::kind(kind), "email": address}).to_string(),
                digest: digest(self.keys.token(id).expose()),
                created_at: now,
            });
        }
    }
}

/// Members whom the author named, or all; then other addresses.
fn addresses<'a>(
    recipients: &'a Value,
    members: &'a [MemberAddress],
) -> Vec<(RecipientKind, &'a str)> {
    let items = || recipients["items"].as_array().into_iter().flatten();
    let whole = recipients["whole_workspace"] == true;
    let is_named = |member: &MemberAddress| {
        let id = member.id.to_string();
        items().any(|item| item["user_id"] == *id || item["reference_id"] == *id)
    };
    let inside = members.iter().filter(|member| whole || is_named(member));
    let inside = inside.map(|member| (RecipientKind::EmailMember, member.email.as_str()));
    let outside = items().filter(|item| item["type"] != "member");
    let outside = outside.filter_map(|item| item["email"].as_str());
    let outside = outside.filter(|email| email.contains('@'));
    let outside = outside.map(|email| (RecipientKind::EmailExternal, email));
    inside.chain(outside).collect()
}

fn form_row<'a>(asked: &AskedForm<'a>, now: DateTime<Utc>) -> NewForm<'a> {
    let (plan, form) = (asked.plan, &asked.record.form);
    let message = plan.message.as_ref();
    NewForm {
        id: form_id(form),
        tenant_id: plan.tenant_id,
        app_id: plan.app_id,
        run_id: plan.key.run_id,
        conversation_id: message.and_then(|message| message.conversation_id.parse().ok()),
        node_id: &form.node_id,
        definition: definition(asked.record),
        rendered_content: &form.form_content,
        expiration_time: DateTime::from_timestamp(form.expiration_time, 0)
            .unwrap_or(DateTime::<Utc>::MAX_UTC),
        created_at: now,
    }
}

/// What Dify's column has, and the number by which the run knows the form.
fn definition(record: &FormRecord) -> String {
    let parsed = |json: &gatewright_run_events::Json| -> Value {
        serde_json::from_str(json.as_str()).unwrap_or_default()
    };
    let form = &record.form;
    json!({
        "form_content": form.form_template,
        "inputs": parsed(&form.inputs),
        "user_actions": parsed(&form.actions),
        "rendered_content": form.form_content,
        "default_values": parsed(&form.resolved_default_values),
        "node_title": form.node_title,
        "display_in_ui": form.display_in_ui,
        "execution": record.required.node.execution,
    })
    .to_string()
}

pub(crate) fn form_id(form: &Form) -> Uuid {
    form.form_id.parse().unwrap_or_default()
}

/// A recipient as Dify's column names it.
fn kind(kind: RecipientKind) -> &'static str {
    match kind {
        RecipientKind::Backstage => "backstage",
        RecipientKind::Console => "console",
        RecipientKind::StandaloneWebApp => "standalone_web_app",
        RecipientKind::EmailMember => "email_member",
        RecipientKind::EmailExternal => "email_external",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mails_go_to_members_whom_the_author_named_and_to_other_addresses() {
        let member = |id: u128, email: &str| MemberAddress {
            id: Uuid::from_u128(id),
            email: email.to_owned(),
        };
        let members = [member(1, "a@x.example"), member(2, "b@x.example")];
        let id = Uuid::from_u128(2).to_string();
        for (recipients, expected) in [
            (
                json!({"whole_workspace": true, "items": []}),
                "a@x.example b@x.example",
            ),
            (
                json!({"items": [{"type": "member", "user_id": id}]}),
                "b@x.example",
            ),
            (
                json!({"items": [{"type": "external", "email": "c@y.example"}, {"type": "external", "email": "no address"}]}),
                "c@y.example",
            ),
            (
                json!({"items": [{"type": "member", "user_id": "gone"}]}),
                "",
            ),
            (Value::Null, ""),
        ] {
            let found = addresses(&recipients, &members);
            let found: Vec<_> = found.iter().map(|(_, email)| *email).collect();
            assert_eq!(found.join(" "), expected, "{recipients}");
        }
    }
}
