//! The job that deletes what hung on an app that is gone, in batches. Whatever stops it, the next attempt goes on: what is gone is not
//! found again.

use std::time::Duration;

use gatewright_jobs::{JobError, Running};
use gatewright_storage_kit::StorageError;
use gatewright_storage_runs::{
    erasure::{conversations, messages, of_app, runs, users},
    lease,
};
use gatewright_usecase_kit::{Ctx, DeleteApp};

use super::{
    batches::{self, Batch, Pace, Step},
    clean::{BATCH, Cleaner},
    eraser::{Annotations, Eraser},
};

/// As fast as the database lets it: somebody waits for it to be gone.
const PACE: Pace = Pace {
    size: BATCH,
    pause: Duration::ZERO,
};

/// What hangs on the app, kind by kind.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Runs,
    Messages,
    Conversations,
    EndUsers,
    Table(usize),
}

struct RestOfApp {
    eraser: Eraser,
    ctx: Ctx,
    job: DeleteApp,
    kind: Kind,
}

impl Cleaner {
    /// Does the job.
    ///
    /// # Errors
    /// When the database does not answer; what was deleted until then stays deleted.
    pub async fn delete_app(&self, running: Running, job: DeleteApp) -> Result<(), JobError> {
        self.stop_runs(&job)
            .await
            .map_err(StorageError::into_unavailable)?;
        let mut rest = RestOfApp {
            eraser: self.eraser(),
            ctx: Ctx::of_system(running.now, "app deletion"),
            job,
            kind: Kind::Runs,
        };
        let kinds = [
            Kind::Runs,
            Kind::Messages,
            Kind::Conversations,
            Kind::EndUsers,
        ];
        let tables = (0..of_app::TABLES).map(Kind::Table);
        let mut rows = 0;
        for kind in kinds.into_iter().chain(tables) {
            rest.kind = kind;
            rows += batches::run(&mut rest, PACE, "app").await?;
        }
        tracing::info!(
            event = "maintenance.app_deleted",
            job = %running.id,
            app = %rest.job.app,
            rows,
            "what hung on an app is deleted"
        );
        Ok(())
    }

    /// Whoever works on a run of the app stops asking models and servers.
    async fn stop_runs(&self, job: &DeleteApp) -> Result<(), StorageError> {
        let mut conn = self.pool.get().await?;
        for run in lease::list_of_app(&mut conn, job.app).await? {
            lease::request_stop(&mut conn, run).await?;
        }
        Ok(())
    }
}

impl Step for RestOfApp {
    async fn run(&mut self, limit: i64) -> Result<Batch, StorageError> {
        let (app, tenant) = (self.job.app, self.job.workspace);
        let (eraser, ctx) = (&self.eraser, &self.ctx);
        let mut conn = eraser.pool.get().await?;
        let ids = match self.kind {
            Kind::Runs => runs::list_of_app(&mut conn, tenant, app, limit).await?,
            Kind::Messages => messages::list_of_app(&mut conn, app, limit).await?,
            Kind::Conversations => conversations::list_of_app(&mut conn, app, limit).await?,
            Kind::EndUsers => users::list_of_app(&mut conn, app, limit).await?,
            Kind::Table(table) => {
                let gone = of_app::delete(&mut conn, table, app, tenant, limit).await?;
                return Ok(Batch::all(gone));
            }
        };
        drop(conn);
        match self.kind {
            Kind::Runs => eraser.runs(ctx, &ids, limit).await?,
            Kind::Messages => eraser.messages(ctx, &ids, Annotations::Delete).await?,
            Kind::Conversations => eraser.conversations(&ids).await?,
            Kind::EndUsers => eraser.users(ctx, &ids, limit).await?,
            Kind::Table(_) => 0,
        };
        Ok(Batch::all(ids.len()))
    }
}
