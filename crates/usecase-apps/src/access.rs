//! Opening an app to programs and to the users of its page, and closing it.

use gatewright_domain::{
    audit::{AuditAction, AuditEvent},
    ids::AppId,
};
use gatewright_storage_apps::app;
use gatewright_usecase_kit::{Ctx, record};

use crate::{Actor, AppDetail, AppError, Apps, apps::get_for_update, view};

/// What is to be open; none: as it is.
struct Access {
    site: Option<bool>,
    api: Option<bool>,
}

impl Apps {
    /// Opens or closes an app for programs.
    pub async fn set_api(
        &self,
        ctx: &Ctx,
        actor: Actor,
        id: AppId,
        is_open: bool,
    ) -> Result<AppDetail, AppError> {
        self.set_access(
            ctx,
            actor,
            id,
            Access {
                site: None,
                api: Some(is_open),
            },
        )
        .await
    }

    /// Opens or closes the page of an app.
    pub async fn set_site(
        &self,
        ctx: &Ctx,
        actor: Actor,
        id: AppId,
        is_open: bool,
    ) -> Result<AppDetail, AppError> {
        self.set_access(
            ctx,
            actor,
            id,
            Access {
                site: Some(is_open),
                api: None,
            },
        )
        .await
    }

    async fn set_access(
        &self,
        ctx: &Ctx,
        actor: Actor,
        id: AppId,
        access: Access,
    ) -> Result<AppDetail, AppError> {
        let mut tx = self.pool.begin().await?;
        let mut app = get_for_update(&mut tx, actor.workspace, id).await?;
        let before = (app.has_site, app.has_api);
        app.has_site = access.site.unwrap_or(app.has_site);
        app.has_api = access.api.unwrap_or(app.has_api);
        if before != (app.has_site, app.has_api) {
            app.updated_by = Some(actor.account);
            app.updated_at = ctx.now;
            app::update(&mut tx, &app).await?;
            let event = AuditEvent::new(AuditAction::AppAccessChanged)
                .by(actor.account)
                .within(Some(actor.workspace))
                .with("app", id)
                .with("site", app.has_site)
                .with("api", app.has_api);
            record(&mut tx, &self.env, ctx, event).await?;
        }
        let detail = view::detail(&mut tx, app).await?;
        tx.commit().await?;
        Ok(detail)
    }
}
