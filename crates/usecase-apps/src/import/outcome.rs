//! How an import ended.

use gatewright_domain::ids::AppId;
use gatewright_dsl::{AppMode, ImportStatus};

/// How an import ended, or that it waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportOutcome {
    /// The import. A confirmation of something that is no id says it as it came.
    pub id: String,
    /// How it stands.
    pub status: ImportStatus,
    /// The app that is there now, with its mode.
    pub app: Option<(AppId, AppMode)>,
    /// The version that the file says; empty when it was not even read.
    pub imported_version: String,
    /// Why it failed; empty otherwise.
    pub error: String,
}

impl ImportOutcome {
    pub(super) fn failed(id: String, error: impl ToString) -> Self {
        Self {
            id,
            status: ImportStatus::Failed,
            app: None,
            imported_version: String::new(),
            error: error.to_string(),
        }
    }
}
