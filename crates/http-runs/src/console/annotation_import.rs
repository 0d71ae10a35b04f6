//! `/console/api/apps/{app_id}/annotations/batch-import`: annotations from a file. It is done when it is answered: who asks later how
//! far it is hears so.

use actix_multipart::Multipart;
use actix_web::web::{Data, Json, Path};
use futures_util::StreamExt as _;
use gatewright_conversation_service::{
    ConversationError, Conversations, MAX_ANNOTATION_FILE_BYTES,
};
use gatewright_http_kit::{
    error::{ConsoleErrorBody, ConsoleFailure},
    extract::{EditsApps, PathId, RequestCtx, Then, UploadForm, UploadProblem},
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::app_here::AppHere;

/// How far an import is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportDone {
    job_id: Uuid,
    /// Always `completed`.
    job_status: &'static str,
    /// Annotations of the file.
    record_count: usize,
}

/// Adds the annotations of a file to an app: all of them, or none. A line of headings, then question and answer.
#[utoipa::path(
    post, path = "/console/api/apps/{app_id}/annotations/batch-import", operation_id = "import_app_annotations",
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    params(("app_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = ImportDone), (status = 400, body = ConsoleErrorBody),
        (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn import(
    conversations: Data<Conversations>,
    ctx: RequestCtx,
    request: Then<AppHere<EditsApps>, Multipart>,
) -> Result<Json<ImportDone>, ConsoleFailure> {
    let Then(asked, body) = request;
    let mut form = UploadForm::read(body).await?;
    let mut file = vec![];
    while let Some(piece) = form.file.content.next().await {
        file.extend_from_slice(&piece.map_err(|_| UploadProblem::Malformed)?);
        if file.len() > MAX_ANNOTATION_FILE_BYTES {
            return Err(ConsoleFailure::TooLarge);
        }
    }
    form.end().await?;
    let account = asked.here.identity.account.id.0;
    let imported = conversations.import_annotations(&ctx, &asked.app, account, &file);
    Ok(Json(ImportDone {
        record_count: imported.await?,
        job_id: conversations.env.ids.new_uuid(),
        job_status: "completed",
    }))
}

/// How an import ended.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportState {
    job_id: Uuid,
    /// Always `completed`.
    job_status: &'static str,
    /// Always an empty text.
    error_msg: &'static str,
}

/// How an import of annotations ended: it was done when it was answered.
#[utoipa::path(
    get, path = "/console/api/apps/{app_id}/annotations/batch-import-status/{job_id}", operation_id = "get_annotation_import",
    params(("app_id" = String, Path), ("job_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = ImportState), (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn state(
    _asked: AppHere<EditsApps>,
    ids: Path<(String, PathId<Uuid>)>,
) -> Result<Json<ImportState>, ConsoleFailure> {
    let job_id = ids.1.or(ConversationError::AnnotationNotFound)?;
    Ok(Json(ImportState {
        job_id,
        job_status: "completed",
        error_msg: "",
    }))
}
