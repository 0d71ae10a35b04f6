//! A conversation, deleted: gone at once for whoever had it; what is in it is deleted by a job of the same transaction.

use gatewright_jobs::{JobId, enqueue};
use gatewright_storage_kit::Tx;
use gatewright_storage_runs::{conversation_list, owner_conversation};
use gatewright_usecase_apps::App;
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
        self.erase(ctx, tx, id).await
    }

    /// Deletes a conversation of an app, whoever's it is.
    ///
    /// # Errors
    /// When the app has none of that id, or PostgreSQL does not answer.
    pub async fn delete_as_owner(
        &self,
        ctx: &Ctx,
        app: &App,
        id: Uuid,
    ) -> Result<(), ConversationError> {
        let mut tx = self.pool.begin().await?;
        if !owner_conversation::delete(&mut tx, app.id.0, id).await? {
            return Err(ConversationError::NotFound);
        }
        self.erase(ctx, tx, id).await
    }

    /// Ends the transaction with the job that deletes what is in a conversation.
    async fn erase(&self, ctx: &Ctx, mut tx: Tx, id: Uuid) -> Result<(), ConversationError> {
        let job = DeleteConversation { conversation: id };
        let job_id = JobId::generate(self.env.ids.as_ref());
        enqueue(tx.as_mut(), job_id, &job, ctx.now, ctx.now).await?;
        Ok(tx.commit().await?)
    }
}
