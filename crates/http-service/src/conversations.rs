//! `/v1/conversations`: a user's conversations with the app of the key.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use gatewright_conversation_service::{
    ConversationError, Conversations, ListRequest, NewName, SortTime,
};
use gatewright_http_kit::{
    error::{ServiceErrorBody, ServiceFailure},
    extract::{PathId, Query, RequestCtx, ServiceFormat, Then},
    input::{number::WholeNumber, text::Limited},
    page::Scroll,
};
use gatewright_http_runs::conversation::{ConversationBody, scroll};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    chat::require_chat,
    key::KeyedApp,
    request::{EndUserName, ForAnyUser, MaybeId},
};

/// Rows of a part of a list that nobody says more of.
pub(crate) const LIMIT: u32 = 20;
/// Longest name of a conversation, in characters: what its column holds.
const MAX_NAME_CHARS: usize = 255;

/// In which order conversations are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
pub(crate) enum SortBy {
    /// Those that began first.
    #[serde(rename = "created_at")]
    Oldest,
    /// Those that began last.
    #[serde(rename = "-created_at")]
    Newest,
    /// Those that rested longest.
    #[serde(rename = "updated_at")]
    LeastActive,
    /// Those in which something was said last.
    #[default]
    #[serde(rename = "-updated_at")]
    LatestActive,
}

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
        sort: match sort {
            SortBy::Oldest | SortBy::Newest => SortTime::Created,
            SortBy::LeastActive | SortBy::LatestActive => SortTime::Updated,
        },
        newest_first: matches!(sort, SortBy::Newest | SortBy::LatestActive),
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

/// What people call a conversation: at most 255 characters. A blank one is none.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(try_from = "Limited")]
#[schema(value_type = String, max_length = 255)]
pub(crate) struct ConversationName(String);

impl TryFrom<Limited> for ConversationName {
    type Error = String;

    fn try_from(text: Limited) -> Result<Self, String> {
        let text = text.without_nul()?;
        if text.chars().count() > MAX_NAME_CHARS {
            return Err(format!("must have at most {MAX_NAME_CHARS} characters"));
        }
        Ok(Self(text))
    }
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
    let name = body.name.filter(|name| !name.0.trim().is_empty());
    let new = match (body.auto_generate.unwrap_or(false), name) {
        (true, _) => NewName::Generated,
        (false, Some(name)) => NewName::Given(name.0),
        (false, None) => {
            return Err(ServiceFailure::invalid_param(
                "name is required when auto_generate is false",
            ));
        }
    };
    let id = id.or(ConversationError::NotFound)?;
    let talker = conversations
        .talker(&app, &EndUserName::of(body.user))
        .await?;
    let renamed = conversations.rename(&ctx, &talker, id, new).await?;
    Ok(Json(renamed.into()))
}
