//! Apps as files.

use actix_web::{
    HttpRequest,
    web::{Data, Json, Path},
};
use gatewright_domain::ids::WorkflowId;
use gatewright_domain::member::Capability;
use gatewright_http_kit::{
    error::{ErrorBody, OpenApiFailure},
    extract::{AppsReadScope, RequestCtx, Require, read_query},
    input::text::Id,
};
use gatewright_usecase_apps::{Apps, ExportRequest, OpenApp};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{actor, failure::NotDone};
use crate::imported::{AppFileText, CheckDependencies};

/// For those who may edit.
const EDIT: OpenApp = OpenApp {
    needed: Some(Capability::EditApps),
};

/// What a file is to contain.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ProgramExportQuery {
    /// Secrets in clear; false by default.
    include_secret: Option<bool>,
    /// A version instead of the draft.
    #[param(inline)]
    workflow_id: Option<Id>,
}

/// An app as a file. Newer clients ask at `/apps/{app_id}/dsl`.
#[utoipa::path(
    get, path = "/openapi/v1/apps/{app_id}/export", operation_id = "export_program_app",
    extensions(("x-also-at" = json!(["GET /openapi/v1/apps/{app_id}/dsl"]))),
    params(("app_id" = String, Path), ProgramExportQuery),
    security(("bearer" = [])),
    responses((status = 200, body = AppFileText), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = "default", body = ErrorBody)),
)]
pub(crate) async fn export(
    apps: Data<Apps>,
    ctx: RequestCtx,
    caller: Require<AppsReadScope>,
    request: HttpRequest,
    app_id: Path<String>,
) -> Result<Json<AppFileText>, OpenApiFailure> {
    let workspaces = &caller.identity.workspaces;
    let reached = apps
        .reach(workspaces, &app_id, EDIT)
        .await
        .map_err(NotDone)?;
    let query: ProgramExportQuery = read_query(&request).map_err(OpenApiFailure::Query)?;
    let wanted = ExportRequest {
        with_secrets: query.include_secret.unwrap_or(false),
        version: query.workflow_id.map(|id| WorkflowId(*id)),
    };
    let by = actor(&caller.identity, reached.app.workspace);
    let data = apps.export(&ctx, by, reached.app.id, wanted).await;
    let data = data.map_err(NotDone)?;
    Ok(Json(AppFileText { data }))
}

/// The plugins that an imported app asks for and that are not installed. Newer clients ask at
/// `/apps/{app_id}/dependencies:check`.
#[utoipa::path(
    get, path = "/openapi/v1/apps/{app_id}/check-dependencies", operation_id = "check_program_app_dependencies",
    extensions(("x-also-at" = json!(["GET /openapi/v1/apps/{app_id}/dependencies:check"]))),
    params(("app_id" = String, Path)),
    security(("bearer" = [])),
    responses((status = 200, body = CheckDependencies), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = "default", body = ErrorBody)),
)]
pub(crate) async fn check_dependencies(
    apps: Data<Apps>,
    ctx: RequestCtx,
    caller: Require<AppsReadScope>,
    app_id: Path<String>,
) -> Result<Json<CheckDependencies>, OpenApiFailure> {
    let workspaces = &caller.identity.workspaces;
    let reached = apps
        .reach(workspaces, &app_id, EDIT)
        .await
        .map_err(NotDone)?;
    let app = reached.app;
    let missing = apps.missing_dependencies(&ctx, app.workspace, app.id).await;
    let leaked_dependencies = missing.map_err(NotDone)?;
    Ok(Json(CheckDependencies {
        leaked_dependencies,
    }))
}
