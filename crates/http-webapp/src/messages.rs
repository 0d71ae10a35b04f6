//! `/api/messages`: what was said between the visitor and the app of the page, and what the visitor says of it.

use actix_web::web::{Data, Json, Path};
use gatewright_conversation_service::{ConversationError, Conversations, MessageRow};
use gatewright_http_kit::{
    error::{ServiceErrorBody, ServiceFailure},
    extract::{Body, PathId, Query, RequestCtx, ServiceFormat, Then},
    input::number::WholeNumber,
    page::Scroll,
};
use gatewright_http_runs::{
    conversation::{MessageBody, scroll},
    wire::{LIMIT, MaybeId, NotRun, Rating, ResponseMode, Success, Words, opinion, require_chat},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::visitor::Visiting;

/// Which messages of a conversation are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WebMessagesQuery {
    /// The conversation that they are part of; empty: none.
    #[param(inline)]
    conversation_id: MaybeId,
    /// The first one that was shown: those before it.
    #[param(inline)]
    first_id: Option<MaybeId>,
    /// 20 by default.
    #[param(inline)]
    limit: Option<WholeNumber<1, 100>>,
}

/// A question and its answer, with its usage.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebMessage {
    #[serde(flatten)]
    message: MessageBody,
    /// Usage and citations.
    #[schema(value_type = Object)]
    metadata: Value,
}

impl From<MessageRow> for WebMessage {
    fn from(row: MessageRow) -> Self {
        Self {
            metadata: row.metadata.clone(),
            message: row.into(),
        }
    }
}

/// A page of a conversation of the visitor's, from the newest back; the oldest of the page first.
#[utoipa::path(
    get, path = "/api/messages", operation_id = "web_messages",
    params(WebMessagesQuery),
    security(("passport" = [])),
    responses((status = 200, body = Scroll<WebMessage>), (status = 400, body = ServiceErrorBody),
        (status = 404, body = ServiceErrorBody), (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn list(
    conversations: Data<Conversations>,
    ctx: RequestCtx,
    request: Then<Visiting, Query<WebMessagesQuery, ServiceFormat>>,
) -> Result<Json<Scroll<WebMessage>>, ServiceFailure> {
    let Then(visitor, query) = request;
    require_chat(&visitor.0.app)?;
    let query = query.into_inner();
    let limit = query.limit.map_or(LIMIT, WholeNumber::get);
    let Some(conversation) = query.conversation_id.get() else {
        return Ok(Json(Scroll::new(limit, false, vec![])));
    };
    let first = query.first_id.and_then(MaybeId::get);
    let window = conversations
        .messages(&ctx, &visitor.talker(), conversation, first, limit)
        .await?;
    Ok(Json(scroll(limit, window)))
}

/// What the visitor says of an answer.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct WebFeedbackRequest {
    /// Null, or absent: what was said is taken back.
    #[schema(inline)]
    rating: Option<Rating>,
    /// In their own words.
    #[schema(inline)]
    content: Option<Words>,
}

/// Keeps what the visitor says of an answer that they got.
#[utoipa::path(
    post, path = "/api/messages/{message_id}/feedbacks", operation_id = "rate_web_message", request_body = WebFeedbackRequest,
    params(("message_id" = String, Path)),
    security(("passport" = [])),
    responses((status = 200, body = Success), (status = 400, body = ServiceErrorBody), (status = 404, body = ServiceErrorBody),
        (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn rate(
    conversations: Data<Conversations>,
    ctx: RequestCtx,
    id: Path<PathId<Uuid>>,
    request: Then<Visiting, Body<WebFeedbackRequest, ServiceFormat>>,
) -> Result<Json<Success>, ServiceFailure> {
    let Then(visitor, body) = request;
    let body = body.into_inner();
    let id = id.or(ConversationError::MessageNotFound)?;
    let opinion = opinion(body.rating, body.content);
    let talker = visitor.talker();
    conversations
        .rate(&ctx, &talker, id, opinion.as_ref())
        .await?;
    Ok(Json(Success::default()))
}

/// Questions that may follow an answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebSuggestions {
    data: Vec<String>,
}

/// Questions that may follow an answer that the visitor got, where the app suggests some.
#[utoipa::path(
    get, path = "/api/messages/{message_id}/suggested-questions", operation_id = "web_suggested_questions",
    params(("message_id" = String, Path)),
    security(("passport" = [])),
    responses((status = 200, body = WebSuggestions), (status = 400, body = ServiceErrorBody),
        (status = 404, body = ServiceErrorBody), (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn suggested(
    conversations: Data<Conversations>,
    id: Path<PathId<Uuid>>,
    visitor: Visiting,
) -> Result<Json<WebSuggestions>, ServiceFailure> {
    require_chat(&visitor.0.app)?;
    let id = id.or(ConversationError::MessageNotFound)?;
    let talker = visitor.talker();
    let data = conversations.suggested(&visitor.0.app, &talker, id).await?;
    Ok(Json(WebSuggestions { data }))
}

/// How another answer is heard of.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "no app that runs here gives other answers")]
pub(crate) struct MoreLikeThisQuery {
    /// `blocking` or `streaming`.
    #[param(inline)]
    response_mode: ResponseMode,
}

/// Another answer to the same question: an app with a graph has none (apps.md §3.8).
#[utoipa::path(
    get, path = "/api/messages/{message_id}/more-like-this", operation_id = "web_more_like_this",
    params(("message_id" = String, Path), MoreLikeThisQuery),
    security(("passport" = [])),
    responses((status = 400, body = ServiceErrorBody), (status = 404, body = ServiceErrorBody),
        (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn more_like_this(
    conversations: Data<Conversations>,
    id: Path<PathId<Uuid>>,
    request: Then<Visiting, Query<MoreLikeThisQuery, ServiceFormat>>,
) -> Result<Json<Success>, ServiceFailure> {
    let Then(visitor, _) = request;
    let id = id.or(ConversationError::MessageNotFound)?;
    conversations.require_message(&visitor.talker(), id).await?;
    Err(match visitor.0.app.mode.as_str() {
        "completion" => NotRun::NotYet,
        _ => NotRun::NotCompletion,
    }
    .into())
}
