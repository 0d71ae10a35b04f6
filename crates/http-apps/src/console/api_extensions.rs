//! `/console/api/api-based-extension`: servers of others that judge what is said to apps, and what apps say.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use gatewright_domain::ids::WorkspaceId;
use gatewright_http_kit::{
    error::{ConsoleErrorBody, ConsoleFailure},
    extract::{
        AdministersApps, Body, ConsoleFormat, InWorkspace, PathId, RequestCtx, Then,
        WorkspaceMember,
    },
};
use gatewright_usecase_apps::{ApiExtensions, ExtensionError, ExtensionSave, ShownExtension};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::input::{AppName, SiteLine};

/// One that a workspace has asked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApiExtensionBody {
    #[schema(value_type = String)]
    id: Uuid,
    name: String,
    /// Where it is asked.
    api_endpoint: String,
    /// What it is shown, all but the first and the last letters hidden; empty: it cannot be read here.
    api_key: String,
    created_at: i64,
}

impl From<ShownExtension> for ApiExtensionBody {
    fn from(shown: ShownExtension) -> Self {
        Self {
            id: shown.row.id,
            name: shown.row.name,
            api_endpoint: shown.row.api_endpoint,
            api_key: shown.masked_key,
            created_at: shown.row.created_at.and_utc().timestamp(),
        }
    }
}

/// What is said of one.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct SaveApiExtension {
    name: AppName,
    api_endpoint: SiteLine,
    /// `[__HIDDEN__]`: as it is.
    api_key: SiteLine,
}

impl From<SaveApiExtension> for ExtensionSave {
    fn from(body: SaveApiExtension) -> Self {
        Self {
            name: body.name.into_inner(),
            api_endpoint: body.api_endpoint.into_inner(),
            api_key: body.api_key.into_inner(),
        }
    }
}

type Saving = Then<InWorkspace<AdministersApps>, Body<SaveApiExtension, ConsoleFormat>>;

fn whole(saving: Saving) -> (WorkspaceId, ExtensionSave) {
    let Then(here, body) = saving;
    (here.workspace.id, body.into_inner().into())
}

/// The API extensions of the workspace, the newest first.
#[utoipa::path(
    get, path = "/console/api/api-based-extension", operation_id = "list_api_extensions", security(("session" = [], "csrf" = [])),
    responses((status = 200, body = Vec<ApiExtensionBody>), (status = 401, body = ConsoleErrorBody)),
)]
pub(crate) async fn list(
    extensions: Data<ApiExtensions>,
    here: InWorkspace<WorkspaceMember>,
) -> Result<Json<Vec<ApiExtensionBody>>, ConsoleFailure> {
    let all = extensions.list(here.workspace.id).await?;
    Ok(Json(all.into_iter().map(ApiExtensionBody::from).collect()))
}

/// Makes an API extension known that answers a ping.
#[utoipa::path(
    post, path = "/console/api/api-based-extension", operation_id = "create_api_extension", request_body = SaveApiExtension,
    security(("session" = [], "csrf" = [])),
    responses((status = 201, body = ApiExtensionBody), (status = 400, body = ConsoleErrorBody), (status = 403, body = ConsoleErrorBody)),
)]
pub(crate) async fn create(
    extensions: Data<ApiExtensions>,
    ctx: RequestCtx,
    saving: Saving,
) -> Result<HttpResponse, ConsoleFailure> {
    let (workspace, save) = whole(saving);
    let made = extensions.create(&ctx, workspace, save).await?;
    Ok(HttpResponse::Created().json(ApiExtensionBody::from(made)))
}

/// An API extension of the workspace.
#[utoipa::path(
    get, path = "/console/api/api-based-extension/{id}", operation_id = "get_api_extension",
    params(("id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = ApiExtensionBody), (status = 400, body = ConsoleErrorBody)),
)]
pub(crate) async fn get(
    extensions: Data<ApiExtensions>,
    here: InWorkspace<WorkspaceMember>,
    id: Path<PathId<Uuid>>,
) -> Result<Json<ApiExtensionBody>, ConsoleFailure> {
    let id = id.or(ExtensionError::NotFound)?;
    let found = extensions.find(here.workspace.id, id).await?;
    Ok(Json(found.into()))
}

/// Changes an API extension, which must answer a ping.
#[utoipa::path(
    post, path = "/console/api/api-based-extension/{id}", operation_id = "change_api_extension", request_body = SaveApiExtension,
    params(("id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = ApiExtensionBody), (status = 400, body = ConsoleErrorBody), (status = 403, body = ConsoleErrorBody)),
)]
pub(crate) async fn change(
    extensions: Data<ApiExtensions>,
    ctx: RequestCtx,
    id: Path<PathId<Uuid>>,
    saving: Saving,
) -> Result<Json<ApiExtensionBody>, ConsoleFailure> {
    let id = id.or(ExtensionError::NotFound)?;
    let (workspace, save) = whole(saving);
    let changed = extensions.change(&ctx, workspace, id, save).await?;
    Ok(Json(changed.into()))
}

/// Forgets an API extension. Apps that have it asked do not run any more.
#[utoipa::path(
    delete, path = "/console/api/api-based-extension/{id}", operation_id = "delete_api_extension",
    params(("id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 204), (status = 400, body = ConsoleErrorBody), (status = 403, body = ConsoleErrorBody)),
)]
pub(crate) async fn delete(
    extensions: Data<ApiExtensions>,
    here: InWorkspace<AdministersApps>,
    id: Path<PathId<Uuid>>,
) -> Result<HttpResponse, ConsoleFailure> {
    let id = id.or(ExtensionError::NotFound)?;
    extensions.delete(here.workspace.id, id).await?;
    Ok(HttpResponse::NoContent().finish())
}
