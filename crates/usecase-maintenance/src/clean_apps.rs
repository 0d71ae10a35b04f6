//! Deleting what is left of apps: whatever deletes a workspace need not know of them.

use chrono::{DateTime, Utc};
use gatewright_domain::error::Unavailable;
use gatewright_storage_apps::{app_dependency, erasure, pending_import};

use super::clean::{BATCH, Cleaner};
use gatewright_usecase_kit::{Ctx, delete_rest_of_app};

impl Cleaner {
    /// Deletes what expired, and apps whose workspace is gone, each in a transaction of its own; what hangs on them goes by jobs.
    pub(super) async fn purge_apps(&self, now: DateTime<Utc>) -> Result<usize, Unavailable> {
        let mut conn = self.pool.get().await?;
        let mut purged = pending_import::delete_expired(&mut conn, now).await?;
        purged += app_dependency::delete_expired(&mut conn, now).await?;
        let orphans = erasure::list_orphans(&mut conn, BATCH).await?;
        drop(conn);
        let ctx = Ctx::of_system(now, "retention");
        for orphan in orphans {
            let mut tx = self.pool.begin().await?;
            let is_gone = erasure::delete_app(&mut tx, orphan.workspace, orphan.app).await?;
            delete_rest_of_app(&mut tx, &self.env, &ctx, orphan.workspace, orphan.app).await?;
            tx.commit().await?;
            purged += usize::from(is_gone);
        }
        Ok(purged)
    }
}
