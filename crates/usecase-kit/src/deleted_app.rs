//! What hangs on an app outlives it for a moment: a job of the transaction that takes the app away deletes it.

use chrono::TimeDelta;
use gatewright_domain::{
    error::Unavailable,
    ids::{AppId, WorkspaceId},
};
use gatewright_jobs::{Job, JobId, QueueName, enqueue};
use gatewright_storage_kit::Tx;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Ctx, Env};

/// When it is looked for once more, in hours: a run that was on its way may have written something behind the first look.
const AGAIN: i64 = 1;

/// Deletes what hung on an app that is gone.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeleteApp {
    /// The app that was deleted.
    pub app: Uuid,
    /// The workspace that it was of.
    pub workspace: Uuid,
}

impl Job for DeleteApp {
    const KIND: &'static str = "delete_app";
    const QUEUE: QueueName = QueueName::Retention;
}

/// Has everything deleted that hangs on an app, once the transaction that takes it away commits.
///
/// # Errors
/// When the database does not take the job.
pub async fn delete_rest_of_app(
    tx: &mut Tx,
    env: &Env,
    ctx: &Ctx,
    workspace: WorkspaceId,
    app: AppId,
) -> Result<(), Unavailable> {
    let job = DeleteApp {
        app: app.0,
        workspace: workspace.0,
    };
    for at in [ctx.now, ctx.now + TimeDelta::hours(AGAIN)] {
        let id = JobId::generate(env.ids.as_ref());
        enqueue(tx.as_mut(), id, &job, ctx.now, at).await?;
    }
    Ok(())
}
