//! Deletes rows that its caller names with everything that hangs on them, each kind in transactions of its own; contents of files that
//! nothing stands for any more are deleted by a job of the same transaction.

use gatewright_storage_kit::{Pool, StorageError, Tx};
use gatewright_storage_runs::erasure::{conversations, files, messages, runs, users};
use gatewright_usecase_kit::{Ctx, Env, delete_contents_at};
use uuid::Uuid;

/// Deletes rows with everything that hangs on them.
#[derive(Clone)]
pub(super) struct Eraser {
    /// Where the rows are.
    pub(super) pool: Pool,
    /// For the jobs that delete contents.
    pub(super) env: Env,
}

/// Whether annotations go with the messages that they were made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Annotations {
    /// They are the owner's.
    Keep,
    /// They hold the question of whoever is to be forgotten.
    Delete,
}

impl Eraser {
    /// Deletes runs; of their nodes so many at a time.
    pub(super) async fn runs(
        &self,
        ctx: &Ctx,
        ids: &[Uuid],
        limit: i64,
    ) -> Result<usize, StorageError> {
        loop {
            let mut tx = self.pool.begin().await?;
            let gone = runs::delete_nodes(&mut tx, ids, limit).await?;
            let keys = files::delete_of_nodes(&mut tx, &gone.files).await?;
            self.commit(tx, ctx, keys).await?;
            if gone.count < limit {
                break;
            }
        }
        let mut tx = self.pool.begin().await?;
        let uploads = runs::delete(&mut tx, ids).await?;
        let keys = files::delete_unattached(&mut tx, &uploads).await?;
        self.commit(tx, ctx, keys).await?;
        Ok(ids.len())
    }

    /// Deletes messages, and files that came with them and with no other.
    pub(super) async fn messages(
        &self,
        ctx: &Ctx,
        ids: &[Uuid],
        annotations: Annotations,
    ) -> Result<usize, StorageError> {
        let mut tx = self.pool.begin().await?;
        if annotations == Annotations::Delete {
            messages::delete_annotations(&mut tx, ids).await?;
        }
        let uploads = messages::delete(&mut tx, ids).await?;
        let keys = files::delete_unattached(&mut tx, &uploads).await?;
        self.commit(tx, ctx, keys).await?;
        Ok(ids.len())
    }

    /// Deletes conversations whose messages are gone.
    pub(super) async fn conversations(&self, ids: &[Uuid]) -> Result<usize, StorageError> {
        let mut tx = self.pool.begin().await?;
        let gone = conversations::delete(&mut tx, ids).await?;
        tx.commit().await?;
        Ok(gone)
    }

    /// Deletes end users with their files, of which so many at a time.
    pub(super) async fn users(
        &self,
        ctx: &Ctx,
        ids: &[Uuid],
        limit: i64,
    ) -> Result<usize, StorageError> {
        loop {
            let mut tx = self.pool.begin().await?;
            let keys = files::delete_of_users(&mut tx, ids, limit).await?;
            let is_last = keys.is_empty();
            self.commit(tx, ctx, keys).await?;
            if is_last {
                break;
            }
        }
        let mut tx = self.pool.begin().await?;
        users::delete(&mut tx, ids).await?;
        tx.commit().await?;
        Ok(ids.len())
    }

    /// Deletes files that no message has.
    pub(super) async fn files(&self, ctx: &Ctx, ids: &[Uuid]) -> Result<usize, StorageError> {
        let mut tx = self.pool.begin().await?;
        let keys = files::delete_unattached(&mut tx, ids).await?;
        let gone = keys.len();
        self.commit(tx, ctx, keys).await?;
        Ok(gone)
    }

    /// Has contents deleted once what their rows were deleted in commits.
    pub(super) async fn commit(
        &self,
        mut tx: Tx,
        ctx: &Ctx,
        keys: Vec<String>,
    ) -> Result<(), StorageError> {
        delete_contents_at(&mut tx, &self.env, ctx.now, &keys).await?;
        tx.commit().await
    }
}
