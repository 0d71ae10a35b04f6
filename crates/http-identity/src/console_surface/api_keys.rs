//! API keys (console.md §7.16). A key is told once, when it is made; lists show it masked.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Json, Path},
};
use gatewright_domain::{Secret, ids::ApiKeyId};
use gatewright_usecase_workspace::workspace::{Actor, ApiKey, ApiKeyError, ApiKeys, KeyScope};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use gatewright_http_kit::{
    error::{ConsoleErrorBody, ConsoleFailure},
    extract::{CreatesKeys, DeletesKeys, InWorkspace, PathId, RequestCtx, WorkspaceMember},
};

/// An API key, without what it opens with.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeyRow {
    id: String,
    r#type: &'static str,
    /// Masked, but for the answer that made it.
    token: String,
    /// When it was last used, in Unix seconds; null before the first time.
    last_used_at: Option<i64>,
    /// When it was made, in Unix seconds.
    created_at: i64,
}

impl KeyRow {
    fn new(scope: KeyScope, key: ApiKey, told: Option<Secret>) -> Self {
        Self {
            id: key.id.to_string(),
            r#type: scope.kind(),
            token: told.map_or(key.masked, |told| told.expose().to_owned()),
            last_used_at: key.last_used_at.map(|at| at.timestamp()),
            created_at: key.created_at.timestamp(),
        }
    }
}

/// The API keys of one scope.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeyList {
    data: Vec<KeyRow>,
}

fn app(id: PathId<Uuid>) -> Result<KeyScope, ApiKeyError> {
    Ok(KeyScope::App(id.or(ApiKeyError::NotFound)?))
}

async fn list(
    api_keys: &ApiKeys,
    here: &InWorkspace<WorkspaceMember>,
    scope: KeyScope,
) -> Result<Json<KeyList>, ConsoleFailure> {
    let keys = api_keys.list(here.workspace.id, scope).await?;
    let row = |key| KeyRow::new(scope, key, None);
    Ok(Json(KeyList {
        data: keys.into_iter().map(row).collect(),
    }))
}

async fn create<N>(
    api_keys: &ApiKeys,
    ctx: &RequestCtx,
    here: &InWorkspace<N>,
    scope: KeyScope,
    status: StatusCode,
) -> Result<HttpResponse, ConsoleFailure> {
    let maker = &here.identity.account;
    let (key, told) = api_keys.create(ctx, actor(here), maker, scope).await?;
    Ok(HttpResponse::build(status).json(KeyRow::new(scope, key, Some(told))))
}

async fn delete(
    api_keys: &ApiKeys,
    ctx: &RequestCtx,
    here: &InWorkspace<DeletesKeys>,
    scope: KeyScope,
    id: PathId<ApiKeyId>,
) -> Result<HttpResponse, ConsoleFailure> {
    let id = id.or(ApiKeyError::NotFound)?;
    api_keys.delete(ctx, actor(here), scope, id).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn actor<N>(here: &InWorkspace<N>) -> Actor {
    Actor {
        workspace: here.workspace.id,
        account: here.identity.account.id,
    }
}

/// Keys of an application, masked.
#[utoipa::path(
    get, path = "/console/api/apps/{app_id}/api-keys", operation_id = "list_app_keys",
    params(("app_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = KeyList), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn list_app(
    api_keys: Data<ApiKeys>,
    here: InWorkspace<WorkspaceMember>,
    app_id: Path<PathId<Uuid>>,
) -> Result<Json<KeyList>, ConsoleFailure> {
    list(&api_keys, &here, app(*app_id)?).await
}

/// Makes a key of an application; at most ten.
#[utoipa::path(
    post, path = "/console/api/apps/{app_id}/api-keys", operation_id = "create_app_key",
    params(("app_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 201, body = KeyRow), (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn create_app(
    api_keys: Data<ApiKeys>,
    ctx: RequestCtx,
    here: InWorkspace<CreatesKeys>,
    app_id: Path<PathId<Uuid>>,
) -> Result<HttpResponse, ConsoleFailure> {
    create(&api_keys, &ctx, &here, app(*app_id)?, StatusCode::CREATED).await
}

/// Deletes a key of an application.
#[utoipa::path(
    delete, path = "/console/api/apps/{app_id}/api-keys/{key_id}", operation_id = "delete_app_key",
    params(("app_id" = String, Path), ("key_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 204), (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn delete_app(
    api_keys: Data<ApiKeys>,
    ctx: RequestCtx,
    here: InWorkspace<DeletesKeys>,
    ids: Path<(PathId<Uuid>, PathId<ApiKeyId>)>,
) -> Result<HttpResponse, ConsoleFailure> {
    delete(&api_keys, &ctx, &here, app(ids.0)?, ids.1).await
}

/// Keys of all knowledge of the workspace, masked.
#[utoipa::path(
    get, path = "/console/api/datasets/api-keys", operation_id = "list_knowledge_keys",
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = KeyList), (status = 401, body = ConsoleErrorBody)),
)]
pub(crate) async fn list_knowledge(
    api_keys: Data<ApiKeys>,
    here: InWorkspace<WorkspaceMember>,
) -> Result<Json<KeyList>, ConsoleFailure> {
    list(&api_keys, &here, KeyScope::Knowledge).await
}

/// Makes a key of all knowledge; at most ten.
#[utoipa::path(
    post, path = "/console/api/datasets/api-keys", operation_id = "create_knowledge_key",
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = KeyRow), (status = 403, body = ConsoleErrorBody)),
)]
pub(crate) async fn create_knowledge(
    api_keys: Data<ApiKeys>,
    ctx: RequestCtx,
    here: InWorkspace<DeletesKeys>,
) -> Result<HttpResponse, ConsoleFailure> {
    create(&api_keys, &ctx, &here, KeyScope::Knowledge, StatusCode::OK).await
}

/// Deletes a key of all knowledge.
#[utoipa::path(
    delete, path = "/console/api/datasets/api-keys/{key_id}", operation_id = "delete_knowledge_key",
    params(("key_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 204), (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn delete_knowledge(
    api_keys: Data<ApiKeys>,
    ctx: RequestCtx,
    here: InWorkspace<DeletesKeys>,
    key_id: Path<PathId<ApiKeyId>>,
) -> Result<HttpResponse, ConsoleFailure> {
    delete(&api_keys, &ctx, &here, KeyScope::Knowledge, *key_id).await
}
