//! How an import ended, on both surfaces.

use actix_web::{HttpResponse, http::StatusCode};
use gatewright_domain::permission::Keys;
use gatewright_http_kit::error::{ConsoleErrorBody, ErrorBody};
use gatewright_usecase_apps::{ImportOutcome, ImportStatus};
use serde::Serialize;
use utoipa::ToSchema;

/// What became of an import.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Import {
    id: String,
    /// `completed`, `completed-with-warnings`, `pending` (somebody must confirm it) or `failed`.
    status: &'static str,
    /// The app that is there now.
    app_id: Option<String>,
    app_mode: Option<&'static str>,
    /// The format that this API speaks.
    current_dsl_version: &'static str,
    /// The format of the file; empty when it could not be read that far.
    imported_dsl_version: String,
    /// Why it failed; empty otherwise.
    error: String,
    /// None so far.
    #[schema(value_type = Vec<Object>)]
    warnings: [(); 0],
    /// What the caller may do with the app.
    #[schema(value_type = Vec<String>)]
    permission_keys: Keys,
}

/// What a 400 of an import on the console is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "documents what two formats write")]
pub(crate) enum ImportRefusal {
    /// The file was read, and became no app.
    Failed(Import),
    /// The request is none.
    Malformed(ConsoleErrorBody),
}

/// What a 400 of an import on `/openapi/v1` is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "documents what two formats write")]
pub(crate) enum ProgramImportRefusal {
    /// The file was read, and became no app.
    Failed(Import),
    /// The request is none.
    Malformed(ErrorBody),
}

impl Import {
    /// 200, 202 while it waits, 400 when it failed.
    pub(crate) fn answer(
        outcome: ImportOutcome,
        current_dsl_version: &'static str,
        permission_keys: Keys,
    ) -> HttpResponse {
        let status = match outcome.status {
            ImportStatus::Completed | ImportStatus::CompletedWithWarnings => StatusCode::OK,
            ImportStatus::Pending => StatusCode::ACCEPTED,
            ImportStatus::Failed => StatusCode::BAD_REQUEST,
        };
        HttpResponse::build(status).json(Self {
            id: outcome.id,
            status: outcome.status.as_str(),
            permission_keys: if outcome.app.is_some() {
                permission_keys
            } else {
                vec![]
            },
            app_id: outcome.app.map(|(id, _)| id.to_string()),
            app_mode: outcome.app.map(|(_, mode)| mode.as_str()),
            current_dsl_version,
            imported_dsl_version: outcome.imported_version,
            error: outcome.error,
            warnings: [],
        })
    }
}

/// Plugins that an app asks for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckDependencies {
    /// Those that are not installed: `{type, value, current_identifier}`.
    #[schema(value_type = Vec<Object>)]
    pub(crate) leaked_dependencies: Vec<gatewright_usecase_apps::Dependency>,
}

/// An app as a file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppFileText {
    /// The text of the app file, YAML.
    pub(crate) data: String,
}
