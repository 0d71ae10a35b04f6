//! Leases of the runs of this process: renewed by one statement, given back when it leaves; and those of processes that are gone, taken.

use std::{collections::HashSet, sync::Arc, time::Duration};

use gatewright_storage_kit::{Pool, StorageError};
use gatewright_storage_runs::lease;
use gatewright_usecase_runs::RunRegistry;
use uuid::Uuid;

use crate::{LEASE_SECONDS, RENEW_SECONDS, RunService, RunServiceError, store::STOPPED};

/// Runs that are taken up at a time: the other processes want some too.
const TAKEN_AT_ONCE: usize = 16;

/// Keeps the leases of one process.
pub struct LeaseKeeper {
    pool: Pool,
    owner: Uuid,
    registry: Arc<RunRegistry>,
    service: Arc<RunService>,
}

impl LeaseKeeper {
    /// For the process that calls itself `owner`.
    pub fn new(
        pool: Pool,
        owner: Uuid,
        registry: Arc<RunRegistry>,
        service: Arc<RunService>,
    ) -> Self {
        Self {
            pool,
            owner,
            registry,
            service,
        }
    }

    /// Renews and takes until it is dropped, three times in the length of a lease. A run whose lease is another one's ends here.
    pub async fn run(self) {
        let mut beat = tokio::time::interval(Duration::from_secs_f64(RENEW_SECONDS));
        loop {
            tokio::select! {
                _ = beat.tick() => {}
                () = self.service.leases_changed() => {}
            }
            if let Err(error) = self.renew().await {
                tracing::warn!(
                    event = "run.leases_not_renewed",
                    %error,
                    "leases of runs were not renewed"
                );
            } else if let Err(error) = self.service.look_after_awaited().await {
                tracing::warn!(
                    event = "run.awaited_not_found",
                    %error,
                    "runs of other processes that are read here were not looked for"
                );
            } else if let Err(error) = self.take_up_lapsed().await {
                tracing::warn!(
                    event = "run.not_taken_up",
                    %error,
                    "runs of processes that are gone were not taken up"
                );
            }
        }
    }

    /// Once, the leases of runs that have a task here: one that could not go on is left to lapse, and taken over. Those of runs that
    /// wait for people have no owner.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn renew(&self) -> Result<(), RunServiceError> {
        let running = self.registry.held();
        let runs: Vec<Uuid> = running.iter().map(|key| key.run_id).collect();
        self.service.active.renew(&self.registry).await;
        let mut conn = self.pool.get().await?;
        let kept = lease::renew(&mut conn, self.owner, &runs, LEASE_SECONDS).await?;
        let still: HashSet<Uuid> = kept.iter().map(|lease| lease.run_id).collect();
        for key in running {
            // One that began after the statement ran has a fresh lease, which the next beat sees.
            if !still.contains(&key.run_id)
                && !lease::is_owned(&mut conn, key.run_id, self.owner).await?
            {
                self.registry.abandon(key.run_id);
            }
        }
        drop(conn);
        for lease in &kept {
            if lease.stop_requested_at.is_some() && !self.registry.stop(lease.run_id, STOPPED).await
            {
                // It has an owner and no task: it is about to begin, or to end.
                continue;
            }
            if lease.is_woken() {
                self.service.tell_answers(lease.run_id).await?;
            }
        }
        Ok(())
    }

    /// Goes on with runs whose owners let their leases lapse, or gave them back. Returns how many.
    ///
    /// # Errors
    /// When a store does not answer; what was taken and not begun lapses once more.
    pub async fn take_up_lapsed(&self) -> Result<usize, RunServiceError> {
        // Whoever takes what it cannot begin keeps it from others for the length of a lease.
        let room = self.registry.room().min(TAKEN_AT_ONCE);
        let Some(limit) = i64::try_from(room).ok().filter(|room| *room > 0) else {
            return Ok(0);
        };
        let mut conn = self.pool.get().await?;
        let taken = lease::claim_lapsed(&mut conn, self.owner, LEASE_SECONDS, limit).await?;
        drop(conn);
        let mut outcome = Ok(taken.len());
        for lease in &taken {
            // One that cannot be begun now keeps the others from nothing.
            if let Err(error) = self.service.take_up(*lease).await {
                outcome = Err(error);
            }
        }
        outcome
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
