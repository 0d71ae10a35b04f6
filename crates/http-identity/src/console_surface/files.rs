//! Uploads at the console (apps.md §3.10): today for avatars.

use actix_multipart::Multipart;
use actix_web::{HttpResponse, web::Data};
use futures_util::StreamExt as _;
use gatewright_auth::file::FileView;
use gatewright_domain::{file::FileName, member::Capability};
use gatewright_usecase_identity::console::ConsoleError;
use gatewright_usecase_workspace::file::{FileError, Files, NewFile};
use serde::Serialize;
use utoipa::ToSchema;

use gatewright_http_kit::{
    error::{ConsoleErrorBody, ConsoleFailure},
    extract::{InWorkspace, RequestCtx, Then, UploadForm, UploadProblem, WorkspaceMember},
};

/// A file, as uploads answer. What is null is so for uploads at the console.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UploadedFileBody {
    id: String,
    reference: Option<String>,
    name: String,
    /// How many bytes the file has.
    size: u32,
    /// In lower case, without the dot.
    extension: String,
    mime_type: Option<String>,
    /// The id of the account that uploaded it.
    created_by: String,
    /// When it was uploaded, in Unix seconds.
    created_at: i64,
    preview_url: Option<String>,
    /// Where it can be fetched, for some minutes.
    source_url: String,
    original_url: Option<String>,
    user_id: Option<String>,
    /// The id of the workspace that it belongs to.
    tenant_id: String,
    conversation_id: Option<String>,
    file_key: Option<String>,
}

/// What is uploaded for knowledge is a document, and its uploader may change knowledge.
fn require_usable(
    source: Option<&str>,
    here: &InWorkspace<WorkspaceMember>,
    name: &FileName,
) -> Result<(), ConsoleFailure> {
    if source != Some("datasets") {
        return Ok(());
    }
    if !here.workspace.role.may(Capability::EditKnowledge) {
        return Err(ConsoleError::RoleInsufficient.into());
    }
    if name.is_document() {
        return Ok(());
    }
    Err(FileError::UnsupportedType.into())
}

/// Uploads a file. How large it may be goes by its extension (`GET /files/upload`).
#[utoipa::path(
    post, path = "/console/api/files/upload", operation_id = "upload_file",
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    security(("session" = [], "csrf" = [])),
    responses((status = 201, body = UploadedFileBody), (status = 400, body = ConsoleErrorBody),
        (status = 401, body = ConsoleErrorBody), (status = 403, body = ConsoleErrorBody),
        (status = 413, body = ConsoleErrorBody), (status = 415, body = ConsoleErrorBody),
        (status = 429, body = ConsoleErrorBody)),
)]
pub(crate) async fn upload(
    files: Data<Files>,
    ctx: RequestCtx,
    request: Then<InWorkspace<WorkspaceMember>, Multipart>,
) -> Result<HttpResponse, ConsoleFailure> {
    let Then(here, body) = request;
    let mut form = UploadForm::read(body).await?;
    let name = form.file.name.clone();
    require_usable(form.source.as_deref(), &here, &name)?;
    let new = NewFile {
        account: here.identity.account.id,
        workspace: here.workspace.id,
        name: name.clone(),
        media_type: form.file.media_type.clone(),
    };
    let mut upload = files.begin(&ctx, new).await?;
    while let Some(piece) = form.file.content.next().await {
        let piece = piece.map_err(|_| UploadProblem::Malformed)?;
        upload.write(piece).await?;
    }
    // It may stand behind the file, too.
    let source = form.end().await?;
    require_usable(source.as_deref(), &here, &name)?;
    let file = files.finish(upload).await?;
    Ok(HttpResponse::Created().json(UploadedFileBody {
        source_url: files.address(&ctx, FileView::File, file.id)?,
        id: file.id.to_string(),
        reference: None,
        name: file.name,
        size: file.size,
        extension: file.extension,
        mime_type: file.mime_type,
        created_by: file.created_by.to_string(),
        created_at: file.created_at.timestamp(),
        preview_url: None,
        original_url: None,
        user_id: None,
        tenant_id: file.workspace.to_string(),
        conversation_id: None,
        file_key: None,
    }))
}
