//! `/v1/files`: files of whom the holder of a key names.

use actix_multipart::Multipart;
use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use gatewright_domain::{
    file::FileOwner,
    ids::{EndUserId, FileId},
};
use gatewright_http_files::{NotTaken, UploadedFileBody, Uploader, take};
use gatewright_http_kit::{
    error::{ServiceErrorBody, ServiceFailure},
    extract::{PathId, Query, RequestCtx, ServiceFormat, Then, UploadForm},
    input::text::Text,
};
use gatewright_http_runs::wire::NotRun;
use gatewright_run_service::RunService;
use gatewright_usecase_apps::App;
use gatewright_usecase_files::{FileError, Files};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::key::KeyedApp;

/// Uploads a file that runs of the app can be given by the same user. How large it may be goes by its extension.
#[utoipa::path(
    post, path = "/v1/files/upload", operation_id = "upload_user_file",
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    security(("app_key" = [])),
    responses((status = 201, body = UploadedFileBody), (status = 400, body = ServiceErrorBody),
        (status = 413, body = ServiceErrorBody), (status = 415, body = ServiceErrorBody),
        (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn upload(
    runs: Data<RunService>,
    files: Data<Files>,
    ctx: RequestCtx,
    request: Then<KeyedApp, Multipart>,
) -> Result<HttpResponse, ServiceFailure> {
    let Then(KeyedApp(app), body) = request;
    let form = UploadForm::read(body).await.map_err(NotTaken::from)?;
    let user = form.user.clone();
    let owner = owner(&runs, &ctx, &app, user.as_deref()).await?;
    let uploader = Uploader {
        owner,
        workspace: app.workspace,
    };
    let mut taken = take(&files, &ctx, uploader, form).await?;
    // It may stand behind the file, too.
    if taken.fields.user != user {
        let user = taken.fields.user.as_deref();
        taken
            .upload
            .give_to(self::owner(&runs, &ctx, &app, user).await?);
    }
    let file = files.finish(taken.upload).await?;
    Ok(HttpResponse::Created().json(UploadedFileBody::new(&files, &ctx, file)?))
}

/// How a file is to be given.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PreviewQuery {
    /// `true`: to be saved under its name.
    as_attachment: Option<bool>,
    /// For whom the app is run.
    #[allow(dead_code, reason = "the key says which files are the app's")]
    #[param(inline)]
    user: Option<Text>,
}

/// A file that came with a message of the app: shown where that is safe, otherwise to be saved.
#[utoipa::path(
    get, path = "/v1/files/{file_id}/preview", operation_id = "preview_user_file",
    params(("file_id" = String, Path), PreviewQuery),
    security(("app_key" = [])),
    responses((status = 200, body = Vec<u8>, content_type = "*/*"), (status = 404, body = ServiceErrorBody),
        (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn preview(
    runs: Data<RunService>,
    files: Data<Files>,
    id: Path<PathId<FileId>>,
    request: Then<KeyedApp, Query<PreviewQuery, ServiceFormat>>,
) -> Result<HttpResponse, ServiceFailure> {
    let Then(KeyedApp(app), query) = request;
    let id = id.or(FileError::NoSuchFile)?;
    let is_there = runs.has_file(&app, id).await.map_err(NotRun::from)?;
    if !is_there {
        return Err(FileError::NoSuchFile.into());
    }
    let open = files.open_in(app.workspace, id).await?;
    let as_attachment = query.into_inner().as_attachment.unwrap_or(false);
    Ok(gatewright_http_files::answer(open, as_attachment))
}

/// Whose the file is: who is not named is nobody in particular.
async fn owner(
    runs: &RunService,
    ctx: &RequestCtx,
    app: &App,
    user: Option<&str>,
) -> Result<FileOwner, NotRun> {
    let id = runs.end_user(ctx, app, user.unwrap_or_default()).await?;
    Ok(FileOwner::EndUser(EndUserId(id)))
}
