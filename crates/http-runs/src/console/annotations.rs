//! `/console/api/apps/{app_id}/annotations`: answers that owners of an app give in its place.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Data, Json, Path},
};
use gatewright_conversation_service::{
    Annotation, AnnotationText, ConversationError, Conversations, Hit,
};
use gatewright_http_kit::{
    error::{ConsoleErrorBody, ConsoleFailure},
    extract::{Body, ConsoleFormat, EditsApps, PathId, Query, RequestCtx, Then},
    input::{
        number::WholeNumber,
        text::{Id, Text},
    },
    page::Page,
};
use gatewright_usecase_apps::App;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{
    app_here::AppHere,
    failure::NotShown,
    rows::{Broken, PieceOf, Rows, json, pieces},
};
use crate::{
    annotation::AnnotationBody,
    unix::unix,
    wire::{LIMIT, Words},
};

/// Annotations of one export.
const MAX_EXPORTED: usize = 100_000;

/// Which annotations are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OwnerAnnotationsQuery {
    /// In question or answer, in any case. Its first 30 characters count.
    #[param(inline)]
    keyword: Option<Text>,
    /// The first is 1.
    #[param(inline)]
    page: Option<WholeNumber<1, 99_999>>,
    /// 20 by default.
    #[param(inline)]
    limit: Option<WholeNumber<1, 100>>,
}

/// Annotations of an app, the newest first.
#[utoipa::path(
    get, path = "/console/api/apps/{app_id}/annotations", operation_id = "list_app_annotations",
    params(("app_id" = String, Path), OwnerAnnotationsQuery), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = Page<AnnotationBody>), (status = 400, body = ConsoleErrorBody),
        (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn list(
    conversations: Data<Conversations>,
    request: Then<AppHere<EditsApps>, Query<OwnerAnnotationsQuery, ConsoleFormat>>,
) -> Result<Json<Page<AnnotationBody>>, ConsoleFailure> {
    let Then(asked, query) = request;
    let query = query.into_inner();
    let page = query.page.map_or(1, WholeNumber::get);
    let limit = query.limit.map_or(LIMIT, WholeNumber::get);
    let keyword = query.keyword.as_deref();
    let found = conversations.annotations(&asked.app, keyword, page, limit);
    let found = found.await?;
    let rows = found.rows.into_iter().map(AnnotationBody::from).collect();
    Ok(Json(Page::new(page, limit, found.total, rows)))
}

/// A question and what is to be answered to it.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewOwnerAnnotation {
    /// What is asked; of a message by default what was asked there.
    #[schema(inline)]
    question: Option<Words>,
    /// What is answered.
    #[schema(inline)]
    answer: Option<Words>,
    /// The same, by another name.
    #[schema(inline)]
    content: Option<Words>,
    /// The message whose answer it corrects.
    #[schema(inline)]
    message_id: Option<Id>,
}

impl NewOwnerAnnotation {
    /// The text, and the message that it is about.
    fn read(self) -> Result<(AnnotationText, Option<Uuid>), NotShown> {
        let words = |words: Option<Words>| words.map(Words::into_inner).unwrap_or_default();
        let text = AnnotationText {
            question: words(self.question),
            answer: words(self.answer.or(self.content)),
        };
        if text.answer.trim().is_empty() {
            return Err(NotShown::NoAnswer);
        }
        Ok((text, self.message_id.map(Id::into_inner)))
    }
}

/// Adds an annotation to an app; of a message that has one, changes it.
#[utoipa::path(
    post, path = "/console/api/apps/{app_id}/annotations", operation_id = "create_app_annotation", request_body = NewOwnerAnnotation,
    params(("app_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = AnnotationBody), (status = 400, body = ConsoleErrorBody),
        (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn create(
    conversations: Data<Conversations>,
    ctx: RequestCtx,
    request: Then<AppHere<EditsApps>, Body<NewOwnerAnnotation, ConsoleFormat>>,
) -> Result<Json<AnnotationBody>, ConsoleFailure> {
    let Then(asked, body) = request;
    let (text, message) = body.into_inner().read()?;
    let account = asked.here.identity.account.id.0;
    let made = conversations.annotate_as_owner(&ctx, &asked.app, account, message, text);
    Ok(Json(made.await?.into()))
}

/// Changes an annotation of an app.
#[utoipa::path(
    post, path = "/console/api/apps/{app_id}/annotations/{annotation_id}", operation_id = "change_app_annotation",
    request_body = NewOwnerAnnotation,
    params(("app_id" = String, Path), ("annotation_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = AnnotationBody), (status = 400, body = ConsoleErrorBody),
        (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn change(
    conversations: Data<Conversations>,
    ctx: RequestCtx,
    ids: Path<(String, PathId<Uuid>)>,
    request: Then<AppHere<EditsApps>, Body<NewOwnerAnnotation, ConsoleFormat>>,
) -> Result<Json<AnnotationBody>, ConsoleFailure> {
    let Then(asked, body) = request;
    let (text, _) = body.into_inner().read()?;
    if text.question.trim().is_empty() {
        return Err(ConversationError::NoQuestion.into());
    }
    let id = ids.1.or(ConversationError::AnnotationNotFound)?;
    let changed = conversations.change_annotation(&ctx, &asked.app, id, &text);
    Ok(Json(changed.await?.into()))
}

/// Deletes an annotation of an app.
#[utoipa::path(
    delete, path = "/console/api/apps/{app_id}/annotations/{annotation_id}", operation_id = "delete_app_annotation",
    params(("app_id" = String, Path), ("annotation_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 204), (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn delete(
    conversations: Data<Conversations>,
    asked: AppHere<EditsApps>,
    ids: Path<(String, PathId<Uuid>)>,
) -> Result<HttpResponse, ConsoleFailure> {
    let id = ids.1.or(ConversationError::AnnotationNotFound)?;
    conversations.delete_annotation(&asked.app, id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Deletes the annotations that `annotation_id` names, each by one; without one all of the app.
#[utoipa::path(
    delete, path = "/console/api/apps/{app_id}/annotations", operation_id = "delete_app_annotations",
    params(("app_id" = String, Path), ("annotation_id" = Option<Vec<String>>, Query)), security(("session" = [], "csrf" = [])),
    responses((status = 204), (status = 400, body = ConsoleErrorBody), (status = 403, body = ConsoleErrorBody),
        (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn delete_many(
    conversations: Data<Conversations>,
    asked: AppHere<EditsApps>,
    request: HttpRequest,
) -> Result<HttpResponse, ConsoleFailure> {
    let named = named(request.query_string())?;
    let named = named.as_deref();
    conversations.delete_annotations(&asked.app, named).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The ids that a query names; none when it names none. What cannot be read is refused: it must not mean all.
fn named(query: &str) -> Result<Option<Vec<Uuid>>, NotShown> {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(query);
    let pairs = pairs.map_err(|_| NotShown::NoIds)?.into_inner();
    let texts = pairs.into_iter().filter(|pair| pair.0 == "annotation_id");
    let ids = texts.map(|pair| pair.1.parse().map_err(|_| NotShown::NoIds));
    let ids = ids.collect::<Result<Vec<_>, _>>()?;
    Ok(Some(ids).filter(|ids| !ids.is_empty()))
}

/// How many annotations there are.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AnnotationCount {
    count: u64,
}

/// How many annotations an app has.
#[utoipa::path(
    get, path = "/console/api/apps/{app_id}/annotations/count", operation_id = "count_app_annotations",
    params(("app_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = AnnotationCount), (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn count(
    conversations: Data<Conversations>,
    asked: AppHere<EditsApps>,
) -> Result<Json<AnnotationCount>, ConsoleFailure> {
    let count = conversations.count_annotations(&asked.app).await?;
    Ok(Json(AnnotationCount { count }))
}

/// All annotations of an app.
#[derive(ToSchema)]
#[allow(dead_code, reason = "it is written a part at a time")]
pub(crate) struct AnnotationExport {
    /// The newest first.
    data: Vec<AnnotationBody>,
}

/// All annotations of an app; the console makes a file of them.
#[utoipa::path(
    get, path = "/console/api/apps/{app_id}/annotations/export", operation_id = "export_app_annotations",
    params(("app_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = AnnotationExport), (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn export(
    conversations: Data<Conversations>,
    asked: AppHere<EditsApps>,
) -> Result<HttpResponse, ConsoleFailure> {
    // What fails at once is told; a file that breaks off later is seen to.
    let first = conversations.exported_annotations(&asked.app, None).await?;
    let exported = Exported {
        left: MAX_EXPORTED.saturating_sub(first.len()),
        app: asked.app,
        conversations,
    };
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .streaming(pieces(exported, first)))
}

/// Whose annotations are exported, and how many more.
struct Exported {
    conversations: Data<Conversations>,
    app: App,
    left: usize,
}

impl Rows for Exported {
    type Row = Annotation;

    async fn behind(&mut self, last: &Annotation) -> Result<Vec<Annotation>, ConversationError> {
        let more = self
            .conversations
            .exported_annotations(&self.app, Some(last));
        let mut more = more.await?;
        more.truncate(self.left);
        self.left -= more.len();
        Ok(more)
    }

    fn piece(&self, rows: Vec<Annotation>, at: PieceOf) -> Result<Vec<u8>, Broken> {
        json(rows.into_iter().map(AnnotationBody::from), at)
    }
}

/// Which page of what an annotation answered.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct HitsQuery {
    /// The first is 1.
    #[param(inline)]
    page: Option<WholeNumber<1, 99_999>>,
    /// 20 by default.
    #[param(inline)]
    limit: Option<WholeNumber<1, 100>>,
}

/// A question that an annotation answered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HitBody {
    id: Uuid,
    /// `api` or `console`.
    source: String,
    /// How like the annotation's question it was, up to 1.
    score: f64,
    question: String,
    created_at: i64,
    /// The annotation's question at that time.
    #[serde(rename = "match")]
    matched: String,
    /// The annotation's answer at that time.
    response: String,
}

impl From<Hit> for HitBody {
    fn from(hit: Hit) -> Self {
        Self {
            id: hit.id,
            source: hit.source,
            score: hit.score,
            question: hit.question,
            created_at: unix(hit.created_at),
            matched: hit.annotation_question,
            response: hit.annotation_content,
        }
    }
}

/// What an annotation answered, the newest first.
#[utoipa::path(
    get, path = "/console/api/apps/{app_id}/annotations/{annotation_id}/hit-histories", operation_id = "list_annotation_hits",
    params(("app_id" = String, Path), ("annotation_id" = String, Path), HitsQuery), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = Page<HitBody>), (status = 400, body = ConsoleErrorBody),
        (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn hits(
    conversations: Data<Conversations>,
    ids: Path<(String, PathId<Uuid>)>,
    request: Then<AppHere<EditsApps>, Query<HitsQuery, ConsoleFormat>>,
) -> Result<Json<Page<HitBody>>, ConsoleFailure> {
    let Then(asked, query) = request;
    let query = query.into_inner();
    let page = query.page.map_or(1, WholeNumber::get);
    let limit = query.limit.map_or(LIMIT, WholeNumber::get);
    let id = ids.1.or(ConversationError::AnnotationNotFound)?;
    let found = conversations.annotation_hits(&asked.app, id, page, limit);
    let found = found.await?;
    let rows = found.rows.into_iter().map(HitBody::from).collect();
    Ok(Json(Page::new(page, limit, found.total, rows)))
}
