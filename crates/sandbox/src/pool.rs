//! Children of one kind that wait for a program, so that none waits for an interpreter.

use std::{
    collections::VecDeque,
    iter,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, AtomicUsize, Ordering},
    },
};

use tokio::sync::OnceCell;

use crate::{
    engine::{self, Language, Wishes},
    limits::Limits,
    outcome::Outcome,
    plan::ChildPlan,
    process::{NotStarted, Prepared},
    sandbox::SandboxError,
    spawner::Spawner,
};

/// Users that children may be, where the server may choose: above those of people and services, below `nobody`.
const FIRST_UID: u32 = 63_000;
const UIDS: u32 = 1_000;
/// Threads of a child that is alone with its user.
const MAX_THREADS: u64 = 64;

/// What all pools of a sandbox share.
#[derive(Debug)]
pub(crate) struct Workshop {
    /// The program that becomes a child when it is asked to.
    pub(crate) helper: PathBuf,
    /// The thread that starts children.
    pub(crate) spawner: Spawner,
    /// Bounds of each.
    pub(crate) limits: Limits,
    /// How many of a kind wait.
    pub(crate) ready: usize,
    /// Counts children, for their users.
    pub(crate) started: AtomicU32,
}

impl Workshop {
    async fn start(&self, plan: &ChildPlan) -> Result<Prepared, NotStarted> {
        let mut plan = plan.clone();
        if may_choose_users() {
            let number = self.started.fetch_add(1, Ordering::Relaxed);
            plan.uid = Some(FIRST_UID + number % UIDS);
            plan.bounds.threads = Some(MAX_THREADS);
        }
        Prepared::start(&self.spawner, &self.helper, &plan).await
    }
}

#[cfg(target_os = "linux")]
fn may_choose_users() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(not(target_os = "linux"))]
fn may_choose_users() -> bool {
    false
}

/// Children of one kind.
#[derive(Debug)]
pub(crate) struct Pool {
    language: Language,
    wishes: Wishes,
    workshop: Arc<Workshop>,
    plan: OnceCell<ChildPlan>,
    waiting: Mutex<VecDeque<Prepared>>,
    starting: AtomicUsize,
}

impl Pool {
    /// None waits until one was asked for: who runs no program pays for none.
    pub(crate) fn new(language: Language, wishes: Wishes, workshop: Arc<Workshop>) -> Self {
        Self {
            language,
            wishes,
            workshop,
            plan: OnceCell::new(),
            waiting: Mutex::default(),
            starting: AtomicUsize::new(0),
        }
    }

    /// A child for one program.
    pub(crate) async fn take(self: &Arc<Self>) -> Result<Prepared, SandboxError> {
        let plan = self.plan.get_or_try_init(|| self.choose()).await?;
        let ready = self.first_alive();
        self.fill(plan);
        if let Some(child) = ready {
            return Ok(child);
        }
        let started = self.workshop.start(plan).await;
        started.map_err(|problem| self.cannot(&problem.to_string()))
    }

    /// How many wait.
    pub(crate) fn ready(&self) -> usize {
        self.waiting().len()
    }

    /// Starts as many as are wanting, behind the caller's back.
    fn fill(self: &Arc<Self>, plan: &ChildPlan) {
        while self.waiting().len() + self.starting.load(Ordering::Relaxed) < self.workshop.ready {
            self.starting.fetch_add(1, Ordering::Relaxed);
            let (pool, plan) = (Arc::clone(self), plan.clone());
            tokio::spawn(async move {
                let started = pool.workshop.start(&plan).await;
                match started {
                    Ok(child) => pool.waiting().push_back(child),
                    Err(problem) => tracing::warn!(
                        event = "sandbox.no_child",
                        language = pool.language.name(),
                        problem = problem.to_string(),
                        "an interpreter cannot be started ahead"
                    ),
                }
                pool.starting.fetch_sub(1, Ordering::Relaxed);
            });
        }
    }

    /// The first way to run programs of this language that works here.
    async fn choose(&self) -> Result<ChildPlan, SandboxError> {
        let (language, wishes, limits) = (self.language, self.wishes.clone(), self.workshop.limits);
        let look = move || engine::candidates(language, &wishes, limits);
        let candidates = tokio::task::spawn_blocking(look).await.unwrap_or_default();
        let mut problems = Vec::new();
        for plan in candidates {
            match self.try_out(&plan).await {
                Ok(()) => {
                    tracing::info!(
                        event = "sandbox.ready",
                        language = language.name(),
                        interpreter = plan.becomes.to_string(),
                        "programs can be run"
                    );
                    return Ok(plan);
                }
                Err(NotStarted::Unconfined(problem)) => {
                    return Err(SandboxError::CannotIsolate(problem));
                }
                Err(NotStarted::Broken(problem)) => {
                    problems.push(format!("{}: {problem}", plan.becomes));
                }
            }
        }
        Err(self.cannot(&problems.join("; ")))
    }

    async fn try_out(&self, plan: &ChildPlan) -> Result<(), NotStarted> {
        let child = self.workshop.start(plan).await?;
        let trial = self.language.trial().as_bytes();
        match child.run(trial, self.workshop.limits).await {
            Outcome { stdout, .. } if stdout == "2\n" => Ok(()),
            other => Err(NotStarted::Broken(other.error)),
        }
    }

    fn cannot(&self, problem: &str) -> SandboxError {
        SandboxError::NoInterpreter {
            language: self.language.name(),
            problem: if problem.is_empty() {
                "none was found".to_owned()
            } else {
                problem.to_owned()
            },
        }
    }

    /// The first one that has not ended while it waited, for want of memory for example.
    fn first_alive(&self) -> Option<Prepared> {
        let mut waiting = self.waiting();
        iter::from_fn(|| waiting.pop_front()).find_map(Prepared::if_alive)
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<Prepared>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
