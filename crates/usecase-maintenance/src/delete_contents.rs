//! The job that deletes the contents of files whose rows are gone. Doing it twice is doing it once.

use gatewright_domain::error::Unavailable;
use gatewright_jobs::{JobError, Running};
use gatewright_objects::Objects;
use gatewright_storage_identity::upload_file;
use gatewright_storage_kit::Pool;
use gatewright_usecase_kit::DeleteContents;

/// Does the jobs that delete the contents of files that are gone.
pub struct Emptier {
    /// Where the rows are.
    pub pool: Pool,
    /// Where the contents are.
    pub objects: Objects,
}

impl Emptier {
    /// Does the job.
    ///
    /// # Errors
    /// When a store does not answer; what was deleted until then stays deleted.
    pub async fn run(&self, running: Running, job: DeleteContents) -> Result<(), JobError> {
        let known = self.known(&job.keys).await?;
        for key in &job.keys {
            // A database that was taken over may hold several rows of one content.
            if !known.contains(key) {
                self.objects.delete(key).await?;
            }
        }
        let count = job.keys.len() - known.len();
        tracing::info!(
            event = "maintenance.contents_deleted",
            job = %running.id,
            count,
            "contents of files deleted"
        );
        Ok(())
    }

    async fn known(&self, keys: &[String]) -> Result<Vec<String>, Unavailable> {
        let mut conn = self.pool.get().await?;
        let mut known = upload_file::list_known_keys(&mut conn, keys).await?;
        known.sort();
        known.dedup();
        Ok(known)
    }
}
