//! Apps as bearers reach them: by their id alone, in any workspace that the caller is in.

use gatewright_domain::{
    ids::AppId,
    member::Capability,
    workspace::{MemberWorkspace, WorkspaceStatus},
};
use gatewright_storage_apps::app::{self, App};

use crate::{AppError, Apps};

/// An app that the caller may reach.
#[derive(Debug, Clone)]
pub struct ReachableApp {
    /// The app that the caller may reach.
    pub app: App,
    /// The name of its workspace.
    pub workspace_name: String,
}

/// What an app must be for a caller to reach it.
#[derive(Debug, Clone, Copy, Default)]
pub struct OpenApp {
    /// What the caller must be allowed to do in its workspace; none: to be in it.
    pub needed: Option<Capability>,
}

impl Apps {
    /// An app by its id, for a member of its workspace. Of apps elsewhere nobody learns that they exist; an app
    /// that is closed to programs is closed here.
    pub async fn reach(
        &self,
        workspaces: &[MemberWorkspace],
        id: &str,
        open: OpenApp,
    ) -> Result<ReachableApp, AppError> {
        let id: AppId = id.parse().map_err(|_| AppError::NotFound)?;
        let mut conn = self.pool.get().await?;
        let found = app::find_anywhere(&mut conn, id).await?;
        let (app, home) = found.ok_or(AppError::NotFound)?;
        let membership = workspaces.iter().find(|one| one.id == app.workspace);
        let membership = membership.ok_or(AppError::NotFound)?;
        if !app.is_normal {
            return Err(AppError::NotFound);
        }
        if membership.status != WorkspaceStatus::Normal || !home.is_normal {
            return Err(AppError::WorkspaceArchived);
        }
        if !open.needed.is_none_or(|what| membership.role.may(what)) {
            return Err(AppError::RoleInsufficient);
        }
        if !app.has_api {
            return Err(AppError::ApiDisabled);
        }
        Ok(ReachableApp {
            app,
            workspace_name: home.name,
        })
    }
}
