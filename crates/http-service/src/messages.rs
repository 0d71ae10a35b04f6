//! `/v1/messages`: what was said between a user and the app of the key, and what the user says of it.

use actix_web::web::{Data, Json, Path};
use gatewright_conversation_service::{ConversationError, Conversations};
use gatewright_http_kit::{
    error::{ServiceErrorBody, ServiceFailure},
    extract::{PathId, Query, RequestCtx, ServiceFormat, Then},
    input::number::WholeNumber,
    page::Scroll,
};
use gatewright_http_runs::{
    conversation::{MessageBody, scroll},
    wire::{LIMIT, MaybeId, Rating, Success, Words, opinion, require_chat},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    key::KeyedApp,
    request::{EndUserName, ForUser},
};

/// Which messages of a conversation are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct MessagesQuery {
    /// The conversation that they are part of; empty: none.
    #[param(inline)]
    conversation_id: MaybeId,
    /// Whose conversation it is; nobody's in particular by default.
    #[param(inline)]
    user: Option<EndUserName>,
    /// The first one that was shown: those before it.
    #[param(inline)]
    first_id: Option<MaybeId>,
    /// 20 by default.
    #[param(inline)]
    limit: Option<WholeNumber<1, 100>>,
}

/// A page of a conversation of the user's, from the newest back; the oldest of the page first.
#[utoipa::path(
    get, path = "/v1/messages", operation_id = "user_messages",
    params(MessagesQuery),
    security(("app_key" = [])),
    responses((status = 200, body = Scroll<MessageBody>), (status = 400, body = ServiceErrorBody),
        (status = 404, body = ServiceErrorBody), (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn list(
    conversations: Data<Conversations>,
    ctx: RequestCtx,
    request: Then<KeyedApp, Query<MessagesQuery, ServiceFormat>>,
) -> Result<Json<Scroll<MessageBody>>, ServiceFailure> {
    let Then(KeyedApp(app), query) = request;
    require_chat(&app)?;
    let query = query.into_inner();
    let limit = query.limit.map_or(LIMIT, WholeNumber::get);
    let Some(conversation) = query.conversation_id.get() else {
        return Ok(Json(Scroll::new(limit, false, vec![])));
    };
    let talker = conversations
        .talker(&app, &EndUserName::of(query.user))
        .await?;
    let first = query.first_id.and_then(MaybeId::get);
    let window = conversations
        .messages(&ctx, &talker, conversation, first, limit)
        .await?;
    Ok(Json(scroll(limit, window)))
}

/// What a user says of an answer.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct FeedbackRequest {
    /// Null, or absent: what was said is taken back.
    #[schema(inline)]
    rating: Option<Rating>,
    /// In their own words.
    #[schema(inline)]
    content: Option<Words>,
    /// Whose message it is.
    #[schema(inline)]
    user: EndUserName,
}

/// Keeps what a user says of an answer that they got.
#[utoipa::path(
    post, path = "/v1/messages/{message_id}/feedbacks", operation_id = "rate_message", request_body = FeedbackRequest,
    params(("message_id" = String, Path)),
    security(("app_key" = [])),
    responses((status = 200, body = Success), (status = 400, body = ServiceErrorBody), (status = 404, body = ServiceErrorBody),
        (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn rate(
    conversations: Data<Conversations>,
    ctx: RequestCtx,
    id: Path<PathId<Uuid>>,
    request: ForUser<FeedbackRequest>,
) -> Result<Json<Success>, ServiceFailure> {
    let ForUser { app, body } = request;
    let id = id.or(ConversationError::MessageNotFound)?;
    let talker = conversations.talker(&app, &body.user.into_inner()).await?;
    let opinion = opinion(body.rating, body.content);
    conversations
        .rate(&ctx, &talker, id, opinion.as_ref())
        .await?;
    Ok(Json(Success::default()))
}

/// For whom questions are looked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SuggestedQuery {
    /// Whose message it is.
    #[param(inline)]
    user: Option<EndUserName>,
}

/// Questions that may follow an answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SuggestedQuestions {
    /// Always `success`.
    result: &'static str,
    data: Vec<String>,
}

/// Questions that may follow an answer that the user got, where the app suggests some.
#[utoipa::path(
    get, path = "/v1/messages/{message_id}/suggested", operation_id = "suggested_questions",
    params(("message_id" = String, Path), SuggestedQuery),
    security(("app_key" = [])),
    responses((status = 200, body = SuggestedQuestions), (status = 400, body = ServiceErrorBody),
        (status = 404, body = ServiceErrorBody), (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn suggested(
    conversations: Data<Conversations>,
    id: Path<PathId<Uuid>>,
    request: Then<KeyedApp, Query<SuggestedQuery, ServiceFormat>>,
) -> Result<Json<SuggestedQuestions>, ServiceFailure> {
    let Then(KeyedApp(app), query) = request;
    let user = EndUserName::of(query.into_inner().user);
    if user.is_empty() {
        return Err(ServiceFailure::invalid_param("Arg user must be provided."));
    }
    require_chat(&app)?;
    let id = id.or(ConversationError::MessageNotFound)?;
    let talker = conversations.talker(&app, &user).await?;
    let data = conversations.suggested(&app, &talker, id).await?;
    Ok(Json(SuggestedQuestions {
        result: "success",
        data,
    }))
}
