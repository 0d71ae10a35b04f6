//! What people say of answers.

use gatewright_storage_kit::Tx;
use gatewright_storage_runs::{
    message_feedback::{self, Feedback, NewFeedback},
    message_list, owner_message,
    run::Creator,
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

/// Who says something of which message.
struct About {
    app: Uuid,
    conversation: Uuid,
    message: Uuid,
    creator: Creator,
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
        let about = About {
            app: talker.app.0,
            conversation: found.conversation_id,
            message,
            creator: talker.creator,
        };
        self.keep_opinion(ctx, &mut tx, about, opinion).await?;
        Ok(tx.commit().await?)
    }

    /// Keeps what an owner of an app says of a message, whoever's it is; nothing takes back what owners said.
    ///
    /// # Errors
    /// When the app has no such message, there is nothing that could be taken back, or PostgreSQL does not answer.
    pub async fn rate_as_owner(
        &self,
        ctx: &Ctx,
        app: &App,
        account: Uuid,
        message: Uuid,
        opinion: Option<&Opinion>,
    ) -> Result<(), ConversationError> {
        let mut tx = self.pool.begin().await?;
        let found = owner_message::find(&mut tx, app.id.0, message).await?;
        let (found, _) = found.ok_or(ConversationError::MessageNotFound)?;
        let about = About {
            app: app.id.0,
            conversation: found.conversation_id,
            message,
            creator: Creator::Account(account),
        };
        self.keep_opinion(ctx, &mut tx, about, opinion).await?;
        Ok(tx.commit().await?)
    }

    async fn keep_opinion(
        &self,
        ctx: &Ctx,
        tx: &mut Tx,
        about: About,
        opinion: Option<&Opinion>,
    ) -> Result<(), ConversationError> {
        message_feedback::lock(tx, about.message).await?;
        let Some(opinion) = opinion else {
            if !message_feedback::delete(tx, about.message, about.creator).await? {
                return Err(ConversationError::NoFeedback);
            }
            return Ok(());
        };
        let new = NewFeedback {
            id: self.env.ids.new_uuid(),
            app_id: about.app,
            conversation_id: about.conversation,
            message_id: about.message,
            rating: if opinion.likes { "like" } else { "dislike" },
            content: opinion.content.as_deref(),
            creator: about.creator,
            at: ctx.now,
        };
        if !message_feedback::update(tx, &new).await? {
            message_feedback::insert(tx, &new).await?;
        }
        Ok(())
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
