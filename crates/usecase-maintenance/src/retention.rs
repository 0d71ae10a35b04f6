//! What apps and their users left behind, deleted when it is old: messages, runs, files, end users. Each kind is gone through in the order of
//! age, a batch at a time; what is still in use is passed by.

use chrono::{DateTime, Utc};
use gatewright_storage_kit::StorageError;
use gatewright_storage_runs::erasure::{Aged, conversations, files, messages, runs, users};
use gatewright_usecase_kit::Ctx;
use uuid::Uuid;

use super::{
    batches::{Batch, Step},
    eraser::{Annotations, Eraser},
};

/// What is old, and where its purge stands.
pub(super) struct Old<Kind> {
    pub(super) eraser: Eraser,
    pub(super) ctx: Ctx,
    /// What was made before this is old.
    pub(super) before: DateTime<Utc>,
    /// The last row that was looked at.
    pub(super) after: Aged,
    /// What is purged.
    pub(super) kind: Kind,
}

/// Old messages, with conversations of which nothing is left.
pub(super) struct Messages;

/// Runs of these workflows; of any, when none are named.
pub(super) struct Runs(pub(super) Vec<Uuid>);

/// Files of end users.
pub(super) struct Uploads;

/// End users of whom nothing is left.
pub(super) struct EndUsers;

impl<Kind> Old<Kind> {
    /// What of a page may go; the page is behind us once that went.
    fn due(page: &[Aged]) -> Vec<Uuid> {
        let due = page.iter().filter(|row| row.is_due);
        due.map(|row| row.id).collect()
    }

    fn pass(&mut self, page: &[Aged], gone: usize) -> Batch {
        if let Some(last) = page.last() {
            self.after = *last;
        }
        Batch {
            seen: page.len(),
            gone,
        }
    }
}

impl Step for Old<Messages> {
    async fn run(&mut self, limit: i64) -> Result<Batch, StorageError> {
        let mut conn = self.eraser.pool.get().await?;
        let page = messages::list_before(&mut conn, self.before, self.after, limit).await?;
        let due = Self::due(&page);
        let talks = messages::list_conversations(&mut conn, &due).await?;
        drop(conn);
        let keep = Annotations::Keep;
        let gone = self.eraser.messages(&self.ctx, &due, keep).await?;
        let mut tx = self.eraser.pool.begin().await?;
        let empty = conversations::lock_empty(&mut tx, &talks, self.before).await?;
        conversations::delete(&mut tx, &empty).await?;
        tx.commit().await?;
        Ok(self.pass(&page, gone))
    }
}

impl Step for Old<Runs> {
    async fn run(&mut self, limit: i64) -> Result<Batch, StorageError> {
        let mut conn = self.eraser.pool.get().await?;
        let workflows = &self.kind.0;
        let page = runs::list_before(&mut conn, self.before, self.after, workflows, limit).await?;
        drop(conn);
        let due = Self::due(&page);
        let gone = self.eraser.runs(&self.ctx, &due, limit).await?;
        Ok(self.pass(&page, gone))
    }
}

impl Step for Old<Uploads> {
    async fn run(&mut self, limit: i64) -> Result<Batch, StorageError> {
        let mut conn = self.eraser.pool.get().await?;
        let page = files::list_before(&mut conn, self.before, self.after, limit).await?;
        drop(conn);
        let gone = self.eraser.files(&self.ctx, &Self::due(&page)).await?;
        Ok(self.pass(&page, gone))
    }
}

impl Step for Old<EndUsers> {
    async fn run(&mut self, limit: i64) -> Result<Batch, StorageError> {
        let mut conn = self.eraser.pool.get().await?;
        let page = users::list(&mut conn, self.after.id, limit).await?;
        let gone = users::delete_idle(&mut conn, &page, self.before).await?;
        if let Some(last) = page.last() {
            self.after.id = *last;
        }
        Ok(Batch {
            seen: page.len(),
            gone,
        })
    }
}
