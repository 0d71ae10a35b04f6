//! What was run of an app, by whom, as its owner looks for it.

use chrono::{DateTime, Utc};
use gatewright_storage_runs::run_log::{self, Log, LogsOf};
use gatewright_usecase_apps::App;

use crate::{ConversationError, Conversations, pattern::pattern};

/// Which logs. All conditions hold together.
#[derive(Debug, Clone, Default)]
pub struct LogFilter {
    /// In inputs, outputs, or the name of the end user; or the id of the run.
    pub keyword: Option<String>,
    /// How the run stands.
    pub status: Option<&'static str>,
    /// Not earlier than this.
    pub from: Option<DateTime<Utc>>,
    /// Not later than this.
    pub to: Option<DateTime<Utc>>,
    /// The caller's name for the end user who ran it.
    pub session: Option<String>,
    /// The address of the account that ran it.
    pub account: Option<String>,
}

/// A page of logs.
#[derive(Debug, Clone)]
pub struct LogPage {
    /// The newest first.
    pub rows: Vec<Log>,
    /// Logs of all pages, as far as they are counted.
    pub total: u64,
}

impl Conversations {
    /// A page of the logs of an app; the first page is 1.
    ///
    /// # Errors
    /// When nobody in the workspace has the account's address, or PostgreSQL does not answer.
    pub async fn logs(
        &self,
        app: &App,
        filter: &LogFilter,
        page: u32,
        limit: u32,
    ) -> Result<LogPage, ConversationError> {
        let mut conn = self.pool.get().await?;
        let account = match filter.account.as_deref() {
            None => None,
            Some(email) => {
                let found = run_log::find_member(&mut conn, app.workspace.0, email).await?;
                let missing = || ConversationError::AccountNotFound(email.to_owned());
                Some(found.ok_or_else(missing)?)
            }
        };
        let keyword = filter.keyword.as_deref().filter(|word| !word.is_empty());
        let pattern = keyword.map(pattern);
        let which = LogsOf {
            tenant: app.workspace.0,
            app: app.id.0,
            pattern: pattern.as_deref(),
            run: keyword.and_then(|word| word.parse().ok()),
            status: filter.status,
            from: filter.from,
            to: filter.to,
            session: filter.session.as_deref(),
            account,
        };
        let offset = i64::from(page.saturating_sub(1)) * i64::from(limit);
        let (rows, total) = run_log::list(&mut conn, &which, offset, i64::from(limit)).await?;
        Ok(LogPage {
            rows,
            total: u64::try_from(total).unwrap_or_default(),
        })
    }
}
