//! Files for runs: uploaded first, named in the inputs then.

use std::fmt;

use actix_multipart::Multipart;
use actix_web::{HttpResponse, web::Data};
use gatewright_domain::{Class, Classify, file::FileOwner};
use gatewright_http_files::{NotTaken, UploadedFileBody, Uploader, take};
use gatewright_http_kit::{
    error::{ErrorBody, OpenApiFailure},
    extract::{RequestCtx, Then, UploadForm},
};
use gatewright_usecase_files::Files;

use super::reached::Reached;

/// Uploads a file that runs of the app can be given. How large it may be goes by its extension.
#[utoipa::path(
    post, path = "/openapi/v1/apps/{app_id}/files/upload", operation_id = "upload_app_file",
    extensions(("x-also-at" = json!(["POST /openapi/v1/apps/{app_id}/files"]))),
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    params(("app_id" = String, Path)),
    security(("bearer" = [])),
    responses((status = 201, body = UploadedFileBody), (status = 400, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 413, body = ErrorBody), (status = 415, body = ErrorBody),
        (status = "default", body = ErrorBody)),
)]
pub(crate) async fn upload(
    files: Data<Files>,
    ctx: RequestCtx,
    request: Then<Reached, Multipart>,
) -> Result<HttpResponse, OpenApiFailure> {
    let Then(caller, body) = request;
    let uploader = Uploader {
        owner: FileOwner::Account(caller.identity.account.id),
        workspace: caller.target.app.workspace,
    };
    let form = UploadForm::read(body).await;
    let form = form.map_err(|problem| NotUploaded(problem.into()))?;
    let taken = take(&files, &ctx, uploader, form).await;
    let taken = taken.map_err(NotUploaded)?;
    let file = files.finish(taken.upload).await?;
    Ok(HttpResponse::Created().json(UploadedFileBody::new(&files, &ctx, file)?))
}

/// Why a file is not taken, by the codes of this surface (apps.md §3.10).
#[derive(Debug)]
struct NotUploaded(NotTaken);

impl std::error::Error for NotUploaded {}

impl fmt::Display for NotUploaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Classify for NotUploaded {
    fn class(&self) -> Class<'_> {
        let class = self.0.class();
        match class.code {
            "filename_not_exists_error" => Class::invalid("filename_not_exists"),
            _ => class,
        }
    }
}
