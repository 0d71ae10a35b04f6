//! A talker's conversations, listed.

use gatewright_storage_runs::conversation_list::{self, Listed, Part, Place, SortTime};
use uuid::Uuid;

use crate::{ConversationError, Conversations, Talker, Window};

/// Which part of a list of conversations, and in which order.
#[derive(Debug, Clone, Copy)]
pub struct ListRequest {
    /// By which time.
    pub sort: SortTime,
    /// The latest first.
    pub newest_first: bool,
    /// `true`: those that the talker pinned; `false`: the others; none: all.
    pub pinned: Option<bool>,
    /// The last one that was shown; none: from the beginning on.
    pub last: Option<Uuid>,
    /// At most so many.
    pub limit: u32,
}

impl Conversations {
    /// A part of the talker's conversations.
    ///
    /// # Errors
    /// When the last one is none of theirs, or PostgreSQL does not answer.
    pub async fn list(
        &self,
        talker: &Talker,
        request: ListRequest,
    ) -> Result<Window<Listed>, ConversationError> {
        let mut conn = self.pool.get().await?;
        let after = match request.last {
            None => None,
            Some(last) => {
                let (app, creator) = (talker.app.0, talker.creator);
                let found = conversation_list::find(&mut conn, app, creator, last).await?;
                let found = found.ok_or(ConversationError::LastNotFound)?;
                let at = match request.sort {
                    SortTime::Created => found.created_at,
                    SortTime::Updated => found.updated_at,
                };
                Some(Place { at, id: found.id })
            }
        };
        let part = Part {
            sort: request.sort,
            newest_first: request.newest_first,
            pinned: request.pinned,
            after,
            limit: i64::from(request.limit) + 1,
        };
        let rows = conversation_list::list(&mut conn, talker.owned(), part).await?;
        Ok(Window::of(rows, request.limit))
    }
}
