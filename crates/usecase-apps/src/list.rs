//! Which apps there are.

use gatewright_domain::ids::{AppId, WorkspaceId};
use gatewright_storage_apps::app::{self, Filter, Slice};

use crate::{AppDetail, AppError, AppPage, Apps, apps::get, view};

impl Apps {
    /// A page of the apps of a workspace. Pages count from 1.
    pub async fn list(
        &self,
        workspace: WorkspaceId,
        filter: &Filter,
        (page, limit): (u32, u32),
    ) -> Result<AppPage, AppError> {
        let slice = Slice {
            offset: i64::from(page.saturating_sub(1)) * i64::from(limit),
            limit: i64::from(limit),
        };
        let mut conn = self.pool.get().await?;
        let total = app::count(&mut conn, workspace, filter).await?;
        let apps = if total == 0 {
            vec![]
        } else {
            app::list(&mut conn, workspace, filter, slice).await?
        };
        let rows = view::rows(&mut conn, workspace, apps).await?;
        Ok(AppPage { rows, total })
    }

    /// One app of a workspace.
    pub async fn get(&self, workspace: WorkspaceId, id: AppId) -> Result<AppDetail, AppError> {
        let mut conn = self.pool.get().await?;
        let app = get(&mut conn, workspace, id).await?;
        Ok(view::detail(&mut conn, app).await?)
    }
}
