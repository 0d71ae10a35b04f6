//! `/v1/conversations`: a user's conversations with the app of the key.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use gatewright_conversation_service::{ConversationError, Conversations, ListRequest};
use gatewright_http_kit::{
    error::{ServiceErrorBody, ServiceFailure},
    extract::{PathId, Query, RequestCtx, ServiceFormat, Then},
    input::number::WholeNumber,
    page::Scroll,
};
use gatewright_http_runs::{
    conversation::{ConversationBody, scroll},
    wire::{ConversationName, LIMIT, MaybeId, SortBy, new_name, require_chat},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    key::KeyedApp,
    request::{EndUserName, ForAnyUser},
};

/// Which conversations are wanted, and in which order.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ConversationsQuery {
    /// Whose; nobody in particular by default.
    #[param(inline)]
    user: Option<EndUserName>,
    /// The last one that was shown.
    #[param(inline)]
    last_id: Option<MaybeId>,
    /// 20 by default.
    #[param(inline)]
    limit: Option<WholeNumber<1, 100>>,
    /// `-updated_at` by default.
    #[param(inline)]
    sort_by: Option<SortBy>,
}

/// The conversations of a user with the app of the key.
#[utoipa::path(
    get, path = "/v1/conversations", operation_id = "user_conversations",
    params(ConversationsQuery),
    security(("app_key" = [])),
    responses((status = 200, body = Scroll<ConversationBody>), (status = 400, body = ServiceErrorBody),
        (status = 404, body = ServiceErrorBody), (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn list(
    conversations: Data<Conversations>,
    request: Then<KeyedApp, Query<ConversationsQuery, ServiceFormat>>,
) -> Result<Json<Scroll<ConversationBody>>, ServiceFailure> {
    let Then(KeyedApp(app), query) = request;
    require_chat(&app)?;
    let query = query.into_inner();
    let limit = query.limit.map_or(LIMIT, WholeNumber::get);
    let sort = query.sort_by.unwrap_or_default();
    let talker = conversations
        .talker(&app, &EndUserName::of(query.user))
        .await?;
    let request = ListRequest {
        sort: sort.time(),
        newest_first: sort.is_newest_first(),
        pinned: None,
        last: query.last_id.and_then(MaybeId::get),
        limit,
    };
    let window = conversations.list(&talker, request).await?;
    Ok(Json(scroll(limit, window)))
}

/// In whose name something is asked.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct AnyUserRequest {
    /// For whom the app was run; nobody in particular by default.
    #[schema(inline)]
    user: Option<EndUserName>,
}

/// Deletes a conversation of the user's, with everything that was said in it.
#[utoipa::path(
    delete, path = "/v1/conversations/{c_id}", operation_id = "delete_user_conversation", request_body = AnyUserRequest,
    params(("c_id" = String, Path)),
    security(("app_key" = [])),
    responses((status = 204), (status = 400, body = ServiceErrorBody), (status = 404, body = ServiceErrorBody),
        (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn delete(
    conversations: Data<Conversations>,
    ctx: RequestCtx,
    id: Path<PathId<Uuid>>,
    request: ForAnyUser<AnyUserRequest>,
) -> Result<HttpResponse, ServiceFailure> {
    let ForAnyUser { app, body } = request;
    require_chat(&app)?;
    let id = id.or(ConversationError::NotFound)?;
    let talker = conversations
        .talker(&app, &EndUserName::of(body.user))
        .await?;
    conversations.delete(&ctx, &talker, id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What a conversation is to be called.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct RenameRequest {
    /// The new name; needed unless one is to be found.
    #[schema(inline)]
    name: Option<ConversationName>,
    /// Whether a model finds it; `false` by default.
    auto_generate: Option<bool>,
    /// Whose conversation it is; nobody's in particular by default.
    #[schema(inline)]
    user: Option<EndUserName>,
}

/// Calls a conversation of the user's otherwise.
#[utoipa::path(
    post, path = "/v1/conversations/{c_id}/name", operation_id = "rename_user_conversation", request_body = RenameRequest,
    params(("c_id" = String, Path)),
    security(("app_key" = [])),
    responses((status = 200, body = ConversationBody), (status = 400, body = ServiceErrorBody),
        (status = 404, body = ServiceErrorBody), (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn rename(
    conversations: Data<Conversations>,
    ctx: RequestCtx,
    id: Path<PathId<Uuid>>,
    request: ForAnyUser<RenameRequest>,
) -> Result<Json<ConversationBody>, ServiceFailure> {
    let ForAnyUser { app, body } = request;
    require_chat(&app)?;
    let new = new_name(body.name, body.auto_generate)?;
    let id = id.or(ConversationError::NotFound)?;
    let talker = conversations
        .talker(&app, &EndUserName::of(body.user))
        .await?;
    let renamed = conversations.rename(&ctx, &talker, id, new).await?;
    Ok(Json(renamed.into()))
}
