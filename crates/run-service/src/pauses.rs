//! Runs that wait for people: in the transaction that pauses one its forms are read again, so that an answer that came meanwhile is
//! not missed. A run that waits has no owner; whoever has an answer for it takes it (apps.md §3.13).

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use gatewright_run_events::{PauseReason, StartReason};
use gatewright_storage_kit::{StorageError, Tx};
use gatewright_storage_runs::{
    form::{self, Answered},
    lease::{self, Lease},
    pause::{self, NewPause, Reason},
};
use gatewright_usecase_runs::{Commit, Record, Wake, execution_id};
use serde_json::Value;
use uuid::Uuid;

use crate::LEASE_SECONDS;

/// The place in a run's numbers that its pause has.
const PAUSE_NUMBER: u64 = u64::MAX - 1;

/// Why a run ends whose form was open for too long.
const EXPIRED: &str = "A form of this run expired.";

/// What this batch does to runs that wait, go on, or have an owner who is to look.
pub(crate) async fn settle(
    tx: &mut Tx,
    own: &[&Commit],
    leases: &[Lease],
    owner: Uuid,
) -> Result<HashMap<Uuid, Vec<Wake>>, StorageError> {
    let run = |commit: &&Commit| commit.key.run_id;
    let resumed: Vec<(Uuid, i64)> = own
        .iter()
        .filter_map(|one| Some((run(one), resumed_at(one)?)))
        .collect();
    if let Some((_, at)) = resumed.first() {
        let runs: Vec<Uuid> = resumed.iter().map(|(run, _)| *run).collect();
        pause::resume(tx, &runs, time(*at)).await?;
    }
    let pausing: Vec<&Commit> = own.iter().copied().filter(|one| waits(one)).collect();
    let is_woken = |one: &&Commit| leases.iter().any(|l| l.run_id == run(one) && l.is_woken());
    let looking: Vec<Uuid> = pausing
        .iter()
        .copied()
        .chain(own.iter().copied().filter(|one| is_woken(one)))
        .map(|one| one.key.run_id)
        .collect();
    let mut answered: HashMap<Uuid, Vec<Wake>> = HashMap::new();
    if !looking.is_empty() {
        let open: HashSet<&str> = pausing.iter().flat_map(|one| open_forms(one)).collect();
        for one in form::list_answered(tx, &looking).await? {
            let is_pausing = pausing.iter().any(|commit| commit.key.run_id == one.run_id);
            if is_pausing && !open.contains(one.form_id.to_string().as_str()) {
                continue;
            }
            answered.entry(one.run_id).or_default().extend(wake(&one));
        }
        lease::clear_wake(tx, &looking).await?;
    }
    let waiting: Vec<&Commit> = pausing
        .into_iter()
        .filter(|one| !answered.contains_key(&one.key.run_id))
        .collect();
    if !waiting.is_empty() {
        write(tx, &waiting).await?;
    }
    adopt(tx, own, leases, owner).await?;
    Ok(answered)
}

async fn write(tx: &mut Tx, waiting: &[&Commit]) -> Result<(), StorageError> {
    let pauses: Vec<NewPause> = waiting.iter().map(|one| new_pause(one)).collect();
    let reasons = waiting.iter().flat_map(|one| {
        forms(one).map(|form| Reason {
            run_id: one.key.run_id,
            form_id: &form.form_id,
            node_id: &form.node_id,
        })
    });
    let reasons: Vec<_> = reasons.collect();
    pause::upsert(tx, &pauses, &reasons).await?;
    let runs: Vec<Uuid> = waiting.iter().map(|one| one.key.run_id).collect();
    lease::release(tx, &runs).await
}

/// A run that waited and goes on in its own process, by what reached its task at the last moment, has an owner again.
async fn adopt(
    tx: &mut Tx,
    own: &[&Commit],
    leases: &[Lease],
    owner: Uuid,
) -> Result<(), StorageError> {
    let is_nobodys = |run: Uuid| leases.iter().any(|l| l.run_id == run && l.owner.is_none());
    let going = own.iter().filter(|one| !waits(one));
    let runs = going.map(|one| one.key.run_id);
    let runs: Vec<Uuid> = runs.filter(|run| is_nobodys(*run)).collect();
    if runs.is_empty() {
        return Ok(());
    }
    lease::adopt(tx, &runs, owner, LEASE_SECONDS).await
}

/// What a run hears of a form that does not wait any more; nothing of one that is not a run's.
pub(crate) fn wake(answered: &Answered) -> Option<Wake> {
    let definition: Value = serde_json::from_str(&answered.definition).ok()?;
    let execution = definition["execution"].as_u64()?;
    Some(match answered.status.as_str() {
        "submitted" => Wake::Submitted {
            execution,
            action: answered.action.clone().unwrap_or_default(),
            inputs: answered
                .data
                .as_deref()
                .and_then(|data| serde_json::from_str(data).ok())
                .unwrap_or_default(),
        },
        "timeout" => Wake::TimedOut { execution },
        _ => Wake::Stopped {
            reason: EXPIRED.to_owned(),
        },
    })
}

/// Whether the run waits behind this commit.
fn waits(commit: &Commit) -> bool {
    let decides = commit.records.iter().rev().find(|record| {
        matches!(
            record,
            Record::Paused(_) | Record::Started(_) | Record::Finished(_)
        )
    });
    matches!(decides, Some(Record::Paused(_)))
}

/// When the run went on, in Unix seconds, if it did in this commit.
fn resumed_at(commit: &Commit) -> Option<i64> {
    commit.records.iter().find_map(|record| match record {
        Record::Started(start) if start.reason == StartReason::Resumption => Some(start.created_at),
        _ => None,
    })
}

fn time(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default()
}

/// The forms that the run waits for behind this commit.
fn forms(commit: &Commit) -> impl Iterator<Item = &gatewright_run_events::Form> {
    let paused = commit.records.iter().rev().find_map(|record| match record {
        Record::Paused(paused) => Some(paused),
        _ => None,
    });
    let reasons = paused.into_iter().flat_map(|paused| &paused.reasons);
    reasons.filter_map(|reason| match reason {
        PauseReason::HumanInputRequired(form) => Some(form.as_ref()),
        PauseReason::ScheduledPause { .. } => None,
    })
}

fn open_forms(commit: &Commit) -> impl Iterator<Item = &str> {
    forms(commit).map(|form| form.form_id.as_str())
}

fn new_pause(commit: &Commit) -> NewPause {
    let paused = commit.records.iter().rev().find_map(|record| match record {
        Record::Paused(paused) => Some(paused),
        _ => None,
    });
    let at = paused.map_or(0, |paused| paused.created_at);
    NewPause {
        id: execution_id(commit.key.run_id, PAUSE_NUMBER),
        run_id: commit.key.run_id,
        workflow_id: commit.plan.workflow_id,
        at: time(at),
    }
}
