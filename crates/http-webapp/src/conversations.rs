//! `/api/conversations`: a visitor's conversations with the app of the page.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use gatewright_conversation_service::{ConversationError, Conversations, ListRequest};
use gatewright_http_kit::{
    error::{ServiceErrorBody, ServiceFailure},
    extract::{Body, PathId, Query, RequestCtx, ServiceFormat, Then},
    input::number::WholeNumber,
    page::Scroll,
};
use gatewright_http_runs::{
    conversation::{ConversationBody, scroll},
    wire::{ConversationName, LIMIT, MaybeId, SortBy, Success, new_name, require_chat},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::visitor::Visiting;

/// Which conversations are wanted, and in which order.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WebConversationsQuery {
    /// The last one that was shown.
    #[param(inline)]
    last_id: Option<MaybeId>,
    /// 20 by default.
    #[param(inline)]
    limit: Option<WholeNumber<1, 100>>,
    /// `true`: those that the visitor pinned; `false`: the others; all by default.
    pinned: Option<bool>,
    /// `-updated_at` by default.
    #[param(inline)]
    sort_by: Option<SortBy>,
}

/// The visitor's conversations with the app of the page.
#[utoipa::path(
    get, path = "/api/conversations", operation_id = "web_conversations",
    params(WebConversationsQuery),
    security(("passport" = [])),
    responses((status = 200, body = Scroll<ConversationBody>), (status = 400, body = ServiceErrorBody),
        (status = 404, body = ServiceErrorBody), (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn list(
    conversations: Data<Conversations>,
    request: Then<Visiting, Query<WebConversationsQuery, ServiceFormat>>,
) -> Result<Json<Scroll<ConversationBody>>, ServiceFailure> {
    let Then(visitor, query) = request;
    require_chat(&visitor.0.app)?;
    let query = query.into_inner();
    let limit = query.limit.map_or(LIMIT, WholeNumber::get);
    let sort = query.sort_by.unwrap_or_default();
    let request = ListRequest {
        sort: sort.time(),
        newest_first: sort.is_newest_first(),
        pinned: query.pinned,
        last: query.last_id.and_then(MaybeId::get),
        limit,
    };
    let window = conversations.list(&visitor.talker(), request).await?;
    Ok(Json(scroll(limit, window)))
}

/// The id of a conversation in an app of conversations.
fn of_chat(visitor: &Visiting, id: Path<PathId<Uuid>>) -> Result<Uuid, ServiceFailure> {
    require_chat(&visitor.0.app)?;
    Ok(id.or(ConversationError::NotFound)?)
}

/// Deletes a conversation of the visitor's, with everything that was said in it.
#[utoipa::path(
    delete, path = "/api/conversations/{c_id}", operation_id = "delete_web_conversation",
    params(("c_id" = String, Path)),
    security(("passport" = [])),
    responses((status = 204), (status = 404, body = ServiceErrorBody), (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn delete(
    conversations: Data<Conversations>,
    ctx: RequestCtx,
    id: Path<PathId<Uuid>>,
    visitor: Visiting,
) -> Result<HttpResponse, ServiceFailure> {
    let id = of_chat(&visitor, id)?;
    conversations.delete(&ctx, &visitor.talker(), id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What a conversation is to be called.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct WebRenameRequest {
    /// The new name; needed unless one is to be found.
    #[schema(inline)]
    name: Option<ConversationName>,
    /// Whether a model finds it; `false` by default.
    auto_generate: Option<bool>,
}

/// Calls a conversation of the visitor's otherwise.
#[utoipa::path(
    post, path = "/api/conversations/{c_id}/name", operation_id = "rename_web_conversation", request_body = WebRenameRequest,
    params(("c_id" = String, Path)),
    security(("passport" = [])),
    responses((status = 200, body = ConversationBody), (status = 400, body = ServiceErrorBody),
        (status = 404, body = ServiceErrorBody), (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn rename(
    conversations: Data<Conversations>,
    ctx: RequestCtx,
    id: Path<PathId<Uuid>>,
    request: Then<Visiting, Body<WebRenameRequest, ServiceFormat>>,
) -> Result<Json<ConversationBody>, ServiceFailure> {
    let Then(visitor, body) = request;
    let body = body.into_inner();
    let id = of_chat(&visitor, id)?;
    let new = new_name(body.name, body.auto_generate)?;
    let talker = visitor.talker();
    let renamed = conversations.rename(&ctx, &talker, id, new).await?;
    Ok(Json(renamed.into()))
}

/// Pins a conversation of the visitor's to the top of their list.
#[utoipa::path(
    patch, path = "/api/conversations/{c_id}/pin", operation_id = "pin_web_conversation",
    params(("c_id" = String, Path)),
    security(("passport" = [])),
    responses((status = 200, body = Success), (status = 404, body = ServiceErrorBody),
        (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn pin(
    conversations: Data<Conversations>,
    ctx: RequestCtx,
    id: Path<PathId<Uuid>>,
    visitor: Visiting,
) -> Result<Json<Success>, ServiceFailure> {
    let id = of_chat(&visitor, id)?;
    conversations.pin(&ctx, &visitor.talker(), id).await?;
    Ok(Json(Success::default()))
}

/// Lets a conversation of the visitor's take its place among the others again.
#[utoipa::path(
    patch, path = "/api/conversations/{c_id}/unpin", operation_id = "unpin_web_conversation",
    params(("c_id" = String, Path)),
    security(("passport" = [])),
    responses((status = 200, body = Success), (status = 404, body = ServiceErrorBody),
        (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn unpin(
    conversations: Data<Conversations>,
    id: Path<PathId<Uuid>>,
    visitor: Visiting,
) -> Result<Json<Success>, ServiceFailure> {
    let id = of_chat(&visitor, id)?;
    conversations.unpin(&visitor.talker(), id).await?;
    Ok(Json(Success::default()))
}
