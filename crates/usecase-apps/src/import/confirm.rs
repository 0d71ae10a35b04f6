//! Confirming an import whose file is of a newer format.

use gatewright_domain::ids::ImportId;
use gatewright_dsl::{ImportError, ImportStatus};
use gatewright_storage_apps::pending_import;
use gatewright_usecase_kit::Ctx;

use super::{
    ImportOutcome,
    begin::{Opened, Pending, importer},
    open,
};
use crate::{Actor, AppError, Apps};

impl Apps {
    /// Imports what waits under this id. Only who began it, in the same workspace, finds it.
    pub async fn confirm_import(
        &self,
        ctx: &Ctx,
        actor: Actor,
        id: &str,
    ) -> Result<ImportOutcome, AppError> {
        let expired = || ImportOutcome::failed(id.to_owned(), ImportError::Expired);
        let Ok(import) = id.parse::<ImportId>() else {
            return Ok(expired());
        };
        let mut tx = self.pool.begin().await?;
        let payload = pending_import::take(&mut tx, import, importer(actor), ctx.now).await?;
        tx.commit().await?;
        let pending = payload.and_then(|text| serde_json::from_str::<Pending>(&text).ok());
        let Some(mut pending) = pending else {
            return Ok(expired());
        };
        let (opened, text) = open(pending.text).await?;
        pending.text = text;
        let document = match opened {
            Ok(document) => document,
            Err(error) => return Ok(ImportOutcome::failed(id.to_owned(), error)),
        };
        let opened = Opened { document, pending };
        let outcome = self.apply(ctx, actor, import, opened).await?;
        Ok(match outcome.status {
            ImportStatus::Pending => ImportOutcome {
                status: ImportStatus::Completed,
                ..outcome
            },
            _ => outcome,
        })
    }
}
