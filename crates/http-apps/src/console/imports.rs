//! Apps from files.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use gatewright_domain::ids::AppId;
use gatewright_http_kit::{
    error::{ConsoleErrorBody, ConsoleFailure},
    extract::{Body, ConsoleFormat, EditsApps, InWorkspace, PathId, RequestCtx, Then},
};
use gatewright_usecase_apps::{Apps, ImportRequest, ImportSource, Overrides};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{actor, app_id};
use crate::{
    imported::{CheckDependencies, Import, ImportRefusal},
    input::{AppDescription, FileText, FileUrl, IconKind, IconText, SiteLine, SourceMode},
};

/// The format that the console is told; exports have it unless they use what came later.
const DSL_VERSION: &str = "0.6.0";

/// A file, and what the app is to be called and look like whatever it says.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ImportApp {
    mode: SourceMode,
    yaml_content: Option<FileText>,
    yaml_url: Option<FileUrl>,
    name: Option<SiteLine>,
    description: Option<AppDescription>,
    icon_type: Option<IconKind>,
    icon: Option<IconText>,
    icon_background: Option<IconText>,
    /// The app to overwrite, which has a graph; without it a new one.
    app_id: Option<SiteLine>,
}

impl ImportApp {
    fn into_request(self, language: Option<String>) -> ImportRequest {
        let source = match self.mode {
            SourceMode::Content => {
                let text = self.yaml_content.map(FileText::into_inner);
                ImportSource::Content(text.unwrap_or_default())
            }
            SourceMode::Url => {
                let url = self.yaml_url.map(FileUrl::into_inner);
                ImportSource::Url(url.unwrap_or_default())
            }
        };
        ImportRequest {
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
        }
    }
}

/// Imports an app from a file. One of a newer format waits until it is confirmed, for ten minutes.
#[utoipa::path(
    post, path = "/console/api/apps/imports", operation_id = "import_app", request_body = ImportApp,
    security(("session" = [], "csrf" = [])),
    responses((status = 200, body = Import), (status = 202, body = Import),
        (status = 400, body = ImportRefusal, description = "The import failed, or the request is not one"),
        (status = 403, body = ConsoleErrorBody)),
)]
pub(crate) async fn import(
    apps: Data<Apps>,
    ctx: RequestCtx,
    body: Then<InWorkspace<EditsApps>, Body<ImportApp, ConsoleFormat>>,
) -> Result<HttpResponse, ConsoleFailure> {
    let Then(here, body) = body;
    let language = here.identity.account.interface_language.clone();
    let request = body.into_inner().into_request(language);
    let outcome = apps.import(&ctx, actor(&here), request).await?;
    let keys = here.workspace.role.app_keys();
    Ok(Import::answer(outcome, DSL_VERSION, keys))
}

/// Confirms an import of a newer format. Only who began it finds it.
#[utoipa::path(
    post, path = "/console/api/apps/imports/{import_id}/confirm", operation_id = "confirm_app_import",
    params(("import_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = Import), (status = 400, body = ImportRefusal), (status = 403, body = ConsoleErrorBody)),
)]
pub(crate) async fn confirm(
    apps: Data<Apps>,
    ctx: RequestCtx,
    here: InWorkspace<EditsApps>,
    import_id: Path<String>,
) -> Result<HttpResponse, ConsoleFailure> {
    let outcome = apps.confirm_import(&ctx, actor(&here), &import_id).await?;
    let keys = here.workspace.role.app_keys();
    Ok(Import::answer(outcome, DSL_VERSION, keys))
}

/// The plugins that an imported app asks for and that are not installed.
#[utoipa::path(
    get, path = "/console/api/apps/imports/{app_id}/check-dependencies", operation_id = "check_app_dependencies",
    params(("app_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = CheckDependencies), (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn check_dependencies(
    apps: Data<Apps>,
    ctx: RequestCtx,
    here: InWorkspace<EditsApps>,
    id: Path<PathId<AppId>>,
) -> Result<Json<CheckDependencies>, ConsoleFailure> {
    let missing = apps
        .missing_dependencies(&ctx, here.workspace.id, app_id(&id)?)
        .await?;
    Ok(Json(CheckDependencies {
        leaked_dependencies: missing,
    }))
}
