//! The service, and what it is made of.

use std::{future::Future, pin::Pin, sync::Arc};

use gatewright_domain::ids::{AppId, WorkspaceId};
use gatewright_dsl::AppMode;
use gatewright_storage_apps::app::{self, App};
use gatewright_storage_kit::{Conn, Pool};
use gatewright_usecase_kit::Env;

use crate::{
    AppError, ExternalApps, KeyGuesses, KeyRate, SecretKeys, SystemParameters, VersionCache,
};

/// Fetches an app file from another server. There is one implementation that asks, guarded against addresses of
/// the own network, and one in tests.
pub trait RemoteFile: Send + Sync {
    /// The text behind an address, of at most `max_bytes`; else why not, in a few words for whoever imports.
    fn fetch<'a>(
        &'a self,
        url: &'a str,
        max_bytes: usize,
    ) -> Pin<Box<dyn Future<Output = Result<String, String>> + Send + 'a>>;
}

/// Apps of workspaces.
pub struct Apps {
    /// The pool of connections to PostgreSQL.
    pub pool: Pool,
    /// Time, ids, randomness.
    pub env: Env,
    /// For the secrets among the variables.
    pub secrets: SecretKeys,
    /// Sizes of files that clients are told of.
    pub system_parameters: SystemParameters,
    /// What people without an account may use.
    pub external: ExternalApps,
    /// For imports from an address; none: they fail, and say so.
    pub remote_file: Option<Arc<dyn RemoteFile>>,
    /// Versions that were run lately.
    pub versions: VersionCache,
    /// What guesses of keys cost.
    pub key_guesses: KeyGuesses,
    /// What requests with a key cost.
    pub key_rate: KeyRate,
}

/// An app of the workspace.
pub(crate) async fn get(
    conn: &mut Conn,
    workspace: WorkspaceId,
    id: AppId,
) -> Result<App, AppError> {
    let found = app::find(conn, workspace, id).await?;
    found.ok_or(AppError::NotFound)
}

/// An app of the workspace, whose row is locked.
pub(crate) async fn get_for_update(
    conn: &mut Conn,
    workspace: WorkspaceId,
    id: AppId,
) -> Result<App, AppError> {
    let found = app::find_for_update(conn, workspace, id).await?;
    found.ok_or(AppError::NotFound)
}

/// The kind of an app; older databases hold kinds that are not served.
pub(crate) fn mode_of(app: &App) -> Result<AppMode, AppError> {
    let modes = [
        AppMode::Workflow,
        AppMode::AdvancedChat,
        AppMode::Chat,
        AppMode::AgentChat,
        AppMode::Completion,
    ];
    let mode = modes.into_iter().find(|mode| mode.as_str() == app.mode);
    mode.ok_or(AppError::WrongMode)
}

/// Whether a graph is what the app runs.
pub(crate) fn has_graph(app: &App) -> bool {
    matches!(app.mode.as_str(), "workflow" | "advanced-chat")
}

/// That a graph is what it runs.
pub(crate) fn require_graph(app: App) -> Result<App, AppError> {
    if has_graph(&app) {
        Ok(app)
    } else {
        Err(AppError::WrongMode)
    }
}
