//! Runs of other processes: a reader here of a run there, and the other way round. Whoever wants to read asks on the channel; whoever has the run
//! mirrors its log into a stream in Redis as long as it is asked for; and whoever asked makes a log of that, which readers here share. Words may be lost: each is only a reason
//! to look sooner than one would.

mod feeder;
mod mirror;
mod word;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use gatewright_domain::error::Unavailable;
use gatewright_kv::RunMirrors;
use gatewright_run_events::{RunEvent, RunLog};
use gatewright_usecase_runs::RunRegistry;
use tokio::sync::{Notify, mpsc};
use uuid::Uuid;

use self::{
    feeder::{Feeder, FeederHandle},
    mirror::Mirror,
    word::{Position, Word},
};
use crate::store::STOPPED;

/// Requests for one mirror that wait; more say nothing new.
const REQUESTS: usize = 16;
/// So long runs that went on here are remembered at least, over or not: whoever reads them asks when they hear of it.
const RECENT: Duration = Duration::from_secs(10);

/// What this process and the others tell each other of runs.
pub struct RemoteRuns {
    wires: RunMirrors,
    registry: Arc<RunRegistry>,
    owner: Uuid,
    /// Of runs of this process that others read.
    mirrors: Mutex<HashMap<Uuid, mpsc::Sender<Option<Position>>>>,
    /// Of runs of other processes that are read here.
    feeders: Mutex<HashMap<Uuid, FeederHandle>>,
    /// There is something to do about leases before the next beat.
    leases_changed: Notify,
}

impl RemoteRuns {
    /// For the process that calls itself `owner`.
    pub fn new(wires: RunMirrors, registry: Arc<RunRegistry>, owner: Uuid) -> Self {
        Self {
            wires,
            registry,
            owner,
            mirrors: Mutex::default(),
            feeders: Mutex::default(),
            leases_changed: Notify::new(),
        }
    }

    /// Does what others ask for, and tells them which runs go on here, until the future is dropped.
    pub async fn listen(self: Arc<Self>, mut resumed: mpsc::Receiver<Uuid>) {
        let own = Arc::clone(&self);
        let heard = self.wires.listen(move |text| {
            if let Ok(word) = serde_json::from_str(&text) {
                own.heard(word);
            }
        });
        let told = async {
            loop {
                match tokio::time::timeout(RECENT, resumed.recv()).await {
                    Ok(Some(run)) => {
                        self.tell(Word::GoesOn { run }).await;
                    }
                    Ok(None) => break,
                    // Nothing went on for so long: what is remembered is old.
                    Err(_) => self.registry.forget_resumed(),
                }
            }
            std::future::pending::<()>().await;
        };
        tokio::join!(heard, told);
    }

    /// Tells whoever has a run that it is to stop: its row says so already.
    pub(crate) async fn stop(&self, run: Uuid) {
        self.tell(Word::Stop { run }).await;
    }

    /// Tells the others that runs were given back.
    pub async fn given_back(&self) {
        self.tell(Word::GivenBack).await;
    }

    /// Waits until runs were given back, or somebody asked for a stop of a run that is not under way here: it may be one that waits for people.
    pub(crate) async fn leases_changed(&self) {
        self.leases_changed.notified().await;
    }

    /// Fills the log of a run that another process has, and waits until it has caught up. `past` stands in when nobody answers: nobody has the
    /// run at the moment.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub(crate) async fn follow(
        self: &Arc<Self>,
        run: Uuid,
        log: &Arc<RunLog>,
        past: Vec<RunEvent>,
    ) -> Result<(), Unavailable> {
        let handle = self.feeder(run, log, Some(past));
        handle.caught_up().await
    }

    /// Goes on with logs whose runs went on elsewhere without a word.
    pub(crate) fn follow_on(self: &Arc<Self>, run: Uuid, log: &Arc<RunLog>) {
        self.feeder(run, log, None);
    }

    fn feeder(
        self: &Arc<Self>,
        run: Uuid,
        log: &Arc<RunLog>,
        past: Option<Vec<RunEvent>>,
    ) -> FeederHandle {
        let mut feeders = lock(&self.feeders);
        feeders.retain(|_, feeder| !feeder.is_over());
        if let Some(handle) = feeders.get(&run) {
            handle.look();
            return handle.clone();
        }
        let (feeder, handle) = Feeder::new(Arc::clone(self), run, log, past);
        feeders.insert(run, handle.clone());
        drop(feeders);
        tokio::spawn(feeder.run());
        handle
    }

    fn heard(self: &Arc<Self>, word: Word) {
        match word {
            Word::Stop { run } => {
                let own = Arc::clone(self);
                tokio::spawn(async move {
                    if !own.registry.stop(run, STOPPED).await {
                        own.leases_changed.notify_one();
                    }
                });
            }
            Word::GivenBack => self.leases_changed.notify_one(),
            Word::Mirror { run, have } => self.mirror(run, have),
            Word::More { run } => {
                if let Some(feeder) = lock(&self.feeders).get(&run) {
                    feeder.look();
                }
            }
            Word::GoesOn { run } => {
                let awaited = self.registry.find_awaited(run);
                if let Some(log) = awaited {
                    self.feeder(run, &log, None).ask();
                }
            }
        }
    }

    /// Mirrors a run of this process, from where somebody asks for it on.
    fn mirror(self: &Arc<Self>, run: Uuid, have: Option<Position>) {
        let Some(handle) = self
            .registry
            .find(run)
            .or_else(|| self.registry.find_resumed(run))
        else {
            return;
        };
        let mut mirrors = lock(&self.mirrors);
        mirrors.retain(|_, requests| !requests.is_closed());
        if let Some(requests) = mirrors.get(&run) {
            // Full: it is behind, and those who ask ask again.
            let _ = requests.try_send(have);
            return;
        }
        let (requests, receiver) = mpsc::channel(REQUESTS);
        mirrors.insert(run, requests);
        drop(mirrors);
        tokio::spawn(Mirror::new(Arc::clone(self), &handle, have).run(receiver));
    }

    async fn tell(&self, word: Word) {
        let text = serde_json::to_string(&word).unwrap_or_default();
        if let Err(error) = self.wires.publish(&text).await {
            tracing::debug!(
                event = "run.word_lost",
                %error,
                "other processes hear later of a run"
            );
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
