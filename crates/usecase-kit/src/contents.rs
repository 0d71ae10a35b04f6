//! Contents of files outlive their rows for a moment: a job of the transaction that deletes the rows deletes
//! the contents after it has committed, again and again until it worked.

use chrono::{DateTime, Utc};
use gatewright_domain::error::Unavailable;
use gatewright_jobs::{Job, JobId, QueueName, enqueue};
use gatewright_storage_identity::upload_file::Orphans;
use gatewright_storage_kit::Tx;
use serde::{Deserialize, Serialize};

use crate::{Ctx, Env};

/// Keys in one job: each is a piece of work that a worker repeats whole.
const KEYS_OF_A_JOB: usize = 500;

/// Deletes contents. Keys hold ids and nothing of what people wrote.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeleteContents {
    /// Where they are.
    pub keys: Vec<String>,
}

impl Job for DeleteContents {
    const KIND: &'static str = "delete_contents";
    const QUEUE: QueueName = QueueName::Retention;
}

/// Has contents deleted once the transaction commits.
///
/// # Errors
/// When the database does not take the job.
pub async fn delete_contents(
    tx: &mut Tx,
    env: &Env,
    ctx: &Ctx,
    orphans: Orphans,
) -> Result<(), Unavailable> {
    delete_contents_at(tx, env, ctx.now, &orphans.into_keys()).await
}

/// The same of contents under these keys, whose rows the transaction deletes.
///
/// # Errors
/// When the database does not take the job.
pub async fn delete_contents_at(
    tx: &mut Tx,
    env: &Env,
    now: DateTime<Utc>,
    keys: &[String],
) -> Result<(), Unavailable> {
    for keys in keys.chunks(KEYS_OF_A_JOB) {
        let job = DeleteContents {
            keys: keys.to_vec(),
        };
        let id = JobId::generate(env.ids.as_ref());
        enqueue(tx.as_mut(), id, &job, now, now).await?;
    }
    Ok(())
}
