//! `/console/api/apps/{app_id}/chat-conversations`: conversations of everybody with an app, for those who edit it.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use gatewright_conversation_service::{ConversationError, Conversations, OwnerList};
use gatewright_http_kit::{
    error::{ConsoleErrorBody, ConsoleFailure},
    extract::{ConsoleFormat, EditsApps, PathId, Query, RequestCtx, Then},
    input::{number::WholeNumber, text::Text},
    page::Page,
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{
    app_here::{AppHere, CHAT},
    conversation_body::{OpenedConversation, OwnerConversationBody},
    days::days,
};
use crate::wire::{LIMIT, SortBy};

/// Whether an answer was annotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AnnotationStatus {
    /// Annotated or not.
    All,
    /// At least one was.
    Annotated,
    /// None of them was.
    NotAnnotated,
}

impl AnnotationStatus {
    /// With an annotation, or without; none: both.
    pub(super) fn wanted(asked: Option<Self>) -> Option<bool> {
        match asked {
            None | Some(Self::All) => None,
            Some(status) => Some(status == Self::Annotated),
        }
    }
}

/// Which conversations. All conditions hold together.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ConversationsQuery {
    /// In the name, the introduction, questions, answers, or the name of the user, in any case. Its first 30 characters count.
    #[param(inline)]
    keyword: Option<Text>,
    /// Not before this minute of the account's zone, by the time of the order.
    #[param(value_type = Option<String>, max_length = 16)]
    start: Option<Text>,
    /// Not after this minute of the account's zone, by the time of the order.
    #[param(value_type = Option<String>, max_length = 16)]
    end: Option<Text>,
    /// `all` by default.
    #[param(inline)]
    annotation_status: Option<AnnotationStatus>,
    /// `-updated_at` by default.
    #[param(inline)]
    sort_by: Option<SortBy>,
    /// The first is 1.
    #[param(inline)]
    page: Option<WholeNumber<1, 99_999>>,
    /// 20 by default.
    #[param(inline)]
    limit: Option<WholeNumber<1, 100>>,
}

/// Conversations with an app.
#[utoipa::path(
    get, path = "/console/api/apps/{app_id}/chat-conversations", operation_id = "list_chat_conversations",
    params(("app_id" = String, Path), ConversationsQuery), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = Page<OwnerConversationBody>), (status = 400, body = ConsoleErrorBody),
        (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn list(
    conversations: Data<Conversations>,
    request: Then<AppHere<EditsApps>, Query<ConversationsQuery, ConsoleFormat>>,
) -> Result<Json<Page<OwnerConversationBody>>, ConsoleFailure> {
    let Then(asked, query) = request;
    asked.require(CHAT)?;
    let query = query.into_inner();
    let account = &asked.here.identity.account;
    let order = query.sort_by.unwrap_or_default();
    let wanted = OwnerList {
        sort: order.time(),
        newest_first: order.is_newest_first(),
        days: days(account, query.start.as_ref(), query.end.as_ref())?,
        is_annotated: AnnotationStatus::wanted(query.annotation_status),
        keyword: query.keyword.map(Text::into_inner),
        page: query.page.map_or(1, WholeNumber::get),
        limit: query.limit.map_or(LIMIT, WholeNumber::get),
    };
    let found = conversations.owner_list(&asked.app, &wanted).await?;
    let rows = found.rows.into_iter();
    let rows = rows.map(|row| OwnerConversationBody::new(row, &asked.app.mode));
    Ok(Json(Page::new(
        wanted.page,
        wanted.limit,
        found.total,
        rows.collect(),
    )))
}

/// Opens a conversation with an app; who opens it first is noted.
#[utoipa::path(
    get, path = "/console/api/apps/{app_id}/chat-conversations/{conversation_id}", operation_id = "get_chat_conversation",
    params(("app_id" = String, Path), ("conversation_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = OpenedConversation), (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn open(
    conversations: Data<Conversations>,
    ctx: RequestCtx,
    asked: AppHere<EditsApps>,
    ids: Path<(String, PathId<Uuid>)>,
) -> Result<Json<OpenedConversation>, ConsoleFailure> {
    asked.require(CHAT)?;
    let id = ids.1.or(ConversationError::NotFound)?;
    let account = asked.here.identity.account.id.0;
    let opened = conversations.open_as_owner(&ctx, &asked.app, account, id);
    let (row, config) = opened.await?;
    Ok(Json(OpenedConversation::new(row, config)))
}

/// Deletes a conversation with an app.
#[utoipa::path(
    delete, path = "/console/api/apps/{app_id}/chat-conversations/{conversation_id}", operation_id = "delete_chat_conversation",
    params(("app_id" = String, Path), ("conversation_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 204), (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn delete(
    conversations: Data<Conversations>,
    ctx: RequestCtx,
    asked: AppHere<EditsApps>,
    ids: Path<(String, PathId<Uuid>)>,
) -> Result<HttpResponse, ConsoleFailure> {
    asked.require(CHAT)?;
    let id = ids.1.or(ConversationError::NotFound)?;
    conversations.delete_as_owner(&ctx, &asked.app, id).await?;
    Ok(HttpResponse::NoContent().finish())
}
