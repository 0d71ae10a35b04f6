//! Deleting an app.

use gatewright_domain::{
    audit::{AuditAction, AuditEvent},
    ids::AppId,
};
use gatewright_storage_apps::erasure;
use gatewright_usecase_kit::{Ctx, delete_rest_of_app, record};

use crate::{Actor, AppError, Apps, apps::get_for_update};

impl Apps {
    /// Deletes an app of the workspace: it is gone at once with its keys, its site and whatever finds it; what hangs on it goes soon after,
    /// by a job.
    pub async fn delete(&self, ctx: &Ctx, actor: Actor, id: AppId) -> Result<(), AppError> {
        let mut tx = self.pool.begin().await?;
        let app = get_for_update(&mut tx, actor.workspace, id).await?;
        erasure::delete_app(&mut tx, actor.workspace, id).await?;
        delete_rest_of_app(&mut tx, &self.env, ctx, actor.workspace, id).await?;
        let event = AuditEvent::new(AuditAction::AppDeleted)
            .by(actor.account)
            .within(Some(actor.workspace))
            .with("app", id)
            .with("name", &app.name);
        record(&mut tx, &self.env, ctx, event).await?;
        Ok(tx.commit().await?)
    }
}
