//! What the app of the page is, takes, and looks like.

use actix_web::web::{Data, Json};
use gatewright_auth::console::ConsoleSettings;
use gatewright_domain::ids::{AppId, EndUserId};
use gatewright_http_kit::{
    error::{ServiceErrorBody, ServiceFailure},
    extract::RequestCtx,
};
use gatewright_http_runs::wire::{AppMeta, AppParameters, AppSite, icon_url, parameters_of};
use gatewright_usecase_apps::{Apps, Site};
use gatewright_usecase_files::Files;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::visitor::Visiting;

/// What a run of the app takes, and what its page shows.
#[utoipa::path(
    get, path = "/api/parameters", operation_id = "web_app_parameters",
    security(("passport" = [])),
    responses((status = 200, body = AppParameters), (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn parameters(
    apps: Data<Apps>,
    visitor: Visiting,
) -> Result<Json<AppParameters>, ServiceFailure> {
    Ok(Json(parameters_of(&apps, &visitor.0.app).await?))
}

/// Pictures of the tools that the app uses: none before tools come.
#[utoipa::path(
    get, path = "/api/meta", operation_id = "web_app_meta",
    security(("passport" = [])),
    responses((status = 200, body = AppMeta), (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn meta(_: Visiting) -> Json<AppMeta> {
    Json(AppMeta::default())
}

/// How an app presents itself on its page.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebSite {
    #[serde(flatten)]
    site: AppSite,
    /// Whether visitors see the prompt.
    prompt_public: bool,
    /// A word in the empty input; null: the page's own.
    input_placeholder: Option<String>,
}

impl WebSite {
    /// With the address of its picture.
    pub(crate) fn new(site: Site, icon_url: Option<String>) -> Self {
        Self {
            prompt_public: site.look.prompt_public,
            input_placeholder: None,
            site: AppSite::new(site, icon_url),
        }
    }
}

/// The page of an app.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebAppSite {
    #[schema(value_type = String)]
    app_id: AppId,
    /// `workflow`, `advanced-chat`, `chat`, `agent-chat` or `completion`.
    mode: String,
    /// The visitor: what their conversations are filed under.
    #[schema(value_type = String)]
    end_user_id: EndUserId,
    /// Always `true`: a page that is closed says nothing.
    enable_site: bool,
    site: WebSite,
    /// Always null: it was for prompts that visitors see.
    #[schema(value_type = Option<Object>)]
    model_config: Value,
    /// Always `basic`.
    plan: &'static str,
    can_replace_logo: bool,
    /// Logos of the workspace; null: the page's own.
    #[schema(value_type = Option<Object>)]
    custom_config: Value,
}

/// How the app presents itself on its page.
#[utoipa::path(
    get, path = "/api/site", operation_id = "web_app_site",
    security(("passport" = [])),
    responses((status = 200, body = WebAppSite), (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn site(
    apps: Data<Apps>,
    settings: Data<ConsoleSettings>,
    files: Data<Files>,
    ctx: RequestCtx,
    visitor: Visiting,
) -> Result<Json<WebAppSite>, ServiceFailure> {
    let Visiting(visitor) = visitor;
    let site = apps.site_of(visitor.app.id).await?;
    let icon = icon_url(&files, &ctx, &visitor.app, &site).await?;
    Ok(Json(WebAppSite {
        app_id: visitor.app.id,
        mode: visitor.app.mode,
        end_user_id: visitor.id,
        enable_site: true,
        site: WebSite::new(site, icon),
        model_config: Value::Null,
        plan: "basic",
        can_replace_logo: settings.can_replace_logo,
        custom_config: Value::Null,
    }))
}
