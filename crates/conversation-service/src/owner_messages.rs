//! Messages of an app as its owners look at them: what their users see, what it cost, and what everybody says of it.

use std::collections::HashMap;

use gatewright_storage_runs::{
    owner_conversation,
    owner_message::{self, MessageAnnotation, MessageCost, MessageHit, MessageOpinion},
    run::Creator,
};
use gatewright_usecase_apps::App;
use gatewright_usecase_kit::Ctx;
use uuid::Uuid;

use crate::{
    ConversationError, Conversations, MessageRow, Talker, VariableList, VariableRow, Window,
};

/// Variables of a conversation that owners are shown.
pub const MAX_VARIABLES: u32 = 100;

/// A message with what only owners see.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnerMessage {
    /// What its user sees.
    pub message: MessageRow,
    /// What it cost; none when it was deleted meanwhile.
    pub cost: Option<MessageCost>,
    /// What everybody says of it.
    pub opinions: Vec<MessageOpinion>,
    /// The annotation that was made of it.
    pub annotation: Option<MessageAnnotation>,
    /// The annotation that answered it.
    pub hit: Option<MessageHit>,
}

impl Conversations {
    /// A page of a conversation of an app: before the message `first`, or the latest; inside the page the oldest first.
    ///
    /// # Errors
    /// When the app has no such conversation, `first` is none of its messages, or PostgreSQL does not answer.
    pub async fn owner_messages(
        &self,
        ctx: &Ctx,
        app: &App,
        conversation: Uuid,
        first: Option<Uuid>,
        limit: u32,
    ) -> Result<Window<OwnerMessage>, ConversationError> {
        let talker = self.talker_of(app, conversation).await?;
        let window = self.messages_of(ctx, &talker, conversation, first, limit);
        let window = window.await?;
        Ok(Window {
            rows: self.for_owners(window.rows).await?,
            has_more: window.has_more,
        })
    }

    /// A message of an app.
    ///
    /// # Errors
    /// When the app has none of that id, or PostgreSQL does not answer.
    pub async fn owner_message(
        &self,
        ctx: &Ctx,
        app: &App,
        id: Uuid,
    ) -> Result<OwnerMessage, ConversationError> {
        let found = {
            let mut conn = self.pool.get().await?;
            owner_message::find(&mut conn, app.id.0, id).await?
        };
        let (row, creator) = found.ok_or(ConversationError::MessageNotFound)?;
        let shown = self.one_message(ctx, &talker(app, creator), row).await?;
        let mut rows = self.for_owners(vec![shown]).await?;
        rows.pop().ok_or(ConversationError::MessageNotFound)
    }

    /// What a conversation of an app remembers, in the order in which it got it; the first [`MAX_VARIABLES`].
    ///
    /// # Errors
    /// When the app has no such conversation, or PostgreSQL does not answer.
    pub async fn owner_variables(
        &self,
        app: &App,
        conversation: Uuid,
    ) -> Result<Vec<VariableRow>, ConversationError> {
        self.talker_of(app, conversation).await?;
        let all = VariableList {
            limit: MAX_VARIABLES,
            ..VariableList::default()
        };
        Ok(self.variables_of(conversation, &all).await?.rows)
    }

    /// Whose a conversation of an app is.
    async fn talker_of(&self, app: &App, conversation: Uuid) -> Result<Talker, ConversationError> {
        let mut conn = self.pool.get().await?;
        let found = owner_conversation::find_creator(&mut conn, app.id.0, conversation).await?;
        let creator = found.ok_or(ConversationError::NotFound)?;
        Ok(talker(app, creator))
    }

    async fn for_owners(
        &self,
        messages: Vec<MessageRow>,
    ) -> Result<Vec<OwnerMessage>, ConversationError> {
        let ids: Vec<Uuid> = messages.iter().map(|message| message.row.id).collect();
        let mut conn = self.pool.get().await?;
        let costs = owner_message::list_costs(&mut conn, &ids).await?;
        let opinions = owner_message::list_opinions(&mut conn, &ids).await?;
        let annotations = owner_message::list_annotations(&mut conn, &ids).await?;
        let hits = owner_message::list_hits(&mut conn, &ids).await?;
        drop(conn);
        let mut costs: HashMap<Uuid, MessageCost> =
            costs.into_iter().map(|cost| (cost.id, cost)).collect();
        let whole = |message: MessageRow| {
            let id = message.row.id;
            OwnerMessage {
                cost: costs.remove(&id),
                opinions: opinions
                    .iter()
                    .filter(|opinion| opinion.message_id == id)
                    .cloned()
                    .collect(),
                annotation: annotations.iter().find(|row| row.message_id == id).cloned(),
                hit: hits.iter().find(|row| row.message_id == id).cloned(),
                message,
            }
        };
        Ok(messages.into_iter().map(whole).collect())
    }
}

fn talker(app: &App, creator: Creator) -> Talker {
    Talker {
        workspace: app.workspace,
        app: app.id,
        creator,
        surfaces: &[],
    }
}
