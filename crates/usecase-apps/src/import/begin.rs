//! Beginning an import: the file is read as far as its version, and then imported, kept, or refused.

use chrono::TimeDelta;
use gatewright_domain::ids::{AppId, ImportId};
use gatewright_dsl::{AppDocument, ImportError, ImportStatus};
use gatewright_storage_apps::{
    app,
    pending_import::{self, Importer},
};
use gatewright_usecase_kit::Ctx;
use serde::{Deserialize, Serialize};

use super::{ImportOutcome, ImportRequest, ImportSource, KEPT_MINUTES, Overrides, open};
use crate::{Actor, AppError, Apps, apps::has_graph};

/// What is kept of an import until it is confirmed.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Pending {
    pub(super) text: String,
    pub(super) overrides: Overrides,
    pub(super) app: Option<AppId>,
    pub(super) language: Option<String>,
}

/// What an import is of, once its file was read.
pub(super) struct Opened {
    pub(super) document: AppDocument,
    pub(super) pending: Pending,
}

/// What a file becomes.
enum Target {
    /// A new app.
    New,
    /// This app, which has a graph.
    Overwritten(AppId),
    /// Nothing: the app that was named is none, or has no graph.
    Refused(ImportError),
}

impl Apps {
    /// Imports a file, or keeps it until somebody confirms it.
    pub async fn import(
        &self,
        ctx: &Ctx,
        actor: Actor,
        request: ImportRequest,
    ) -> Result<ImportOutcome, AppError> {
        let id = ImportId::generate(self.env.ids.as_ref());
        let text = match &request.source {
            ImportSource::Content(text) if text.is_empty() => {
                Err(ImportError::ContentRequired.to_string())
            }
            ImportSource::Content(text) => Ok(text.clone()),
            ImportSource::Url(url) => self.fetch(url).await,
        };
        let text = match text {
            Ok(text) => text,
            Err(why) => return Ok(ImportOutcome::failed(id.to_string(), why)),
        };
        let (opened, text) = open(text).await?;
        let document = match opened {
            Ok(document) => document,
            Err(error) => return Ok(ImportOutcome::failed(id.to_string(), error)),
        };
        let target = match self.target(actor, request.app.as_deref()).await? {
            Target::New => None,
            Target::Overwritten(app) => Some(app),
            Target::Refused(error) => return Ok(ImportOutcome::failed(id.to_string(), error)),
        };
        let pending = Pending {
            text,
            overrides: request.overrides,
            app: target,
            language: request.language,
        };
        let opened = Opened { document, pending };
        if opened.document.status() == ImportStatus::Pending {
            self.keep(ctx, actor, id, opened).await
        } else {
            self.apply(ctx, actor, id, opened).await
        }
    }

    /// What the file becomes, as the caller asks.
    async fn target(&self, actor: Actor, id: Option<&str>) -> Result<Target, AppError> {
        let Some(id) = id.filter(|id| !id.is_empty()) else {
            return Ok(Target::New);
        };
        let Ok(id) = id.parse::<AppId>() else {
            return Ok(Target::Refused(ImportError::AppNotFound));
        };
        let mut conn = self.pool.get().await?;
        Ok(match app::find(&mut conn, actor.workspace, id).await? {
            None => Target::Refused(ImportError::AppNotFound),
            Some(app) if !has_graph(&app) => Target::Refused(ImportError::NotOverwritable),
            Some(_) => Target::Overwritten(id),
        })
    }

    async fn keep(
        &self,
        ctx: &Ctx,
        actor: Actor,
        id: ImportId,
        opened: Opened,
    ) -> Result<ImportOutcome, AppError> {
        let importer = importer(actor);
        let payload = serde_json::to_string(&opened.pending).unwrap_or_default();
        let expires_at = ctx.now + TimeDelta::minutes(KEPT_MINUTES);
        let mut tx = self.pool.begin().await?;
        pending_import::delete_expired(&mut tx, ctx.now).await?;
        pending_import::insert(&mut tx, id, importer, &payload, expires_at).await?;
        tx.commit().await?;
        Ok(ImportOutcome {
            id: id.to_string(),
            status: ImportStatus::Pending,
            app: None,
            imported_version: opened.document.version().to_owned(),
            error: String::new(),
        })
    }
}

pub(super) fn importer(actor: Actor) -> Importer {
    Importer {
        workspace: actor.workspace,
        account: actor.account,
    }
}
