//! What is said to the model: the node's messages with their files, and the conversation so far in its place.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use gatewright_engine::{
    Failure,
    call::{
        FilePart, Memory, ModelCall, ModelMode, PromptMessage, PromptPart, Role as SaidBy,
        RolePrefix, ToolSpec,
    },
};
use gatewright_model::{
    Feature, Media, MediaKind, Message, Part, Role, TokenCounter, Tool,
    message::{Detail, MediaSource},
};

use super::{ModelScope, memory};
use crate::{files::text, history::Round};

/// The place of the conversation in the text for a completion model.
const HISTORIES: &str = "#histories#";

pub(super) struct Prompt<'a> {
    pub(super) scope: &'a ModelScope,
    pub(super) call: &'a ModelCall,
    pub(super) features: &'a [Feature],
    pub(super) counter: &'a dyn TokenCounter,
    pub(super) budget: Option<u64>,
}

pub(super) fn tool(spec: &ToolSpec) -> Tool {
    Tool {
        name: spec.name.clone(),
        description: spec.description.clone(),
        parameters: spec.parameters.clone(),
    }
}

impl Prompt<'_> {
    pub(super) async fn messages(&self) -> Result<Vec<Message>, Failure> {
        let mut said = vec![];
        let mut memory = None;
        for part in &self.call.prompt {
            match part {
                PromptPart::Message(message) => said.push(self.message(message).await?),
                PromptPart::History(wanted) => memory = Some((said.len(), wanted)),
            }
        }
        match self.call.mode {
            ModelMode::Chat => self.with_history(said, memory).await,
            ModelMode::Completion => {
                let memory = memory.map(|(_, memory)| memory);
                self.one_text(said, memory).await
            }
        }
    }

    async fn message(&self, message: &PromptMessage) -> Result<Message, Failure> {
        let mut parts = self.media(&message.files).await?;
        if !message.text.is_empty() {
            parts.push(Part::Text(message.text.clone()));
        }
        let role = match message.role {
            SaidBy::System => Role::System,
            SaidBy::User => Role::User,
            SaidBy::Assistant => Role::Assistant,
        };
        Ok(Message {
            parts,
            ..Message::text_of(role, "")
        })
    }

    /// Those that the model takes; the others are not even read.
    async fn media(&self, files: &[FilePart]) -> Result<Vec<Part>, Failure> {
        let mut parts = vec![];
        for part in files {
            let Some(kind) = kind(text(&part.file, "type")) else {
                continue;
            };
            if !self.features.contains(&kind.feature()) {
                continue;
            }
            let content = self.scope.files.read(&part.file).await;
            let content = content.map_err(|error| Failure::new("FileError", error.to_string()))?;
            let format = text(&part.file, "extension").trim_start_matches('.');
            parts.push(Part::Media(Media {
                kind,
                mime_type: content.mime_type,
                format: format.to_owned(),
                filename: content.name,
                source: MediaSource::Base64(STANDARD.encode(&content.bytes)),
                detail: if part.detail == "low" {
                    Detail::Low
                } else {
                    Detail::High
                },
            }));
        }
        Ok(parts)
    }

    async fn rounds(&self, memory: &Memory) -> Result<Vec<Round>, Failure> {
        let most = memory::most_rounds(memory.window);
        if most == 0 {
            return Ok(vec![]);
        }
        let rounds = self.scope.history.rounds(most).await;
        rounds.map_err(|error| Failure::new("HistoryError", error.to_string()))
    }

    async fn with_history(
        &self,
        mut said: Vec<Message>,
        memory: Option<(usize, &Memory)>,
    ) -> Result<Vec<Message>, Failure> {
        let Some((at, memory)) = memory else {
            return Ok(said);
        };
        let mut history = vec![];
        for round in self.rounds(memory).await? {
            let files: Vec<_> = round
                .files
                .iter()
                .map(|file| FilePart {
                    file: file.clone(),
                    detail: round.detail.clone(),
                })
                .collect();
            let mut parts = self.media(&files).await?;
            parts.push(Part::Text(round.question));
            history.push(Message {
                parts,
                ..Message::user("")
            });
            history.push(Message::assistant(round.answer));
        }
        let others = self.counter.count_messages(&said);
        let history = memory::fitting(history, self.budget, others, self.counter);
        said.splice(at..at, history);
        Ok(said)
    }

    /// For a completion model: one text, the conversation as lines in it.
    async fn one_text(
        &self,
        said: Vec<Message>,
        memory: Option<&Memory>,
    ) -> Result<Vec<Message>, Failure> {
        let text = said
            .iter()
            .map(Message::text)
            .collect::<Vec<_>>()
            .join("\n");
        let lines = match memory {
            Some(memory) => self.lines(memory, &text).await?,
            None => String::new(),
        };
        let text = if text.contains(HISTORIES) {
            text.replace(HISTORIES, &lines)
        } else {
            format!("{lines}\n{text}")
        };
        Ok(vec![Message::user(text)])
    }

    async fn lines(&self, memory: &Memory, text: &str) -> Result<String, Failure> {
        let usual = RolePrefix {
            user: "Human".to_owned(),
            assistant: "Assistant".to_owned(),
        };
        let prefixes = memory.prefixes.as_ref().unwrap_or(&usual);
        let mut lines = vec![];
        for round in self.rounds(memory).await? {
            let pictures = round.files.iter().filter(|file| text_of_type(file));
            let pictures: String = pictures.map(|_| "[image]\n").collect();
            let asked = format!("{}: {pictures}{}", prefixes.user, round.question);
            lines.push(Message::user(asked));
            let answered = format!("{}: {}", prefixes.assistant, round.answer);
            lines.push(Message::assistant(answered));
        }
        let others = self.counter.count(text);
        let lines = memory::fitting(lines, self.budget, others, self.counter);
        let texts: Vec<_> = lines.iter().map(Message::text).collect();
        Ok(texts.join("\n"))
    }
}

fn text_of_type(file: &serde_json::Value) -> bool {
    text(file, "type") == "image"
}

fn kind(file_type: &str) -> Option<MediaKind> {
    match file_type {
        "image" => Some(MediaKind::Image),
        "audio" => Some(MediaKind::Audio),
        "video" => Some(MediaKind::Video),
        "document" => Some(MediaKind::Document),
        _ => None,
    }
}
