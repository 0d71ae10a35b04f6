//! Conversations that a talker pinned to the top of their list.

use gatewright_storage_runs::{pin, pin::NewPin};
use gatewright_usecase_kit::Ctx;
use uuid::Uuid;

use crate::{ConversationError, Conversations, Talker};

impl Conversations {
    /// Pins a conversation of the talker's; once is enough.
    ///
    /// # Errors
    /// When they have none of that id, or PostgreSQL does not answer.
    pub async fn pin(&self, ctx: &Ctx, talker: &Talker, id: Uuid) -> Result<(), ConversationError> {
        self.find(talker, id).await?;
        let new = self.new_pin(ctx, talker, id);
        let mut tx = self.pool.begin().await?;
        pin::insert_conversation(&mut tx, &new).await?;
        Ok(tx.commit().await?)
    }

    /// The contrary, which is no error for one that was not pinned.
    ///
    /// # Errors
    /// When they have none of that id, or PostgreSQL does not answer.
    pub async fn unpin(&self, talker: &Talker, id: Uuid) -> Result<(), ConversationError> {
        self.find(talker, id).await?;
        let mut conn = self.pool.get().await?;
        let (app, creator) = (talker.app.0, talker.creator);
        Ok(pin::delete_conversation(&mut conn, app, creator, id).await?)
    }

    /// What keeps a conversation or a message at hand for the talker.
    pub(crate) fn new_pin(&self, ctx: &Ctx, talker: &Talker, target: Uuid) -> NewPin {
        NewPin {
            id: self.env.ids.new_uuid(),
            app_id: talker.app.0,
            target,
            creator: talker.creator,
            at: ctx.now,
        }
    }
}
