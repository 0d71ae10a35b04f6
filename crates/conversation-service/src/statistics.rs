//! What is counted of an app, day by day.

use gatewright_storage_runs::statistic::{self, Day, Statistic, Stretch};
use gatewright_usecase_apps::App;

use crate::{ConversationError, Conversations, Days};

impl Conversations {
    /// The days of a stretch that have something, the first first.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn statistic(
        &self,
        app: &App,
        what: Statistic,
        days: &Days,
    ) -> Result<Vec<Day>, ConversationError> {
        let counted = days.ask(async |days| {
            let stretch = Stretch {
                tenant: app.workspace.0,
                app: app.id.0,
                zone: days.zone,
                from: days.from,
                to: days.to,
            };
            let mut conn = self.pool.get().await?;
            statistic::list(&mut conn, what, stretch).await
        });
        Ok(counted.await?)
    }
}
