//! Conversations as owners of apps see them.

use gatewright_conversation_service::{BegunWith, OwnerConversation};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::unix::unix;

/// How many like something, and how many do not.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub(crate) struct FeedbackStats {
    like: i64,
    dislike: i64,
}

/// How the runs of a chatflow's conversation stand.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub(crate) struct StatusCounts {
    success: i64,
    failed: i64,
    partial_success: i64,
    paused: i64,
}

/// A conversation in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OwnerConversationBody {
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
    name: String,
    /// The first question.
    summary: String,
    /// When one of the app's owners first looked at it, in Unix seconds.
    read_at: Option<i64>,
    created_at: i64,
    updated_at: i64,
    /// Whether an answer of it was annotated.
    annotated: bool,
    /// `model` and `pre_prompt` of a classic app.
    #[schema(value_type = Object)]
    model_config: Value,
    message_count: i64,
    user_feedback_stats: FeedbackStats,
    admin_feedback_stats: FeedbackStats,
    /// Of a chatflow.
    #[schema(required)]
    status_count: Option<StatusCounts>,
}

impl OwnerConversationBody {
    /// Of an app of this mode.
    pub(super) fn new(row: OwnerConversation, mode: &str) -> Self {
        let (user, admin) = stats(&row);
        let model_config = in_short(&row);
        let counts = StatusCounts {
            success: row.succeeded,
            failed: row.failed,
            partial_success: row.partial,
            paused: row.paused,
        };
        Self {
            id: row.id,
            status: row.status,
            from_source: row.from_source,
            from_end_user_id: row.from_end_user_id,
            from_end_user_session_id: row.session,
            from_account_id: row.from_account_id,
            from_account_name: row.account_name,
            name: row.name,
            summary: row.summary,
            read_at: row.read_at.map(unix),
            created_at: unix(row.created_at),
            updated_at: unix(row.updated_at),
            annotated: row.is_annotated,
            model_config,
            message_count: row.messages,
            user_feedback_stats: user,
            admin_feedback_stats: admin,
            status_count: (mode == "advanced-chat").then_some(counts),
        }
    }
}

/// A conversation that was opened.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OpenedConversation {
    id: Uuid,
    /// `normal`, or another word when nobody may go on with it.
    status: String,
    /// `api` or `console`.
    from_source: String,
    from_end_user_id: Option<Uuid>,
    from_account_id: Option<Uuid>,
    created_at: i64,
    updated_at: i64,
    /// Whether an answer of it was annotated.
    annotated: bool,
    /// What the app said before anybody asked.
    introduction: Option<String>,
    /// The configuration that a classic app had.
    #[schema(value_type = Object)]
    model_config: Value,
    message_count: i64,
    user_feedback_stats: FeedbackStats,
    admin_feedback_stats: FeedbackStats,
}

impl OpenedConversation {
    /// That began with this configuration.
    pub(super) fn new(row: OwnerConversation, config: BegunWith) -> Self {
        let (user, admin) = stats(&row);
        let model_config = configuration(&row, &config);
        Self {
            id: row.id,
            status: row.status,
            from_source: row.from_source,
            from_end_user_id: row.from_end_user_id,
            from_account_id: row.from_account_id,
            created_at: unix(row.created_at),
            updated_at: unix(row.updated_at),
            annotated: row.is_annotated,
            introduction: row.introduction,
            model_config,
            message_count: row.messages,
            user_feedback_stats: user,
            admin_feedback_stats: admin,
        }
    }
}

/// Of the configuration that a conversation began with, what lists show.
pub(super) fn in_short(row: &OwnerConversation) -> Value {
    json!({"model": parsed(row.model.as_deref()), "pre_prompt": row.pre_prompt})
}

/// The configuration that a conversation began with.
pub(super) fn configuration(row: &OwnerConversation, config: &BegunWith) -> Value {
    json!({
        "opening_statement": config.opening_statement,
        "suggested_questions": parsed(config.suggested_questions.as_deref()),
        "model": parsed(row.model.as_deref()),
        "user_input_form": parsed(config.user_input_form.as_deref()),
        "pre_prompt": row.pre_prompt,
        "agent_mode": parsed(config.agent_mode.as_deref()),
    })
}

/// What users say, and what owners say.
pub(super) fn stats(row: &OwnerConversation) -> (FeedbackStats, FeedbackStats) {
    let user = FeedbackStats {
        like: row.user_likes,
        dislike: row.user_dislikes,
    };
    let admin = FeedbackStats {
        like: row.admin_likes,
        dislike: row.admin_dislikes,
    };
    (user, admin)
}

pub(super) fn parsed(text: Option<&str>) -> Value {
    let read = text.and_then(|text| serde_json::from_str(text).ok());
    read.unwrap_or_default()
}
