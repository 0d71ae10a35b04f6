//! `/api/files` and `/api/remote-files`: files of visitors, and files elsewhere for them.

use actix_multipart::Multipart;
use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use gatewright_domain::file::FileOwner;
use gatewright_http_files::{
    FetchedFileBody, NotTaken, RemoteFileBody, RemoteUpload, UploadedFileBody, Uploader, fetched,
    take,
};
use gatewright_http_kit::{
    error::{ServiceErrorBody, ServiceFailure},
    extract::{Body, RequestCtx, ServiceFormat, Then, UploadForm},
};
use gatewright_usecase_files::Files;

use crate::visitor::Visiting;

fn uploader(visitor: &Visiting) -> Uploader {
    Uploader {
        owner: FileOwner::EndUser(visitor.0.id),
        workspace: visitor.0.app.workspace,
    }
}

/// Uploads a file that runs can be given by the visitor. How large it may be goes by its extension.
#[utoipa::path(
    post, path = "/api/files/upload", operation_id = "upload_web_file",
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    security(("passport" = [])),
    responses((status = 201, body = UploadedFileBody), (status = 400, body = ServiceErrorBody),
        (status = 413, body = ServiceErrorBody), (status = 415, body = ServiceErrorBody),
        (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn upload(
    files: Data<Files>,
    ctx: RequestCtx,
    request: Then<Visiting, Multipart>,
) -> Result<HttpResponse, ServiceFailure> {
    let Then(visitor, body) = request;
    let form = UploadForm::read(body).await.map_err(NotTaken::from)?;
    let taken = take(&files, &ctx, uploader(&visitor), form).await?;
    let file = files.finish(taken.upload).await?;
    Ok(HttpResponse::Created().json(UploadedFileBody::new(&files, &ctx, file)?))
}

/// Looks at a file elsewhere: on the public internet, and beyond it where the operator allows it. A visitor is anybody, so a look counts
/// as an upload does.
#[utoipa::path(
    get, path = "/api/remote-files/{url}", operation_id = "web_remote_file",
    params(("url" = String, Path, description = "Its address, percent-encoded")),
    security(("passport" = [])),
    responses((status = 200, body = RemoteFileBody), (status = 400, body = ServiceErrorBody), (status = 429, body = ServiceErrorBody),
        (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn remote_info(
    files: Data<Files>,
    visitor: Visiting,
    url: Path<String>,
) -> Result<Json<RemoteFileBody>, ServiceFailure> {
    files.charge(uploader(&visitor).owner).await?;
    Ok(Json(files.look(&url).await?.into()))
}

/// Fetches a file from elsewhere and keeps it as an upload of the visitor's.
#[utoipa::path(
    post, path = "/api/remote-files/upload", operation_id = "upload_web_remote_file", request_body = RemoteUpload,
    security(("passport" = [])),
    responses((status = 201, body = FetchedFileBody), (status = 400, body = ServiceErrorBody),
        (status = 413, body = ServiceErrorBody), (status = 429, body = ServiceErrorBody),
        (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn remote_upload(
    files: Data<Files>,
    ctx: RequestCtx,
    request: Then<Visiting, Body<RemoteUpload, ServiceFormat>>,
) -> Result<HttpResponse, ServiceFailure> {
    let Then(visitor, body) = request;
    let file = fetched(&files, &ctx, uploader(&visitor), &body.into_inner()).await?;
    Ok(HttpResponse::Created().json(file))
}
