//! The job that deletes what is in a conversation that was deleted, in batches. Doing it twice is doing it once.

use gatewright_jobs::{JobError, Running};
use gatewright_storage_kit::StorageError;
use gatewright_storage_runs::conversation_erasure::{delete_messages, delete_rest};
use gatewright_usecase_kit::DeleteConversation;

use super::clean::{BATCH, Cleaner};

impl Cleaner {
    /// Does the job.
    ///
    /// # Errors
    /// When the database does not answer; what was deleted until then stays deleted.
    pub async fn delete_conversation(
        &self,
        running: Running,
        job: DeleteConversation,
    ) -> Result<(), JobError> {
        let messages = self.delete(&job).await.map_err(|error| {
            let outage = gatewright_domain::error::Unavailable::from(error);
            JobError::from(outage)
        })?;
        tracing::info!(
            event = "maintenance.conversation_deleted",
            job = %running.id,
            messages,
            "what was in a conversation is deleted"
        );
        Ok(())
    }

    async fn delete(&self, job: &DeleteConversation) -> Result<usize, StorageError> {
        let mut all = 0;
        loop {
            let mut conn = self.pool.get().await?;
            let gone = delete_messages(&mut conn, job.conversation, BATCH).await?;
            all += gone;
            if gone < usize::try_from(BATCH).unwrap_or_default() {
                delete_rest(&mut conn, job.conversation).await?;
                return Ok(all);
            }
        }
    }
}
