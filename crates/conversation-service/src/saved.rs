//! Answers that a talker keeps.

use gatewright_storage_runs::{conversation_list::Place, message_list, pin};
use gatewright_usecase_kit::Ctx;
use uuid::Uuid;

use crate::{ConversationError, Conversations, MessageRow, Talker, Window};

impl Conversations {
    /// A message of the talker's.
    ///
    /// # Errors
    /// When they have none of that id, or PostgreSQL does not answer.
    pub async fn require_message(
        &self,
        talker: &Talker,
        id: Uuid,
    ) -> Result<(), ConversationError> {
        let mut conn = self.pool.get().await?;
        let found = message_list::find(&mut conn, talker.app.0, talker.creator, id).await?;
        found.map(drop).ok_or(ConversationError::MessageNotFound)
    }

    /// Keeps an answer that the talker got; once is enough.
    ///
    /// # Errors
    /// When they have no such message, or PostgreSQL does not answer.
    pub async fn save(
        &self,
        ctx: &Ctx,
        talker: &Talker,
        id: Uuid,
    ) -> Result<(), ConversationError> {
        self.require_message(talker, id).await?;
        let new = self.new_pin(ctx, talker, id);
        let mut tx = self.pool.begin().await?;
        pin::insert_message(&mut tx, &new).await?;
        Ok(tx.commit().await?)
    }

    /// Keeps it no longer, which is no error for one that was not kept.
    ///
    /// # Errors
    /// When they have no such message, or PostgreSQL does not answer.
    pub async fn forget(&self, talker: &Talker, id: Uuid) -> Result<(), ConversationError> {
        self.require_message(talker, id).await?;
        let mut conn = self.pool.get().await?;
        let (app, creator) = (talker.app.0, talker.creator);
        Ok(pin::delete_message(&mut conn, app, creator, id).await?)
    }

    /// A part of what the talker keeps, the last first.
    ///
    /// # Errors
    /// When `last` is not kept, or PostgreSQL does not answer.
    pub async fn saved(
        &self,
        ctx: &Ctx,
        talker: &Talker,
        last: Option<Uuid>,
        limit: u32,
    ) -> Result<Window<MessageRow>, ConversationError> {
        let (app, creator) = (talker.app.0, talker.creator);
        let mut conn = self.pool.get().await?;
        let after: Option<Place> = match last {
            None => None,
            Some(id) => {
                let found = pin::find_message(&mut conn, app, creator, id).await?;
                Some(found.ok_or(ConversationError::LastMessageNotFound)?)
            }
        };
        let most = i64::from(limit) + 1;
        let ids = pin::list_messages(&mut conn, app, creator, after, most).await?;
        let ids = Window::of(ids, limit);
        let mut rows = message_list::list_by_ids(&mut conn, &ids.rows).await?;
        drop(conn);
        rows.sort_by_key(|row| ids.rows.iter().position(|id| *id == row.id));
        Ok(Window {
            has_more: ids.has_more,
            rows: self.whole(ctx, talker, rows).await?,
        })
    }
}
