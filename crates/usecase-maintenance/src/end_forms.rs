//! The job that ends forms of runs which nobody answered in time, so that their runs go on or stop (apps.md §3.13). Each form is ended by
//! one conditional update, in a transaction that also lets whichever process serves runs go on with its run.

use chrono::{DateTime, TimeDelta, Utc};
use gatewright_domain::error::Unavailable;
use gatewright_jobs::{Job, JobError, QueueName, Running};
use gatewright_storage_kit::StorageError;
use gatewright_storage_runs::{
    form::{self, Due},
    lease,
};
use serde::{Deserialize, Serialize};

use super::clean::{BATCH, Cleaner};

/// The job that ends forms whose time is over.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct EndForms {}

impl Job for EndForms {
    const KIND: &'static str = "end_forms";
    const QUEUE: QueueName = QueueName::Retention;
    const MAX_ATTEMPTS: i32 = 3;
}

impl Cleaner {
    /// Does the job. Returns how many forms were ended.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn run_end_forms(&self, running: Running) -> Result<usize, JobError> {
        let ended = self.end_forms(running.now).await?;
        tracing::info!(
            event = "maintenance.forms_ended",
            ended,
            "forms that nobody answered in time were ended"
        );
        Ok(ended)
    }

    /// Ends forms whose time is over at `now`.
    ///
    /// # Errors
    /// When the database does not answer; what was ended so far stays so.
    pub async fn end_forms(&self, now: DateTime<Utc>) -> Result<usize, Unavailable> {
        let made_after = now - TimeDelta::seconds(i64::from(self.settings.form_seconds));
        let mut ended = 0;
        loop {
            let mut conn = self.pool.get().await?;
            let due = form::list_due(&mut conn, now, made_after, BATCH).await?;
            drop(conn);
            for one in &due {
                ended += usize::from(self.end_one(*one, now, made_after).await?);
            }
            if due.len() < usize::try_from(BATCH).unwrap_or_default() {
                return Ok(ended);
            }
        }
    }

    /// The lease is locked first, as whoever writes the run does.
    async fn end_one(
        &self,
        due: Due,
        now: DateTime<Utc>,
        made_after: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        let mut tx = self.pool.begin().await?;
        lease::lock(&mut tx, &[due.run_id]).await?;
        let is_ended = form::end(&mut tx, due.form_id, now, made_after).await?;
        if is_ended {
            lease::offer(&mut tx, due.run_id).await?;
        }
        tx.commit().await?;
        Ok(is_ended)
    }
}
