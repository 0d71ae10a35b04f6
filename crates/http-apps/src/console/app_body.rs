//! Apps as the console is told them.

use gatewright_auth::origin::PublicUrls;
use gatewright_domain::permission::Keys;
use gatewright_usecase_apps::{App, AppDetail, AppRow, AppTag, ModelConfigView};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::site_body::DetailSite;

/// A tag of an app.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TagBody {
    id: String,
    name: String,
    /// `app`.
    r#type: &'static str,
}

impl From<&AppTag> for TagBody {
    fn from(tag: &AppTag) -> Self {
        Self {
            id: tag.id.to_string(),
            name: tag.name.clone(),
            r#type: "app",
        }
    }
}

/// When the published version was made and changed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WorkflowPartial {
    id: String,
    created_by: String,
    /// When the workflow was made, in Unix seconds.
    created_at: i64,
    updated_by: Option<String>,
    /// When the workflow was last changed, in Unix seconds.
    updated_at: i64,
}

/// An app, without its site.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppBody {
    id: String,
    name: String,
    description: String,
    /// `workflow`, `advanced-chat`, `chat`, `agent-chat` or `completion`.
    mode: String,
    /// A character, the id of a file, or an address.
    icon: Option<String>,
    icon_background: Option<String>,
    /// Whether its page is open.
    enable_site: bool,
    /// Whether programs may run it.
    enable_api: bool,
    /// Of a classic app.
    #[schema(value_type = Option<Object>)]
    model_config: Option<Map<String, Value>>,
    /// The published version of an app with a graph.
    workflow: Option<WorkflowPartial>,
    tracing: Option<String>,
    use_icon_as_answer_icon: bool,
    created_by: Option<String>,
    /// When the app was made, in Unix seconds.
    created_at: i64,
    updated_by: Option<String>,
    /// When the app was last changed, in Unix seconds.
    updated_at: i64,
    /// Of the enterprise edition.
    access_mode: Option<String>,
    tags: Vec<TagBody>,
    /// Who looks after it: who made it.
    maintainer: Option<String>,
    /// What the caller may do with it.
    #[schema(value_type = Vec<String>)]
    permission_keys: Keys,
}

impl AppBody {
    pub(super) fn new(row: &AppRow, permission_keys: Keys) -> Self {
        let app = &row.app;
        Self {
            id: app.id.to_string(),
            name: app.name.clone(),
            description: app.description.clone(),
            mode: app.mode.clone(),
            icon: app.icon.content.clone(),
            icon_background: app.icon.background.clone(),
            enable_site: app.has_site,
            enable_api: app.has_api,
            model_config: row.model_config.as_ref().map(model_config),
            workflow: workflow(row),
            tracing: app.tracing.clone(),
            use_icon_as_answer_icon: app.icon.is_answer_icon,
            created_by: app.created_by.map(|id| id.to_string()),
            created_at: app.created_at.timestamp(),
            updated_by: app.updated_by.map(|id| id.to_string()),
            updated_at: app.updated_at.timestamp(),
            access_mode: None,
            tags: row.tags.iter().map(TagBody::from).collect(),
            maintainer: app.created_by.map(|id| id.to_string()),
            permission_keys,
        }
    }
}

fn workflow(row: &AppRow) -> Option<WorkflowPartial> {
    let dates = row.workflow.as_ref()?;
    Some(WorkflowPartial {
        id: dates.id.to_string(),
        created_by: dates.created_by.to_string(),
        created_at: dates.created_at.timestamp(),
        updated_by: dates.updated_by.map(|id| id.to_string()),
        updated_at: dates.updated_at.timestamp(),
    })
}

fn model_config(config: &ModelConfigView) -> Map<String, Value> {
    let mut members = config.members.clone();
    add_dates(&mut members, config);
    members
}

fn add_dates(members: &mut Map<String, Value>, config: &ModelConfigView) {
    let id = |id: Option<gatewright_domain::ids::AccountId>| json!(id.map(|id| id.to_string()));
    members.insert("created_by".into(), id(config.created_by));
    members.insert("created_at".into(), json!(config.created_at.timestamp()));
    members.insert("updated_by".into(), id(config.updated_by));
    members.insert("updated_at".into(), json!(config.updated_at.timestamp()));
}

/// An app with its site.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppDetailBody {
    #[serde(flatten)]
    app: AppBody,
    /// `emoji`, `image` or `link`.
    icon_type: Option<String>,
    /// Where programs run it.
    api_base_url: String,
    /// Runs at a time; null and 0: as many as the installation allows.
    max_active_requests: Option<i32>,
    /// Tools that it uses and that are gone: unknown before tools come.
    #[schema(value_type = Vec<Object>)]
    deleted_tools: [(); 0],
    site: Option<DetailSite>,
    bound_agent_id: Option<String>,
    /// A signed address of an uploaded picture.
    icon_url: Option<String>,
}

impl AppDetailBody {
    pub(super) fn new(detail: &AppDetail, permission_keys: Keys, urls: &PublicUrls) -> Self {
        let app: &App = &detail.row.app;
        let base = urls.api().map_or("", |api| api.as_str());
        Self {
            app: AppBody::new(&detail.row, permission_keys),
            icon_type: app.icon.kind.clone(),
            api_base_url: format!("{base}/v1"),
            max_active_requests: app.max_active_requests,
            deleted_tools: [],
            site: detail.site.as_ref().map(|site| DetailSite::new(site, base)),
            bound_agent_id: None,
            icon_url: None,
        }
    }
}

/// An app in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppPartial {
    id: String,
    name: String,
    max_active_requests: Option<i32>,
    description: String,
    mode: String,
    icon_type: Option<String>,
    icon: Option<String>,
    icon_background: Option<String>,
    /// Of a classic app: its model and prompt.
    #[schema(value_type = Option<Object>)]
    model_config: Option<Map<String, Value>>,
    workflow: Option<WorkflowPartial>,
    use_icon_as_answer_icon: bool,
    created_by: Option<String>,
    /// When the app was made, in Unix seconds.
    created_at: i64,
    updated_by: Option<String>,
    /// When the app was last changed, in Unix seconds.
    updated_at: i64,
    tags: Vec<TagBody>,
    access_mode: Option<String>,
    create_user_name: Option<String>,
    /// Who made it, by name.
    author_name: Option<String>,
    has_draft_trigger: bool,
    icon_url: Option<String>,
    maintainer: Option<String>,
    #[schema(value_type = Vec<String>)]
    permission_keys: Keys,
    is_starred: bool,
    bound_agent_id: Option<String>,
}

impl AppPartial {
    pub(super) fn new(row: &AppRow, permission_keys: Keys) -> Self {
        let app = &row.app;
        Self {
            id: app.id.to_string(),
            name: app.name.clone(),
            max_active_requests: app.max_active_requests,
            description: app.description.clone(),
            mode: app.mode.clone(),
            icon_type: app.icon.kind.clone(),
            icon: app.icon.content.clone(),
            icon_background: app.icon.background.clone(),
            model_config: row.model_config.as_ref().map(model_config_partial),
            workflow: workflow(row),
            use_icon_as_answer_icon: app.icon.is_answer_icon,
            created_by: app.created_by.map(|id| id.to_string()),
            created_at: app.created_at.timestamp(),
            updated_by: app.updated_by.map(|id| id.to_string()),
            updated_at: app.updated_at.timestamp(),
            tags: row.tags.iter().map(TagBody::from).collect(),
            access_mode: None,
            create_user_name: None,
            author_name: row.author.clone(),
            has_draft_trigger: row.has_draft_trigger,
            icon_url: None,
            maintainer: app.created_by.map(|id| id.to_string()),
            permission_keys,
            is_starred: false,
            bound_agent_id: None,
        }
    }
}

fn model_config_partial(config: &ModelConfigView) -> Map<String, Value> {
    let mut members = config.members.clone();
    members.retain(|name, _| name == "model" || name == "pre_prompt");
    add_dates(&mut members, config);
    members
}
