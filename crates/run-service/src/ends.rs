//! Ends that are written a second time, because nobody heard that the first time was kept: storage was gone before it could say so. Such a
//! run has no lease any more, as one that another process ended has none; what is stored tells them apart.

use std::collections::HashMap;

use gatewright_storage_kit::{Conn, StorageError};
use gatewright_storage_runs::run::{self, Run, RunState};
use gatewright_usecase_runs::{Checkpoint, Commit, Committed};
use uuid::Uuid;

use crate::{rows, store::STOPPED};

/// Of these commits, which nobody owns the runs of, those that were kept before: with what was to be heard then.
pub(crate) async fn list_own<'a>(
    conn: &mut Conn,
    fenced: impl Iterator<Item = &'a Commit>,
) -> Result<HashMap<Uuid, Committed>, StorageError> {
    let ended = fenced.filter(|commit| commit.checkpoint == Checkpoint::Drop);
    let ends: HashMap<Uuid, RunState<'_>> = ended
        .filter_map(|commit| Some((commit.key.run_id, end(commit)?)))
        .collect();
    if ends.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<Uuid> = ends.keys().copied().collect();
    let stored = run::list_not_paused(conn, &ids).await?;
    let own = stored.iter().filter(|run| is_same(run, &ends[&run.id]));
    let told = own.map(|run| {
        let committed = Committed {
            stop: (run.status == "stopped").then(|| STOPPED.to_owned()),
            answered: vec![],
        };
        (run.id, committed)
    });
    Ok(told.collect())
}

fn end(commit: &Commit) -> Option<RunState<'_>> {
    let mut records = commit.records.iter();
    let state = records.find_map(|record| rows::state(commit.key.run_id, record, None))?;
    state.finished_at.is_some().then_some(state)
}

/// Whether a stored end is the one that was to be kept: to the microsecond at the same time, after the same time.
fn is_same(stored: &Run, end: &RunState<'_>) -> bool {
    let at = stored.finished_at.map(|at| at.and_utc().timestamp_micros());
    at == end.finished_at.map(|at| at.timestamp_micros())
        && stored.elapsed_time.to_bits() == end.elapsed_time.to_bits()
}
