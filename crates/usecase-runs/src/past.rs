//! What a run did before this process had it, as the events that a reader who attaches is shown first.

use gatewright_run_events::{Form, Json, PauseReason, RunEvent, TextReplace, WorkflowPaused};
use uuid::Uuid;

use crate::{
    PortFuture, StoreError,
    memory::{Memory, Stored},
};

/// Finds what storage knows of runs that have not ended.
pub trait PastRuns: Send + Sync {
    /// The events of a run so far, in their order: its start and its nodes. None for a run that there is none of.
    fn load(&self, run_id: Uuid) -> PortFuture<'_, Result<Vec<RunEvent>, StoreError>>;
}

/// What a run that waits says of itself: what its row has, beside its checkpoint.
#[derive(Clone, Copy, Debug, Default)]
pub struct Waits {
    /// When it began, in Unix seconds.
    pub created_at: i64,
    /// Tokens spent until now.
    pub total_tokens: u64,
    /// Nodes that ran until now.
    pub total_steps: u64,
}

/// Adds to the start and the nodes of a run what only its checkpoint has: the text so far, and, where the run waits, the forms that it
/// waits for.
///
/// # Errors
/// When the checkpoint cannot be read: why.
pub fn add_stored(
    events: &mut Vec<RunEvent>,
    checkpoint: &[u8],
    waits: Option<Waits>,
) -> Result<(), String> {
    let stored: Stored = serde_json::from_slice(checkpoint).map_err(|error| error.to_string())?;
    add_text(events, &stored.memory);
    if let Some(waits) = waits {
        add_pause(events, stored.memory.forms.into_values().collect(), &waits);
    }
    Ok(())
}

/// Adds the text so far.
pub(crate) fn add_text(events: &mut Vec<RunEvent>, memory: &Memory) {
    let text = memory.said.whole();
    if !text.is_empty() {
        events.push(RunEvent::TextReplace(TextReplace {
            text,
            reason: String::new(),
        }));
    }
}

/// Adds the forms that a run waits for, and its pause.
pub(crate) fn add_pause(events: &mut Vec<RunEvent>, forms: Vec<Form>, waits: &Waits) {
    let paused = WorkflowPaused {
        paused_nodes: forms.iter().map(|form| form.node_id.clone()).collect(),
        outputs: Json::object(),
        reasons: forms
            .iter()
            .map(|form| PauseReason::HumanInputRequired(Box::new(form.clone())))
            .collect(),
        created_at: waits.created_at,
        elapsed_time: 0.0,
        total_tokens: waits.total_tokens,
        total_steps: waits.total_steps,
    };
    let asked = forms
        .into_iter()
        .map(|form| RunEvent::HumanInputRequired(Box::new(form)));
    events.extend(asked);
    events.push(RunEvent::WorkflowPaused(paused));
}
