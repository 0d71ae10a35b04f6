//! `/console/api/apps/{app_id}/chat-messages` and what hangs on messages, for those who edit the app.

use actix_web::web::{Data, Json, Path};
use gatewright_conversation_service::{ConversationError, Conversations, MAX_OWNER_VARIABLES};
use gatewright_http_kit::{
    error::{ConsoleErrorBody, ConsoleFailure},
    extract::{Body, ConsoleFormat, EditsApps, PathId, Query, RequestCtx, Then},
    input::{
        number::WholeNumber,
        text::{Id, Text},
    },
    page::{Page, Scroll},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{
    app_here::{AppHere, CHAT, CHATFLOW},
    message_body::OwnerMessageBody,
};
use crate::{
    conversation::{ConversationVariable, scroll},
    wire::{LIMIT, Rating, Success, Words, opinion},
};

/// Which messages of a conversation.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OwnerMessagesQuery {
    /// The conversation that they are part of.
    #[param(inline)]
    conversation_id: Id,
    /// The first one that was shown: those before it. Empty: the latest.
    #[param(inline)]
    first_id: Option<Text>,
    /// 20 by default.
    #[param(inline)]
    limit: Option<WholeNumber<1, 100>>,
}

/// A page of a conversation, from the newest back; the oldest of the page first.
#[utoipa::path(
    get, path = "/console/api/apps/{app_id}/chat-messages", operation_id = "list_chat_messages",
    params(("app_id" = String, Path), OwnerMessagesQuery), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = Scroll<OwnerMessageBody>), (status = 400, body = ConsoleErrorBody),
        (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn list(
    conversations: Data<Conversations>,
    ctx: RequestCtx,
    request: Then<AppHere<EditsApps>, Query<OwnerMessagesQuery, ConsoleFormat>>,
) -> Result<Json<Scroll<OwnerMessageBody>>, ConsoleFailure> {
    let Then(asked, query) = request;
    asked.require(CHAT)?;
    let query = query.into_inner();
    let limit = query.limit.map_or(LIMIT, WholeNumber::get);
    let first = query.first_id.filter(|text| !text.is_empty());
    let first = first.map(|text| text.parse().map_err(|_| ConversationError::FirstNotFound));
    let conversation = query.conversation_id.into_inner();
    let window = conversations
        .owner_messages(&ctx, &asked.app, conversation, first.transpose()?, limit)
        .await?;
    Ok(Json(scroll(limit, window)))
}

/// A message of an app.
#[utoipa::path(
    get, path = "/console/api/apps/{app_id}/messages/{message_id}", operation_id = "get_app_message",
    params(("app_id" = String, Path), ("message_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = OwnerMessageBody), (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn detail(
    conversations: Data<Conversations>,
    ctx: RequestCtx,
    asked: AppHere<EditsApps>,
    ids: Path<(String, PathId<Uuid>)>,
) -> Result<Json<OwnerMessageBody>, ConsoleFailure> {
    let id = ids.1.or(ConversationError::MessageNotFound)?;
    let found = conversations.owner_message(&ctx, &asked.app, id).await?;
    Ok(Json(found.into()))
}

/// What an owner says of an answer.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct OwnerFeedback {
    #[schema(inline)]
    message_id: Id,
    /// Null, or absent: what was said is taken back.
    #[schema(inline)]
    rating: Option<Rating>,
    /// In their own words.
    #[schema(inline)]
    content: Option<Words>,
}

/// Keeps what an owner says of an answer.
#[utoipa::path(
    post, path = "/console/api/apps/{app_id}/feedbacks", operation_id = "rate_app_message", request_body = OwnerFeedback,
    params(("app_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = Success), (status = 400, body = ConsoleErrorBody),
        (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn rate(
    conversations: Data<Conversations>,
    ctx: RequestCtx,
    request: Then<AppHere<EditsApps>, Body<OwnerFeedback, ConsoleFormat>>,
) -> Result<Json<Success>, ConsoleFailure> {
    let Then(asked, body) = request;
    let body = body.into_inner();
    let opinion = opinion(body.rating, body.content);
    let account = asked.here.identity.account.id.0;
    let message = body.message_id.into_inner();
    conversations
        .rate_as_owner(&ctx, &asked.app, account, message, opinion.as_ref())
        .await?;
    Ok(Json(Success::default()))
}

/// Which conversation's variables.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OwnerVariablesQuery {
    /// The conversation that has them.
    #[param(inline)]
    conversation_id: Id,
}

/// What a conversation with an app remembers, in the order in which it got it.
#[utoipa::path(
    get, path = "/console/api/apps/{app_id}/conversation-variables", operation_id = "list_conversation_variables",
    params(("app_id" = String, Path), OwnerVariablesQuery), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = Page<ConversationVariable>), (status = 400, body = ConsoleErrorBody),
        (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn variables(
    conversations: Data<Conversations>,
    request: Then<AppHere<EditsApps>, Query<OwnerVariablesQuery, ConsoleFormat>>,
) -> Result<Json<Page<ConversationVariable>>, ConsoleFailure> {
    let Then(asked, query) = request;
    asked.require(CHATFLOW)?;
    let id = query.into_inner().conversation_id.into_inner();
    let found = conversations.owner_variables(&asked.app, id).await?;
    let total = u64::try_from(found.len()).unwrap_or_default();
    let rows = found.into_iter().map(ConversationVariable::from).collect();
    Ok(Json(Page::new(1, MAX_OWNER_VARIABLES, total, rows)))
}
