//! Deleting an app.

use gatewright_domain::{
    audit::{AuditAction, AuditEvent},
    ids::AppId,
};
use gatewright_storage_apps::erasure;
use gatewright_usecase_kit::{Ctx, delete_contents_at, record};

use crate::{Actor, AppError, Apps, apps::get_for_update};

impl Apps {
    /// Deletes an app of the workspace with everything that hangs on it, at once.
    pub async fn delete(&self, ctx: &Ctx, actor: Actor, id: AppId) -> Result<(), AppError> {
        let mut tx = self.pool.begin().await?;
        let app = get_for_update(&mut tx, actor.workspace, id).await?;
        let values = erasure::delete_app(&mut tx, actor.workspace, id).await?;
        delete_contents_at(&mut tx, &self.env, ctx.now, &values.unwrap_or_default()).await?;
        let event = AuditEvent::new(AuditAction::AppDeleted)
            .by(actor.account)
            .within(Some(actor.workspace))
            .with("app", id)
            .with("name", &app.name);
        record(&mut tx, &self.env, ctx, event).await?;
        Ok(tx.commit().await?)
    }
}
