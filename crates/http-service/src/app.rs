//! What an app is, takes, and looks like.

use actix_web::web::{Data, Json};
use gatewright_http_kit::{
    error::{ServiceErrorBody, ServiceFailure},
    extract::RequestCtx,
};
use gatewright_http_runs::wire::{
    AppMeta, AppParameters, AppSite, NotRun, icon_url, parameters_of,
};
use gatewright_usecase_apps::Apps;
use gatewright_usecase_files::Files;
use serde::Serialize;
use utoipa::ToSchema;

use crate::key::KeyedApp;

/// Facts about an app.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppInfo {
    name: String,
    description: String,
    /// Names of its tags.
    tags: Vec<String>,
    /// `workflow`, `advanced-chat`, `chat`, `agent-chat` or `completion`.
    mode: String,
    /// Who made it, by name.
    author_name: Option<String>,
}

/// What an app is called, and by whom it was made.
#[utoipa::path(
    get, path = "/v1/info", operation_id = "app_info",
    security(("app_key" = [])),
    responses((status = 200, body = AppInfo), (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn info(
    apps: Data<Apps>,
    caller: KeyedApp,
) -> Result<Json<AppInfo>, ServiceFailure> {
    let app = caller.0;
    let credits = apps.credits(&app).await.map_err(NotRun::from)?;
    Ok(Json(AppInfo {
        name: app.name,
        description: app.description,
        tags: credits.tags,
        mode: app.mode,
        author_name: credits.author,
    }))
}

/// What a run of the app takes, and what its page shows.
#[utoipa::path(
    get, path = "/v1/parameters", operation_id = "app_parameters",
    security(("app_key" = [])),
    responses((status = 200, body = AppParameters), (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn parameters(
    apps: Data<Apps>,
    caller: KeyedApp,
) -> Result<Json<AppParameters>, ServiceFailure> {
    Ok(Json(parameters_of(&apps, &caller.0).await?))
}

/// Pictures of the tools that the app uses: none before tools come.
#[utoipa::path(
    get, path = "/v1/meta", operation_id = "app_meta",
    security(("app_key" = [])),
    responses((status = 200, body = AppMeta), (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn meta(_: KeyedApp) -> Result<Json<AppMeta>, ServiceFailure> {
    Ok(Json(AppMeta::default()))
}

/// How the app presents itself.
#[utoipa::path(
    get, path = "/v1/site", operation_id = "app_site",
    security(("app_key" = [])),
    responses((status = 200, body = AppSite), (status = 403, body = ServiceErrorBody),
        (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn site(
    apps: Data<Apps>,
    files: Data<Files>,
    ctx: RequestCtx,
    caller: KeyedApp,
) -> Result<Json<AppSite>, ServiceFailure> {
    let app = caller.0;
    let detail = apps
        .get(app.workspace, app.id)
        .await
        .map_err(NotRun::from)?;
    let site = detail.site.ok_or(NotRun::NoSite)?;
    let icon = icon_url(&files, &ctx, &app, &site).await?;
    Ok(Json(AppSite::new(site, icon)))
}
