//! Conversations of an app as its owners look at them.

use gatewright_storage_runs::{
    conversation_list::SortTime,
    owner_conversation::{self, BegunWith, ConversationsOf, OwnerConversation, PageOf},
};
use gatewright_usecase_apps::App;
use gatewright_usecase_kit::Ctx;
use uuid::Uuid;

use crate::{ConversationError, Conversations, Days, pattern::pattern};

/// Which conversations, and which page of them. All conditions hold together.
#[derive(Debug, Clone)]
pub struct OwnerList {
    /// By which time; [`Self::days`] are of it.
    pub sort: SortTime,
    /// The latest first.
    pub newest_first: bool,
    /// From when to when.
    pub days: Days,
    /// With an annotation, or without; none: both.
    pub is_annotated: Option<bool>,
    /// In the name, the introduction, a question, an answer, or the name of the end user.
    pub keyword: Option<String>,
    /// The first is 1.
    pub page: u32,
    /// Rows of a page.
    pub limit: u32,
}

/// A page of conversations.
#[derive(Debug, Clone)]
pub struct OwnerPage {
    /// In the order that was asked for.
    pub rows: Vec<OwnerConversation>,
    /// Conversations of all pages, as far as they are counted.
    pub total: u64,
}

impl Conversations {
    /// A page of the conversations of an app, whoever's they are. What was tried in the editor of a chatflow is left out.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn owner_list(
        &self,
        app: &App,
        request: &OwnerList,
    ) -> Result<OwnerPage, ConversationError> {
        let keyword = request.keyword.as_deref().filter(|word| !word.is_empty());
        let pattern = keyword.map(pattern);
        let page = PageOf {
            sort: request.sort,
            newest_first: request.newest_first,
            offset: i64::from(request.page.saturating_sub(1)) * i64::from(request.limit),
            limit: i64::from(request.limit),
        };
        let found = request.days.ask(async |days| {
            let which = ConversationsOf {
                app: app.id.0,
                not_from: (app.mode == "advanced-chat").then_some("debugger"),
                zone: days.zone,
                from: days.from,
                to: days.to,
                is_annotated: request.is_annotated,
                pattern: pattern.as_deref(),
            };
            let mut conn = self.pool.get().await?;
            owner_conversation::list(&mut conn, which, page).await
        });
        let (rows, total) = found.await?;
        Ok(OwnerPage {
            rows,
            total: u64::try_from(total).unwrap_or_default(),
        })
    }

    /// A conversation of an app, and the configuration that it began with. Whoever opens it first is noted.
    ///
    /// # Errors
    /// When the app has none of that id, or PostgreSQL does not answer.
    pub async fn open_as_owner(
        &self,
        ctx: &Ctx,
        app: &App,
        account: Uuid,
        id: Uuid,
    ) -> Result<(OwnerConversation, BegunWith), ConversationError> {
        let mut conn = self.pool.get().await?;
        let found = owner_conversation::find(&mut conn, app.id.0, id).await?;
        let found = found.ok_or(ConversationError::NotFound)?;
        if found.read_at.is_none() {
            owner_conversation::mark_read(&mut conn, id, account, ctx.now).await?;
        }
        let config = owner_conversation::find_config(&mut conn, app.id.0, id).await?;
        Ok((found, config.unwrap_or_default()))
    }
}
