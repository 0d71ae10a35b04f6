//! Conversations of apps that answer one question at a time, as owners of the apps see them.

use gatewright_conversation_service::{FirstMessage, OpenedCompletion, OwnerCompletion};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    conversation_body::{FeedbackStats, configuration, in_short, parsed, stats},
    message_body::{AnnotationOfMessage, OwnerMessageBody},
};
use crate::unix::unix;

/// What was asked and answered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CompletionMessage {
    #[schema(value_type = Object)]
    inputs: Value,
    query: String,
    /// What was sent to a model, the text of its first part.
    message: String,
    answer: String,
}

impl From<FirstMessage> for CompletionMessage {
    fn from(row: FirstMessage) -> Self {
        let sent = parsed(Some(&row.message));
        let first = sent.get(0).unwrap_or(&sent);
        let text = first.get("text").unwrap_or(first).as_str();
        Self {
            message: text.unwrap_or_default().to_owned(),
            inputs: parsed(Some(&row.inputs)),
            query: row.query,
            answer: row.answer,
        }
    }
}

/// A conversation in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CompletionBody {
    id: Uuid,
    /// `normal`, or another word when nobody may go on with it.
    status: String,
    /// `api` or `console`.
    from_source: String,
    from_end_user_id: Option<Uuid>,
    /// What the caller calls the end user.
    from_end_user_session_id: Option<String>,
    from_account_id: Option<Uuid>,
    from_account_name: Option<String>,
    /// When one of the app's owners first looked at it, in Unix seconds.
    read_at: Option<i64>,
    created_at: i64,
    updated_at: i64,
    #[schema(required)]
    annotation: Option<AnnotationOfMessage>,
    /// `model` and `pre_prompt`.
    #[schema(value_type = Object)]
    model_config: Value,
    user_feedback_stats: FeedbackStats,
    admin_feedback_stats: FeedbackStats,
    #[schema(required)]
    message: Option<CompletionMessage>,
}

impl From<OwnerCompletion> for CompletionBody {
    fn from(whole: OwnerCompletion) -> Self {
        let row = whole.conversation;
        let (user, admin) = stats(&row);
        Self {
            id: row.id,
            model_config: in_short(&row),
            status: row.status,
            from_source: row.from_source,
            from_end_user_id: row.from_end_user_id,
            from_end_user_session_id: row.session,
            from_account_id: row.from_account_id,
            from_account_name: row.account_name,
            read_at: row.read_at.map(unix),
            created_at: unix(row.created_at),
            updated_at: unix(row.updated_at),
            annotation: whole.annotation.map(AnnotationOfMessage::from),
            user_feedback_stats: user,
            admin_feedback_stats: admin,
            message: whole.message.map(CompletionMessage::from),
        }
    }
}

/// A conversation that was opened, with its message.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OpenedCompletionBody {
    id: Uuid,
    /// `normal`, or another word when nobody may go on with it.
    status: String,
    /// `api` or `console`.
    from_source: String,
    from_end_user_id: Option<Uuid>,
    from_account_id: Option<Uuid>,
    created_at: i64,
    message: OwnerMessageBody,
    /// The configuration that the app had.
    #[schema(value_type = Object)]
    model_config: Value,
}

impl From<OpenedCompletion> for OpenedCompletionBody {
    fn from(opened: OpenedCompletion) -> Self {
        let row = opened.conversation;
        Self {
            id: row.id,
            model_config: configuration(&row, &opened.config),
            status: row.status,
            from_source: row.from_source,
            from_end_user_id: row.from_end_user_id,
            from_account_id: row.from_account_id,
            created_at: unix(row.created_at),
            message: opened.message.into(),
        }
    }
}
