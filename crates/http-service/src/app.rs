//! What an app is, takes, and looks like.

use actix_web::web::{Data, Json};
use gatewright_http_kit::error::{ServiceErrorBody, ServiceFailure};
use gatewright_usecase_apps::{AppError, Apps, Parameters, Site};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{failure::NotRun, key::KeyedApp};

/// Facts about an app.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppInfo {
    name: String,
    description: String,
    /// Names of its tags.
    tags: Vec<String>,
    /// `workflow`, `advanced-chat`, `chat`, `agent-chat` or `completion`.
    mode: String,
    /// Who made it, by name.
    author_name: Option<String>,
}

/// What an app is called, and by whom it was made.
#[utoipa::path(
    get, path = "/v1/info", operation_id = "app_info",
    security(("app_key" = [])),
    responses((status = 200, body = AppInfo), (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn info(
    apps: Data<Apps>,
    caller: KeyedApp,
) -> Result<Json<AppInfo>, ServiceFailure> {
    let app = caller.0;
    let detail = apps
        .get(app.workspace, app.id)
        .await
        .map_err(NotRun::from)?;
    Ok(Json(AppInfo {
        name: app.name,
        description: app.description,
        tags: detail.row.tags.into_iter().map(|tag| tag.name).collect(),
        mode: app.mode,
        author_name: detail.row.author,
    }))
}

/// Sizes of files that clients have to know, in MB, and how many files one run takes.
#[derive(Debug, Serialize, ToSchema)]
#[allow(clippy::struct_field_names, reason = "the names are those of the wire")]
pub(crate) struct SystemLimits {
    image_file_size_limit: u64,
    video_file_size_limit: u64,
    audio_file_size_limit: u64,
    file_size_limit: u64,
    workflow_file_upload_limit: u64,
}

/// What an app's page shows and takes. Members that are objects are told as they are stored.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppParameters {
    opening_statement: Value,
    #[schema(value_type = Vec<String>)]
    suggested_questions: Value,
    #[schema(value_type = Object)]
    suggested_questions_after_answer: Value,
    #[schema(value_type = Object)]
    speech_to_text: Value,
    #[schema(value_type = Object)]
    text_to_speech: Value,
    #[schema(value_type = Object)]
    retriever_resource: Value,
    #[schema(value_type = Object)]
    annotation_reply: Value,
    #[schema(value_type = Object)]
    more_like_this: Value,
    /// The fields of the form, each an object of one member: its type.
    #[schema(value_type = Vec<Object>)]
    user_input_form: Vec<Value>,
    #[schema(value_type = Object)]
    sensitive_word_avoidance: Value,
    #[schema(value_type = Object)]
    file_upload: Value,
    system_parameters: SystemLimits,
}

impl From<Parameters> for AppParameters {
    fn from(all: Parameters) -> Self {
        let system = all.system_parameters;
        Self {
            opening_statement: all.opening_statement,
            suggested_questions: all.suggested_questions,
            suggested_questions_after_answer: all.suggested_questions_after_answer,
            speech_to_text: all.speech_to_text,
            text_to_speech: all.text_to_speech,
            retriever_resource: all.retriever_resource,
            annotation_reply: all.annotation_reply,
            more_like_this: all.more_like_this,
            user_input_form: all.user_input_form,
            sensitive_word_avoidance: all.sensitive_word_avoidance,
            file_upload: all.file_upload,
            system_parameters: SystemLimits {
                image_file_size_limit: system.image_file_size_limit.into(),
                video_file_size_limit: system.video_file_size_limit.into(),
                audio_file_size_limit: system.audio_file_size_limit.into(),
                file_size_limit: system.file_size_limit.into(),
                workflow_file_upload_limit: system.workflow_file_upload_limit.into(),
            },
        }
    }
}

/// What a run of the app takes, and what its page shows.
#[utoipa::path(
    get, path = "/v1/parameters", operation_id = "app_parameters",
    security(("app_key" = [])),
    responses((status = 200, body = AppParameters), (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn parameters(
    apps: Data<Apps>,
    caller: KeyedApp,
) -> Result<Json<AppParameters>, ServiceFailure> {
    let found = apps.parameters(&caller.0).await.map_err(NotRun::from)?;
    let found = found.ok_or(NotRun::from(AppError::NotPublished))?;
    Ok(Json(found.into()))
}

/// Pictures of tools.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppMeta {
    /// By the name of the tool: the address of a picture, or an emoji on a colour.
    #[schema(value_type = Object)]
    tool_icons: Map<String, Value>,
}

/// Pictures of the tools that the app uses: none before tools come.
#[utoipa::path(
    get, path = "/v1/meta", operation_id = "app_meta",
    security(("app_key" = [])),
    responses((status = 200, body = AppMeta), (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn meta(_: KeyedApp) -> Result<Json<AppMeta>, ServiceFailure> {
    Ok(Json(AppMeta {
        tool_icons: Map::new(),
    }))
}

/// How an app presents itself to its users.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppSite {
    title: String,
    chat_color_theme: Option<String>,
    chat_color_theme_inverted: bool,
    /// `emoji`, `image` or `link`.
    icon_type: Option<String>,
    icon: Option<String>,
    icon_background: Option<String>,
    description: Option<String>,
    copyright: Option<String>,
    privacy_policy: Option<String>,
    custom_disclaimer: String,
    default_language: String,
    show_workflow_steps: bool,
    use_icon_as_answer_icon: bool,
    /// A signed address of an uploaded picture.
    icon_url: Option<String>,
}

impl From<Site> for AppSite {
    fn from(site: Site) -> Self {
        let look = site.look;
        Self {
            title: look.title,
            chat_color_theme: look.chat_color_theme,
            chat_color_theme_inverted: look.chat_color_theme_inverted,
            icon_type: look.icon_type,
            icon: look.icon,
            icon_background: look.icon_background,
            description: look.description,
            copyright: look.copyright,
            privacy_policy: look.privacy_policy,
            custom_disclaimer: look.custom_disclaimer.unwrap_or_default(),
            default_language: look.default_language,
            show_workflow_steps: look.show_workflow_steps,
            use_icon_as_answer_icon: look.use_icon_as_answer_icon,
            icon_url: None,
        }
    }
}

/// How the app presents itself.
#[utoipa::path(
    get, path = "/v1/site", operation_id = "app_site",
    security(("app_key" = [])),
    responses((status = 200, body = AppSite), (status = 403, body = ServiceErrorBody),
        (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn site(
    apps: Data<Apps>,
    caller: KeyedApp,
) -> Result<Json<AppSite>, ServiceFailure> {
    let app = caller.0;
    let detail = apps
        .get(app.workspace, app.id)
        .await
        .map_err(NotRun::from)?;
    let site = detail.site.ok_or(NotRun::NoSite)?;
    Ok(Json(site.into()))
}
