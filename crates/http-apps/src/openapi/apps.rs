//! Which apps there are.

use actix_web::web::{Data, Json};
use gatewright_domain::{ids::WorkspaceId, member::Capability};
use gatewright_http_kit::{
    error::{ErrorBody, OpenApiFailure},
    extract::{AppsReadScope, Require, query_pairs, read_query},
    input::number::WholeNumber,
    page::Page,
    time::iso,
};
use gatewright_usecase_apps::{
    AppError, AppRow, AppTag, Apps, Filter, OpenApp, Page as Asked, ReachableApp,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{failure::NotDone, workspace};
use crate::input::{NamePart, ProgramMode, TagLabelPart};

/// The page of apps, and what they are filtered by.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ProgramAppQuery {
    /// Whose; asked for before anything else, and 404 when the caller is not in it.
    #[allow(
        dead_code,
        reason = "read before the others, because it decides who may ask"
    )]
    workspace_id: Option<String>,
    /// The first is 1, which is the default.
    #[param(inline)]
    page: Option<WholeNumber<1, 1_000_000>>,
    /// Rows of a page; 20 by default.
    #[param(inline)]
    limit: Option<WholeNumber<1, 200>>,
    #[param(inline)]
    mode: Option<ProgramMode>,
    /// A part of the name, in any case; an id: that app.
    #[param(inline)]
    name: Option<NamePart>,
    /// The name of a tag.
    #[param(inline)]
    tag: Option<TagLabelPart>,
}

/// The name of a tag.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProgramTag {
    name: String,
}

impl From<&AppTag> for ProgramTag {
    fn from(tag: &AppTag) -> Self {
        Self {
            name: tag.name.clone(),
        }
    }
}

/// An app in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProgramAppRow {
    id: String,
    name: String,
    description: Option<String>,
    /// `workflow`, `advanced-chat`, `chat`, `agent-chat` or `completion`.
    mode: String,
    tags: Vec<ProgramTag>,
    /// ISO 8601 without zone; UTC.
    updated_at: Option<String>,
    created_by_name: Option<String>,
    workspace_id: String,
    workspace_name: Option<String>,
}

impl ProgramAppRow {
    fn new(row: &AppRow, workspace_name: &str) -> Self {
        let app = &row.app;
        Self {
            id: app.id.to_string(),
            name: app.name.clone(),
            description: Some(app.description.clone()),
            mode: app.mode.clone(),
            tags: row.tags.iter().map(ProgramTag::from).collect(),
            updated_at: Some(iso(app.updated_at)),
            created_by_name: row.author.clone(),
            workspace_id: app.workspace.to_string(),
            workspace_name: Some(workspace_name.to_owned()),
        }
    }

    /// As somebody sees it who is in no workspace: without its tags and who made it.
    pub(super) fn external(reachable: &ReachableApp) -> Self {
        let app = &reachable.app;
        Self {
            id: app.id.to_string(),
            name: app.name.clone(),
            description: Some(app.description.clone()),
            mode: app.mode.clone(),
            tags: vec![],
            updated_at: Some(iso(app.updated_at)),
            created_by_name: None,
            workspace_id: app.workspace.to_string(),
            workspace_name: Some(reachable.workspace_name.clone()),
        }
    }
}

/// The kinds of apps that are listed.
pub(super) const MODES: [&str; 5] = [
    "completion",
    "chat",
    "advanced-chat",
    "workflow",
    "agent-chat",
];

/// Apps of a workspace that programs may run, the newest first.
#[utoipa::path(
    get, path = "/openapi/v1/apps", operation_id = "list_program_apps", params(ProgramAppQuery),
    security(("bearer" = [])),
    responses((status = 200, body = Page<ProgramAppRow>), (status = 404, body = ErrorBody), (status = "default", body = ErrorBody)),
)]
pub(crate) async fn list(
    apps: Data<Apps>,
    caller: Require<AppsReadScope>,
    request: actix_web::HttpRequest,
) -> Result<Json<Page<ProgramAppRow>>, OpenApiFailure> {
    let pairs = query_pairs(request.query_string());
    let id = pairs.iter().find(|(name, _)| name == "workspace_id");
    let id = id.map_or("", |(_, id)| id.as_str());
    let home = workspace(&caller.identity, id, Capability::BeMember)?;
    let query: ProgramAppQuery = read_query(&request).map_err(OpenApiFailure::Query)?;
    let asked = Asked {
        number: query.page.map_or(1, WholeNumber::get),
        limit: query.limit.map_or(20, WholeNumber::get),
    };
    let id = query.name.as_deref().map(Uuid::try_parse);
    if let Some(Ok(id)) = id {
        return by_id(&apps, &caller, id, home.id, asked).await;
    }
    let tag = query.tag.map(TagLabelPart::into_inner);
    let modes = query.mode.map(|mode| vec![mode.as_str()]);
    let filter = Filter {
        modes: modes.unwrap_or_else(|| MODES.to_vec()),
        name: query.name.and_then(NamePart::wanted),
        tag_name: tag.filter(|tag| !tag.is_empty()),
        only_with_api: true,
        ..Filter::default()
    };
    let found = apps.list(home.id, &filter, asked).await;
    let found = found.map_err(NotDone)?;
    let row = |row| ProgramAppRow::new(row, &home.name);
    let rows = found.rows.iter().map(row).collect();
    Ok(Json(Page::new(
        asked.number,
        asked.limit,
        found.total,
        rows,
    )))
}

/// One app at most; whatever is wrong with it, the page is empty.
async fn by_id(
    apps: &Apps,
    caller: &Require<AppsReadScope>,
    id: Uuid,
    workspace: WorkspaceId,
    asked: Asked,
) -> Result<Json<Page<ProgramAppRow>>, OpenApiFailure> {
    let workspaces = &caller.identity.workspaces;
    let reached = apps
        .reach(workspaces, &id.to_string(), OpenApp::default())
        .await;
    let reached = match reached {
        Ok(reached) if reached.app.workspace == workspace => reached,
        Err(AppError::Unavailable(error)) => return Err(error.into()),
        _ => return Ok(Json(Page::new(asked.number, asked.limit, 0, vec![]))),
    };
    let detail = apps
        .get(reached.app.workspace, reached.app.id)
        .await
        .map_err(NotDone)?;
    let row = ProgramAppRow::new(&detail.row, &reached.workspace_name);
    Ok(Json(Page::new(1, 1, 1, vec![row])))
}
