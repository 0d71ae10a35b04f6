//! What the web console asks for on every page and later slices fill: applications, knowledge, models,
//! plugins. Typed and empty, so that a workspace without any looks like one instead of like an outage.

use actix_web::web::{Data, Json, Path};
use gatewright_auth::origin::PublicUrls;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::input::ModelType;
use gatewright_http_kit::{
    error::{ConsoleErrorBody, ConsoleFailure},
    extract::{ConsoleFormat, InWorkspace, Query, Then, WorkspaceMember},
    input::{FieldProblem, number::WholeNumber},
    page::Page,
};

/// A list that has nothing in it yet.
pub(super) type Nothing = [(); 0];

/// The page that is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// The first is 1, which is the default.
    #[param(inline)]
    page: Option<PageNumber>,
    /// Rows of a page; 20 by default.
    #[param(inline)]
    limit: Option<PageSize>,
}

type PageNumber = WholeNumber<1, 99_999>;
type PageSize = WholeNumber<1, 100>;

/// A row that a later slice describes: its lists are empty until then.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LaterRow {}

pub(super) type AskedPage = Then<InWorkspace<WorkspaceMember>, Query<PageQuery, ConsoleFormat>>;

pub(super) fn empty_page(Then(_, query): AskedPage) -> Json<Page<LaterRow>> {
    let PageQuery { page, limit } = query.into_inner();
    let page = page.map_or(1, WholeNumber::get);
    let limit = limit.map_or(20, WholeNumber::get);
    Json(Page::new(page, limit, 0, vec![]))
}

/// A list of nothing.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct EmptyList {
    #[schema(value_type = Vec<Object>)]
    data: Nothing,
}

/// The knowledge of the current workspace: none before knowledge comes.
#[utoipa::path(
    get, path = "/console/api/datasets", operation_id = "list_datasets", params(PageQuery),
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = Page<LaterRow>), (status = 400, body = ConsoleErrorBody),
        (status = 401, body = ConsoleErrorBody)),
)]
pub(crate) async fn datasets(query: AskedPage) -> Json<Page<LaterRow>> {
    empty_page(query)
}

/// How knowledge can be searched.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RetrievalMethods {
    /// Of `semantic_search`, `full_text_search`, `hybrid_search`.
    retrieval_method: Vec<&'static str>,
}

/// How knowledge can be searched.
#[utoipa::path(
    get, path = "/console/api/datasets/retrieval-setting", operation_id = "retrieval_setting",
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = RetrievalMethods), (status = 401, body = ConsoleErrorBody)),
)]
pub(crate) async fn retrieval_setting(_: InWorkspace<WorkspaceMember>) -> Json<RetrievalMethods> {
    Json(RetrievalMethods {
        retrieval_method: vec!["semantic_search"],
    })
}

/// The knowledge APIs of others that are known here: none before knowledge comes.
#[utoipa::path(
    get, path = "/console/api/datasets/external-knowledge-api", operation_id = "list_external_knowledge_apis",
    params(PageQuery), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = Page<LaterRow>), (status = 400, body = ConsoleErrorBody),
        (status = 401, body = ConsoleErrorBody)),
)]
pub(crate) async fn external_knowledge_apis(query: AskedPage) -> Json<Page<LaterRow>> {
    empty_page(query)
}

/// Where programs reach knowledge.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KnowledgeApi {
    /// Ends in `/v1`; empty while no public address is configured.
    api_base_url: String,
}

/// Where programs with an API key of knowledge will reach it.
#[utoipa::path(
    get, path = "/console/api/datasets/api-base-info", operation_id = "knowledge_api",
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = KnowledgeApi), (status = 401, body = ConsoleErrorBody)),
)]
pub(crate) async fn knowledge_api(
    urls: Data<PublicUrls>,
    _: InWorkspace<WorkspaceMember>,
) -> Json<KnowledgeApi> {
    let base = urls.api().map(|api| format!("{}/v1", api.as_str()));
    Json(KnowledgeApi {
        api_base_url: base.unwrap_or_default(),
    })
}

/// The kind of providers that is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "there is nothing yet to choose from")]
pub(crate) struct ProviderQuery {
    /// Only those with models of this type.
    #[param(inline)]
    model_type: Option<ModelType>,
}

/// The model providers of the current workspace: none before models come.
#[utoipa::path(
    get, path = "/console/api/workspaces/current/model-providers", operation_id = "list_model_providers",
    params(ProviderQuery), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = EmptyList), (status = 400, body = ConsoleErrorBody),
        (status = 401, body = ConsoleErrorBody)),
)]
pub(crate) async fn model_providers(
    _: Then<InWorkspace<WorkspaceMember>, Query<ProviderQuery, ConsoleFormat>>,
) -> Json<EmptyList> {
    Json(EmptyList { data: [] })
}

/// The models of a type in the current workspace: none before models come.
#[utoipa::path(
    get, path = "/console/api/workspaces/current/models/model-types/{model_type}",
    operation_id = "list_models",
    params(("model_type" = String, Path, description = "`llm`, `text-embedding`, `rerank`, `speech2text`, `moderation` or `tts`")),
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = EmptyList), (status = 400, body = ConsoleErrorBody),
        (status = 401, body = ConsoleErrorBody)),
)]
pub(crate) async fn models(
    _: InWorkspace<WorkspaceMember>,
    model_type: Path<String>,
) -> Result<Json<EmptyList>, ConsoleFailure> {
    let known = ModelType::try_from(model_type.into_inner());
    known.map_err(|problem| {
        ConsoleFailure::Fields(vec![FieldProblem::new("enum", "model_type", problem)])
    })?;
    Ok(Json(EmptyList { data: [] }))
}

/// Who may install and debug plugins.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PluginPermission {
    /// `everyone`, `admins` or `noone`.
    install_permission: &'static str,
    /// `everyone`, `admins` or `noone`.
    debug_permission: &'static str,
}

/// Of a new workspace.
impl Default for PluginPermission {
    fn default() -> Self {
        Self {
            install_permission: "everyone",
            debug_permission: "everyone",
        }
    }
}

/// Which plugins are upgraded without asking.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PluginAutoUpgrade {
    /// `disabled`, `fix_only` or `latest`.
    strategy_setting: &'static str,
    /// Seconds after midnight, UTC.
    upgrade_time_of_day: u32,
    /// `all`, `partial` or `exclude`.
    upgrade_mode: &'static str,
    exclude_plugins: Vec<String>,
    include_plugins: Vec<String>,
}

/// Of a new workspace.
impl Default for PluginAutoUpgrade {
    fn default() -> Self {
        Self {
            strategy_setting: "disabled",
            upgrade_time_of_day: 0,
            upgrade_mode: "all",
            exclude_plugins: vec![],
            include_plugins: vec![],
        }
    }
}

/// How the current workspace deals with plugins.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PluginPreferences {
    permission: PluginPermission,
    auto_upgrade: PluginAutoUpgrade,
}

/// How the current workspace deals with plugins: as a new one does.
#[utoipa::path(
    get, path = "/console/api/workspaces/current/plugin/preferences/fetch",
    operation_id = "plugin_preferences", security(("session" = [], "csrf" = [])),
    responses((status = 200, body = PluginPreferences), (status = 401, body = ConsoleErrorBody)),
)]
pub(crate) async fn plugin_preferences(_: InWorkspace<WorkspaceMember>) -> Json<PluginPreferences> {
    Json(PluginPreferences {
        permission: PluginPermission::default(),
        auto_upgrade: PluginAutoUpgrade::default(),
    })
}

/// Installations of plugins that are going on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PluginTasks {
    #[schema(value_type = Vec<Object>)]
    tasks: Nothing,
}

/// Installations of plugins that are going on: none before plugins come.
#[utoipa::path(
    get, path = "/console/api/workspaces/current/plugin/tasks", operation_id = "plugin_tasks",
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = PluginTasks), (status = 401, body = ConsoleErrorBody)),
)]
pub(crate) async fn plugin_tasks(_: InWorkspace<WorkspaceMember>) -> Json<PluginTasks> {
    Json(PluginTasks { tasks: [] })
}
