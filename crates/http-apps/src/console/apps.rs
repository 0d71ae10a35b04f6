//! Apps of the current workspace.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Json, Path},
};
use gatewright_auth::origin::PublicUrls;
use gatewright_domain::ids::{AccountId, AppId, TagId};
use gatewright_http_kit::{
    error::{ConsoleErrorBody, ConsoleFailure},
    extract::{
        Body, ConsoleFormat, EditsApps, InWorkspace, PathId, Query, RequestCtx, Then,
        WorkspaceMember, query_pairs,
    },
    input::{FieldProblem, number::WholeNumber},
    page::Page,
};
use gatewright_usecase_apps::{Apps, Filter, Icon, NewApp, Order, Page as Asked};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{
    actor,
    app_body::{AppBody, AppDetailBody, AppPartial},
    app_id,
};
use crate::input::{
    AppDescription, AppName, IconKind, IconText, ListMode, NamePart, NewMode, SortBy,
};

/// The page of apps, and what they are filtered by.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AppListQuery {
    /// The first is 1, which is the default.
    #[param(inline)]
    page: Option<WholeNumber<1, 99_999>>,
    /// Rows of a page; 20 by default.
    #[param(inline)]
    limit: Option<WholeNumber<1, 100>>,
    #[param(inline)]
    mode: Option<ListMode>,
    /// A part of the name, in any case.
    #[param(inline)]
    name: Option<NamePart>,
    is_created_by_me: Option<bool>,
    /// The newest first by default.
    #[param(inline)]
    sort_by: Option<String>,
    /// As `tag_ids[0]=…`, `tag_ids[1]=…`: apps that carry all of them.
    tag_ids: Option<String>,
    /// As `creator_ids[0]=…`: apps that one of them made.
    creator_ids: Option<String>,
}

/// The ids of `name[0]=…`, `name[1]=…`. None: one of them is no id, so that nothing can match.
fn numbered(request: &HttpRequest, name: &str) -> Option<Vec<Uuid>> {
    let pairs = query_pairs(request.query_string());
    let is_meant = |key: &str| {
        let index = key
            .strip_prefix(name)
            .and_then(|rest| rest.strip_prefix('['));
        index.is_some_and(|rest| rest.ends_with(']'))
    };
    let ids = pairs.iter().filter(|(key, _)| is_meant(key));
    ids.map(|(_, id)| Uuid::try_parse(id).ok()).collect()
}

fn refuse_unnumbered(query: &AppListQuery) -> Result<(), ConsoleFailure> {
    for (name, value) in [
        ("tag_ids", &query.tag_ids),
        ("creator_ids", &query.creator_ids),
    ] {
        if value.is_some() {
            let msg = format!("Unsupported {name} type.");
            let problem = FieldProblem::new("value_error", name, msg);
            return Err(ConsoleFailure::Fields(vec![problem]));
        }
    }
    Ok(())
}

/// Apps of the current workspace.
#[utoipa::path(
    get, path = "/console/api/apps", operation_id = "list_apps", params(AppListQuery),
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = Page<AppPartial>), (status = 400, body = ConsoleErrorBody),
        (status = 401, body = ConsoleErrorBody)),
)]
pub(crate) async fn list(
    apps: Data<Apps>,
    request: HttpRequest,
    query: Then<InWorkspace<WorkspaceMember>, Query<AppListQuery, ConsoleFormat>>,
) -> Result<Json<Page<AppPartial>>, ConsoleFailure> {
    let Then(here, query) = query;
    let query = query.into_inner();
    refuse_unnumbered(&query)?;
    let page = query.page.map_or(1, WholeNumber::get);
    let limit = query.limit.map_or(20, WholeNumber::get);
    let ids = numbered(&request, "tag_ids").zip(numbered(&request, "creator_ids"));
    let Some((tags, mut creators)) = ids else {
        return Ok(Json(Page::new(page, limit, 0, vec![])));
    };
    if query.is_created_by_me == Some(true) {
        creators = vec![here.identity.account.id.0];
    }
    let order = query.sort_by.as_deref().and_then(sort_by);
    let filter = Filter {
        modes: query.mode.map_or_else(Vec::new, ListMode::modes),
        name: query.name.and_then(NamePart::wanted),
        tags: tags.into_iter().map(TagId).collect(),
        tag_name: None,
        creators: creators.into_iter().map(AccountId).collect(),
        only_with_api: false,
        order: order.unwrap_or_default(),
    };
    let asked = Asked {
        number: page,
        limit,
    };
    let found = apps.list(here.workspace.id, &filter, asked).await?;
    let keys = here.workspace.role.app_keys();
    let row = |row| AppPartial::new(row, keys.clone());
    let rows = found.rows.iter().map(row).collect();
    Ok(Json(Page::new(page, limit, found.total, rows)))
}

/// An unknown order is none: older consoles have other words.
fn sort_by(word: &str) -> Option<Order> {
    let known = [
        SortBy::LastModified,
        SortBy::RecentlyCreated,
        SortBy::EarliestCreated,
    ];
    let known = known.into_iter().find(|sort| sort.as_str() == word);
    known.map(Order::from)
}

/// A new app.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct CreateApp {
    name: AppName,
    mode: NewMode,
    description: Option<AppDescription>,
    icon_type: Option<IconKind>,
    icon: Option<IconText>,
    icon_background: Option<IconText>,
}

/// Makes an app. One with a graph has no draft until its editor saves one.
#[utoipa::path(
    post, path = "/console/api/apps", operation_id = "create_app", request_body = CreateApp,
    security(("session" = [], "csrf" = [])),
    responses((status = 201, body = AppBody), (status = 400, body = ConsoleErrorBody),
        (status = 403, body = ConsoleErrorBody)),
)]
pub(crate) async fn create(
    apps: Data<Apps>,
    ctx: RequestCtx,
    body: Then<InWorkspace<EditsApps>, Body<CreateApp, ConsoleFormat>>,
) -> Result<HttpResponse, ConsoleFailure> {
    let Then(here, body) = body;
    let input = body.into_inner();
    let icon = Icon {
        kind: Some(
            input
                .icon_type
                .unwrap_or(IconKind::Emoji)
                .as_str()
                .to_owned(),
        ),
        content: input.icon.map(IconText::into_inner),
        background: input.icon_background.map(IconText::into_inner),
        is_answer_icon: false,
    };
    let new = NewApp {
        name: input.name.into_inner(),
        description: input
            .description
            .map(AppDescription::into_inner)
            .unwrap_or_default(),
        mode: input.mode.into(),
        icon,
        language: here.identity.account.interface_language.clone(),
    };
    let made = apps.create(&ctx, actor(&here), new).await?;
    let keys = here.workspace.role.app_keys();
    Ok(HttpResponse::Created().json(AppBody::new(&made.row, keys)))
}

/// One app with its site.
#[utoipa::path(
    get, path = "/console/api/apps/{app_id}", operation_id = "get_app",
    params(("app_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = AppDetailBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn get(
    apps: Data<Apps>,
    urls: Data<PublicUrls>,
    here: InWorkspace<WorkspaceMember>,
    id: Path<PathId<AppId>>,
) -> Result<Json<AppDetailBody>, ConsoleFailure> {
    let found = apps.get(here.workspace.id, app_id(&id)?).await?;
    let keys = here.workspace.role.app_keys();
    Ok(Json(AppDetailBody::new(&found, keys, &urls)))
}

/// Deletes an app with its keys, versions, runs and conversations.
#[utoipa::path(
    delete, path = "/console/api/apps/{app_id}", operation_id = "delete_app",
    params(("app_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 204), (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn delete(
    apps: Data<Apps>,
    ctx: RequestCtx,
    here: InWorkspace<EditsApps>,
    id: Path<PathId<AppId>>,
) -> Result<HttpResponse, ConsoleFailure> {
    apps.delete(&ctx, actor(&here), app_id(&id)?).await?;
    Ok(HttpResponse::NoContent().finish())
}
