//! Erasing an end user: in batches, each committed; whatever stops it, the next one goes on.

use std::time::Duration;

use gatewright_domain::{audit::AuditAction, error::Unavailable};
use gatewright_storage_kit::StorageError;
use gatewright_storage_runs::{
    erasure::{conversations, messages, runs},
    lease,
};
use gatewright_usecase_kit::Ctx;
use uuid::Uuid;

use super::{EndUsers, KnownUser};
use crate::{
    batches::{self, Batch, Pace, Step},
    eraser::{Annotations, Eraser},
};

/// Somebody waits for it.
const PACE: Pace = Pace {
    size: 200,
    pause: Duration::ZERO,
};

/// What is erased, one after the other: whoever finds a user, a conversation or a run finds what hangs on it first.
const KINDS: [Kind; 4] = [Kind::Runs, Kind::Messages, Kind::Conversations, Kind::User];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Runs,
    Messages,
    Conversations,
    User,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Runs => "runs",
            Self::Messages => "messages",
            Self::Conversations => "conversations",
            Self::User => "files and the end user",
        }
    }
}

struct Erasing<'a> {
    eraser: Eraser,
    ctx: &'a Ctx,
    app: Uuid,
    user: Uuid,
    kind: Kind,
}

impl EndUsers {
    /// Erases an end user of an app with everything that is kept of them. Runs that are under way are stopped. Contents of files are
    /// deleted by the worker, by jobs that were enqueued with it. `progress` hears what is gone.
    ///
    /// # Errors
    /// When the database does not answer; what went until then stays gone, and another call goes on.
    pub async fn erase(
        &self,
        ctx: &Ctx,
        user: &KnownUser,
        progress: &(dyn Fn(&'static str, usize) + Sync),
    ) -> Result<(), Unavailable> {
        self.stop_runs(user)
            .await
            .map_err(StorageError::into_unavailable)?;
        let mut erasing = Erasing {
            eraser: Eraser {
                pool: self.pool.clone(),
                env: self.env.clone(),
            },
            ctx,
            app: user.app,
            user: user.id,
            kind: Kind::Runs,
        };
        for kind in KINDS {
            erasing.kind = kind;
            let rows = batches::run(&mut erasing, PACE, "end_user").await?;
            progress(kind.as_str(), rows);
        }
        Ok(self.note(ctx, AuditAction::EndUserErased, user).await?)
    }

    async fn stop_runs(&self, user: &KnownUser) -> Result<(), StorageError> {
        let mut conn = self.pool.get().await?;
        for run in lease::list_of_user(&mut conn, user.app, user.id).await? {
            lease::request_stop(&mut conn, run).await?;
        }
        Ok(())
    }
}

impl Step for Erasing<'_> {
    async fn run(&mut self, limit: i64) -> Result<Batch, StorageError> {
        let (eraser, ctx, app, user) = (&self.eraser, self.ctx, self.app, self.user);
        if self.kind == Kind::User {
            let gone = eraser.users(ctx, &[user], limit).await?;
            return Ok(Batch { seen: 0, gone });
        }
        let mut conn = eraser.pool.get().await?;
        let ids = match self.kind {
            Kind::Runs => runs::list_of_user(&mut conn, app, user, limit).await?,
            Kind::Messages => messages::list_of_user(&mut conn, app, user, limit).await?,
            _ => conversations::list_of_user(&mut conn, app, user, limit).await?,
        };
        drop(conn);
        match self.kind {
            Kind::Runs => eraser.runs(ctx, &ids, limit).await?,
            Kind::Messages => eraser.messages(ctx, &ids, Annotations::Delete).await?,
            _ => eraser.conversations(&ids).await?,
        };
        Ok(Batch::all(ids.len()))
    }
}
