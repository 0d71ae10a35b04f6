//! The sandbox as its users see it: a program in, an outcome out.

use std::{
    io, iter,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::Semaphore;

use crate::{
    engine::{self, Language, Wishes},
    limits::Limits,
    outcome::Outcome,
    pool::{Pool, Workshop},
    spawner::Spawner,
};

/// How long a program waits for its turn.
const TURN: Duration = Duration::from_mins(1);

/// How the sandbox is made.
#[derive(Debug, Clone)]
pub struct SandboxSettings {
    /// A program that calls [`take_over_if_asked`](crate::child::take_over_if_asked) first: the server itself, as a rule.
    pub helper: PathBuf,
    /// The operator's Python, whose packages programs may import. `None`: the system's, with its standard library.
    pub python: Option<PathBuf>,
    /// The operator's Node. `None`: the system's.
    pub node: Option<PathBuf>,
    /// By which programs with a network reach it. `None`: no program has a network.
    pub proxy: Option<Proxy>,
    /// What a program may use.
    pub limits: Limits,
    /// Programs that run at a time.
    pub workers: usize,
    /// Programs that wait for their turn; more are refused.
    pub queue: usize,
    /// Interpreters of a language that are started ahead.
    pub ready: usize,
}

/// A proxy for HTTP on the loopback: the one place that a program with a network can connect to. Programs learn the URL.
#[derive(Debug, Clone)]
pub struct Proxy {
    /// The port that it listens at.
    pub port: u16,
    /// Its URL, with a credential where it wants one.
    pub url: String,
}

/// A program that somebody wrote.
#[derive(Debug, Clone, Copy)]
pub struct Program<'a> {
    /// What it is written in.
    pub language: Language,
    /// Its text, as it was written.
    pub code: &'a str,
    /// Whether it asks for a network; whether there is one is the operator's choice.
    pub network: bool,
}

/// Why a program was not run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SandboxError {
    /// This machine cannot isolate programs, so none is run.
    #[error("this machine cannot isolate programs, so none is run: {0}")]
    CannotIsolate(String),
    /// No interpreter of the language works here.
    #[error("there is no interpreter for {language} that works here: {problem}")]
    NoInterpreter {
        /// As the protocol writes it.
        language: &'static str,
        /// What was tried, and what came of it.
        problem: String,
    },
    /// Too many programs wait, or this one waited too long.
    #[error("too many programs wait for their turn")]
    Busy,
}

/// Runs programs. Must be made on a runtime. When it is dropped, what runs in it ends.
#[derive(Debug)]
pub struct Sandbox {
    pools: Vec<(Language, bool, Arc<Pool>)>,
    python: Option<PathBuf>,
    limits: Limits,
    turns: Semaphore,
    places: Semaphore,
    /// How many may be here at a time, those that wait included.
    room: usize,
    begun: AtomicU64,
    refused: AtomicU64,
}

/// What became of programs since the sandbox was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SandboxStatus {
    /// How many were begun.
    pub started: u64,
    /// How many run or wait for their turn.
    pub busy: usize,
    /// How many were not run: too many waited, or the machine cannot isolate.
    pub refused: u64,
}

impl Sandbox {
    /// Starts nothing yet.
    ///
    /// # Errors
    /// When there can be no thread.
    pub fn new(settings: SandboxSettings) -> io::Result<Self> {
        let workshop = Arc::new(Workshop {
            helper: settings.helper,
            spawner: Spawner::new()?,
            limits: settings.limits,
            ready: settings.ready,
            started: AtomicU32::new(0),
        });
        let mut pools = Vec::new();
        for language in Language::ALL {
            for proxy in iter::once(None).chain(settings.proxy.clone().map(Some)) {
                let has_network = proxy.is_some();
                let wishes = Wishes {
                    python: settings.python.clone(),
                    node: settings.node.clone(),
                    proxy,
                };
                let pool = Pool::new(language, wishes, Arc::clone(&workshop));
                pools.push((language, has_network, Arc::new(pool)));
            }
        }
        Ok(Self {
            pools,
            python: settings.python,
            limits: settings.limits,
            turns: Semaphore::new(settings.workers),
            places: Semaphore::new(settings.workers + settings.queue),
            room: settings.workers + settings.queue,
            begun: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        })
    }

    /// Runs a program to its end. What it does wrong is in the outcome.
    ///
    /// # Errors
    /// When it was not run.
    pub async fn run(&self, program: Program<'_>) -> Result<Outcome, SandboxError> {
        let outcome = self.admitted(program).await;
        if outcome.is_err() {
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
        outcome
    }

    /// What became of programs until now.
    pub fn status(&self) -> SandboxStatus {
        SandboxStatus {
            started: self.begun.load(Ordering::Relaxed),
            busy: self.room.saturating_sub(self.places.available_permits()),
            refused: self.refused.load(Ordering::Relaxed),
        }
    }

    async fn admitted(&self, program: Program<'_>) -> Result<Outcome, SandboxError> {
        let _place = self.places.try_acquire().map_err(|_| SandboxError::Busy)?;
        let turn = tokio::time::timeout(TURN, self.turns.acquire()).await;
        let Ok(Ok(_turn)) = turn else {
            return Err(SandboxError::Busy);
        };
        let child = self.pool(program.language, program.network)?.take().await?;
        self.begun.fetch_add(1, Ordering::Relaxed);
        Ok(child.run(program.code.as_bytes(), self.limits).await)
    }

    /// Whether programs of a language can be run here: one is.
    ///
    /// # Errors
    /// When they cannot.
    pub async fn check(&self, language: Language) -> Result<(), SandboxError> {
        self.pool(language, false)?.take().await.map(drop)
    }

    /// Names and versions of the packages that programs in Python may import beside the standard library.
    pub async fn packages(&self) -> Vec<(String, String)> {
        let Some(python) = self.python.clone() else {
            return vec![];
        };
        let look = move || engine::python::packages(&python);
        tokio::task::spawn_blocking(look).await.unwrap_or_default()
    }

    /// How many interpreters of a language wait, without a network.
    pub fn ready(&self, language: Language) -> usize {
        self.pool(language, false).map_or(0, |pool| pool.ready())
    }

    /// Where there is no network, a program that asks for one is run without.
    fn pool(&self, language: Language, network: bool) -> Result<&Arc<Pool>, SandboxError> {
        let fits = |wanted: bool| {
            let mut pools = self.pools.iter();
            pools.find(|(has, networked, _)| *has == language && *networked == wanted)
        };
        let pool = fits(network).or_else(|| fits(false));
        pool.map(|(_, _, pool)| pool).ok_or(SandboxError::Busy)
    }
}
