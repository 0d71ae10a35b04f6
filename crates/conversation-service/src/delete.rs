//! A conversation, deleted: gone at once for whoever had it; what is in it is deleted by a job of the same transaction.

use gatewright_jobs::{JobId, enqueue};
use gatewright_storage_runs::conversation_list;
use gatewright_usecase_kit::{Ctx, DeleteConversation};
use uuid::Uuid;

use crate::{ConversationError, Conversations, Talker};

impl Conversations {
    /// Deletes a conversation of the talker's.
    ///
    /// # Errors
    /// When they have none of that id, or PostgreSQL does not answer.
    pub async fn delete(
        &self,
        ctx: &Ctx,
        talker: &Talker,
        id: Uuid,
    ) -> Result<(), ConversationError> {
        let mut tx = self.pool.begin().await?;
        if !conversation_list::delete(&mut tx, talker.app.0, talker.creator, id).await? {
            return Err(ConversationError::NotFound);
        }
        let job = DeleteConversation { conversation: id };
        let job_id = JobId::generate(self.env.ids.as_ref());
        enqueue(tx.as_mut(), job_id, &job, ctx.now, ctx.now).await?;
        Ok(tx.commit().await?)
    }
}
