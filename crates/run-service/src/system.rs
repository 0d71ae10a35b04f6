//! `sys.*` of a run: as streams show it, as it is stored, and as nodes see it.

use chrono::{DateTime, Utc};
use gatewright_run_events::{CreatedBy, Json};
use gatewright_usecase_runs::{Dialogue, StartError};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::service::Ground;

/// What is stored and that streams do not show.
pub(crate) const NOT_SHOWN: [&str; 2] = ["conversation_id", "timestamp"];

/// `sys.*` in the order in which streams show them.
pub(crate) struct System(Map<String, Value>);

/// The inputs of a run with `sys.*`, as people see them.
pub(crate) struct Shown {
    /// As streams show them.
    pub(crate) streamed: Json,
    /// As the row of the run has them: with the time, and the conversation.
    pub(crate) stored: Json,
}

impl System {
    /// Of a run, and of the round of a conversation that it is.
    pub(crate) fn new(ground: &Ground, run_id: Uuid, dialogue: Option<&Dialogue>) -> Self {
        let user = match &ground.created_by {
            CreatedBy::Account { id, .. } => id,
            CreatedBy::EndUser { user, .. } => user,
        };
        let question = dialogue.and_then(|dialogue| dialogue.question.as_ref());
        let mut system = Map::new();
        let mut set = |name: &str, value: Value| system.insert(name.to_owned(), value);
        if let Some(question) = question {
            set("query", json!(question.query));
        }
        set("files", json!(ground.files));
        if let Some(dialogue) = dialogue {
            set("conversation_id", json!(dialogue.conversation_id));
        }
        set("user_id", json!(user));
        if let Some(question) = question {
            set("dialogue_count", json!(question.dialogue_count));
        }
        set("app_id", json!(ground.runnable.app.id.0));
        set("workflow_id", json!(ground.runnable.workflow_id.0));
        set("workflow_run_id", json!(run_id));
        Self(system)
    }

    /// As it is stored, and as nodes see it: with the time behind the app.
    pub(crate) fn whole(&self, now: DateTime<Utc>) -> Map<String, Value> {
        let mut all = Map::new();
        for (name, value) in &self.0 {
            all.insert(name.clone(), value.clone());
            if name == "app_id" {
                all.insert("timestamp".into(), json!(now.timestamp()));
            }
        }
        all
    }

    /// Behind these inputs.
    pub(crate) fn shown(
        &self,
        inputs: &Map<String, Value>,
        now: DateTime<Utc>,
    ) -> Result<Shown, StartError> {
        let together = |system: &Map<String, Value>| {
            let mut all = inputs.clone();
            let named = system
                .iter()
                .map(|(name, value)| (format!("sys.{name}"), value.clone()));
            all.extend(named);
            Json::of(&all).map_err(|error| StartError::State(error.to_string()))
        };
        let whole = self.whole(now);
        let mut streamed = whole.clone();
        for name in NOT_SHOWN {
            streamed.shift_remove(name);
        }
        Ok(Shown {
            streamed: together(&streamed)?,
            stored: together(&whole)?,
        })
    }
}
