//! Conversations with an app that answers one question at a time, as its owners look at them: each is its first message.

use std::collections::HashMap;

use gatewright_storage_runs::{
    first_message::{self, FirstMessage},
    owner_conversation::{BegunWith, OwnerConversation},
    owner_message::{self, MessageAnnotation},
};
use gatewright_usecase_apps::App;
use gatewright_usecase_kit::Ctx;
use uuid::Uuid;

use crate::{ConversationError, Conversations, OwnerList, OwnerMessage};

/// A conversation with what was asked in it.
#[derive(Debug, Clone)]
pub struct OwnerCompletion {
    /// The row of a list of conversations.
    pub conversation: OwnerConversation,
    /// What was asked and answered; none when it was deleted meanwhile.
    pub message: Option<FirstMessage>,
    /// The annotation that was made of the answer.
    pub annotation: Option<MessageAnnotation>,
}

/// A page of such conversations.
#[derive(Debug, Clone)]
pub struct CompletionPage {
    /// In the order that was asked for.
    pub rows: Vec<OwnerCompletion>,
    /// Conversations of all pages, as far as they are counted.
    pub total: u64,
}

/// A conversation that was opened.
#[derive(Debug, Clone)]
pub struct OpenedCompletion {
    /// The row of a list of conversations.
    pub conversation: OwnerConversation,
    /// The configuration that it began with.
    pub config: BegunWith,
    /// Its message, whole.
    pub message: OwnerMessage,
}

impl Conversations {
    /// A page of the conversations of an app, each with its message.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn owner_completions(
        &self,
        app: &App,
        request: &OwnerList,
    ) -> Result<CompletionPage, ConversationError> {
        let page = self.owner_list(app, request).await?;
        let ids: Vec<Uuid> = page.rows.iter().map(|row| row.id).collect();
        let mut conn = self.pool.get().await?;
        let messages = first_message::list(&mut conn, &ids).await?;
        let ids: Vec<Uuid> = messages.iter().map(|message| message.id).collect();
        let annotations = owner_message::list_annotations(&mut conn, &ids).await?;
        drop(conn);
        let mut of: HashMap<Uuid, FirstMessage> = messages
            .into_iter()
            .map(|message| (message.conversation_id, message))
            .collect();
        let whole = |conversation: OwnerConversation| {
            let message = of.remove(&conversation.id);
            let id = message.as_ref().map(|message| message.id);
            let mut own = annotations.iter();
            OwnerCompletion {
                annotation: own.find(|row| Some(row.message_id) == id).cloned(),
                conversation,
                message,
            }
        };
        Ok(CompletionPage {
            rows: page.rows.into_iter().map(whole).collect(),
            total: page.total,
        })
    }

    /// A conversation of an app with its message. Whoever opens it first is noted.
    ///
    /// # Errors
    /// When the app has none of that id, it has no message, or PostgreSQL does not answer.
    pub async fn open_completion(
        &self,
        ctx: &Ctx,
        app: &App,
        account: Uuid,
        id: Uuid,
    ) -> Result<OpenedCompletion, ConversationError> {
        let (conversation, config) = self.open_as_owner(ctx, app, account, id).await?;
        let first = {
            let mut conn = self.pool.get().await?;
            first_message::list(&mut conn, &[id]).await?.pop()
        };
        let first = first.ok_or(ConversationError::MessageNotFound)?;
        let message = self.owner_message(ctx, app, first.id).await?;
        Ok(OpenedCompletion {
            conversation,
            config,
            message,
        })
    }
}
