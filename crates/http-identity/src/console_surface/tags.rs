//! Tags of the current workspace (console.md §7.17).

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use gatewright_domain::ids::TagId;
use gatewright_usecase_workspace::workspace::{Actor, Tag, TagError, Tags};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::session::{ResultBody, SUCCESS};
use crate::input::{TagFilter, TagIds, TagLabel, TagType};
use gatewright_http_kit::input::text::{Id, Text};
use gatewright_http_kit::{
    error::{ConsoleErrorBody, ConsoleFailure},
    extract::{
        Body, ConsoleFormat, DeletesTags, EditsTags, InWorkspace, PathId, Query, RequestCtx, Then,
        WorkspaceMember,
    },
};

/// A tag and how often it is bound.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TagRow {
    id: String,
    name: String,
    /// `knowledge`, `app` or `snippet`.
    r#type: String,
    /// A number, as text.
    binding_count: String,
}

impl From<Tag> for TagRow {
    fn from(tag: Tag) -> Self {
        Self {
            id: tag.id.to_string(),
            name: tag.name,
            r#type: tag.kind,
            binding_count: tag.binding_count.to_string(),
        }
    }
}

/// The kind of tags that is asked for, and a part of their names.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct TagQuery {
    /// Without it nothing is found.
    #[param(inline, value_type = Option<TagType>)]
    r#type: Option<TagFilter>,
    /// A part of the name.
    #[param(inline)]
    keyword: Option<Text>,
}

/// A new tag.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewTag {
    name: TagLabel,
    r#type: TagType,
}

/// A new name.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct TagName {
    name: TagLabel,
}

/// Which tags on what.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct TagBinding {
    #[schema(inline)]
    tag_ids: TagIds,
    target_id: Id,
    r#type: TagType,
}

impl TagBinding {
    fn tags(&self) -> Vec<Uuid> {
        self.tag_ids.iter().map(|id| **id).collect()
    }
}

fn actor<N>(here: &InWorkspace<N>) -> Actor {
    Actor {
        workspace: here.workspace.id,
        account: here.identity.account.id,
    }
}

/// Tags of a kind, the newest first.
#[utoipa::path(
    get, path = "/console/api/tags", operation_id = "list_tags", params(TagQuery),
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = Vec<TagRow>), (status = 401, body = ConsoleErrorBody)),
)]
pub(crate) async fn list(
    tags: Data<Tags>,
    query: Then<InWorkspace<WorkspaceMember>, Query<TagQuery, ConsoleFormat>>,
) -> Result<Json<Vec<TagRow>>, ConsoleFailure> {
    let Then(here, query) = query;
    let query = query.into_inner();
    let kind = query.r#type.and_then(TagFilter::get);
    let kind = kind.map_or("", TagType::as_str);
    let keyword = query.keyword.as_deref();
    let keyword = keyword.filter(|keyword| !keyword.is_empty());
    let found = tags.list(here.workspace.id, kind, keyword);
    Ok(Json(found.await?.into_iter().map(TagRow::from).collect()))
}

/// Makes a tag.
#[utoipa::path(
    post, path = "/console/api/tags", operation_id = "create_tag", request_body = NewTag,
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = TagRow), (status = 400, body = ConsoleErrorBody), (status = 403, body = ConsoleErrorBody)),
)]
pub(crate) async fn create(
    tags: Data<Tags>,
    ctx: RequestCtx,
    body: Then<InWorkspace<EditsTags>, Body<NewTag, ConsoleFormat>>,
) -> Result<Json<TagRow>, ConsoleFailure> {
    let Then(here, body) = body;
    let input = body.into_inner();
    let kind = input.r#type.as_str();
    let tag = tags.create(&ctx, actor(&here), kind, &input.name);
    let tag = tag.await?;
    Ok(Json(tag.into()))
}

/// Renames a tag.
#[utoipa::path(
    patch, path = "/console/api/tags/{tag_id}", operation_id = "rename_tag", request_body = TagName,
    params(("tag_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = TagRow), (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn rename(
    tags: Data<Tags>,
    tag_id: Path<PathId<TagId>>,
    body: Then<InWorkspace<EditsTags>, Body<TagName, ConsoleFormat>>,
) -> Result<Json<TagRow>, ConsoleFailure> {
    let Then(here, body) = body;
    let id = tag_id.or(TagError::NotFound)?;
    let name = body.into_inner().name;
    let tag = tags.rename(here.workspace.id, id, &name).await?;
    Ok(Json(tag.into()))
}

/// Deletes a tag with its bindings.
#[utoipa::path(
    delete, path = "/console/api/tags/{tag_id}", operation_id = "delete_tag",
    params(("tag_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 204), (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn delete(
    tags: Data<Tags>,
    here: InWorkspace<DeletesTags>,
    tag_id: Path<PathId<TagId>>,
) -> Result<HttpResponse, ConsoleFailure> {
    let id = tag_id.or(TagError::NotFound)?;
    tags.delete(here.workspace.id, id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Puts tags on an application or a knowledge base of the workspace.
#[utoipa::path(
    post, path = "/console/api/tag-bindings", operation_id = "bind_tags", request_body = TagBinding,
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = ResultBody), (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn bind(
    tags: Data<Tags>,
    ctx: RequestCtx,
    body: Then<InWorkspace<EditsTags>, Body<TagBinding, ConsoleFormat>>,
) -> Result<Json<ResultBody>, ConsoleFailure> {
    let Then(here, body) = body;
    let input = body.into_inner();
    let (kind, target) = (input.r#type.as_str(), *input.target_id);
    tags.bind(&ctx, actor(&here), kind, target, &input.tags())
        .await?;
    Ok(Json(SUCCESS))
}

/// Takes tags off.
#[utoipa::path(
    post, path = "/console/api/tag-bindings/remove", operation_id = "unbind_tags", request_body = TagBinding,
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = ResultBody), (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn unbind(
    tags: Data<Tags>,
    body: Then<InWorkspace<EditsTags>, Body<TagBinding, ConsoleFormat>>,
) -> Result<Json<ResultBody>, ConsoleFailure> {
    let Then(here, body) = body;
    let input = body.into_inner();
    let (kind, target) = (input.r#type.as_str(), *input.target_id);
    tags.unbind(here.workspace.id, kind, target, &input.tags())
        .await?;
    Ok(Json(SUCCESS))
}
