//! What people say of answers.

use gatewright_storage_runs::{
    message_feedback::{self, Feedback, NewFeedback},
    message_list,
};
use gatewright_usecase_apps::App;
use gatewright_usecase_kit::Ctx;
use uuid::Uuid;

use crate::{ConversationError, Conversations, Talker};

/// What somebody says of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opinion {
    /// Whether they like it.
    pub likes: bool,
    /// In their own words.
    pub content: Option<String>,
}

impl Conversations {
    /// Keeps what the talker says of a message of theirs; nothing takes back what they said.
    ///
    /// # Errors
    /// When they have no such message, there is nothing that could be taken back, or PostgreSQL does not answer.
    pub async fn rate(
        &self,
        ctx: &Ctx,
        talker: &Talker,
        message: Uuid,
        opinion: Option<&Opinion>,
    ) -> Result<(), ConversationError> {
        let mut tx = self.pool.begin().await?;
        let found = message_list::find(&mut tx, talker.app.0, talker.creator, message).await?;
        let found = found.ok_or(ConversationError::MessageNotFound)?;
        message_feedback::lock(&mut tx, message).await?;
        match opinion {
            None => {
                if !message_feedback::delete(&mut tx, message, talker.creator).await? {
                    return Err(ConversationError::NoFeedback);
                }
            }
            Some(opinion) => {
                let new = NewFeedback {
                    id: self.env.ids.new_uuid(),
                    app_id: talker.app.0,
                    conversation_id: found.conversation_id,
                    message_id: message,
                    rating: if opinion.likes { "like" } else { "dislike" },
                    content: opinion.content.as_deref(),
                    creator: talker.creator,
                    at: ctx.now,
                };
                if !message_feedback::update(&mut tx, &new).await? {
                    message_feedback::insert(&mut tx, &new).await?;
                }
            }
        }
        Ok(tx.commit().await?)
    }

    /// A page of what was said of the answers of an app, the newest first; the first page is 1.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn feedbacks(
        &self,
        app: &App,
        page: u32,
        limit: u32,
    ) -> Result<Vec<Feedback>, ConversationError> {
        let offset = i64::from(page.saturating_sub(1)) * i64::from(limit);
        let mut conn = self.pool.get().await?;
        let limit = i64::from(limit);
        Ok(message_feedback::list_of_app(&mut conn, app.id.0, offset, limit).await?)
    }
}
