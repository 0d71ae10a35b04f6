//! Files at the console (apps.md §3.10): uploads, what may be uploaded, texts of documents, files elsewhere.

use actix_multipart::Multipart;
use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use gatewright_domain::{
    file::{DOCUMENTS, FileName, FileOwner},
    ids::FileId,
    member::Capability,
};
use gatewright_http_kit::{
    error::{ConsoleErrorBody, ConsoleFailure},
    extract::{
        Body, ConsoleFormat, InWorkspace, PathId, RequestCtx, SignedIn, Then, UploadForm,
        WorkspaceMember,
    },
};
use gatewright_usecase_files::{FileError, Files};
use gatewright_usecase_identity::console::ConsoleError;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    NotTaken, UploadedFileBody, Uploader,
    remote::{FetchedFileBody, RemoteFileBody, RemoteUpload, fetched},
    take,
};

/// Characters of a text that a preview shows.
const PREVIEW_CHARS: usize = 3_000;

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
    let form = UploadForm::read(body).await.map_err(NotTaken::from)?;
    let name = form.file.name.clone();
    require_usable(form.source.as_deref(), &here, &name)?;
    let taken = take(&files, &ctx, uploader(&here), form).await?;
    // It may stand behind the file, too.
    require_usable(taken.fields.source.as_deref(), &here, &name)?;
    let file = files.finish(taken.upload).await?;
    Ok(HttpResponse::Created().json(UploadedFileBody::new(&files, &ctx, file)?))
}

fn uploader(here: &InWorkspace<WorkspaceMember>) -> Uploader {
    Uploader {
        owner: FileOwner::Account(here.identity.account.id),
        workspace: here.workspace.id,
    }
}

/// What knowledge can be made of.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SupportedTypes {
    /// Without dots, in lower and in upper case.
    allowed_extensions: Vec<String>,
}

/// Lists the extensions of documents.
#[utoipa::path(
    get, path = "/console/api/files/support-type", operation_id = "supported_file_types",
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = SupportedTypes), (status = 401, body = ConsoleErrorBody)),
)]
pub(crate) async fn support_type(_: SignedIn) -> Json<SupportedTypes> {
    let upper = DOCUMENTS.map(str::to_ascii_uppercase);
    let lower = DOCUMENTS.map(str::to_owned);
    Json(SupportedTypes {
        allowed_extensions: lower.into_iter().chain(upper).collect(),
    })
}

/// The beginning of a document's text.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TextBody {
    /// At most 3,000 characters.
    content: String,
}

/// Shows the beginning of a text that somebody of the workspace uploaded.
#[utoipa::path(
    get, path = "/console/api/files/{file_id}/preview", operation_id = "preview_file",
    params(("file_id" = String, Path, description = "The file")),
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = TextBody), (status = 400, body = ConsoleErrorBody),
        (status = 401, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn preview(
    files: Data<Files>,
    here: InWorkspace<WorkspaceMember>,
    id: Path<PathId<FileId>>,
) -> Result<Json<TextBody>, ConsoleFailure> {
    let id = id.or(FileError::NoUpload)?;
    let content = files
        .beginning(here.workspace.id, id, PREVIEW_CHARS)
        .await?;
    Ok(Json(TextBody { content }))
}

/// Looks at a file elsewhere: on the public internet, and beyond it where the operator allows it.
#[utoipa::path(
    get, path = "/console/api/remote-files/{url}", operation_id = "remote_file",
    params(("url" = String, Path, description = "Its address, percent-encoded")),
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = RemoteFileBody), (status = 400, body = ConsoleErrorBody),
        (status = 401, body = ConsoleErrorBody)),
)]
pub(crate) async fn remote_info(
    files: Data<Files>,
    _: InWorkspace<WorkspaceMember>,
    url: Path<String>,
) -> Result<Json<RemoteFileBody>, ConsoleFailure> {
    Ok(Json(files.look(&url).await?.into()))
}

/// Fetches a file from elsewhere and keeps it as an upload.
#[utoipa::path(
    post, path = "/console/api/remote-files/upload", operation_id = "upload_remote_file", request_body = RemoteUpload,
    security(("session" = [], "csrf" = [])),
    responses((status = 201, body = FetchedFileBody), (status = 400, body = ConsoleErrorBody),
        (status = 401, body = ConsoleErrorBody), (status = 413, body = ConsoleErrorBody),
        (status = 429, body = ConsoleErrorBody)),
)]
pub(crate) async fn remote_upload(
    files: Data<Files>,
    ctx: RequestCtx,
    request: Then<InWorkspace<WorkspaceMember>, Body<RemoteUpload, ConsoleFormat>>,
) -> Result<HttpResponse, ConsoleFailure> {
    let Then(here, body) = request;
    let file = fetched(&files, &ctx, uploader(&here), &body.into_inner()).await?;
    Ok(HttpResponse::Created().json(file))
}
