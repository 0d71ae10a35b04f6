//! What was said of the answers of an app, a part at a time: however much there is, a part is held in memory.

use gatewright_storage_runs::{
    conversation_list::Place,
    feedback_export::{self, ExportedFeedback, FeedbackOf},
};
use gatewright_usecase_apps::App;

use crate::{ConversationError, Conversations, Days};

/// Rows of a part.
const PART: i64 = 500;

/// Which feedback. All conditions hold together.
#[derive(Debug, Clone, Copy)]
pub struct ExportFilter {
    /// `user` or `admin`.
    pub source: Option<&'static str>,
    /// `like` or `dislike`.
    pub rating: Option<&'static str>,
    /// With words, or without.
    pub has_comment: Option<bool>,
    /// From the beginning of a day to the beginning of another.
    pub days: Days,
}

impl Conversations {
    /// What is behind this row; without one the newest. Nothing: that was all.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn exported_feedback(
        &self,
        app: &App,
        filter: &ExportFilter,
        after: Option<&ExportedFeedback>,
    ) -> Result<Vec<ExportedFeedback>, ConversationError> {
        let after = after.map(|row| Place {
            at: row.created_at,
            id: row.id,
        });
        let found = filter.days.ask(async |days| {
            let which = FeedbackOf {
                app: app.id.0,
                source: filter.source,
                rating: filter.rating,
                has_comment: filter.has_comment,
                zone: days.zone,
                from: days.from,
                before: days.to,
            };
            let mut conn = self.pool.get().await?;
            feedback_export::list(&mut conn, which, after, PART).await
        });
        Ok(found.await?)
    }
}
