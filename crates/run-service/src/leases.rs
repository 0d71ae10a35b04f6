//! Leases of the runs of this process: renewed by one statement, given back when it leaves; and those of processes that are gone, taken.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use gatewright_storage_kit::{Pool, StorageError};
use gatewright_storage_runs::lease::{self, Claim};
use gatewright_usecase_runs::RunRegistry;
use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    LEASE_SECONDS, RENEW_SECONDS, RunService, RunServiceError, lease_watch::LeaseWatch,
    store::STOPPED,
};

/// Runs that are taken up at a time: the other processes want some too.
const TAKEN_AT_ONCE: usize = 16;

/// Keeps the leases of one process.
pub struct LeaseKeeper {
    pool: Pool,
    owner: Uuid,
    registry: Arc<RunRegistry>,
    service: Arc<RunService>,
    watch: Mutex<LeaseWatch>,
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
            watch: Mutex::default(),
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
                self.watch().unanswered();
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
            } else if let Err(error) = self.take_up(self.claim()).await {
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
        let renewed: HashSet<Uuid> = kept.iter().map(|lease| lease.run_id).collect();
        let others: Vec<Uuid> = runs
            .iter()
            .filter(|run| !renewed.contains(run))
            .copied()
            .collect();
        let owners = if others.is_empty() {
            vec![]
        } else {
            lease::list_owners(&mut conn, &others).await?
        };
        let lost = self.watch().lost(&runs, &renewed, &owners, self.owner);
        for run in lost {
            self.registry.abandon(run);
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
        self.watch().answered(Instant::now());
        Ok(())
    }

    /// What may be taken over now: see [`LeaseWatch::trusts_lapsed`].
    fn claim(&self) -> Claim {
        if self.watch().trusts_lapsed(Instant::now()) {
            Claim::Lapsed
        } else {
            Claim::GivenBack
        }
    }

    fn watch(&self) -> MutexGuard<'_, LeaseWatch> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes on with runs whose owners let their leases lapse, or gave them back. Returns how many.
    ///
    /// # Errors
    /// When a store does not answer; what was taken and not begun lapses once more.
    pub async fn take_up_lapsed(&self) -> Result<usize, RunServiceError> {
        self.take_up(Claim::Lapsed).await
    }

    async fn take_up(&self, claim: Claim) -> Result<usize, RunServiceError> {
        // Whoever takes what it cannot begin keeps it from others for the length of a lease.
        let room = self.registry.room().min(TAKEN_AT_ONCE);
        let Some(limit) = i64::try_from(room).ok().filter(|room| *room > 0) else {
            return Ok(0);
        };
        let mut conn = self.pool.get().await?;
        let taken = lease::claim(&mut conn, claim, self.owner, LEASE_SECONDS, limit).await?;
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
