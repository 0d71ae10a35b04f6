//! PostgreSQL behind the recorder of runs: a batch is one transaction. It locks the leases of its runs first and compares their epochs,
//! so that what a former owner writes changes nothing; then each kind of row is written by one statement for all runs. A run that comes
//! whole, from its beginning to its end, has no lease: nobody else can have heard of it.

use gatewright_run_events::StartReason;
use gatewright_storage_kit::{Conn, Pool, StorageError, Tx};
use gatewright_storage_runs::{
    checkpoint::{self, Checkpoint as State},
    lease::{self, Lease},
    node::{self, NodeRow},
    run,
    whole::{self, WholeRun},
};
use gatewright_usecase_runs::{
    BatchError, BatchStore, Checkpoint, Commit, Committed, PortFuture, Record, StoreError,
};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::{
    FormWriter, LEASE_SECONDS, ends, form_rows::AskedForm, large_values, messages, pauses, rows,
};

/// What a run that was stopped says of it.
pub(crate) const STOPPED: &str = "Stopped by user.";

/// Keeps runs for one process.
pub struct PostgresRuns {
    pool: Pool,
    owner: Uuid,
    resumed: Option<mpsc::Sender<Uuid>>,
    forms: FormWriter,
}

impl PostgresRuns {
    /// For the process that calls itself `owner`.
    pub fn new(pool: Pool, owner: Uuid, forms: FormWriter) -> Self {
        Self {
            pool,
            owner,
            forms,
            resumed: None,
        }
    }

    /// The same, and says which runs went on, once that is kept.
    #[must_use]
    pub fn telling(self, resumed: mpsc::Sender<Uuid>) -> Self {
        Self {
            resumed: Some(resumed),
            ..self
        }
    }

    async fn write_all(
        &self,
        batch: &[Commit],
    ) -> Result<Vec<Result<Committed, StoreError>>, StorageError> {
        if batch.iter().all(is_whole_alone) {
            return self.write_whole(batch).await;
        }
        let mut tx = self.pool.begin().await?;
        let all: Vec<&Commit> = batch.iter().collect();
        let late = messages::begin(&mut tx, &all).await?;
        let is_late = |commit: &Commit| late.contains(&run_id(commit));
        let live: Vec<&Commit> = batch.iter().filter(|commit| !is_late(commit)).collect();
        let leases = self.lock(&mut tx, &live).await?;
        let owned = |commit: &&&Commit| is_whole(commit) || find(&leases, commit).is_some();
        let own: Vec<&Commit> = live.iter().filter(owned).copied().collect();
        write_runs(&mut tx, &own, &leases).await?;
        self.write_forms(&mut tx, &own).await?;
        let mut answered = pauses::settle(&mut tx, &own, &leases, self.owner).await?;
        write_states(&mut tx, &own).await?;
        let fenced = live.iter().copied().filter(|commit| !owned(&commit));
        let own_ends = ends::list_own(&mut tx, fenced).await?;
        tx.commit().await?;
        self.tell_resumed(&own);
        let mut answer = |commit: &Commit| match find(&leases, commit) {
            None if is_late(commit) => Err(StoreError::Conflict),
            None if is_whole(commit) => Ok(Committed::default()),
            None => {
                let kept = own_ends.get(&run_id(commit)).cloned();
                kept.ok_or(StoreError::Fenced)
            }
            Some(lease) => Ok(Committed {
                stop: stopped(lease).map(str::to_owned),
                answered: answered.remove(&run_id(commit)).unwrap_or_default(),
            }),
        };
        Ok(batch.iter().map(&mut answer).collect())
    }

    /// Whoever reads a run that went on looks for it later when the channel is full.
    fn tell_resumed(&self, own: &[&Commit]) {
        if let Some(resumed) = &self.resumed {
            for commit in own.iter().filter(|commit| goes_on(commit)) {
                let _ = resumed.try_send(run_id(commit));
            }
        }
    }

    async fn write_forms(&self, tx: &mut Tx, own: &[&Commit]) -> Result<(), StorageError> {
        let asked = own.iter().flat_map(|commit| {
            commit.records.iter().filter_map(|record| match record {
                Record::Form(record) => Some(AskedForm {
                    plan: &commit.plan,
                    record,
                }),
                _ => None,
            })
        });
        let asked: Vec<_> = asked.collect();
        if asked.is_empty() {
            return Ok(());
        }
        self.forms.write(tx, &asked).await
    }

    /// One statement, and nothing to compare.
    async fn write_whole(
        &self,
        batch: &[Commit],
    ) -> Result<Vec<Result<Committed, StoreError>>, StorageError> {
        let own: Vec<&Commit> = batch.iter().collect();
        let mut conn = self.pool.get().await?;
        insert_whole(&mut conn, &own).await?;
        Ok(batch.iter().map(|_| Ok(Committed::default())).collect())
    }

    /// The leases of these runs, locked; those that begin get one.
    async fn lock(&self, tx: &mut Tx, batch: &[&Commit]) -> Result<Vec<Lease>, StorageError> {
        let leased = batch.iter().copied().filter(|commit| !is_whole(commit));
        let ids: Vec<Uuid> = leased.clone().map(run_id).collect();
        if ids.is_empty() {
            return Ok(vec![]);
        }
        let begun: Vec<Uuid> = leased.filter(|commit| begins(commit)).map(run_id).collect();
        let mut locked = vec![];
        if !begun.is_empty() {
            locked = lease::insert(tx, &begun, self.owner, LEASE_SECONDS).await?;
        }
        let is_new = |id: &Uuid| locked.iter().any(|lease| lease.run_id == *id);
        let known: Vec<Uuid> = ids.into_iter().filter(|id| !is_new(id)).collect();
        if !known.is_empty() {
            locked.extend(lease::lock(tx, &known).await?);
        }
        Ok(locked)
    }
}

impl BatchStore for PostgresRuns {
    fn write<'a>(
        &'a self,
        batch: &'a [Commit],
    ) -> PortFuture<'a, Result<Vec<Result<Committed, StoreError>>, BatchError>> {
        Box::pin(async {
            self.write_all(batch).await.map_err(|error| {
                tracing::warn!(
                    event = "run.batch_not_kept",
                    %error,
                    runs = batch.len(),
                    "a batch of runs was not kept"
                );
                match error {
                    StorageError::Duplicate(_) => BatchError::Refused(error.to_string()),
                    StorageError::Unavailable(_) if error.is_answer() => BatchError::Failed,
                    StorageError::Unavailable(_) => BatchError::Unavailable,
                }
            })
        })
    }
}

/// Rows of runs and of their nodes, in an order in which each row exists before another one names it.
async fn write_runs(tx: &mut Tx, own: &[&Commit], leases: &[Lease]) -> Result<(), StorageError> {
    let (mut started, mut nodes, mut states, mut answers) = (vec![], vec![], vec![], vec![]);
    insert_whole(tx, own).await?;
    for commit in own {
        let stop = find(leases, commit).and_then(stopped);
        answers.extend(messages::answer(commit, stop.is_some()));
        if is_whole(commit) {
            continue;
        }
        for record in &commit.records {
            match record {
                Record::Started(start) => {
                    started.push(rows::new_run(&commit.plan, start.created_at));
                }
                Record::Node(one) => nodes.push(rows::node(&commit.plan, one)),
                other => states.extend(rows::state(run_id(commit), other, stop)),
            }
        }
    }
    if !started.is_empty() {
        run::insert(tx, &started).await?;
    }
    messages::write(tx, own).await?;
    messages::write_answers(tx, &answers).await?;
    let nodes = last_of_each(nodes);
    if !nodes.is_empty() {
        node::upsert(tx, &nodes).await?;
    }
    large_values::note(tx, own).await?;
    if !states.is_empty() {
        run::update_state(tx, &states).await?;
    }
    Ok(())
}

/// Runs of which all is here.
async fn insert_whole(conn: &mut Conn, own: &[&Commit]) -> Result<(), StorageError> {
    let commits = own.iter().filter(|commit| is_whole(commit));
    let runs: Vec<WholeRun<'_>> = commits
        .clone()
        .filter_map(|commit| whole_row(commit))
        .collect();
    if runs.is_empty() {
        return Ok(());
    }
    let mut nodes = vec![];
    for commit in commits {
        for record in &commit.records {
            if let Record::Node(one) = record {
                nodes.push(rows::node(&commit.plan, one));
            }
        }
    }
    whole::insert(conn, &runs, &last_of_each(nodes)).await
}

/// Of several rows of one execution the last counts; a statement may name each once.
fn last_of_each(mut nodes: Vec<NodeRow<'_>>) -> Vec<NodeRow<'_>> {
    nodes.reverse();
    let mut seen = std::collections::HashSet::new();
    nodes.retain(|row| seen.insert(row.id));
    nodes
}

/// What runs go on from; nothing of those that ended.
async fn write_states(tx: &mut Tx, own: &[&Commit]) -> Result<(), StorageError> {
    let (mut kept, mut ended) = (vec![], vec![]);
    for commit in own.iter().filter(|commit| !is_whole(commit)) {
        match &commit.checkpoint {
            Checkpoint::Save(state) => kept.push(State {
                run_id: run_id(commit),
                epoch: commit.key.epoch,
                state: state.as_str().as_bytes(),
            }),
            Checkpoint::Drop => ended.push(run_id(commit)),
        }
    }
    if !kept.is_empty() {
        checkpoint::upsert(tx, &kept).await?;
    }
    if !ended.is_empty() {
        lease::delete(tx, &ended).await?;
    }
    Ok(())
}

fn run_id(commit: &Commit) -> Uuid {
    commit.key.run_id
}

fn begins(commit: &Commit) -> bool {
    let is_first = |record: &Record| matches!(record, Record::Started(start) if start.reason == StartReason::Initial);
    commit.records.iter().any(is_first)
}

/// Whether a run is in this commit from its beginning to its end: one that never waited for anything.
fn is_whole(commit: &Commit) -> bool {
    let rows = |record: &Record| {
        matches!(
            record,
            Record::Started(_)
                | Record::Node(_)
                | Record::Variable(_)
                | Record::Message { .. }
                | Record::Finished(_)
        )
    };
    let ends = |record: &Record| matches!(record, Record::Finished(_));
    let records = &commit.records;
    commit.checkpoint == Checkpoint::Drop
        && begins(commit)
        && records.iter().any(ends)
        && records.iter().all(rows)
}

/// The same, of a run that nothing else is kept of: no conversation goes with it, and no large value.
fn is_whole_alone(commit: &Commit) -> bool {
    commit.plan.dialogue.is_none() && is_whole(commit) && !large_values::has_any(commit)
}

/// Its row, if it is whole.
fn whole_row(commit: &Commit) -> Option<WholeRun<'_>> {
    if !is_whole(commit) {
        return None;
    }
    let began = commit.records.iter().find_map(|record| match record {
        Record::Started(start) => Some(rows::new_run(&commit.plan, start.created_at)),
        _ => None,
    });
    let mut ends = commit.records.iter();
    let end = ends.find_map(|record| rows::state(run_id(commit), record, None));
    Some(WholeRun {
        run: began?,
        end: end?,
    })
}

fn goes_on(commit: &Commit) -> bool {
    let resumes = |record: &Record| matches!(record, Record::Started(start) if start.reason == StartReason::Resumption);
    commit.records.iter().any(resumes)
}

/// The lease by which this commit may be written.
fn find<'a>(leases: &'a [Lease], commit: &Commit) -> Option<&'a Lease> {
    leases
        .iter()
        .find(|lease| lease.run_id == commit.key.run_id && lease.epoch == commit.key.epoch)
}

fn stopped(lease: &Lease) -> Option<&'static str> {
    lease.stop_requested_at.map(|_| STOPPED)
}
