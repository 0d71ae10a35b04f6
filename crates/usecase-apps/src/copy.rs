//! A new app that is what another one is.

use gatewright_domain::{
    audit::{AuditAction, AuditEvent},
    ids::AppId,
};
use gatewright_usecase_kit::{Ctx, record};

use crate::{Actor, AppDetail, AppError, Apps, Overrides, actor::Act, apps::get, view};

impl Apps {
    /// Copies an app within its workspace, secrets included: its draft, not what is published of it.
    pub async fn copy(
        &self,
        ctx: &Ctx,
        actor: Actor,
        id: AppId,
        overrides: Overrides,
        language: Option<String>,
    ) -> Result<AppDetail, AppError> {
        let act = Act { ctx, actor };
        let mut tx = self.pool.begin().await?;
        let original = get(&mut tx, actor.workspace, id).await?;
        let file = self.file_of(&mut tx, &original, None).await?;
        let made = self
            .create_from(&mut tx, act, file, overrides, language)
            .await?;
        let event = AuditEvent::new(AuditAction::AppCreated)
            .by(actor.account)
            .within(Some(actor.workspace))
            .with("app", made)
            .with("copy_of", id);
        record(&mut tx, &self.env, ctx, event).await?;
        let made = get(&mut tx, actor.workspace, made).await?;
        let detail = view::detail(&mut tx, made).await?;
        tx.commit().await?;
        Ok(detail)
    }
}
