//! Hashing and checking passwords, on threads of their own.
//!
//! Each hash takes 19 MiB and tens of milliseconds. Few threads bound both (a thread keeps the memory
//! of one hash, whereas tasks that wander over many threads leave it behind on each), and their low
//! priority leaves the processor to everybody else: a storm of sign-ins makes sign-ins wait, not
//! bearers.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use gatewright_auth::{
    Random,
    password::{self, Memory, Verdict},
};
use gatewright_domain::{Secret, error::Unavailable};
use tokio::sync::{mpsc, oneshot};

use gatewright_usecase_kit::dry;

/// Passwords that may wait for their turn; whoever comes then is told to come back.
const MAX_WAITING: usize = 1024;
/// As nice as can be, of 0 to 19.
const NICENESS: i32 = 19;

type Work = Box<dyn FnOnce(&mut Memory) + Send>;

/// The threads. They start with the first password, and end when nobody can send one any more.
struct Threads {
    count: usize,
    sender: OnceLock<mpsc::Sender<Work>>,
}

/// Hashes and checks.
#[derive(Clone)]
pub struct Passwords {
    threads: Arc<Threads>,
    random: Arc<dyn Random>,
}

impl Threads {
    fn sender(&self) -> &mpsc::Sender<Work> {
        self.sender.get_or_init(|| {
            let (sender, receiver) = mpsc::channel::<Work>(MAX_WAITING);
            let receiver = Arc::new(Mutex::new(receiver));
            for _ in 0..self.count {
                let receiver = Arc::clone(&receiver);
                let thread = std::thread::Builder::new().name("password".into());
                if let Err(error) = thread.spawn(move || work(&receiver)) {
                    tracing::error!(
                        event = "password.thread_failed",
                        %error,
                        "a thread for passwords cannot be started"
                    );
                }
            }
            sender
        })
    }
}

fn work(receiver: &Mutex<mpsc::Receiver<Work>>) {
    // Of this thread alone. Where the system refuses it, sign-ins compete with everything else.
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::debug!(
            event = "password.priority_unchanged",
            %error,
            "passwords are hashed at normal priority"
        );
    }
    let mut memory = Memory::default();
    loop {
        // One waits for work, the others for it.
        let next = receiver
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .blocking_recv();
        match next {
            Some(work) => work(&mut memory),
            None => return,
        }
    }
}

impl Passwords {
    /// At most `parallelism` hashes at the same time; 0 is half of the processors, at least one.
    pub fn new(parallelism: u32, random: Arc<dyn Random>) -> Self {
        let half = std::thread::available_parallelism().map_or(1, |all| all.get() / 2);
        let count = match parallelism {
            0 => half.clamp(1, 64),
            count => count as usize,
        };
        Self {
            threads: Arc::new(Threads {
                count,
                sender: OnceLock::new(),
            }),
            random,
        }
    }

    /// Hashes a new password.
    pub async fn hash(&self, password: &Secret) -> Result<String, Unavailable> {
        let mut salt = [0; 16];
        self.random.fill(&mut salt).map_err(dry)?;
        let password = password.clone();
        self.run(move |memory| password::hash(password.expose(), &salt, memory))
            .await?
            .map_err(|error| Unavailable::new("password hashing", error))
    }

    /// Compares with what is stored; the same work is done when nothing is.
    pub async fn verify(
        &self,
        password: &Secret,
        stored: Option<String>,
        salt: Option<String>,
    ) -> Result<Verdict, Unavailable> {
        let password = password.clone();
        self.run(move |memory| {
            let (stored, salt) = (stored.as_deref(), salt.as_deref());
            password::verify(password.expose(), stored, salt, memory)
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, Unavailable> {
        let unavailable = |why: &str| Unavailable::new("password hashing", why.to_owned());
        let (done, result) = oneshot::channel();
        let work: Work = Box::new(move |memory| {
            // Whoever asked may have given up meanwhile.
            if !done.is_closed() {
                drop(done.send(work(memory)));
            }
        });
        let sender = self.threads.sender();
        sender
            .try_send(work)
            .map_err(|_| unavailable("too many passwords wait"))?;
        result.await.map_err(|_| unavailable("the thread ended"))
    }
}
