//! The runs of this process: begun, taken up again, stopped, found.

mod readers;
mod state;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use gatewright_engine::{Event, Start};
use gatewright_run_events::{Json, Reader, RunEvent, RunLog};
use tokio::sync::{mpsc, oneshot};
use tracing::Instrument as _;
use uuid::Uuid;

pub use self::readers::Found;
use self::state::{Entry, State};
use crate::{
    Machine, PastRuns, Ports, RunKey, RunObserver, RunPlan, Spills, StoreError, Wake,
    memory::{Memory, Stored},
    task::{Begin, Command, GoesOn, RunTask},
};

/// So long a run that is taken up waits for its former task here, which paused it and is about to end.
const FORMER: Duration = Duration::from_secs(1);

/// What waits for a task at most; whoever sends more waits.
const COMMANDS: usize = 16;

/// Runs that went on here, and are remembered for those who read them elsewhere.
const MAX_RESUMED: usize = 64;

/// How much this process takes on.
#[derive(Clone, Copy, Debug)]
pub struct Capacity {
    /// Runs at once; those that wait for people do not count.
    pub runs: usize,
    /// Bytes of a run's log in memory.
    pub log_bytes: usize,
}

/// Why a run did not begin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// This process has as many runs as it takes, or is about to leave.
    #[error("too many runs")]
    Busy,
    /// The run is here already.
    #[error("the run is under way")]
    UnderWay,
    /// The stored state cannot be read.
    #[error("the state of the run cannot be read: {0}")]
    State(String),
    /// It was not kept.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A run of this process.
#[derive(Clone, Debug)]
pub struct RunHandle {
    /// What it began with.
    pub plan: Arc<RunPlan>,
    /// What happens in it.
    pub log: Arc<RunLog>,
}

impl RunHandle {
    /// Everything from the beginning of what this process knows.
    #[must_use]
    pub fn reader(&self, continue_on_pause: bool) -> Reader {
        self.log.reader(0, continue_on_pause)
    }
}

/// What a task begins with.
struct First {
    machine: Box<dyn Machine>,
    memory: Memory,
    tells_text: bool,
    /// What readers who attach are shown of what was before.
    past: Vec<RunEvent>,
    events: Vec<Event>,
}

/// The runs of this process. Dropped, all of them end here; what they have not finished, others take up.
#[derive(Debug)]
pub struct RunRegistry {
    ports: Ports,
    capacity: Capacity,
    spills: Option<Shared<dyn Spills>>,
    past: Option<Shared<dyn PastRuns>>,
    observer: Option<Shared<dyn RunObserver>>,
    state: Mutex<State>,
}

/// A port that has nothing to show.
struct Shared<T: ?Sized>(Arc<T>);

impl<T: ?Sized> fmt::Debug for Shared<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Shared")
    }
}

impl RunRegistry {
    /// A registry without any run.
    #[must_use]
    pub fn new(ports: Ports, capacity: Capacity) -> Self {
        Self {
            ports,
            capacity,
            spills: None,
            past: None,
            observer: None,
            state: Mutex::new(State::default()),
        }
    }

    /// The same, with somewhere for the older part of long logs to go. Without it a run that says more than four times what its log
    /// may hold fails.
    #[must_use]
    pub fn with_spills(self, spills: Arc<dyn Spills>) -> Self {
        Self {
            spills: Some(Shared(spills)),
            ..self
        }
    }

    /// The same, with somewhere to read what runs did before they came here. Without it a reader who attaches to a run that was taken up
    /// sees only what happens from then on.
    #[must_use]
    pub fn with_past(self, past: Arc<dyn PastRuns>) -> Self {
        Self {
            past: Some(Shared(past)),
            ..self
        }
    }

    /// The same, with somebody who looks on.
    #[must_use]
    pub fn with_observer(self, observer: Arc<dyn RunObserver>) -> Self {
        Self {
            observer: Some(Shared(observer)),
            ..self
        }
    }

    /// Begins a run. When this returns, the run is in storage and its readers have heard that it began.
    pub async fn start(
        &self,
        plan: RunPlan,
        machine: Box<dyn Machine>,
        start: Start,
    ) -> Result<RunHandle, StartError> {
        let first = First {
            machine,
            memory: Memory::default(),
            tells_text: false,
            past: Vec::new(),
            events: vec![Event::Start(start)],
        };
        self.begin(plan, first).await
    }

    /// Takes a run up again from its checkpoint, which has to be read by whoever has claimed the run: an older one would do again what
    /// is done. `machine` makes the engine of the stored state.
    pub async fn resume(
        &self,
        plan: RunPlan,
        checkpoint: &Json,
        machine: impl FnOnce(&Json) -> Result<Box<dyn Machine>, String>,
        wake: Wake,
    ) -> Result<RunHandle, StartError> {
        let stored: Stored = serde_json::from_str(checkpoint.as_str())
            .map_err(|error| StartError::State(error.to_string()))?;
        let machine = machine(&stored.engine).map_err(StartError::State)?;
        let past = self.past(plan.key.run_id, &stored.memory, &wake).await?;
        let first = First {
            machine,
            past,
            memory: stored.memory,
            tells_text: wake == Wake::Interrupted,
            events: wake.events(),
        };
        self.former_left(plan.key).await;
        self.begin(plan, first).await
    }

    /// The task that paused the run in an earlier ownership tells its readers so, and ends at once; whoever read that may be quicker.
    async fn former_left(&self, key: RunKey) {
        let former = {
            let state = self.state();
            let entry = state.runs.get(&key.run_id);
            entry
                .filter(|entry| entry.handle.plan.key.epoch < key.epoch)
                .map(|entry| entry.commands.clone())
        };
        if let Some(commands) = former {
            let _ = tokio::time::timeout(FORMER, commands.closed()).await;
        }
    }

    /// The run, while it is under way here.
    pub fn find(&self, run_id: Uuid) -> Option<RunHandle> {
        let mut state = self.state();
        state.reap();
        state.runs.get(&run_id).map(|entry| entry.handle.clone())
    }

    /// How many are under way.
    pub fn count(&self) -> usize {
        let mut state = self.state();
        state.reap();
        state.runs.len()
    }

    /// How many more this process takes on; none once it leaves.
    pub fn room(&self) -> usize {
        let mut state = self.state();
        state.reap();
        if state.leaving {
            return 0;
        }
        self.capacity.runs.saturating_sub(state.runs.len())
    }

    /// The runs that are under way: whoever renews leases renews these.
    pub fn held(&self) -> Vec<RunKey> {
        let mut state = self.state();
        state.reap();
        state
            .runs
            .values()
            .map(|entry| entry.handle.plan.key)
            .collect()
    }

    /// Ends everything that this process does for a run that it does not own any more. Nothing is written, and readers hear no end: their
    /// log goes on with what happens where the run is now. `false` when it is not under way here.
    pub fn abandon(&self, run_id: Uuid) -> bool {
        let mut state = self.state();
        state.reap();
        let entry = state.runs.get(&run_id);
        entry.is_some_and(|entry| {
            entry.goes_on.set();
            entry.task.abort();
            true
        })
    }

    /// Stops a run. `false` when it is not under way here.
    pub async fn stop(&self, run_id: Uuid, reason: &str) -> bool {
        let reason = reason.to_owned();
        self.send(run_id, Command::Event(Box::new(Event::Stop { reason })))
            .await
    }

    /// Tells a run that goes on elsewhere in its graph that a form was answered, or was not. `false` when it is not under way here.
    pub async fn wake(&self, run_id: Uuid, wake: Wake) -> bool {
        match wake.event() {
            Some(event) => self.send(run_id, Command::Event(Box::new(event))).await,
            None => false,
        }
    }

    /// Takes no more runs and leaves those that there are to others, whose readers end: each as soon as nothing is under way that must not be done twice, all
    /// after `shutdown_timeout`. Returns how many were cut off.
    pub async fn leave(&self, shutdown_timeout: Duration) -> usize {
        let (senders, mut tasks) = {
            let mut state = self.state();
            state.leaving = true;
            let senders: Vec<_> = state
                .runs
                .values()
                .map(|entry| entry.commands.clone())
                .collect();
            (senders, std::mem::take(&mut state.tasks))
        };
        for sender in senders {
            let _ = sender.try_send(Command::HandOver);
        }
        let all = async { while tasks.join_next().await.is_some() {} };
        let in_time = tokio::time::timeout(shutdown_timeout, all).await.is_ok();
        let cut = if in_time { 0 } else { tasks.len() };
        tasks.shutdown().await;
        let mut state = self.state();
        state.runs.clear();
        state.by_id.clear();
        for log in state.awaited.drain().filter_map(|(_, log)| log.upgrade()) {
            log.close();
        }
        cut
    }

    async fn begin(&self, plan: RunPlan, first: First) -> Result<RunHandle, StartError> {
        let (begun, is_begun) = oneshot::channel();
        let handle = self.spawn(plan, first, begun)?;
        match is_begun.await {
            Ok(Ok(())) => Ok(handle),
            Ok(Err(error)) => Err(error.into()),
            // The task is gone without a word: it panicked.
            Err(_) => Err(StoreError::Unavailable.into()),
        }
    }

    fn spawn(
        &self,
        plan: RunPlan,
        first: First,
        begun: oneshot::Sender<Result<(), StoreError>>,
    ) -> Result<RunHandle, StartError> {
        let mut state = self.state();
        state.reap();
        let run_id = plan.key.run_id;
        if state.runs.get(&run_id).is_some_and(Entry::is_under_way) {
            return Err(StartError::UnderWay);
        }
        if let Some(ending) = state.runs.remove(&run_id) {
            state.forget(&ending);
        }
        if state.leaving || state.runs.len() >= self.capacity.runs {
            return Err(StartError::Busy);
        }
        let known = state.awaited.remove(&run_id).and_then(|log| log.upgrade());
        let log = known.unwrap_or_else(|| self.log(plan.key, first.past));
        let handle = RunHandle {
            plan: Arc::new(plan),
            log,
        };
        if !matches!(first.events.first(), Some(Event::Start(_))) {
            while state.resumed.len() >= MAX_RESUMED {
                state.resumed.pop_front();
            }
            state.resumed.push_back(handle.clone());
        }
        let (commands, receiver) = mpsc::channel(COMMANDS);
        let goes_on = GoesOn::default();
        let parts = Begin {
            plan: Arc::clone(&handle.plan),
            machine: first.machine,
            memory: first.memory,
            tells_text: first.tells_text,
            log: Arc::clone(&handle.log),
            goes_on: goes_on.clone(),
            commands: receiver,
            observer: self.observer.as_ref().map(|shared| Arc::clone(&shared.0)),
            begun,
        };
        let task = RunTask::new(parts, &self.ports);
        let plan = &handle.plan;
        // Not within the request that began it: the run outlives it.
        let span = tracing::error_span!(
            target: "gatewright::run",
            parent: None,
            "run",
            run_id = %plan.key.run_id,
            tenant_id = %plan.tenant_id,
        );
        let task = state.tasks.spawn(task.run(first.events).instrument(span));
        state.by_id.insert(task.id(), run_id);
        state.runs.insert(
            run_id,
            Entry {
                handle: handle.clone(),
                commands,
                goes_on,
                task,
            },
        );
        Ok(handle)
    }

    async fn send(&self, run_id: Uuid, command: Command) -> bool {
        let commands = {
            let mut state = self.state();
            state.reap();
            state.runs.get(&run_id).map(|entry| entry.commands.clone())
        };
        match commands {
            Some(commands) => commands.send(command).await.is_ok(),
            None => false,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
