//! A conversation, called otherwise.

use gatewright_storage_runs::{
    conversation_list::{self, Listed},
    message_list,
};
use gatewright_usecase_kit::Ctx;
use uuid::Uuid;

use crate::{ConversationError, Conversations, Talker};

/// What a conversation is to be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewName {
    /// So: 1 to 255 characters.
    Given(String),
    /// As a model finds.
    Generated,
}

impl Conversations {
    /// Calls a conversation of the talker's otherwise.
    ///
    /// # Errors
    /// When they have none of that id, nothing was said in it that it could be called by, or a store does not answer.
    pub async fn rename(
        &self,
        ctx: &Ctx,
        talker: &Talker,
        id: Uuid,
        new: NewName,
    ) -> Result<Listed, ConversationError> {
        let found = self.find(talker, id).await?;
        match new {
            NewName::Given(name) => {
                let mut conn = self.pool.get().await?;
                conversation_list::rename(&mut conn, id, &name, ctx.now).await?;
            }
            NewName::Generated => {
                let query = {
                    let mut conn = self.pool.get().await?;
                    message_list::find_first_query(&mut conn, id).await?
                };
                let query = query.ok_or(ConversationError::MessageNotFound)?;
                // Nobody holds a connection while a model thinks.
                if let Some(name) = self.find_name(talker.workspace, &query).await {
                    let mut conn = self.pool.get().await?;
                    conversation_list::name(&mut conn, id, &name, &found.name).await?;
                }
            }
        }
        self.find(talker, id).await
    }
}
