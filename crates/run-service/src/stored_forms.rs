//! Forms within the stored state of a run: it has them without tokens, which are computed again from the ids of their recipients.

use gatewright_auth::form_token::FormKeys;
use gatewright_storage_kit::{Conn, StorageError};
use gatewright_storage_runs::form_recipient::{self, RunRecipient};
use gatewright_usecase_runs::Wake;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::forms::recipient_id;

/// Puts the tokens in again of those who may answer.
pub(crate) fn fill_tokens(state: &mut Value, recipients: &[RunRecipient], keys: &FormKeys) {
    let forms = state
        .pointer_mut("/memory/forms")
        .and_then(Value::as_object_mut);
    for form in forms.into_iter().flat_map(|forms| forms.values_mut()) {
        let id: Uuid = form["form_id"]
            .as_str()
            .and_then(|id| id.parse().ok())
            .unwrap_or_default();
        let all = form["recipients"].as_array_mut();
        for (recipient, place) in all.into_iter().flatten().zip(0..) {
            let row = recipients
                .iter()
                .find(|row| row.id == recipient_id(id, place));
            let token = row.and_then(|row| keys.token_again(row.id, &row.digest));
            if let Some(token) = token {
                recipient["token"] = json!(token.expose());
            }
        }
    }
}

/// Whether the run waits for what this says.
pub(crate) fn is_open(state: &Value, wake: &Wake) -> bool {
    match wake {
        Wake::Submitted { execution, .. } | Wake::TimedOut { execution } => {
            !state["memory"]["forms"][execution.to_string()].is_null()
        }
        Wake::Interrupted | Wake::Stopped { .. } => true,
    }
}

/// The stored state of a run with the tokens in it, for whoever shows its forms.
pub(crate) async fn with_tokens(
    conn: &mut Conn,
    run: Uuid,
    state: Vec<u8>,
    keys: &FormKeys,
) -> Result<Vec<u8>, StorageError> {
    let recipients = form_recipient::list_of_run(conn, run).await?;
    if recipients.is_empty() {
        return Ok(state);
    }
    let Ok(mut value) = serde_json::from_slice::<Value>(&state) else {
        return Ok(state);
    };
    fill_tokens(&mut value, &recipients, keys);
    Ok(value.to_string().into_bytes())
}
