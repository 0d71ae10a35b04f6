//! Workspaces as commands see them, which may act in all of them.

use gatewright_domain::ids::{AppId, WorkspaceId};
use gatewright_storage_apps::app;

use crate::{AppError, Apps};

impl Apps {
    /// The workspace that an app belongs to; none when there is no such app. For whoever may act in all of them.
    pub async fn home_of(&self, id: AppId) -> Result<Option<WorkspaceId>, AppError> {
        let mut conn = self.pool.get().await?;
        let found = app::find_anywhere(&mut conn, id).await?;
        Ok(found.map(|(app, _)| app.workspace))
    }

    /// Workspaces in use with their names, by name, at most `limit`.
    pub async fn homes(&self, limit: u16) -> Result<Vec<(WorkspaceId, String)>, AppError> {
        let mut conn = self.pool.get().await?;
        Ok(app::list_homes(&mut conn, i64::from(limit)).await?)
    }
}
