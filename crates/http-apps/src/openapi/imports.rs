//! Apps from files.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use gatewright_auth::console::ConsoleSettings;
use gatewright_domain::generation::Generation;
use gatewright_http_kit::{
    error::{ErrorBody, OpenApiFailure},
    extract::{ApiFormat, Body, RequestCtx, Then},
    input::FieldProblem,
};
use gatewright_usecase_apps::{Apps, ImportRequest, ImportSource, Overrides};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{actor, failure::NotDone, may_import::MayImport};
use crate::{
    imported::{Import, ProgramImportRefusal},
    input::{AppDescription, FileText, FileUrl, IconKind, IconText, SiteLine, SourceMode},
};

/// A file, and what the app is to be called and look like whatever it says.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProgramImport {
    mode: SourceMode,
    /// Required with `yaml-content`.
    yaml_content: Option<FileText>,
    /// Required with `yaml-url`.
    yaml_url: Option<FileUrl>,
    name: Option<SiteLine>,
    description: Option<AppDescription>,
    icon_type: Option<IconKind>,
    icon: Option<IconText>,
    icon_background: Option<IconText>,
    /// The app to overwrite, which has a graph; without it a new one.
    app_id: Option<SiteLine>,
}

impl ProgramImport {
    fn into_request(self, language: Option<String>) -> Result<ImportRequest, OpenApiFailure> {
        let content = self.yaml_content.map(FileText::into_inner);
        let url = self.yaml_url.map(FileUrl::into_inner);
        let present = |text: &String| !text.is_empty();
        let (source, name) = match self.mode {
            SourceMode::Content => {
                let content = content.filter(present);
                (content.map(ImportSource::Content), "yaml_content")
            }
            SourceMode::Url => (url.filter(present).map(ImportSource::Url), "yaml_url"),
        };
        let source = source.ok_or_else(|| {
            let msg = format!(
                "Value error, {name} is required when mode is {}",
                self.mode.as_str()
            );
            OpenApiFailure::Query(vec![FieldProblem::new("value_error", "", msg)])
        })?;
        Ok(ImportRequest {
            source,
            overrides: Overrides {
                name: self.name.map(SiteLine::into_inner),
                description: self.description.map(AppDescription::into_inner),
                icon_type: self.icon_type.map(|kind| kind.as_str().to_owned()),
                icon: self.icon.map(IconText::into_inner),
                icon_background: self.icon_background.map(IconText::into_inner),
            },
            app: self.app_id.map(SiteLine::into_inner),
            language,
        })
    }
}

/// The format that the caller is told: older command lines know none that is newer.
fn dsl_version(settings: &ConsoleSettings, ctx: &RequestCtx) -> &'static str {
    match settings.dify_version.towards(ctx.user_agent.as_deref()) {
        Generation::V1_14 => "0.6.0",
        Generation::V1_16 => "0.7.0",
    }
}

/// Imports an app from a file. One of a newer format waits until it is confirmed, for ten minutes.
#[utoipa::path(
    post, path = "/openapi/v1/workspaces/{workspace_id}/apps/imports", operation_id = "import_program_app",
    request_body = ProgramImport, params(("workspace_id" = String, Path)),
    security(("bearer" = [])),
    responses((status = 200, body = Import), (status = 202, body = Import), (status = 400, body = ProgramImportRefusal),
        (status = 404, body = ErrorBody), (status = "default", body = ErrorBody)),
)]
pub(crate) async fn import(
    apps: Data<Apps>,
    settings: Data<ConsoleSettings>,
    ctx: RequestCtx,
    body: Then<MayImport, Body<ProgramImport, ApiFormat>>,
) -> Result<HttpResponse, OpenApiFailure> {
    let Then(caller, body) = body;
    let language = caller.identity.account.interface_language.clone();
    let request = body.into_inner().into_request(language)?;
    let by = actor(&caller.identity, caller.home.id);
    let outcome = apps.import(&ctx, by, request).await.map_err(NotDone)?;
    let version = dsl_version(&settings, &ctx);
    Ok(Import::answer(
        outcome,
        version,
        caller.home.role.app_keys(),
    ))
}

/// Confirms an import of a newer format. Only who began it finds it. Newer clients confirm at
/// `/workspaces/{workspace_id}/apps/imports/{import_id}:confirm`.
#[utoipa::path(
    post, path = "/openapi/v1/workspaces/{workspace_id}/apps/imports/{import_id}/confirm", operation_id = "confirm_program_app_import",
    extensions(("x-also-at" = json!(["POST /openapi/v1/workspaces/{workspace_id}/apps/imports/{import_id}:confirm"]))),
    params(("workspace_id" = String, Path), ("import_id" = String, Path)),
    security(("bearer" = [])),
    responses((status = 200, body = Import), (status = 400, body = ProgramImportRefusal), (status = 404, body = ErrorBody),
        (status = "default", body = ErrorBody)),
)]
pub(crate) async fn confirm(
    apps: Data<Apps>,
    settings: Data<ConsoleSettings>,
    ctx: RequestCtx,
    caller: MayImport,
    ids: Path<(String, String)>,
) -> Result<HttpResponse, OpenApiFailure> {
    let by = actor(&caller.identity, caller.home.id);
    let outcome = apps
        .confirm_import(&ctx, by, &ids.1)
        .await
        .map_err(NotDone)?;
    let version = dsl_version(&settings, &ctx);
    Ok(Import::answer(
        outcome,
        version,
        caller.home.role.app_keys(),
    ))
}
