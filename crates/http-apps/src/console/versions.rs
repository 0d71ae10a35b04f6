//! Publishing, and the versions of an app.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use gatewright_domain::ids::{AccountId, AppId, WorkflowId};
use gatewright_http_kit::{
    error::{ConsoleErrorBody, ConsoleFailure},
    extract::{Body, ConsoleFormat, EditsApps, InWorkspace, PathId, Query, RequestCtx, Then},
    input::{number::WholeNumber, text::Text},
};
use gatewright_usecase_apps::{AppError, Apps, MarkChange, Marks, Page, VersionFilter};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    actor, app_id, version_id,
    workflow_body::{SavedDraft, WorkflowBody},
};
use crate::input::{MarkedComment, MarkedName};

/// The version that runs; null while nothing is published.
#[utoipa::path(
    get, path = "/console/api/apps/{app_id}/workflows/publish", operation_id = "get_published_workflow",
    params(("app_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = Option<WorkflowBody>), (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn published(
    apps: Data<Apps>,
    here: InWorkspace<EditsApps>,
    id: Path<PathId<AppId>>,
) -> Result<Json<Option<WorkflowBody>>, ConsoleFailure> {
    let found = apps
        .published_version(here.workspace.id, app_id(&id)?)
        .await?;
    Ok(Json(found.map(WorkflowBody::from)))
}

/// What people call the version and say of it.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct PublishWorkflow {
    marked_name: Option<MarkedName>,
    marked_comment: Option<MarkedComment>,
}

/// The draft was published.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Published {
    /// `success`.
    result: &'static str,
    /// When it was published, in Unix seconds.
    created_at: i64,
}

/// Makes a version of the draft, and lets it run.
#[utoipa::path(
    post, path = "/console/api/apps/{app_id}/workflows/publish", operation_id = "publish_workflow", request_body = PublishWorkflow,
    params(("app_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = Published), (status = 400, body = ConsoleErrorBody),
        (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn publish(
    apps: Data<Apps>,
    ctx: RequestCtx,
    id: Path<PathId<AppId>>,
    body: Then<InWorkspace<EditsApps>, Body<PublishWorkflow, ConsoleFormat>>,
) -> Result<Json<Published>, ConsoleFailure> {
    let Then(here, body) = body;
    let input = body.into_inner();
    let marks = Marks {
        name: input
            .marked_name
            .map(MarkedName::into_inner)
            .unwrap_or_default(),
        comment: input
            .marked_comment
            .map(MarkedComment::into_inner)
            .unwrap_or_default(),
    };
    let version = apps
        .publish(&ctx, actor(&here), app_id(&id)?, marks)
        .await?;
    Ok(Json(Published {
        result: "success",
        created_at: version.created_at.timestamp(),
    }))
}

/// The page of versions, and what they are filtered by.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct VersionQuery {
    /// The first is 1, which is the default.
    #[param(inline)]
    page: Option<WholeNumber<1, 99_999>>,
    /// Versions of a page; 10 by default.
    #[param(inline)]
    limit: Option<WholeNumber<1, 100>>,
    /// One's own id: one's own versions alone.
    #[param(inline)]
    user_id: Option<Text>,
    /// Only those that somebody gave a name.
    named_only: Option<bool>,
}

/// A page of versions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VersionPagination {
    items: Vec<WorkflowBody>,
    page: u32,
    limit: u32,
    has_more: bool,
}

/// The draft and the versions of an app, the newest first.
#[utoipa::path(
    get, path = "/console/api/apps/{app_id}/workflows", operation_id = "list_workflow_versions",
    params(("app_id" = String, Path), VersionQuery), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = VersionPagination), (status = 400, body = ConsoleErrorBody),
        (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn list(
    apps: Data<Apps>,
    id: Path<PathId<AppId>>,
    query: Then<InWorkspace<EditsApps>, Query<VersionQuery, ConsoleFormat>>,
) -> Result<Json<VersionPagination>, ConsoleFailure> {
    let Then(here, query) = query;
    let query = query.into_inner();
    let by: Option<AccountId> = match query.user_id.as_deref() {
        None | Some("") => None,
        Some(id) if id.parse() == Ok(here.identity.account.id) => Some(here.identity.account.id),
        Some(_) => return Err(AppError::OthersVersions.into()),
    };
    let filter = VersionFilter {
        only_named: query.named_only.unwrap_or(false),
        by,
    };
    let page = query.page.map_or(1, WholeNumber::get);
    let limit = query.limit.map_or(10, WholeNumber::get);
    let found = apps
        .versions(
            here.workspace.id,
            app_id(&id)?,
            filter,
            Page {
                number: page,
                limit,
            },
        )
        .await?;
    Ok(Json(VersionPagination {
        items: found.versions.into_iter().map(WorkflowBody::from).collect(),
        page,
        limit,
        has_more: found.has_more,
    }))
}

/// Calls a version something else; what is absent stays.
#[utoipa::path(
    patch, path = "/console/api/apps/{app_id}/workflows/{workflow_id}", operation_id = "mark_workflow_version",
    request_body = PublishWorkflow,
    params(("app_id" = String, Path), ("workflow_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = WorkflowBody), (status = 400, body = ConsoleErrorBody),
        (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn mark(
    apps: Data<Apps>,
    ctx: RequestCtx,
    ids: Path<(PathId<AppId>, PathId<WorkflowId>)>,
    body: Then<InWorkspace<EditsApps>, Body<PublishWorkflow, ConsoleFormat>>,
) -> Result<Json<WorkflowBody>, ConsoleFailure> {
    let Then(here, body) = body;
    let input = body.into_inner();
    let change = MarkChange {
        name: input.marked_name.map(MarkedName::into_inner),
        comment: input.marked_comment.map(MarkedComment::into_inner),
    };
    let (app, version) = (app_id(&ids.0)?, version_id(&ids.1)?);
    let marked = apps
        .mark_version(&ctx, actor(&here), app, version, change)
        .await?;
    Ok(Json(marked.into()))
}

/// Deletes a version that does not run.
#[utoipa::path(
    delete, path = "/console/api/apps/{app_id}/workflows/{workflow_id}", operation_id = "delete_workflow_version",
    params(("app_id" = String, Path), ("workflow_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 204), (status = 400, body = ConsoleErrorBody), (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn delete(
    apps: Data<Apps>,
    here: InWorkspace<EditsApps>,
    ids: Path<(PathId<AppId>, PathId<WorkflowId>)>,
) -> Result<HttpResponse, ConsoleFailure> {
    let (app, version) = (app_id(&ids.0)?, version_id(&ids.1)?);
    apps.delete_version(actor(&here), app, version).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Makes the draft what a version was.
#[utoipa::path(
    post, path = "/console/api/apps/{app_id}/workflows/{workflow_id}/restore", operation_id = "restore_workflow_version",
    params(("app_id" = String, Path), ("workflow_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = SavedDraft), (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn restore(
    apps: Data<Apps>,
    ctx: RequestCtx,
    here: InWorkspace<EditsApps>,
    ids: Path<(PathId<AppId>, PathId<WorkflowId>)>,
) -> Result<Json<SavedDraft>, ConsoleFailure> {
    let (app, version) = (app_id(&ids.0)?, version_id(&ids.1)?);
    let (draft, hash) = apps
        .restore_version(&ctx, actor(&here), app, version)
        .await?;
    Ok(Json(SavedDraft {
        result: "success",
        hash,
        updated_at: draft.updated_at.timestamp(),
    }))
}
