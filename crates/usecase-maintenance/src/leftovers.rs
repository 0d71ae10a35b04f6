//! What crashes left: states of runs that nobody goes on with, and contents of files that no row stands for. Nobody else keeps these, so
//! that they are always cleaned.

use chrono::{DateTime, TimeDelta, Utc};
use gatewright_domain::error::Unavailable;
use gatewright_storage_identity::pending_content;
use gatewright_storage_kit::StorageError;
use gatewright_storage_runs::erasure::runs;
use gatewright_usecase_kit::Ctx;

use super::{
    batches::{self, Batch, Step},
    clean::Cleaner,
    eraser::Eraser,
};

/// Days after which something that was begun is not on its way any more.
const DAYS: i64 = 1;

/// What is left, of one kind.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Checkpoints,
    Contents,
}

struct Leftovers {
    eraser: Eraser,
    ctx: Ctx,
    before: DateTime<Utc>,
    kind: Kind,
}

impl Cleaner {
    /// Deletes what crashes left of runs and files.
    pub(super) async fn purge_leftovers(&self, now: DateTime<Utc>) -> Result<usize, Unavailable> {
        let mut leftovers = Leftovers {
            eraser: self.eraser(),
            ctx: Ctx::of_system(now, "retention"),
            before: now - TimeDelta::days(DAYS),
            kind: Kind::Checkpoints,
        };
        let pace = self.retention.pace();
        let checkpoints = batches::run(&mut leftovers, pace, "checkpoints").await?;
        leftovers.kind = Kind::Contents;
        Ok(checkpoints + batches::run(&mut leftovers, pace, "contents").await?)
    }
}

impl Step for Leftovers {
    async fn run(&mut self, limit: i64) -> Result<Batch, StorageError> {
        let gone = match self.kind {
            Kind::Checkpoints => {
                let mut conn = self.eraser.pool.get().await?;
                runs::delete_lost_checkpoints(&mut conn, self.before, limit).await?
            }
            Kind::Contents => {
                let mut tx = self.eraser.pool.begin().await?;
                let keys =
                    pending_content::delete_begun_before(&mut tx, self.before, limit).await?;
                let gone = keys.len();
                // The job looks whether a row stands for them after all.
                self.eraser.commit(tx, &self.ctx, keys).await?;
                gone
            }
        };
        Ok(Batch::all(gone))
    }
}
