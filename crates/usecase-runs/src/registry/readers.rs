//! Readers of runs that are not under way here: they wait, or are elsewhere. A log stands for such a run as long as somebody reads it;
//! when the run goes on here, it goes on in that log.

use std::sync::{Arc, Weak};

use gatewright_run_events::{RunEvent, RunLog};
use uuid::Uuid;

use super::{RunHandle, RunRegistry};
use crate::{
    RunKey, StoreError, Wake,
    memory::Memory,
    past::{Waits, add_pause, add_text},
};

/// Where a reader finds a run.
#[derive(Clone, Debug)]
pub enum Found {
    /// It is under way here.
    Here(RunHandle),
    /// It waits, or is elsewhere; what is known of it is in this log.
    Awaited(Arc<RunLog>),
}

impl RunRegistry {
    /// The run when it is under way here; otherwise the log that its readers share, which is made of `past` for the first of them. The log
    /// stands as long as it is held.
    pub fn find_or_await(&self, run_id: Uuid, past: impl FnOnce() -> Vec<RunEvent>) -> Found {
        let mut state = self.state();
        state.reap();
        if let Some(entry) = state.runs.get(&run_id) {
            return Found::Here(entry.handle.clone());
        }
        let known = state.awaited.get(&run_id).and_then(Weak::upgrade);
        if let Some(log) = known.filter(|log| !log.is_closed()) {
            return Found::Awaited(log);
        }
        let log = self.log(RunKey { run_id, epoch: 0 }, past());
        if state.leaving {
            // Its readers shall come to another process.
            log.close();
        } else {
            state.wait_for(run_id, &log);
        }
        Found::Awaited(log)
    }

    /// The runs that are not under way here and have readers here.
    pub fn awaited(&self) -> Vec<(Uuid, Arc<RunLog>)> {
        let mut state = self.state();
        state.reap();
        let held = |(run, log): (&Uuid, &Weak<RunLog>)| Some((*run, log.upgrade()?));
        state.awaited.iter().filter_map(held).collect()
    }

    /// The log of a run that is not under way here, when it is read here.
    pub fn find_awaited(&self, run_id: Uuid) -> Option<Arc<RunLog>> {
        let mut state = self.state();
        state.reap();
        let log = state.awaited.get(&run_id)?.upgrade();
        log.filter(|log| !log.is_closed() && !state.runs.contains_key(&run_id))
    }

    /// A run that went on here lately, though it may be over.
    pub fn find_resumed(&self, run_id: Uuid) -> Option<RunHandle> {
        let state = self.state();
        let of_run = |handle: &&RunHandle| handle.plan.key.run_id == run_id;
        state.resumed.iter().rev().find(of_run).cloned()
    }

    /// Forgets which runs went on here, but for those that are under way.
    pub fn forget_resumed(&self) {
        self.state().resumed.clear();
    }

    /// Whether the run is under way here.
    pub fn has(&self, run_id: Uuid) -> bool {
        let mut state = self.state();
        state.reap();
        state.runs.contains_key(&run_id)
    }

    pub(super) fn log(&self, key: RunKey, past: Vec<RunEvent>) -> Arc<RunLog> {
        let spill = self.spills.as_ref().map(|spills| spills.0.of(key));
        Arc::new(RunLog::after(past, self.capacity.log_bytes, spill))
    }

    /// What readers who attach to a run that goes on here are shown first.
    pub(super) async fn past(
        &self,
        run_id: Uuid,
        memory: &Memory,
        wake: &Wake,
    ) -> Result<Vec<RunEvent>, StoreError> {
        let Some(past) = &self.past else {
            return Ok(Vec::new());
        };
        let mut events = past.0.load(run_id).await?;
        add_text(&mut events, memory);
        if *wake != Wake::Interrupted {
            let forms = memory.forms.values().cloned().collect();
            add_pause(&mut events, forms, &Waits::default());
        }
        Ok(events)
    }
}
