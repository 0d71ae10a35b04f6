//! One connection, and what is known of its life. A firewall that forgets a connection tells nobody:
//! what is sent is taken, and no answer comes. So each connection knows since when somebody waits for
//! an answer. One that waits too long is closed, and so is one whose user gave up in the middle.

use std::{
    ops::{Deref, DerefMut},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use diesel::{
    ConnectionResult,
    connection::InstrumentationEvent,
    result::{DatabaseErrorKind, Error as DieselError},
};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};
use futures_util::StreamExt as _;
use tokio::{task::JoinHandle, time::Instant};

use crate::{
    connect::{Messages, Opened, open},
    connection_string::Target,
};

/// How often a connection looks whether an answer is overdue.
const LOOK: Duration = Duration::from_millis(250);
/// Between two looks for another server while the one that there is takes no writes.
const PAUSE: Duration = Duration::from_secs(1);

/// The time that the connections of a pool share, in milliseconds since it was made, and what one of them
/// tells the others.
#[derive(Debug)]
pub(crate) struct Pulse {
    begun: Instant,
    /// Somebody waited in vain since then: who was not heard of later is asked before it is used.
    doubt: AtomicU64,
    /// The server took no writes then: it is a standby by now, and connections of before lead to it.
    demoted: AtomicU64,
}

impl Pulse {
    pub(crate) fn begin() -> Arc<Self> {
        Arc::new(Self {
            begun: Instant::now(),
            doubt: AtomicU64::new(0),
            demoted: AtomicU64::new(0),
        })
    }

    pub(crate) fn now(&self) -> u64 {
        // Not zero, which stands for never.
        milliseconds(self.begun.elapsed()) + 1
    }

    pub(crate) fn doubts(&self, proven: u64) -> bool {
        proven <= self.doubt.load(Ordering::Acquire)
    }

    /// Whether a connection leads to a server that is no primary any more.
    pub(crate) fn leads_astray(&self, begun: u64) -> bool {
        begun <= self.demoted.load(Ordering::Acquire)
    }

    /// A server took no writes. As long as there is no other one, connections are made anew once a second
    /// and not for each request.
    fn demote(&self) {
        let now = self.now();
        let before = self.demoted.load(Ordering::Acquire);
        if before == 0 || now.saturating_sub(before) > milliseconds(PAUSE) {
            self.demoted.fetch_max(now, Ordering::AcqRel);
        }
    }
}

/// What is going on in a connection.
#[derive(Debug)]
pub(crate) struct Usage {
    pulse: Arc<Pulse>,
    /// Statements that have not been answered.
    waiting: AtomicU32,
    /// Since when the oldest of them waits, in milliseconds of the pulse.
    since: AtomicU64,
    /// When the server last answered.
    proven: AtomicU64,
    /// How many milliseconds an answer may take.
    limit: AtomicU64,
}

impl Usage {
    fn new(pulse: Arc<Pulse>, limit: Duration) -> Self {
        let proven = AtomicU64::new(pulse.now());
        Self {
            pulse,
            waiting: AtomicU32::new(0),
            since: AtomicU64::new(0),
            proven,
            limit: AtomicU64::new(milliseconds(limit)),
        }
    }

    fn note(&self, event: &InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartQuery { .. } => self.begin(),
            // Never comes when the one who asked has gone.
            InstrumentationEvent::FinishQuery { error, .. } => {
                if error.is_some_and(is_about_a_standby) {
                    self.pulse.demote();
                }
                self.waiting.fetch_sub(1, Ordering::AcqRel);
                self.proven.store(self.pulse.now(), Ordering::Release);
            }
            _ => {}
        }
    }

    /// Its server takes no writes: another one may, by now.
    pub(crate) fn demote(&self) {
        self.pulse.demote();
    }

    fn begin(&self) {
        if self.waiting.fetch_add(1, Ordering::AcqRel) == 0 {
            self.since.store(self.pulse.now(), Ordering::Release);
        }
    }

    /// Since when an answer is missing.
    pub(crate) fn waits_since(&self) -> Option<u64> {
        (self.waiting.load(Ordering::Acquire) > 0).then(|| self.since.load(Ordering::Acquire))
    }

    /// When the server last answered.
    pub(crate) fn proven(&self) -> u64 {
        self.proven.load(Ordering::Acquire)
    }

    /// Whoever waits here waits in vain; the other connections are told. False when nobody waits.
    pub(crate) fn give_up(&self) -> bool {
        let since = self.waits_since();
        self.pulse
            .doubt
            .fetch_max(since.unwrap_or_default(), Ordering::AcqRel);
        since.is_some()
    }

    /// From now on an answer may take so long.
    pub(crate) fn allow(&self, limit: Duration) {
        self.limit.store(milliseconds(limit), Ordering::Release);
    }

    fn is_overdue(&self) -> bool {
        let limit = self.limit.load(Ordering::Acquire);
        self.waits_since()
            .is_some_and(|since| self.pulse.now().saturating_sub(since) > limit)
    }
}

fn is_about_a_standby(error: &DieselError) -> bool {
    matches!(
        error,
        DieselError::DatabaseError(DatabaseErrorKind::ReadOnlyTransaction, _)
    )
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// A connection, with the driver that moves its bytes and what is known of its use.
pub(crate) struct Link {
    conn: AsyncPgConnection,
    usage: Arc<Usage>,
    driver: Driver,
    /// When it was begun.
    begun: u64,
}

/// What moves the bytes. It ends with its value: a connection that waits for an answer would otherwise
/// wait for it to the end, before it said goodbye.
struct Driver {
    task: JoinHandle<()>,
    is_cut: AtomicBool,
}

impl Driver {
    fn cut(&self) {
        self.is_cut.store(true, Ordering::Release);
        self.task.abort();
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Link {
    /// Connects. An answer that takes longer than `limit` ends the connection.
    pub(crate) async fn establish(
        target: &Target,
        pulse: Arc<Pulse>,
        limit: Duration,
    ) -> ConnectionResult<Self> {
        let begun = pulse.now();
        let Opened { client, messages } = open(target).await?;
        let usage = Arc::new(Usage::new(pulse, limit));
        let driver = Driver {
            task: tokio::spawn(drive(messages, Arc::clone(&usage))),
            is_cut: AtomicBool::new(false),
        };
        let mut conn = AsyncPgConnection::try_from(client).await?;
        let noted = Arc::clone(&usage);
        conn.set_instrumentation(move |event: InstrumentationEvent<'_>| noted.note(&event));
        Ok(Self {
            conn,
            usage,
            driver,
            begun,
        })
    }

    pub(crate) fn usage(&self) -> &Usage {
        &self.usage
    }

    /// When it was begun.
    pub(crate) fn begun(&self) -> u64 {
        self.begun
    }

    /// Whether it has ended.
    pub(crate) fn is_closed(&self) -> bool {
        self.driver.is_cut.load(Ordering::Acquire) || self.driver.task.is_finished()
    }

    /// Asks the server for a sign of life.
    pub(crate) async fn ping(&mut self, timeout: Duration) -> bool {
        let asked = tokio::time::timeout(timeout, self.conn.batch_execute("SELECT 1"));
        matches!(asked.await, Ok(Ok(())))
    }

    /// Closes it at once, whatever is going on.
    pub(crate) fn cut(&self) {
        self.driver.cut();
    }
}

impl Deref for Link {
    type Target = AsyncPgConnection;

    fn deref(&self) -> &AsyncPgConnection {
        &self.conn
    }
}

impl DerefMut for Link {
    fn deref_mut(&mut self) -> &mut AsyncPgConnection {
        &mut self.conn
    }
}

/// Moves the bytes until the connection ends, or an answer is overdue: then everybody who waits gets an
/// error, because what they wait for is dropped here.
async fn drive(mut messages: Messages, usage: Arc<Usage>) {
    let mut look = tokio::time::interval(LOOK);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            message = messages.next() => match message {
                Some(Ok(_)) => {}
                Some(Err(error)) => {
                    tracing::debug!(
                        event = "postgres.connection_ended",
                        %error,
                        "a connection to PostgreSQL ended"
                    );
                    return;
                }
                None => return,
            },
            _ = look.tick() => if usage.is_overdue() {
                usage.give_up();
                tracing::warn!(
                    event = "postgres.connection_hung",
                    "PostgreSQL does not answer on a connection: it is closed"
                );
                return;
            }
        }
    }
}
