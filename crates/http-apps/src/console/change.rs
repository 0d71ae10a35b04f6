//! Changing an app and its site, opening and closing it.

use actix_web::web::{Data, Json, Path};
use gatewright_auth::origin::PublicUrls;
use gatewright_domain::ids::AppId;
use gatewright_http_kit::{
    error::{ConsoleErrorBody, ConsoleFailure},
    extract::{
        AdministersApps, Body, ConsoleFormat, EditsApps, InWorkspace, PathId, RequestCtx, Then,
    },
};
use gatewright_usecase_apps::{AppChange, AppDetail, Apps, IconChange, SiteChange};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    actor,
    app_body::{AppBody, AppDetailBody},
    app_id,
    site_body::SiteBody,
};
use crate::input::{
    AppDescription, AppName, IconKind, IconText, SiteLine, SiteText, TokenStrategy,
};

/// What is to be different about an app; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct UpdateApp {
    name: AppName,
    description: Option<AppDescription>,
    icon_type: Option<IconKind>,
    icon: Option<IconText>,
    icon_background: Option<IconText>,
    use_icon_as_answer_icon: Option<bool>,
    /// Runs at a time; 0: as many as the installation allows.
    max_active_requests: Option<i32>,
}

/// Changes an app.
#[utoipa::path(
    put, path = "/console/api/apps/{app_id}", operation_id = "update_app", request_body = UpdateApp,
    params(("app_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = AppDetailBody), (status = 400, body = ConsoleErrorBody),
        (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn update(
    apps: Data<Apps>,
    urls: Data<PublicUrls>,
    ctx: RequestCtx,
    id: Path<PathId<AppId>>,
    body: Then<InWorkspace<EditsApps>, Body<UpdateApp, ConsoleFormat>>,
) -> Result<Json<AppDetailBody>, ConsoleFailure> {
    let Then(here, body) = body;
    let input = body.into_inner();
    let change = AppChange {
        name: Some(input.name.into_inner()),
        description: input.description.map(AppDescription::into_inner),
        icon: IconChange {
            kind: input.icon_type.map(IconKind::as_str),
            content: input.icon.map(IconText::into_inner),
            background: input.icon_background.map(IconText::into_inner),
            is_answer_icon: input.use_icon_as_answer_icon,
        },
        max_active_requests: input.max_active_requests,
    };
    let changed = apps
        .change(&ctx, actor(&here), app_id(&id)?, change)
        .await?;
    let keys = here.workspace.role.app_keys();
    Ok(Json(AppDetailBody::new(&changed, keys, &urls)))
}

/// A new name.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewName {
    name: AppName,
}

/// Renames an app.
#[utoipa::path(
    post, path = "/console/api/apps/{app_id}/name", operation_id = "rename_app", request_body = NewName,
    params(("app_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = AppBody), (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn set_name(
    apps: Data<Apps>,
    ctx: RequestCtx,
    id: Path<PathId<AppId>>,
    body: Then<InWorkspace<EditsApps>, Body<NewName, ConsoleFormat>>,
) -> Result<Json<AppBody>, ConsoleFailure> {
    let Then(here, body) = body;
    let change = AppChange {
        name: Some(body.into_inner().name.into_inner()),
        ..AppChange::default()
    };
    let changed = apps
        .change(&ctx, actor(&here), app_id(&id)?, change)
        .await?;
    Ok(shown(&changed, &here))
}

/// An app as it is now, to whoever changed it.
fn shown<N>(changed: &AppDetail, here: &InWorkspace<N>) -> Json<AppBody> {
    Json(AppBody::new(&changed.row, here.workspace.role.app_keys()))
}

/// A new look.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewIcon {
    icon_type: Option<IconKind>,
    icon: Option<IconText>,
    icon_background: Option<IconText>,
}

/// Gives an app another icon.
#[utoipa::path(
    post, path = "/console/api/apps/{app_id}/icon", operation_id = "set_app_icon", request_body = NewIcon,
    params(("app_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = AppBody), (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn set_icon(
    apps: Data<Apps>,
    ctx: RequestCtx,
    id: Path<PathId<AppId>>,
    body: Then<InWorkspace<EditsApps>, Body<NewIcon, ConsoleFormat>>,
) -> Result<Json<AppBody>, ConsoleFailure> {
    let Then(here, body) = body;
    let input = body.into_inner();
    let change = AppChange {
        icon: IconChange {
            kind: input.icon_type.map(IconKind::as_str),
            content: input.icon.map(IconText::into_inner),
            background: input.icon_background.map(IconText::into_inner),
            is_answer_icon: None,
        },
        ..AppChange::default()
    };
    let changed = apps
        .change(&ctx, actor(&here), app_id(&id)?, change)
        .await?;
    Ok(shown(&changed, &here))
}

/// Whether the page of an app is open.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct SiteSwitch {
    enable_site: bool,
}

/// Opens or closes the page of an app.
#[utoipa::path(
    post, path = "/console/api/apps/{app_id}/site-enable", operation_id = "set_app_site_enabled", request_body = SiteSwitch,
    params(("app_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = AppBody), (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn set_site_enabled(
    apps: Data<Apps>,
    ctx: RequestCtx,
    id: Path<PathId<AppId>>,
    body: Then<InWorkspace<EditsApps>, Body<SiteSwitch, ConsoleFormat>>,
) -> Result<Json<AppBody>, ConsoleFailure> {
    let Then(here, body) = body;
    let is_open = body.into_inner().enable_site;
    let changed = apps
        .set_site(&ctx, actor(&here), app_id(&id)?, is_open)
        .await?;
    Ok(shown(&changed, &here))
}

/// Whether programs may run an app.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ApiSwitch {
    enable_api: bool,
}

/// Opens or closes an app for programs.
#[utoipa::path(
    post, path = "/console/api/apps/{app_id}/api-enable", operation_id = "set_app_api_enabled", request_body = ApiSwitch,
    params(("app_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = AppBody), (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn set_api_enabled(
    apps: Data<Apps>,
    ctx: RequestCtx,
    id: Path<PathId<AppId>>,
    body: Then<InWorkspace<AdministersApps>, Body<ApiSwitch, ConsoleFormat>>,
) -> Result<Json<AppBody>, ConsoleFailure> {
    let Then(here, body) = body;
    let is_open = body.into_inner().enable_api;
    let changed = apps
        .set_api(&ctx, actor(&here), app_id(&id)?, is_open)
        .await?;
    Ok(shown(&changed, &here))
}

/// What is to be different about a site; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct UpdateSite {
    title: Option<SiteLine>,
    icon_type: Option<IconKind>,
    icon: Option<IconText>,
    icon_background: Option<IconText>,
    description: Option<SiteText>,
    /// A language tag, such as `en-US`.
    default_language: Option<SiteLine>,
    chat_color_theme: Option<SiteLine>,
    chat_color_theme_inverted: Option<bool>,
    copyright: Option<SiteLine>,
    privacy_policy: Option<SiteLine>,
    /// At most 512 characters.
    custom_disclaimer: Option<SiteText>,
    customize_token_strategy: Option<TokenStrategy>,
    prompt_public: Option<bool>,
    /// Ours: origins whose pages may show the app's page in a frame, with commas between; empty: none but ours. It takes from what the
    /// installation allows (`GATEWRIGHT_EMBED_ORIGINS`), and adds nothing.
    embed_origins: Option<SiteText>,
    /// Ours: whether answers on the app's page load pictures of other servers.
    remote_pictures: Option<bool>,
    show_workflow_steps: Option<bool>,
    use_icon_as_answer_icon: Option<bool>,
}

impl From<UpdateSite> for SiteChange {
    fn from(input: UpdateSite) -> Self {
        let line = |text: Option<SiteLine>| text.map(SiteLine::into_inner);
        Self {
            title: line(input.title),
            icon_type: input.icon_type.map(IconKind::as_str),
            icon: input.icon.map(IconText::into_inner),
            icon_background: input.icon_background.map(IconText::into_inner),
            description: input.description.map(SiteText::into_inner),
            default_language: line(input.default_language),
            chat_color_theme: line(input.chat_color_theme),
            chat_color_theme_inverted: input.chat_color_theme_inverted,
            copyright: line(input.copyright),
            privacy_policy: line(input.privacy_policy),
            show_workflow_steps: input.show_workflow_steps,
            use_icon_as_answer_icon: input.use_icon_as_answer_icon,
            custom_disclaimer: input.custom_disclaimer.map(SiteText::into_inner),
            customize_token_strategy: input.customize_token_strategy.map(TokenStrategy::as_str),
            prompt_public: input.prompt_public,
            embed_origins: input.embed_origins.map(SiteText::into_inner),
            remote_pictures: input.remote_pictures,
        }
    }
}

/// Changes how the site of an app presents it.
#[utoipa::path(
    post, path = "/console/api/apps/{app_id}/site", operation_id = "update_app_site", request_body = UpdateSite,
    params(("app_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = SiteBody), (status = 400, body = ConsoleErrorBody),
        (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn update_site(
    apps: Data<Apps>,
    ctx: RequestCtx,
    id: Path<PathId<AppId>>,
    body: Then<InWorkspace<EditsApps>, Body<UpdateSite, ConsoleFormat>>,
) -> Result<Json<SiteBody>, ConsoleFailure> {
    let Then(here, body) = body;
    let change = body.into_inner().into();
    let site = apps
        .change_site(&ctx, actor(&here), app_id(&id)?, change)
        .await?;
    Ok(Json(site.into()))
}

/// Gives the site of an app another address; the one before leads nowhere.
#[utoipa::path(
    post, path = "/console/api/apps/{app_id}/site/access-token-reset", operation_id = "reset_app_site_code",
    params(("app_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = SiteBody), (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn reset_site_code(
    apps: Data<Apps>,
    ctx: RequestCtx,
    here: InWorkspace<AdministersApps>,
    id: Path<PathId<AppId>>,
) -> Result<Json<SiteBody>, ConsoleFailure> {
    let site = apps
        .reset_site_code(&ctx, actor(&here), app_id(&id)?)
        .await?;
    Ok(Json(site.into()))
}
