//! The plugins that an imported app asks for. That some are missing stops no import.

use chrono::TimeDelta;
use gatewright_domain::ids::{AppId, WorkspaceId};
use gatewright_dsl::{Dependency, leaked_dependencies};
use gatewright_storage_apps::app_dependency;
use gatewright_storage_kit::{Conn, StorageError};
use gatewright_usecase_kit::Ctx;

use super::KEPT_MINUTES;
use crate::{AppError, Apps, actor::Act, apps::get};

impl Apps {
    pub(super) async fn remember_dependencies(
        &self,
        conn: &mut Conn,
        act: Act<'_>,
        app: AppId,
        dependencies: &[Dependency],
    ) -> Result<(), StorageError> {
        if dependencies.is_empty() {
            return Ok(());
        }
        app_dependency::delete_expired(conn, act.ctx.now).await?;
        let list = serde_json::to_string(dependencies).unwrap_or_default();
        let expires_at = act.ctx.now + TimeDelta::minutes(KEPT_MINUTES);
        app_dependency::insert(conn, act.actor.workspace, app, &list, expires_at).await
    }

    /// The plugins that an app asks for and that are not installed, for a while after it was imported. None is
    /// installed before plugins come.
    pub async fn missing_dependencies(
        &self,
        ctx: &Ctx,
        workspace: WorkspaceId,
        id: AppId,
    ) -> Result<Vec<Dependency>, AppError> {
        let mut conn = self.pool.get().await?;
        get(&mut conn, workspace, id).await?;
        let list = app_dependency::find(&mut conn, workspace, id, ctx.now).await?;
        let list = list.and_then(|list| serde_json::from_str::<Vec<Dependency>>(&list).ok());
        Ok(leaked_dependencies(&list.unwrap_or_default(), &[]))
    }
}
