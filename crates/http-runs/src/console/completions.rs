//! `/console/api/apps/{app_id}/completion-conversations`: questions to an app that answers one at a time, for those who edit it.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use gatewright_conversation_service::{ConversationError, Conversations, OwnerList, SortTime};
use gatewright_http_kit::{
    error::{ConsoleErrorBody, ConsoleFailure},
    extract::{ConsoleFormat, EditsApps, PathId, Query, RequestCtx, Then},
    input::{number::WholeNumber, text::Text},
    page::Page,
};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::{
    app_here::{AppHere, COMPLETION},
    completion_body::{CompletionBody, OpenedCompletionBody},
    conversations::AnnotationStatus,
    days::days,
};
use crate::wire::LIMIT;

/// Which of them. All conditions hold together.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CompletionsQuery {
    /// In question or answer, or the name of the user, in any case. Its first 30 characters count.
    #[param(inline)]
    keyword: Option<Text>,
    /// Not before this minute of the account's zone.
    #[param(value_type = Option<String>, max_length = 16)]
    start: Option<Text>,
    /// Not after this minute of the account's zone.
    #[param(value_type = Option<String>, max_length = 16)]
    end: Option<Text>,
    /// `all` by default.
    #[param(inline)]
    annotation_status: Option<AnnotationStatus>,
    /// The first is 1.
    #[param(inline)]
    page: Option<WholeNumber<1, 99_999>>,
    /// 20 by default.
    #[param(inline)]
    limit: Option<WholeNumber<1, 100>>,
}

/// Questions to an app, the newest first.
#[utoipa::path(
    get, path = "/console/api/apps/{app_id}/completion-conversations", operation_id = "list_completion_conversations",
    params(("app_id" = String, Path), CompletionsQuery), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = Page<CompletionBody>), (status = 400, body = ConsoleErrorBody),
        (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn list(
    conversations: Data<Conversations>,
    request: Then<AppHere<EditsApps>, Query<CompletionsQuery, ConsoleFormat>>,
) -> Result<Json<Page<CompletionBody>>, ConsoleFailure> {
    let Then(asked, query) = request;
    asked.require(COMPLETION)?;
    let query = query.into_inner();
    let account = &asked.here.identity.account;
    let wanted = OwnerList {
        sort: SortTime::Created,
        newest_first: true,
        days: days(account, query.start.as_ref(), query.end.as_ref())?,
        is_annotated: AnnotationStatus::wanted(query.annotation_status),
        keyword: query.keyword.map(Text::into_inner),
        page: query.page.map_or(1, WholeNumber::get),
        limit: query.limit.map_or(LIMIT, WholeNumber::get),
    };
    let found = conversations.owner_completions(&asked.app, &wanted).await?;
    let rows = found.rows.into_iter().map(CompletionBody::from).collect();
    Ok(Json(Page::new(
        wanted.page,
        wanted.limit,
        found.total,
        rows,
    )))
}

/// Opens a question to an app; who opens it first is noted.
#[utoipa::path(
    get, path = "/console/api/apps/{app_id}/completion-conversations/{conversation_id}", operation_id = "get_completion_conversation",
    params(("app_id" = String, Path), ("conversation_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = OpenedCompletionBody), (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn open(
    conversations: Data<Conversations>,
    ctx: RequestCtx,
    asked: AppHere<EditsApps>,
    ids: Path<(String, PathId<Uuid>)>,
) -> Result<Json<OpenedCompletionBody>, ConsoleFailure> {
    asked.require(COMPLETION)?;
    let id = ids.1.or(ConversationError::NotFound)?;
    let account = asked.here.identity.account.id.0;
    let opened = conversations.open_completion(&ctx, &asked.app, account, id);
    Ok(Json(opened.await?.into()))
}

/// Deletes a question to an app.
#[utoipa::path(
    delete, path = "/console/api/apps/{app_id}/completion-conversations/{conversation_id}",
    operation_id = "delete_completion_conversation",
    params(("app_id" = String, Path), ("conversation_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 204), (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn delete(
    conversations: Data<Conversations>,
    ctx: RequestCtx,
    asked: AppHere<EditsApps>,
    ids: Path<(String, PathId<Uuid>)>,
) -> Result<HttpResponse, ConsoleFailure> {
    asked.require(COMPLETION)?;
    let id = ids.1.or(ConversationError::NotFound)?;
    conversations.delete_as_owner(&ctx, &asked.app, id).await?;
    Ok(HttpResponse::NoContent().finish())
}
