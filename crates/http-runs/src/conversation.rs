//! Conversations, messages and what hangs on them as every surface for users or owners of apps answers them.

use gatewright_conversation_service::{
    ConversationRow, MessageRow, ShownFile, VariableRow, Window,
};
use gatewright_http_kit::page::Scroll;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::unix::unix;

/// A conversation of a user with an app.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConversationBody {
    id: Uuid,
    /// What lists call it.
    name: String,
    /// The inputs that it began with.
    #[schema(value_type = Object)]
    inputs: Value,
    /// `normal`, or another word when nobody may go on with it.
    status: String,
    /// What the app said before anybody asked.
    introduction: Option<String>,
    /// When it began, in Unix seconds.
    created_at: i64,
    /// When its last round began, or it was last renamed, in Unix seconds.
    updated_at: i64,
}

impl From<ConversationRow> for ConversationBody {
    fn from(row: ConversationRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            inputs: serde_json::from_str(&row.inputs).unwrap_or_default(),
            status: row.status,
            introduction: row.introduction,
            created_at: unix(row.created_at),
            updated_at: unix(row.updated_at),
        }
    }
}

/// What a user says of an answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct FeedbackBody {
    /// `like` or `dislike`.
    rating: String,
}

/// A file of a message.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageFileBody {
    id: Uuid,
    filename: String,
    /// `image`, `document`, `audio`, `video` or `custom`.
    #[serde(rename = "type")]
    kind: String,
    /// Where it can be fetched for some minutes.
    url: String,
    mime_type: String,
    /// Bytes; null when nobody knows.
    size: Option<u32>,
    /// `local_file`, `remote_url` or `tool_file`.
    transfer_method: String,
    /// `user` or `assistant`.
    belongs_to: Option<String>,
    upload_file_id: Option<Uuid>,
}

impl From<ShownFile> for MessageFileBody {
    fn from(file: ShownFile) -> Self {
        let ShownFile { row, named } = file;
        Self {
            id: row.id,
            filename: named.filename,
            kind: row.kind,
            url: named.url,
            mime_type: named.mime_type,
            size: named.size,
            transfer_method: row.transfer_method,
            belongs_to: row.belongs_to,
            upload_file_id: row.upload_file_id,
        }
    }
}

/// A question and its answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageBody {
    id: Uuid,
    conversation_id: Uuid,
    /// The message that it follows; the nil id: whichever came before; null: it begins a thread.
    parent_message_id: Option<Uuid>,
    #[schema(value_type = Object)]
    inputs: Value,
    query: String,
    /// Addresses of files in it can be fetched for some minutes.
    answer: String,
    /// What the user says of it; null: nothing.
    #[schema(required)]
    feedback: Option<FeedbackBody>,
    /// What the answer rests on.
    #[schema(value_type = Vec<Object>)]
    retriever_resources: Vec<Value>,
    /// When it was asked, in Unix seconds.
    created_at: i64,
    /// Steps of an agent.
    #[schema(value_type = Vec<Object>)]
    agent_thoughts: Vec<Value>,
    message_files: Vec<MessageFileBody>,
    /// `normal`, `error`, or `paused` while the run waits for a person.
    status: String,
    /// Why there is no answer.
    error: Option<String>,
    /// Forms that the run asked people.
    #[schema(value_type = Vec<Object>)]
    extra_contents: Vec<Value>,
}

impl From<MessageRow> for MessageBody {
    fn from(message: MessageRow) -> Self {
        let MessageRow {
            row,
            inputs,
            mut metadata,
            rating,
            files,
            forms,
        } = message;
        Self {
            id: row.id,
            conversation_id: row.conversation_id,
            parent_message_id: row.parent_message_id,
            inputs,
            query: row.query,
            answer: row.answer,
            feedback: rating.map(|rating| FeedbackBody { rating }),
            retriever_resources: match metadata["retriever_resources"].take() {
                Value::Array(resources) => resources,
                _ => vec![],
            },
            created_at: unix(row.created_at),
            agent_thoughts: vec![],
            message_files: files.into_iter().map(MessageFileBody::from).collect(),
            status: row.status,
            error: row.error,
            extra_contents: forms,
        }
    }
}

/// An answer that a user keeps.
#[derive(Debug, Serialize, ToSchema)]
pub struct SavedMessageBody {
    id: Uuid,
    #[schema(value_type = Object)]
    inputs: Value,
    query: String,
    /// Addresses of files in it can be fetched for some minutes.
    answer: String,
    message_files: Vec<MessageFileBody>,
    /// What the user says of it; null: nothing.
    #[schema(required)]
    feedback: Option<FeedbackBody>,
    /// When it was asked, in Unix seconds.
    created_at: i64,
}

impl From<MessageRow> for SavedMessageBody {
    fn from(message: MessageRow) -> Self {
        Self {
            id: message.row.id,
            inputs: message.inputs,
            query: message.row.query,
            answer: message.row.answer,
            message_files: message
                .files
                .into_iter()
                .map(MessageFileBody::from)
                .collect(),
            feedback: message.rating.map(|rating| FeedbackBody { rating }),
            created_at: unix(message.row.created_at),
        }
    }
}

/// A variable of a conversation.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConversationVariable {
    id: Uuid,
    name: String,
    /// `string`, `number`, `boolean`, `object`, `array[string]`, …
    value_type: String,
    /// A text as it is; anything else as JSON in a text.
    value: String,
    description: String,
    /// When the conversation got it, in Unix seconds.
    created_at: i64,
    /// When it was last written, in Unix seconds.
    updated_at: i64,
}

impl From<VariableRow> for ConversationVariable {
    fn from(row: VariableRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            value_type: row.value_type,
            value: match row.value {
                Value::String(text) => text,
                other => other.to_string(),
            },
            description: row.description,
            created_at: row.created_at.timestamp(),
            updated_at: row.updated_at.timestamp(),
        }
    }
}

/// A part of a list, its rows as they are told.
pub fn scroll<R, T: From<R>>(limit: u32, window: Window<R>) -> Scroll<T> {
    let rows = window.rows.into_iter().map(T::from).collect();
    Scroll::new(limit, window.has_more, rows)
}
