//! Which apps there are.

use gatewright_domain::ids::{AppId, WorkspaceId};
use gatewright_storage_apps::app::{self, App, Filter, Slice};

use crate::{AppCredits, AppDetail, AppError, AppPage, Apps, Page, apps::get, view};

impl Apps {
    /// A page of the apps of a workspace.
    pub async fn list(
        &self,
        workspace: WorkspaceId,
        filter: &Filter,
        page: Page,
    ) -> Result<AppPage, AppError> {
        let slice = Slice {
            offset: page.offset(),
            limit: i64::from(page.limit),
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

    /// The row of an app of a workspace.
    pub async fn find(&self, workspace: WorkspaceId, id: AppId) -> Result<App, AppError> {
        let mut conn = self.pool.get().await?;
        get(&mut conn, workspace, id).await
    }

    /// One app of a workspace, with all that people are shown of it.
    pub async fn get(&self, workspace: WorkspaceId, id: AppId) -> Result<AppDetail, AppError> {
        let mut conn = self.pool.get().await?;
        let app = get(&mut conn, workspace, id).await?;
        Ok(view::detail(&mut conn, app).await?)
    }

    /// The tags of an app and who made it.
    pub async fn credits(&self, app: &App) -> Result<AppCredits, AppError> {
        let mut conn = self.pool.get().await?;
        Ok(view::credits(&mut conn, app).await?)
    }
}
