//! Messages as owners of apps see them.

use gatewright_conversation_service::{
    MessageAnnotation, MessageHit, MessageOpinion, OwnerMessage,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{conversation::MessageFileBody, people::SimpleAccount, unix::unix};

/// What somebody says of an answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OpinionBody {
    /// `like` or `dislike`.
    rating: String,
    content: Option<String>,
    /// `user` or `admin`.
    from_source: String,
    from_end_user_id: Option<Uuid>,
    #[schema(required)]
    from_account: Option<SimpleAccount>,
}

impl From<MessageOpinion> for OpinionBody {
    fn from(opinion: MessageOpinion) -> Self {
        Self {
            rating: opinion.rating,
            content: opinion.content,
            from_source: opinion.from_source,
            from_end_user_id: opinion.from_end_user_id,
            from_account: SimpleAccount::of(opinion.by),
        }
    }
}

/// The annotation that was made of an answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AnnotationOfMessage {
    id: Uuid,
    question: Option<String>,
    content: String,
    #[schema(required)]
    account: Option<SimpleAccount>,
    created_at: i64,
}

impl From<MessageAnnotation> for AnnotationOfMessage {
    fn from(row: MessageAnnotation) -> Self {
        Self {
            id: row.id,
            question: row.question,
            content: row.content,
            account: SimpleAccount::of(row.by),
            created_at: unix(row.created_at),
        }
    }
}

/// The annotation that answered in the place of the app.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HitOfMessage {
    annotation_id: Uuid,
    #[schema(required)]
    annotation_create_account: Option<SimpleAccount>,
    created_at: i64,
}

impl From<MessageHit> for HitOfMessage {
    fn from(row: MessageHit) -> Self {
        Self {
            annotation_id: row.annotation_id,
            annotation_create_account: SimpleAccount::of(row.by),
            created_at: unix(row.created_at),
        }
    }
}

/// A question and its answer, with what only owners see.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OwnerMessageBody {
    id: Uuid,
    conversation_id: Uuid,
    #[schema(value_type = Object)]
    inputs: Value,
    query: String,
    /// What was sent to a model: a list of `{role, text, files}`; of a chatflow an empty text.
    #[schema(value_type = Object)]
    message: Value,
    message_tokens: i32,
    /// Addresses of files in it can be fetched for some minutes.
    answer: String,
    answer_tokens: i32,
    /// Seconds to the end of the answer.
    provider_response_latency: f64,
    /// `api` or `console`.
    from_source: String,
    from_end_user_id: Option<Uuid>,
    from_account_id: Option<Uuid>,
    feedbacks: Vec<OpinionBody>,
    workflow_run_id: Option<Uuid>,
    #[schema(required)]
    annotation: Option<AnnotationOfMessage>,
    #[schema(required)]
    annotation_hit_history: Option<HitOfMessage>,
    /// When it was asked, in Unix seconds.
    created_at: i64,
    /// Steps of an agent.
    #[schema(value_type = Vec<Object>)]
    agent_thoughts: Vec<Value>,
    message_files: Vec<MessageFileBody>,
    /// Forms that the run asked people.
    #[schema(value_type = Vec<Object>)]
    extra_contents: Vec<Value>,
    /// Usage and citations.
    #[schema(value_type = Object)]
    metadata: Value,
    /// `normal`, `error`, or `paused` while the run waits for a person.
    status: String,
    error: Option<String>,
    /// The message that it follows; the nil id: whichever came before; null: it begins a thread.
    parent_message_id: Option<Uuid>,
}

impl From<OwnerMessage> for OwnerMessageBody {
    fn from(whole: OwnerMessage) -> Self {
        let (message, cost) = (whole.message, whole.cost);
        let sent = cost
            .as_ref()
            .map(|cost| serde_json::from_str(&cost.message));
        let row = message.row;
        Self {
            id: row.id,
            conversation_id: row.conversation_id,
            inputs: message.inputs,
            query: row.query,
            message: sent.and_then(Result::ok).unwrap_or_else(|| "".into()),
            message_tokens: cost.as_ref().map_or(0, |cost| cost.message_tokens),
            answer: row.answer,
            answer_tokens: cost.as_ref().map_or(0, |cost| cost.answer_tokens),
            provider_response_latency: cost.as_ref().map_or(0.0, |cost| cost.latency),
            from_end_user_id: cost.as_ref().and_then(|cost| cost.from_end_user_id),
            from_account_id: cost.as_ref().and_then(|cost| cost.from_account_id),
            from_source: cost.map(|cost| cost.from_source).unwrap_or_default(),
            feedbacks: whole.opinions.into_iter().map(OpinionBody::from).collect(),
            workflow_run_id: row.run_id,
            annotation: whole.annotation.map(AnnotationOfMessage::from),
            annotation_hit_history: whole.hit.map(HitOfMessage::from),
            created_at: unix(row.created_at),
            agent_thoughts: vec![],
            message_files: message
                .files
                .into_iter()
                .map(MessageFileBody::from)
                .collect(),
            extra_contents: message.forms,
            metadata: match message.metadata {
                Value::Null => serde_json::json!({}),
                other => other,
            },
            status: row.status,
            error: row.error,
            parent_message_id: row.parent_message_id,
        }
    }
}
