//! As many runs of an app at a time as it may have. They are counted in Redis, by all processes together; this process says of those
//! that it works on that they still run.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use gatewright_domain::error::Unavailable;
use gatewright_kv::ActiveRuns;
use gatewright_usecase_apps::Runnable;
use gatewright_usecase_runs::{RunHandle, RunRegistry};
use tokio::task::AbortHandle;
use uuid::Uuid;

use crate::RunServiceError;

/// A run that has not begun by then never will: whoever asked for it is gone.
const BEGINS_WITHIN: Duration = Duration::from_mins(1);

/// What the installation says of runs of one app at a time; 0: nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ActiveLimits {
    /// Of apps that say nothing themselves.
    pub default: u32,
    /// Whatever an app says.
    pub max: u32,
}

impl ActiveLimits {
    /// Of an app that says this itself; none: as many as come.
    fn of(self, own: Option<u32>) -> Option<u32> {
        let said = |limit: u32| (limit > 0).then_some(limit);
        let own = own.or(said(self.default));
        [own, said(self.max)].into_iter().flatten().min()
    }
}

/// A run of this process that counts.
struct Counted {
    app: Uuid,
    since: Instant,
    /// Waits for its end, once it has begun.
    watch: Option<AbortHandle>,
}

/// The runs of this process whose apps have a limit. Cheap to clone.
#[derive(Clone)]
pub struct ActiveCount {
    runs: ActiveRuns,
    limits: ActiveLimits,
    counted: Arc<Mutex<HashMap<Uuid, Counted>>>,
}

impl ActiveCount {
    /// Counts in this Redis.
    pub fn new(runs: ActiveRuns, limits: ActiveLimits) -> Self {
        Self {
            runs,
            limits,
            counted: Arc::default(),
        }
    }

    /// Counts a run that is about to begin, unless its app has as many as it may.
    pub(crate) async fn enter(
        &self,
        runnable: &Runnable,
        run: Uuid,
    ) -> Result<(), RunServiceError> {
        let Some(limit) = self.limits.of(runnable.max_active_requests()) else {
            return Ok(());
        };
        let app = runnable.app.id.0;
        if !self.runs.enter(app, run, limit).await? {
            return Err(RunServiceError::TooMany);
        }
        self.hold(app, run);
        Ok(())
    }

    /// A run goes on here that began before: it counts from the next [`Self::renew`] on, whatever the limit.
    pub(crate) fn adopt(&self, runnable: &Runnable, handle: &RunHandle) {
        if self.limits.of(runnable.max_active_requests()).is_some() {
            self.hold(runnable.app.id.0, handle.plan.key.run_id);
            self.watch(handle);
        }
    }

    /// A run began: it counts until it ends or waits for a person.
    pub(crate) fn watch(&self, handle: &RunHandle) {
        let run = handle.plan.key.run_id;
        let mut counted = self.counted();
        let Some(entry) = counted.get_mut(&run) else {
            return;
        };
        let (count, mut reader) = (self.clone(), handle.reader(false));
        let watch = tokio::spawn(async move {
            while let Ok(Some(_)) = reader.next().await {}
            count.leave(run).await;
        });
        entry.watch = Some(watch.abort_handle());
    }

    /// A run does not count any more.
    pub(crate) async fn leave(&self, run: Uuid) {
        let Some(entry) = self.counted().remove(&run) else {
            return;
        };
        if let Err(error) = self.runs.leave(entry.app, run).await {
            lost(&error);
        }
    }

    /// Says of the runs that this process works on that they still run. Those that it lost count no more.
    pub(crate) async fn renew(&self, registry: &RunRegistry) {
        let held: HashSet<Uuid> = registry.held().iter().map(|key| key.run_id).collect();
        let mut by_app: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
        let mut gone = vec![];
        for (run, entry) in self.counted().iter() {
            if held.contains(run) {
                by_app.entry(entry.app).or_default().push(*run);
            } else if entry.watch.is_some() || entry.since.elapsed() > BEGINS_WITHIN {
                gone.push(*run);
            }
        }
        for (app, runs) in by_app {
            if let Err(error) = self.runs.renew(app, &runs).await {
                lost(&error);
            }
        }
        for run in gone {
            if let Some(watch) = self.watch_of(run) {
                watch.abort();
            }
            self.leave(run).await;
        }
    }

    fn watch_of(&self, run: Uuid) -> Option<AbortHandle> {
        self.counted().get_mut(&run)?.watch.take()
    }

    fn hold(&self, app: Uuid, run: Uuid) {
        let entry = Counted {
            app,
            since: Instant::now(),
            watch: None,
        };
        self.counted().insert(run, entry);
    }

    fn counted(&self) -> MutexGuard<'_, HashMap<Uuid, Counted>> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn lost(error: &Unavailable) {
    tracing::warn!(
        event = "run.active_count_lost",
        %error,
        "Redis was not told which runs of an app with a limit are under way"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limit_of_an_app_is_its_own_or_the_default_and_never_above_the_installation_s() {
        for (own, default, max, expected) in [
            (None, 0, 0, None),
            (Some(3), 0, 0, Some(3)),
            (None, 2, 0, Some(2)),
            (Some(3), 2, 0, Some(3)),
            (Some(30), 2, 10, Some(10)),
            (None, 0, 10, Some(10)),
        ] {
            let limits = ActiveLimits { default, max };
            assert_eq!(limits.of(own), expected, "{own:?} {limits:?}");
        }
    }
}
