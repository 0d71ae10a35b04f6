//! The connection in use. A checkout asks the server whether the connection still stands, which would
//! double the round trips; so a connection is checked out once and commands go through cheap clones
//! of it. Only after it was left alone for a moment does it go back to the pool and come out again,
//! proved or new: what a firewall forgot or a server closed meanwhile is never used.

use std::{
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use redis::RedisResult;
use tokio::sync::Mutex;

use super::pool::{Checkout, Link, Pool};

/// Left alone for this long, a connection is proved before it is used. Servers can be told to close
/// idle connections after a second at the earliest; firewalls forget after minutes.
const QUIET: Duration = Duration::from_millis(500);
/// A command that was given up after this long leaves a doubt.
const DOUBTFUL: Duration = Duration::from_millis(250);
/// Before any time: proves at the next use.
const LONG_AGO: u64 = u64::MAX;

pub(super) struct Held {
    pool: Pool,
    slot: RwLock<Option<Slot>>,
    /// Whoever has it checks out; the others wait and share what comes of it.
    turn: Mutex<()>,
    /// When that failed last, in milliseconds since the start.
    failed: AtomicU64,
    started: Instant,
    generations: AtomicU64,
}

struct Slot {
    checkout: Checkout,
    generation: u64,
    /// Milliseconds since the start, or [`LONG_AGO`].
    used: AtomicU64,
}

/// A clone of the connection for one command.
pub(super) struct Lease<'a> {
    pub(super) link: Link,
    held: &'a Held,
    generation: u64,
    began: Option<Instant>,
}

impl Held {
    pub(super) fn new(pool: Pool) -> Self {
        Self {
            pool,
            slot: RwLock::default(),
            turn: Mutex::default(),
            failed: AtomicU64::new(0),
            started: Instant::now(),
            generations: AtomicU64::new(0),
        }
    }

    /// The connection, proved if it was left alone, new if there is none.
    pub(super) async fn lease(&self) -> RedisResult<Lease<'_>> {
        if let Some(lease) = self.in_use() {
            return Ok(lease);
        }
        let asked = self.now();
        let _turn = self.turn.lock().await;
        if let Some(lease) = self.in_use() {
            return Ok(lease);
        }
        // Whoever waited meanwhile would otherwise wait for as many time-outs as there are waiters.
        if self.failed.load(Ordering::Relaxed) > asked {
            let error = std::io::Error::other("it could not be reached just now");
            return Err(error.into());
        }
        drop(self.write().take());
        let checkout = self.pool.get().await.inspect_err(|_| {
            self.failed.store(self.now(), Ordering::Relaxed);
        })?;
        let slot = Slot {
            checkout,
            generation: self.generations.fetch_add(1, Ordering::Relaxed),
            used: AtomicU64::new(self.now()),
        };
        let lease = self.lease_of(&slot);
        *self.write() = Some(slot);
        Ok(lease)
    }

    fn in_use(&self) -> Option<Lease<'_>> {
        let slot = self.slot.read().unwrap_or_else(PoisonError::into_inner);
        let (slot, now) = (slot.as_ref()?, self.now());
        let used = slot.used.load(Ordering::Relaxed);
        if used == LONG_AGO || now.saturating_sub(used) >= millis(QUIET) {
            return None;
        }
        slot.used.store(now, Ordering::Relaxed);
        Some(self.lease_of(slot))
    }

    fn lease_of(&self, slot: &Slot) -> Lease<'_> {
        Lease {
            link: slot.checkout.link(),
            held: self,
            generation: slot.generation,
            began: Some(Instant::now()),
        }
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Option<Slot>> {
        self.slot.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> u64 {
        millis(self.started.elapsed())
    }
}

impl Lease<'_> {
    /// It was answered: nothing is known against the connection.
    pub(super) fn answered(&mut self) {
        self.began = None;
    }

    /// The connection is broken: closed, unless somebody else did so before.
    pub(super) fn broken(&mut self) {
        self.began = None;
        let broken = self
            .held
            .write()
            .take_if(|slot| slot.generation == self.generation);
        if let Some(slot) = broken {
            slot.checkout.discard();
        }
    }
}

impl Drop for Lease<'_> {
    /// Nobody waited for the answer to its end (a deadline, a client that went away). If that took
    /// long, the connection has to prove itself before the next command.
    fn drop(&mut self) {
        if self.began.is_some_and(|began| began.elapsed() >= DOUBTFUL) {
            let slot = self
                .held
                .slot
                .read()
                .unwrap_or_else(PoisonError::into_inner);
            if let Some(slot) = slot
                .as_ref()
                .filter(|slot| slot.generation == self.generation)
            {
                slot.used.store(LONG_AGO, Ordering::Relaxed);
            }
        }
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(LONG_AGO - 1)
}
