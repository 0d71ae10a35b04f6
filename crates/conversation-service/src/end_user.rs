//! End users, as the holder of an app's key sees them.

use gatewright_storage_runs::end_user::{self, EndUser};
use gatewright_usecase_apps::App;
use uuid::Uuid;

use crate::{ConversationError, Conversations};

impl Conversations {
    /// An end user of an app.
    ///
    /// # Errors
    /// When the app has none of that id, or PostgreSQL does not answer.
    pub async fn end_user(&self, app: &App, id: Uuid) -> Result<EndUser, ConversationError> {
        let mut conn = self.pool.get().await?;
        let found = end_user::find_by_id(&mut conn, app.workspace.0, app.id.0, id).await?;
        found.ok_or(ConversationError::EndUserNotFound)
    }
}
