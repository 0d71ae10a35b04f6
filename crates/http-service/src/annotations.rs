//! `/v1/apps/annotations`: answers that the owner of the app of the key gives in its place.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use gatewright_conversation_service::{AnnotationText, ConversationError, Conversations};
use gatewright_http_kit::{
    error::{ServiceErrorBody, ServiceFailure},
    extract::{Body, PathId, Query, RequestCtx, ServiceFormat, Then},
    input::{number::WholeNumber, text::Text},
};
use gatewright_http_runs::{
    annotation::AnnotationBody,
    wire::{LIMIT, Words},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::key::KeyedApp;

/// Which annotations are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AnnotationsQuery {
    /// The first is 1.
    #[param(inline)]
    page: Option<WholeNumber<1, 99_999>>,
    /// 20 by default.
    #[param(inline)]
    limit: Option<WholeNumber<1, 100>>,
    /// In question or answer, in any case; its first 30 characters count.
    #[param(inline)]
    keyword: Option<Text>,
}

/// A page of annotations.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AnnotationPageBody {
    /// The newest first.
    data: Vec<AnnotationBody>,
    /// Whether there is a page after this one.
    has_more: bool,
    limit: u32,
    /// Annotations of all pages together.
    total: u64,
    page: u32,
}

/// A question and what is answered to it.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct AnnotationRequest {
    /// What is asked; not blank.
    #[schema(inline)]
    question: Words,
    /// What is answered; not blank.
    #[schema(inline)]
    answer: Words,
}

impl AnnotationRequest {
    fn read(self) -> Result<AnnotationText, ServiceFailure> {
        let text = AnnotationText {
            question: self.question.into_inner(),
            answer: self.answer.into_inner(),
        };
        for (name, text) in [("question", &text.question), ("answer", &text.answer)] {
            if text.trim().is_empty() {
                return Err(ServiceFailure::invalid_param(&format!(
                    "{name} is required"
                )));
            }
        }
        Ok(text)
    }
}

/// The annotations of the app of the key.
#[utoipa::path(
    get, path = "/v1/apps/annotations", operation_id = "annotations",
    params(AnnotationsQuery),
    security(("app_key" = [])),
    responses((status = 200, body = AnnotationPageBody), (status = 400, body = ServiceErrorBody),
        (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn list(
    conversations: Data<Conversations>,
    request: Then<KeyedApp, Query<AnnotationsQuery, ServiceFormat>>,
) -> Result<Json<AnnotationPageBody>, ServiceFailure> {
    let Then(KeyedApp(app), query) = request;
    let query = query.into_inner();
    let page = query.page.map_or(1, WholeNumber::get);
    let limit = query.limit.map_or(LIMIT, WholeNumber::get);
    let keyword = query.keyword.map(Text::into_inner);
    let found = conversations
        .annotations(&app, keyword.as_deref(), page, limit)
        .await?;
    Ok(Json(AnnotationPageBody {
        has_more: u64::from(page) * u64::from(limit) < found.total,
        data: found.rows.into_iter().map(AnnotationBody::from).collect(),
        limit,
        total: found.total,
        page,
    }))
}

/// Adds an annotation to the app of the key.
#[utoipa::path(
    post, path = "/v1/apps/annotations", operation_id = "create_annotation", request_body = AnnotationRequest,
    security(("app_key" = [])),
    responses((status = 201, body = AnnotationBody), (status = 400, body = ServiceErrorBody),
        (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn create(
    conversations: Data<Conversations>,
    ctx: RequestCtx,
    request: Then<KeyedApp, Body<AnnotationRequest, ServiceFormat>>,
) -> Result<HttpResponse, ServiceFailure> {
    let Then(KeyedApp(app), body) = request;
    let text = body.into_inner().read()?;
    let made = conversations.annotate(&ctx, &app, &text).await?;
    Ok(HttpResponse::Created().json(AnnotationBody::from(made)))
}

/// Changes an annotation of the app of the key.
#[utoipa::path(
    put, path = "/v1/apps/annotations/{annotation_id}", operation_id = "change_annotation", request_body = AnnotationRequest,
    params(("annotation_id" = String, Path)),
    security(("app_key" = [])),
    responses((status = 200, body = AnnotationBody), (status = 400, body = ServiceErrorBody),
        (status = 404, body = ServiceErrorBody), (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn change(
    conversations: Data<Conversations>,
    ctx: RequestCtx,
    id: Path<PathId<Uuid>>,
    request: Then<KeyedApp, Body<AnnotationRequest, ServiceFormat>>,
) -> Result<Json<AnnotationBody>, ServiceFailure> {
    let Then(KeyedApp(app), body) = request;
    let text = body.into_inner().read()?;
    let id = id.or(ConversationError::AnnotationNotFound)?;
    let changed = conversations.change_annotation(&ctx, &app, id, &text);
    Ok(Json(changed.await?.into()))
}

/// Deletes an annotation of the app of the key.
#[utoipa::path(
    delete, path = "/v1/apps/annotations/{annotation_id}", operation_id = "delete_annotation",
    params(("annotation_id" = String, Path)),
    security(("app_key" = [])),
    responses((status = 204), (status = 404, body = ServiceErrorBody), (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn delete(
    conversations: Data<Conversations>,
    caller: KeyedApp,
    id: Path<PathId<Uuid>>,
) -> Result<HttpResponse, ServiceFailure> {
    let id = id.or(ConversationError::AnnotationNotFound)?;
    conversations.delete_annotation(&caller.0, id).await?;
    Ok(HttpResponse::NoContent().finish())
}
