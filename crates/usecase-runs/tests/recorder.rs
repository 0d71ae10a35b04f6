//! Group commit: what is written together, and what one bad run costs the others.

#![allow(clippy::unwrap_used, reason = "what a test cannot unwrap has failed")]

#[allow(dead_code, reason = "other tests use the rest")]
mod support;

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use gatewright_run_events::{Json, StartReason, WorkflowStarted};
use gatewright_usecase_runs::{
    BatchError, BatchStore, Checkpoint, Commit, Committed, PortFuture, Record, Recorder, RunStore,
    StoreError,
};
use tokio::{sync::Semaphore, time::Instant};

use support::{plan, until};

/// The run that storage fails at, for a reason that it does not tell.
const FAILS: u128 = 1_000;

/// Notes the runs of each batch that it was asked to write. Refuses batches with a run whose number is in `bad`.
#[derive(Debug)]
struct Batches {
    written: Mutex<Vec<Vec<u128>>>,
    bad: Vec<u128>,
    gate: Semaphore,
    gone: AtomicBool,
}

impl BatchStore for Batches {
    fn write<'a>(
        &'a self,
        batch: &'a [Commit],
    ) -> PortFuture<'a, Result<Vec<Result<Committed, StoreError>>, BatchError>> {
        Box::pin(async {
            self.gate.acquire().await.unwrap().forget();
            let runs: Vec<_> = batch
                .iter()
                .map(|commit| commit.key.run_id.as_u128())
                .collect();
            let refused = runs.iter().any(|run| self.bad.contains(run));
            let fails = runs.contains(&FAILS);
            self.written.lock().unwrap().push(runs);
            if self.gone.load(Ordering::SeqCst) {
                return Err(BatchError::Unavailable);
            }
            if fails {
                return Err(BatchError::Failed);
            }
            if refused {
                return Err(BatchError::Refused("U+0000".to_owned()));
            }
            // A run with the highest number is somebody else's.
            let answer = |commit: &Commit| match commit.key.run_id.as_u128() {
                u128::MAX => Err(StoreError::Fenced),
                _ => Ok(Committed::default()),
            };
            Ok(batch.iter().map(answer).collect())
        })
    }
}

fn batches(bad: &[u128], permits: usize, gone: bool) -> Arc<Batches> {
    Arc::new(Batches {
        written: Mutex::default(),
        bad: bad.to_vec(),
        gate: Semaphore::new(permits),
        gone: AtomicBool::new(gone),
    })
}

fn commit(run: u128) -> Commit {
    let mut plan = plan(false);
    plan.key.run_id = uuid::Uuid::from_u128(run);
    Commit {
        key: plan.key,
        plan: Arc::new(plan),
        records: Vec::new(),
        checkpoint: Checkpoint::Save(Json::null()),
    }
}

/// Commits these runs at once; what each was told, in their order.
async fn all(recorder: &Recorder, runs: &[u128]) -> Vec<Result<Committed, StoreError>> {
    let mut tasks = Vec::new();
    for run in runs {
        let (recorder, run) = (recorder.clone(), *run);
        tasks.push(tokio::spawn(
            async move { recorder.commit(commit(run)).await },
        ));
    }
    let mut told = Vec::new();
    for task in tasks {
        told.push(task.await.unwrap());
    }
    told
}

#[tokio::test]
async fn commits_that_come_while_one_batch_is_written_are_the_next_batch() {
    let store = batches(&[], 0, false);
    let recorder = Recorder::start(Arc::<Batches>::clone(&store));
    let other = recorder.clone();
    let first = tokio::spawn(async move { other.commit(commit(0)).await });
    // The first one is being written, and waits for its permit.
    tokio::task::yield_now().await;
    let runs: Vec<u128> = (1..100).collect();
    let others = tokio::spawn(async move { all(&recorder, &runs).await });
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
    store.gate.add_permits(100);
    assert!(first.await.unwrap().is_ok());
    assert!(others.await.unwrap().iter().all(Result::is_ok));
    let sizes: Vec<_> = store.written.lock().unwrap().iter().map(Vec::len).collect();
    assert_eq!(sizes, [1, 64, 35]);
}

#[tokio::test]
async fn batch_that_is_refused_is_halved_until_only_the_bad_runs_fail() {
    let store = batches(&[3, 7], 100, false);
    let recorder = Recorder::start(Arc::<Batches>::clone(&store));
    let runs: Vec<u128> = (0..10).chain([u128::MAX]).collect();
    let told = all(&recorder, &runs).await;
    for (run, told) in runs.iter().zip(told) {
        let expected = match *run {
            3 | 7 => Err(StoreError::Rejected("U+0000".to_owned())),
            u128::MAX => Err(StoreError::Fenced),
            _ => Ok(Committed::default()),
        };
        assert_eq!(told, expected, "{run}");
    }
    let good = |batch: &&Vec<u128>| !batch.contains(&3) && !batch.contains(&7);
    let mut written: Vec<_> = store
        .written
        .lock()
        .unwrap()
        .iter()
        .filter(good)
        .flatten()
        .copied()
        .collect();
    written.sort_unstable();
    assert_eq!(written, [0, 1, 2, 4, 5, 6, 8, 9, u128::MAX]);
}

#[tokio::test(start_paused = true)]
async fn storage_that_is_gone_is_waited_for_two_minutes_and_then_told_to_all_who_wait() {
    let store = batches(&[], 1_000, true);
    let recorder = Recorder::start(Arc::<Batches>::clone(&store));
    let began = Instant::now();
    let told = all(&recorder, &[1, 2, 3]).await;
    assert_eq!(told, vec![Err(StoreError::Unavailable); 3]);
    assert!(
        (120..122).contains(&began.elapsed().as_secs()),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn run_that_storage_fails_at_waits_alone() {
    let store = batches(&[], 1_000, false);
    let recorder = Recorder::start(Arc::<Batches>::clone(&store));
    let other = recorder.clone();
    let began = Instant::now();
    let fails = tokio::spawn(async move { all(&other, &[FAILS]).await });
    until(|| !store.written.lock().unwrap().is_empty()).await;
    // Each of these is in a batch with it.
    for _ in 0..3 {
        let told = all(&recorder, &[1, 2, 3]).await;
        assert!(told.iter().all(Result::is_ok), "{told:?}");
        assert!(began.elapsed().as_secs() < 1);
    }
    assert_eq!(fails.await.unwrap(), [Err(StoreError::Unavailable)]);
    assert!((8..10).contains(&began.elapsed().as_secs()));
}

#[tokio::test(start_paused = true)]
async fn storage_that_comes_back_has_everything_once_and_a_run_that_would_begin_did_not_wait() {
    let store = batches(&[], 1_000, true);
    let recorder = Recorder::start(Arc::<Batches>::clone(&store));
    let other = recorder.clone();
    let waits = tokio::spawn(async move { all(&other, &[1, u128::MAX]).await });
    until(|| !store.written.lock().unwrap().is_empty()).await;
    let began = Instant::now();
    let mut first = commit(2);
    first.records.push(Record::Started(WorkflowStarted {
        workflow_id: "workflow".to_owned(),
        inputs: Json::object(),
        stored_inputs: Json::object(),
        created_at: 1,
        reason: StartReason::Initial,
    }));
    assert_eq!(recorder.commit(first).await, Err(StoreError::Unavailable));
    assert!(began.elapsed().as_secs() < 1);
    store.gone.store(false, Ordering::SeqCst);
    let told = waits.await.unwrap();
    assert_eq!(told, [Ok(Committed::default()), Err(StoreError::Fenced)]);
}
