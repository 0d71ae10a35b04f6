//! What an app is, takes, and looks like, as `/v1` and `/api` tell it.

use gatewright_http_kit::extract::RequestCtx;
use gatewright_usecase_apps::{App, AppError, Apps, Parameters, Site};
use gatewright_usecase_files::{FileError, Files};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::NotRun;

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
pub struct AppParameters {
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

/// What a run of an app takes, and what its page shows.
///
/// # Errors
/// When nothing is published, or PostgreSQL does not answer.
pub async fn parameters_of(apps: &Apps, app: &App) -> Result<AppParameters, NotRun> {
    let found = apps.parameters(app).await?;
    Ok(found.ok_or(AppError::NotPublished)?.into())
}

/// Pictures of tools.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct AppMeta {
    /// By the name of the tool: the address of a picture, or an emoji on a colour.
    #[schema(value_type = Object)]
    tool_icons: Map<String, Value>,
}

/// How an app presents itself to its users.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppSite {
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

/// The address of the picture that an app has as its icon; none of an icon that is no picture of the workspace's.
///
/// # Errors
/// When a store does not answer.
pub async fn icon_url(
    files: &Files,
    ctx: &RequestCtx,
    app: &App,
    site: &Site,
) -> Result<Option<String>, FileError> {
    let icon = site.look.icon.as_deref();
    let id = icon.filter(|_| site.look.icon_type.as_deref() == Some("image"));
    match id.and_then(|id| id.parse().ok()) {
        Some(id) => files.picture_address(ctx, app.workspace, id).await,
        None => Ok(None),
    }
}

impl AppSite {
    /// With the address of its picture.
    pub fn new(site: Site, icon_url: Option<String>) -> Self {
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
            icon_url,
        }
    }
}
