//! Apps for people without an account, whom an identity provider vouches for.

use gatewright_domain::ids::AppId;
use gatewright_storage_apps::app::{self, Filter, Slice};

use crate::{AppError, Apps, Page, ReachableApp};

/// A page of apps for people without an account.
#[derive(Debug, Clone)]
pub struct ExternalPage {
    /// The apps of this page.
    pub apps: Vec<ReachableApp>,
    /// Of all pages.
    pub total: u64,
}

impl Apps {
    /// A page of the apps that people without an account may use. Of the filter modes and name count.
    pub async fn list_external(
        &self,
        filter: &Filter,
        page: Page,
    ) -> Result<ExternalPage, AppError> {
        let ids = self.external.ids();
        let slice = Slice {
            offset: page.offset(),
            limit: i64::from(page.limit),
        };
        let mut conn = self.pool.get().await?;
        let total = app::count_open(&mut conn, ids, filter).await?;
        let found = app::list_open(&mut conn, ids, filter, slice).await?;
        let reachable = found.into_iter().map(|(app, home)| ReachableApp {
            app,
            workspace_name: home.name,
        });
        let apps = reachable.collect();
        Ok(ExternalPage { apps, total })
    }

    /// An app for somebody without an account. Of others they do not learn that they exist.
    pub async fn reach_external(&self, id: &str) -> Result<ReachableApp, AppError> {
        let id: AppId = id.parse().map_err(|_| AppError::NotFound)?;
        if !self.external.permits(id) {
            return Err(AppError::NotFound);
        }
        let mut conn = self.pool.get().await?;
        let found = app::find_anywhere(&mut conn, id).await?;
        let open = found.filter(|(app, home)| app.is_normal && app.has_api && home.is_normal);
        let (app, home) = open.ok_or(AppError::NotFound)?;
        Ok(ReachableApp {
            app,
            workspace_name: home.name,
        })
    }
}
