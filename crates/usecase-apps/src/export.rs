//! An app as a file.

use gatewright_domain::{
    audit::{AuditAction, AuditEvent},
    ids::{AppId, WorkflowId},
};
use gatewright_dsl::{AppBody, AppFile, AppMeta, Export, IconType, NEWEST_VERSION};
use gatewright_storage_apps::{app::App, model_config, workflow};
use gatewright_storage_kit::Conn;
use gatewright_usecase_kit::{Ctx, record_alone};

use crate::{
    Actor, AppError, Apps, WorkflowContent,
    apps::{get, has_graph, mode_of},
    model_config::members,
};

/// What a file is to contain.
#[derive(Debug, Clone, Copy, Default)]
pub struct ExportRequest {
    /// Secrets in clear.
    pub with_secrets: bool,
    /// This version instead of the draft.
    pub version: Option<WorkflowId>,
}

impl Apps {
    /// The text of an app's file: the same app gives the same text.
    pub async fn export(
        &self,
        ctx: &Ctx,
        actor: Actor,
        id: AppId,
        request: ExportRequest,
    ) -> Result<String, AppError> {
        let mut conn = self.pool.get().await?;
        let app = get(&mut conn, actor.workspace, id).await?;
        let file = self.file_of(&mut conn, &app, request.version).await?;
        drop(conn);
        if request.with_secrets {
            let event = AuditEvent::new(AuditAction::AppSecretsExported)
                .by(actor.account)
                .within(Some(actor.workspace))
                .with("app", id);
            record_alone(&self.pool, &self.env, ctx, event).await?;
        }
        Ok(file.export(Export {
            include_secret: request.with_secrets,
            dataset_ids: None,
        }))
    }

    /// An app with everything that a file says about it.
    pub(crate) async fn file_of(
        &self,
        conn: &mut Conn,
        app: &App,
        version: Option<WorkflowId>,
    ) -> Result<AppFile, AppError> {
        let body = if has_graph(app) {
            let found = match version {
                Some(version) => workflow::find(conn, app.workspace, app.id, version)
                    .await?
                    .ok_or(AppError::VersionNotFound)?,
                None => workflow::find_draft(conn, app.workspace, app.id)
                    .await?
                    .ok_or(AppError::NothingToExport)?,
            };
            let content = WorkflowContent::read(&self.secrets, app.workspace, &found.content);
            AppBody::Workflow(content.into_part())
        } else {
            let ids: Vec<_> = app.model_config_id.into_iter().collect();
            let config = model_config::list(conn, &ids).await?.into_iter().next();
            AppBody::ModelConfig(members(&config.ok_or(AppError::ConfigMissing)?.members))
        };
        Ok(AppFile {
            version: NEWEST_VERSION.to_owned(),
            app: meta(app)?,
            body,
            dependencies: vec![],
        })
    }
}

fn meta(app: &App) -> Result<AppMeta, AppError> {
    let icon_type = match app.icon.kind.as_deref() {
        Some("image") => IconType::Image,
        Some("link") => IconType::Link,
        _ => IconType::Emoji,
    };
    Ok(AppMeta {
        mode: mode_of(app)?,
        name: app.name.clone(),
        description: app.description.clone(),
        icon_type,
        icon: app.icon.content.clone().unwrap_or_default(),
        icon_background: app.icon.background.clone(),
        use_icon_as_answer_icon: app.icon.is_answer_icon,
    })
}
