//! Runs that are read here and are not here: how they end is in storage, whoever ended them.

use std::{
    collections::HashSet,
    sync::{Arc, MutexGuard, PoisonError},
};

use gatewright_run_events::{RunEvent, RunLog};
use gatewright_storage_kit::Conn;
use gatewright_storage_runs::run::{self, Run};
use uuid::Uuid;

use crate::{RunService, RunServiceError, attach, past};

impl RunService {
    /// Looks after runs that are read here and are not here, where nobody said a word: what goes on elsewhere is read from there, and
    /// what has ended there, and had the time of a beat to say so, ends here. Returns how many ended.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn look_after_awaited(&self) -> Result<usize, RunServiceError> {
        let awaited = self.registry.awaited();
        if awaited.is_empty() {
            return Ok(0);
        }
        let ids: Vec<Uuid> = awaited.iter().map(|(run, _)| *run).collect();
        let mut conn = self.pool.get().await?;
        let moved = run::list_not_paused(&mut conn, &ids).await?;
        let mut told = 0;
        let mut ended = HashSet::new();
        for run in &moved {
            let log = awaited.iter().find(|(id, _)| *id == run.id);
            let Some((_, log)) = log.filter(|(_, log)| !log.is_closed()) else {
                continue;
            };
            if run.status == "running" {
                if let Some(remote) = &self.remote {
                    remote.follow_on(run.id, log);
                }
            } else if self.had_time(run.id) {
                tell_end(&mut conn, run, log).await?;
                told += 1;
            } else {
                ended.insert(run.id);
            }
        }
        *self.ended() = ended;
        Ok(told)
    }

    /// Whether a run had ended at the beat before this one.
    fn had_time(&self, run: Uuid) -> bool {
        self.remote.is_none() || self.ended().contains(&run)
    }

    fn ended(&self) -> MutexGuard<'_, HashSet<Uuid>> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn tell_end(conn: &mut Conn, run: &Run, log: &Arc<RunLog>) -> Result<(), RunServiceError> {
    let plan = attach::plan(conn, run.id).await?;
    if let Some(end) = past::end(&plan, run) {
        // What ends a run is always taken.
        let _ = log.append(RunEvent::WorkflowFinished(end));
    }
    log.close();
    Ok(())
}
