//! Apps as files, and copies of apps.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use gatewright_auth::origin::PublicUrls;
use gatewright_domain::ids::AppId;
use gatewright_http_kit::{
    error::{ConsoleErrorBody, ConsoleFailure},
    extract::{Body, ConsoleFormat, EditsApps, InWorkspace, PathId, Query, RequestCtx, Then},
    input::text::Text,
};
use gatewright_usecase_apps::{AppError, Apps, ExportRequest, Overrides};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{actor, app_body::AppDetailBody, app_id};
use crate::{
    imported::AppFileText,
    input::{AppDescription, IconKind, IconText, SiteLine},
};

/// What a file is to contain.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportQuery {
    /// Secrets in clear; false by default.
    include_secret: Option<bool>,
    /// A version instead of the draft.
    #[param(inline)]
    workflow_id: Option<Text>,
}

/// An app as a file.
#[utoipa::path(
    get, path = "/console/api/apps/{app_id}/export", operation_id = "export_app",
    params(("app_id" = String, Path), ExportQuery), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = AppFileText), (status = 400, body = ConsoleErrorBody),
        (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn export(
    apps: Data<Apps>,
    ctx: RequestCtx,
    id: Path<PathId<AppId>>,
    query: Then<InWorkspace<EditsApps>, Query<ExportQuery, ConsoleFormat>>,
) -> Result<Json<AppFileText>, ConsoleFailure> {
    let Then(here, query) = query;
    let query = query.into_inner();
    let version = query.workflow_id.filter(|id| !id.is_empty());
    let request = ExportRequest {
        with_secrets: query.include_secret.unwrap_or(false),
        version: version
            .map(|id| id.parse())
            .transpose()
            .map_err(|_| AppError::VersionNotFound)?,
    };
    let data = apps
        .export(&ctx, actor(&here), app_id(&id)?, request)
        .await?;
    Ok(Json(AppFileText { data }))
}

/// What the copy is to be called and look like; what is absent is as in the original.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct CopyApp {
    name: Option<SiteLine>,
    description: Option<AppDescription>,
    icon_type: Option<IconKind>,
    icon: Option<IconText>,
    icon_background: Option<IconText>,
}

/// Makes a new app that is what another one is, with its secrets.
#[utoipa::path(
    post, path = "/console/api/apps/{app_id}/copy", operation_id = "copy_app", request_body = CopyApp,
    params(("app_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 201, body = AppDetailBody), (status = 400, body = ConsoleErrorBody),
        (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn copy(
    apps: Data<Apps>,
    urls: Data<PublicUrls>,
    ctx: RequestCtx,
    id: Path<PathId<AppId>>,
    body: Then<InWorkspace<EditsApps>, Body<CopyApp, ConsoleFormat>>,
) -> Result<HttpResponse, ConsoleFailure> {
    let Then(here, body) = body;
    let input = body.into_inner();
    let overrides = Overrides {
        name: input.name.map(SiteLine::into_inner),
        description: input.description.map(AppDescription::into_inner),
        icon_type: input.icon_type.map(|kind| kind.as_str().to_owned()),
        icon: input.icon.map(IconText::into_inner),
        icon_background: input.icon_background.map(IconText::into_inner),
    };
    let language = here.identity.account.interface_language.clone();
    let made = apps
        .copy(&ctx, actor(&here), app_id(&id)?, overrides, language)
        .await?;
    let keys = here.workspace.role.app_keys();
    Ok(HttpResponse::Created().json(AppDetailBody::new(&made, keys, &urls)))
}
