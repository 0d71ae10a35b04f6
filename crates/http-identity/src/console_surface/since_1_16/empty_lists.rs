//! What the web console of Dify 1.16 asks for beyond the older one, and later slices fill: typed and empty.

use actix_web::web::{Json, Path};
use gatewright_http_kit::{
    error::{ConsoleErrorBody, ConsoleFailure},
    extract::{ConsoleFormat, InWorkspace, Query, Then, WorkspaceMember},
    input::FieldProblem,
    page::Page,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    console_surface::empty_lists::{
        AskedPage, EmptyList, LaterRow, Nothing, PageQuery, PluginAutoUpgrade, PluginPermission,
        empty_page,
    },
    input::PluginCategory,
};

/// The plugins that are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "there is nothing yet to choose from")]
pub(crate) struct CategoryFilter {
    /// Only those of this category.
    #[param(inline)]
    category: Option<PluginCategory>,
}

/// The plugins that are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CategoryQuery {
    #[param(inline)]
    category: PluginCategory,
}

/// The applications that the signed-in member opened last: none before applications come.
#[utoipa::path(
    get, path = "/console/api/apps/recent", operation_id = "list_recent_apps",
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = EmptyList), (status = 401, body = ConsoleErrorBody)),
)]
pub(crate) async fn recent_apps(_: InWorkspace<WorkspaceMember>) -> Json<EmptyList> {
    Json(EmptyList::default())
}

/// The applications that the signed-in member marked with a star: none before applications come.
#[utoipa::path(
    get, path = "/console/api/apps/starred", operation_id = "list_starred_apps", params(PageQuery),
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = Page<LaterRow>), (status = 400, body = ConsoleErrorBody),
        (status = 401, body = ConsoleErrorBody)),
)]
pub(crate) async fn starred_apps(query: AskedPage) -> Json<Page<LaterRow>> {
    empty_page(query)
}

/// Who edits which workflow at the moment: nobody before workflows come. What is asked for is not read.
#[utoipa::path(
    post, path = "/console/api/apps/workflows/online-users", operation_id = "list_online_users",
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = EmptyList), (status = 401, body = ConsoleErrorBody)),
)]
pub(crate) async fn online_users(_: InWorkspace<WorkspaceMember>) -> Json<EmptyList> {
    Json(EmptyList::default())
}

/// The model providers of the current workspace in a few words: none before models come.
#[utoipa::path(
    get, path = "/console/api/workspaces/current/model-providers/summary",
    operation_id = "model_provider_summary", security(("session" = [], "csrf" = [])),
    responses((status = 200, body = EmptyList), (status = 401, body = ConsoleErrorBody)),
)]
pub(crate) async fn model_provider_summary(_: InWorkspace<WorkspaceMember>) -> Json<EmptyList> {
    Json(EmptyList::default())
}

/// What is left of the credits for hosted models: there are none outside of the cloud edition.
#[utoipa::path(
    get, path = "/console/api/workspaces/current/model-providers/credits",
    operation_id = "model_provider_credits", security(("session" = [], "csrf" = [])),
    responses((status = 200, body = EmptyList), (status = 401, body = ConsoleErrorBody)),
)]
pub(crate) async fn model_provider_credits(_: InWorkspace<WorkspaceMember>) -> Json<EmptyList> {
    Json(EmptyList::default())
}

/// Ids of plugins.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InstalledIds {
    #[schema(value_type = Vec<String>)]
    plugin_ids: Nothing,
}

/// Ids of the plugins that are installed: none before plugins come.
#[utoipa::path(
    get, path = "/console/api/workspaces/current/plugin/installed-ids",
    operation_id = "installed_plugin_ids", params(CategoryFilter),
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = InstalledIds), (status = 400, body = ConsoleErrorBody),
        (status = 401, body = ConsoleErrorBody)),
)]
pub(crate) async fn installed_ids(
    _: Then<InWorkspace<WorkspaceMember>, Query<CategoryFilter, ConsoleFormat>>,
) -> Json<InstalledIds> {
    Json(InstalledIds { plugin_ids: [] })
}

/// Plugins of a category.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PluginsOfCategory {
    #[schema(value_type = Vec<Object>)]
    plugins: Nothing,
    #[schema(value_type = Vec<Object>)]
    builtin_tools: Nothing,
    has_more: bool,
}

/// The plugins of a category that are installed: none before plugins come.
#[utoipa::path(
    get, path = "/console/api/workspaces/current/plugin/{category}/list",
    operation_id = "list_plugins_of_category",
    params(("category" = String, Path, description = "`tool`, `model`, `extension`, `agent-strategy`, `datasource` or `trigger`")),
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = PluginsOfCategory), (status = 400, body = ConsoleErrorBody),
        (status = 401, body = ConsoleErrorBody)),
)]
pub(crate) async fn plugins_of_category(
    _: InWorkspace<WorkspaceMember>,
    category: Path<String>,
) -> Result<Json<PluginsOfCategory>, ConsoleFailure> {
    let known = PluginCategory::try_from(category.into_inner());
    known.map_err(|problem| {
        ConsoleFailure::Fields(vec![FieldProblem::new("enum", "category", problem)])
    })?;
    Ok(Json(PluginsOfCategory {
        plugins: [],
        builtin_tools: [],
        has_more: false,
    }))
}

/// Who may install and debug plugins.
#[utoipa::path(
    get, path = "/console/api/workspaces/current/plugin/permission/fetch",
    operation_id = "plugin_permission", security(("session" = [], "csrf" = [])),
    responses((status = 200, body = PluginPermission), (status = 401, body = ConsoleErrorBody)),
)]
pub(crate) async fn plugin_permission(_: InWorkspace<WorkspaceMember>) -> Json<PluginPermission> {
    Json(PluginPermission::default())
}

/// Which plugins of a category are upgraded without asking.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CategoryAutoUpgrade {
    category: PluginCategory,
    auto_upgrade: PluginAutoUpgrade,
}

/// Which plugins of a category are upgraded without asking: none, as in a new workspace.
#[utoipa::path(
    get, path = "/console/api/workspaces/current/plugin/auto-upgrade/fetch",
    operation_id = "plugin_auto_upgrade", params(CategoryQuery),
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = CategoryAutoUpgrade), (status = 400, body = ConsoleErrorBody),
        (status = 401, body = ConsoleErrorBody)),
)]
pub(crate) async fn auto_upgrade(
    query: Then<InWorkspace<WorkspaceMember>, Query<CategoryQuery, ConsoleFormat>>,
) -> Json<CategoryAutoUpgrade> {
    Json(CategoryAutoUpgrade {
        category: query.1.into_inner().category,
        auto_upgrade: PluginAutoUpgrade::default(),
    })
}

/// Banners of the explore page: none are made here.
#[utoipa::path(
    get, path = "/console/api/explore/banners", operation_id = "list_banners",
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = Vec<serde_json::Value>), (status = 401, body = ConsoleErrorBody)),
)]
pub(crate) async fn banners(_: InWorkspace<WorkspaceMember>) -> Json<Nothing> {
    Json([])
}

/// How far the signed-in member is on the tour: there is none, and `system-features` says so.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TourState {}

/// How far the signed-in member is on the tour of the console.
#[utoipa::path(
    get, path = "/console/api/onboarding/step-by-step-tour/state", operation_id = "tour_state",
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = TourState), (status = 401, body = ConsoleErrorBody)),
)]
pub(crate) async fn tour_state(_: InWorkspace<WorkspaceMember>) -> Json<TourState> {
    Json(TourState {})
}
