//! `/api/saved-messages`: answers that the visitor keeps.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use gatewright_conversation_service::{ConversationError, Conversations};
use gatewright_http_kit::{
    error::{ServiceErrorBody, ServiceFailure},
    extract::{Body, PathId, Query, RequestCtx, ServiceFormat, Then},
    input::number::WholeNumber,
    page::Scroll,
};
use gatewright_http_runs::{
    conversation::{SavedMessageBody, scroll},
    wire::{LIMIT, MaybeId, Success},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::visitor::Visiting;

/// Which part of the list is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SavedMessagesQuery {
    /// The last one that was shown.
    #[param(inline)]
    last_id: Option<MaybeId>,
    /// 20 by default.
    #[param(inline)]
    limit: Option<WholeNumber<1, 100>>,
}

/// Answers that the visitor keeps, the one that was kept last first.
#[utoipa::path(
    get, path = "/api/saved-messages", operation_id = "saved_messages",
    params(SavedMessagesQuery),
    security(("passport" = [])),
    responses((status = 200, body = Scroll<SavedMessageBody>), (status = 400, body = ServiceErrorBody),
        (status = 404, body = ServiceErrorBody), (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn list(
    conversations: Data<Conversations>,
    ctx: RequestCtx,
    request: Then<Visiting, Query<SavedMessagesQuery, ServiceFormat>>,
) -> Result<Json<Scroll<SavedMessageBody>>, ServiceFailure> {
    let Then(visitor, query) = request;
    let query = query.into_inner();
    let limit = query.limit.map_or(LIMIT, WholeNumber::get);
    let last = query.last_id.and_then(MaybeId::get);
    let talker = visitor.talker();
    let window = conversations.saved(&ctx, &talker, last, limit).await?;
    Ok(Json(scroll(limit, window)))
}

/// Which answer is to be kept.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct SaveRequest {
    /// The message that it answers.
    message_id: Uuid,
}

/// Keeps an answer that the visitor got.
#[utoipa::path(
    post, path = "/api/saved-messages", operation_id = "save_message", request_body = SaveRequest,
    security(("passport" = [])),
    responses((status = 200, body = Success), (status = 400, body = ServiceErrorBody), (status = 404, body = ServiceErrorBody),
        (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn save(
    conversations: Data<Conversations>,
    ctx: RequestCtx,
    request: Then<Visiting, Body<SaveRequest, ServiceFormat>>,
) -> Result<Json<Success>, ServiceFailure> {
    let Then(visitor, body) = request;
    let id = body.into_inner().message_id;
    conversations.save(&ctx, &visitor.talker(), id).await?;
    Ok(Json(Success::default()))
}

/// Keeps an answer no longer.
#[utoipa::path(
    delete, path = "/api/saved-messages/{message_id}", operation_id = "delete_saved_message",
    params(("message_id" = String, Path)),
    security(("passport" = [])),
    responses((status = 204), (status = 404, body = ServiceErrorBody), (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn delete(
    conversations: Data<Conversations>,
    id: Path<PathId<Uuid>>,
    visitor: Visiting,
) -> Result<HttpResponse, ServiceFailure> {
    let id = id.or(ConversationError::MessageNotFound)?;
    conversations.forget(&visitor.talker(), id).await?;
    Ok(HttpResponse::NoContent().finish())
}
