//! Deleting what is left of apps: whatever deletes a workspace need not know of them.

use chrono::{DateTime, Utc};
use gatewright_domain::error::Unavailable;
use gatewright_storage_apps::{app_dependency, erasure, pending_import};

use super::clean::{BATCH, Cleaner};
use gatewright_usecase_kit::delete_contents_at;

impl Cleaner {
    /// Deletes what expired, and apps whose workspace is gone, each in a transaction of its own.
    pub(super) async fn purge_apps(&self, now: DateTime<Utc>) -> Result<usize, Unavailable> {
        let mut conn = self.pool.get().await?;
        let mut purged = pending_import::delete_expired(&mut conn, now).await?;
        purged += app_dependency::delete_expired(&mut conn, now).await?;
        let orphans = erasure::list_orphans(&mut conn, BATCH).await?;
        drop(conn);
        for orphan in orphans {
            let mut tx = self.pool.begin().await?;
            let values = erasure::delete_app(&mut tx, orphan.workspace, orphan.app).await?;
            purged += usize::from(values.is_some());
            delete_contents_at(&mut tx, &self.env, now, &values.unwrap_or_default()).await?;
            tx.commit().await?;
        }
        Ok(purged)
    }
}
