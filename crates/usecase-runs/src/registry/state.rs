//! What a registry knows of its runs, and of runs elsewhere that somebody here reads.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Weak},
};

use gatewright_run_events::RunLog;
use tokio::{
    sync::mpsc,
    task::{self, AbortHandle, JoinSet},
};
use uuid::Uuid;

use super::RunHandle;
use crate::task::{Command, GoesOn};

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) runs: HashMap<Uuid, Entry>,
    pub(super) by_id: HashMap<task::Id, Uuid>,
    /// Logs of runs that wait, or are elsewhere, as long as somebody reads them.
    pub(super) awaited: HashMap<Uuid, Weak<RunLog>>,
    /// With how many of them those that nobody reads are forgotten.
    purge_at: usize,
    /// Runs that went on here lately: some are over before anybody who reads them could ask.
    pub(super) resumed: VecDeque<RunHandle>,
    pub(super) tasks: JoinSet<()>,
    pub(super) leaving: bool,
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) handle: RunHandle,
    pub(super) commands: mpsc::Sender<Command>,
    pub(super) goes_on: GoesOn,
    pub(super) task: AbortHandle,
}

impl Entry {
    /// Whether its task still listens; one that does not is about to end.
    pub(super) fn is_under_way(&self) -> bool {
        !self.commands.is_closed()
    }
}

impl State {
    /// Forgets runs whose tasks have ended. Logs of those that wait are found as long as somebody reads them.
    pub(super) fn reap(&mut self) {
        while let Some(ended) = self.tasks.try_join_next_with_id() {
            let task = match ended {
                Ok((task, ())) => task,
                Err(error) => error.id(),
            };
            // A run that paused and goes on has another task by now.
            if let Some(entry) = self
                .by_id
                .remove(&task)
                .and_then(|run| self.ended(run, task))
            {
                self.forget(&entry);
            }
        }
    }

    fn ended(&mut self, run_id: Uuid, task: task::Id) -> Option<Entry> {
        let own = self.runs.get(&run_id)?.task.id() == task;
        if own { self.runs.remove(&run_id) } else { None }
    }

    pub(super) fn forget(&mut self, entry: &Entry) {
        if !entry.handle.log.is_closed() {
            self.wait_for(entry.handle.plan.key.run_id, &entry.handle.log);
        }
    }

    /// Keeps a log for whoever goes on with its run, as long as somebody reads it.
    pub(super) fn wait_for(&mut self, run_id: Uuid, log: &Arc<RunLog>) {
        // Looking through all of them each time would cost their square.
        if self.awaited.len() >= self.purge_at {
            self.awaited.retain(|_, log| log.strong_count() > 0);
            self.purge_at = 2 * self.awaited.len() + 64;
        }
        self.awaited.insert(run_id, Arc::downgrade(log));
    }
}
