//! What a task remembers of its run beside the engine's state: it goes into the same checkpoint.

use std::collections::BTreeMap;

use gatewright_engine::Micros;
use gatewright_run_events::{Form, Json, MessageEnd, MessageMetadata};
use serde::{Deserialize, Serialize};

use crate::{answer::Said, usage::UsageSum};

/// Beside the engine's state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Memory {
    /// The text so far.
    pub(crate) said: Said,
    /// What models cost.
    pub(crate) usage: UsageSum,
    /// What models thought, by node.
    pub(crate) reasoning: BTreeMap<String, String>,
    /// Forms that wait, by the execution that asked.
    pub(crate) forms: BTreeMap<u64, Form>,
    /// When this part of the run began.
    pub(crate) part_started: Micros,
    /// When the first and the last piece of text came.
    pub(crate) text_times: Option<(Micros, Micros)>,
    /// Whether words of the app's own took the place of the text: whatever else is said is not told.
    #[serde(default)]
    pub(crate) is_replaced: bool,
}

/// What a checkpoint is made of.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Stored {
    /// The engine's state.
    pub(crate) engine: Json,
    /// What the run's task remembers beside the engine.
    pub(crate) memory: Memory,
}

impl Memory {
    /// As it is stored: whoever takes the run up puts the tokens of forms in again.
    pub(crate) fn without_tokens(&self) -> Self {
        let mut stored = self.clone();
        let forms = stored.forms.values_mut();
        for recipient in forms.flat_map(|form| &mut form.recipients) {
            recipient.token.clear();
        }
        stored
    }

    /// Notes a piece of text.
    pub(crate) fn text(&mut self, selector: &[String], text: &str, now: Micros) {
        self.said.push(selector, text);
        let first = self.text_times.map_or(now, |(first, _)| first);
        self.text_times = Some((first, now));
    }

    /// These words take the place of whatever was said.
    pub(crate) fn replace(&mut self, preset: &str) {
        self.rewrite(preset);
        self.is_replaced = true;
    }

    /// The text so far is this one.
    pub(crate) fn rewrite(&mut self, text: &str) {
        self.said = Said::default();
        self.said.push(&[], text);
    }

    /// What comes with the message when it ends now.
    pub(crate) fn message_end(&self, files: Json) -> MessageEnd {
        let seconds = |from: Micros, to: Micros| crate::micros::seconds(to.saturating_sub(from));
        let to_first = self
            .text_times
            .map(|(first, _)| seconds(self.part_started, first));
        let to_last = self.text_times.map(|(first, last)| seconds(first, last));
        MessageEnd {
            metadata: MessageMetadata {
                usage: Json::from(self.usage.object(to_first, to_last)),
                reasoning: self.reasoning.clone(),
                ..MessageMetadata::default()
            },
            files,
        }
    }
}

/// What comes with a message that no run made.
#[must_use]
pub fn preset_end() -> MessageEnd {
    let at_once = Memory {
        text_times: Some((0, 0)),
        ..Memory::default()
    };
    at_once.message_end(Json::array())
}
