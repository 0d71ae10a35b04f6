//! Sites of apps as the console is told them.

use gatewright_usecase_apps::Site;
use serde::Serialize;
use utoipa::ToSchema;

/// The site of an app, with the app.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DetailSite {
    /// The code again.
    access_token: String,
    /// The part of the public address that nobody guesses.
    code: String,
    title: String,
    icon_type: Option<String>,
    icon: Option<String>,
    icon_background: Option<String>,
    description: Option<String>,
    default_language: String,
    chat_color_theme: Option<String>,
    chat_color_theme_inverted: bool,
    customize_domain: Option<String>,
    copyright: Option<String>,
    privacy_policy: Option<String>,
    custom_disclaimer: String,
    customize_token_strategy: String,
    prompt_public: bool,
    /// Where its page is.
    app_base_url: String,
    show_workflow_steps: bool,
    use_icon_as_answer_icon: bool,
    created_by: Option<String>,
    /// When the site was made, in Unix seconds.
    created_at: i64,
    updated_by: Option<String>,
    /// When the site was last changed, in Unix seconds.
    updated_at: i64,
    icon_url: Option<String>,
    input_placeholder: Option<String>,
}

impl DetailSite {
    pub(super) fn new(site: &Site, base: &str) -> Self {
        let look = site.look.clone();
        Self {
            access_token: site.code.clone(),
            code: site.code.clone(),
            title: look.title,
            icon_type: look.icon_type,
            icon: look.icon,
            icon_background: look.icon_background,
            description: look.description,
            default_language: look.default_language,
            chat_color_theme: look.chat_color_theme,
            chat_color_theme_inverted: look.chat_color_theme_inverted,
            customize_domain: site.customize_domain.clone(),
            copyright: look.copyright,
            privacy_policy: look.privacy_policy,
            custom_disclaimer: look.custom_disclaimer.unwrap_or_default(),
            customize_token_strategy: look.customize_token_strategy,
            prompt_public: look.prompt_public,
            app_base_url: base.to_owned(),
            show_workflow_steps: look.show_workflow_steps,
            use_icon_as_answer_icon: look.use_icon_as_answer_icon,
            created_by: site.created_by.map(|id| id.to_string()),
            created_at: site.created_at.timestamp(),
            updated_by: site.updated_by.map(|id| id.to_string()),
            updated_at: site.updated_at.timestamp(),
            icon_url: None,
            input_placeholder: None,
        }
    }
}

/// The site of an app by itself.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SiteBody {
    app_id: String,
    /// The code again.
    access_token: String,
    code: String,
    title: String,
    icon: Option<String>,
    icon_background: Option<String>,
    description: Option<String>,
    default_language: String,
    customize_domain: Option<String>,
    copyright: Option<String>,
    privacy_policy: Option<String>,
    custom_disclaimer: String,
    customize_token_strategy: String,
    prompt_public: bool,
    show_workflow_steps: bool,
    use_icon_as_answer_icon: bool,
}

impl From<Site> for SiteBody {
    fn from(site: Site) -> Self {
        let look = site.look;
        Self {
            app_id: site.app.to_string(),
            access_token: site.code.clone(),
            code: site.code,
            title: look.title,
            icon: look.icon,
            icon_background: look.icon_background,
            description: look.description,
            default_language: look.default_language,
            customize_domain: site.customize_domain,
            copyright: look.copyright,
            privacy_policy: look.privacy_policy,
            custom_disclaimer: look.custom_disclaimer.unwrap_or_default(),
            customize_token_strategy: look.customize_token_strategy,
            prompt_public: look.prompt_public,
            show_workflow_steps: look.show_workflow_steps,
            use_icon_as_answer_icon: look.use_icon_as_answer_icon,
        }
    }
}
