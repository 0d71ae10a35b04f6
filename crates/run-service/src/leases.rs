//! Leases of the runs of this process: renewed by one statement, and given back when it leaves.

use std::{sync::Arc, time::Duration};

use gatewright_storage_kit::{Pool, StorageError};
use gatewright_storage_runs::lease;
use gatewright_usecase_runs::RunRegistry;
use uuid::Uuid;

use crate::LEASE_SECONDS;

/// Keeps the leases of one process.
pub struct LeaseKeeper {
    pool: Pool,
    owner: Uuid,
    registry: Arc<RunRegistry>,
}

impl LeaseKeeper {
    /// For the process that calls itself `owner`.
    pub fn new(pool: Pool, owner: Uuid, registry: Arc<RunRegistry>) -> Self {
        Self {
            pool,
            owner,
            registry,
        }
    }

    /// Renews until it is dropped, three times in the length of a lease. A run whose lease is another one's ends here.
    pub async fn run(self) {
        let mut beat = tokio::time::interval(Duration::from_secs_f64(LEASE_SECONDS / 3.0));
        loop {
            beat.tick().await;
            if let Err(error) = self.renew().await {
                tracing::warn!(
                    event = "run.leases_not_renewed",
                    %error,
                    "leases of runs were not renewed"
                );
            }
        }
    }

    /// Once.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn renew(&self) -> Result<(), StorageError> {
        let running = self.registry.held();
        if running.is_empty() {
            return Ok(());
        }
        let mut conn = self.pool.get().await?;
        let kept = lease::renew(&mut conn, self.owner, LEASE_SECONDS).await?;
        for key in running {
            // One that began after the statement ran has a fresh lease, which the next beat sees.
            if !kept.contains(&key.run_id)
                && !lease::is_owned(&mut conn, key.run_id, self.owner).await?
            {
                self.registry.abandon(key.run_id);
            }
        }
        Ok(())
    }

    /// Lets others go on with what has not ended.
    ///
    /// # Errors
    /// When PostgreSQL does not answer; then leases lapse by themselves.
    pub async fn give_back(&self) -> Result<usize, StorageError> {
        let mut conn = self.pool.get().await?;
        lease::give_back(&mut conn, self.owner).await
    }
}
