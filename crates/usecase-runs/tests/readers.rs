//! Readers of runs that are not under way where they read.

#![allow(clippy::unwrap_used, reason = "what a test cannot unwrap has failed")]

#[allow(dead_code, reason = "other tests use the rest")]
mod support;

use std::{sync::Arc, time::Duration};

use gatewright_engine::happening::Status;
use gatewright_run_events::{Json, RunEvent, StartReason, WorkflowStarted};
use gatewright_usecase_runs::{
    Capacity, Checkpoint, Found, PastRuns, PortFuture, Ports, RunRegistry, StoreError, Waits, Wake,
    add_stored,
};
use uuid::Uuid;

use support::{
    Bench, Does, Forms, Memory, RUN, Runner, StandingClock, asks, begins, bench, finished, goes_on,
    pauses, plan, script, text, until,
};

/// Storage that knows when each run began.
struct Past;

impl PastRuns for Past {
    fn load(&self, _: Uuid) -> PortFuture<'_, Result<Vec<RunEvent>, StoreError>> {
        Box::pin(async { Ok(vec![started()]) })
    }
}

fn started() -> RunEvent {
    RunEvent::WorkflowStarted(WorkflowStarted {
        workflow_id: "workflow".to_owned(),
        inputs: Json::object(),
        stored_inputs: Json::object(),
        created_at: 1,
        reason: StartReason::Initial,
    })
}

/// Another process on the same storage.
fn elsewhere(bench: &Bench) -> RunRegistry {
    let ports = Ports {
        runner: Arc::<Runner>::clone(&bench.runner),
        store: Arc::<Memory>::clone(&bench.store),
        forms: Arc::new(Forms),
        clock: Arc::new(StandingClock),
    };
    let capacity = Capacity {
        runs: 2,
        log_bytes: 8 << 20,
    };
    RunRegistry::new(ports, capacity).with_past(Arc::new(Past))
}

fn submitted() -> Wake {
    Wake::Submitted {
        execution: 1,
        action: "yes".to_owned(),
        inputs: serde_json::Map::new(),
    }
}

/// A run that waits in one process, and its checkpoint.
async fn waiting(bench: &Bench) -> Json {
    let waits = [vec![begins(), text("a"), asks(1)]
        .into_iter()
        .chain(pauses(1))
        .collect()];
    bench.start(true, script(waits)).await.unwrap();
    until(|| bench.registry.count() == 0).await;
    let commits = bench.store.commits.lock().unwrap();
    match &commits[0].checkpoint {
        Checkpoint::Save(state) => state.clone(),
        Checkpoint::Drop => panic!(),
    }
}

fn names(events: &[RunEvent]) -> Vec<&'static str> {
    events.iter().map(support::name).collect()
}

#[tokio::test]
async fn reader_of_a_run_that_waits_is_shown_what_storage_has_and_reads_on_when_it_goes_on_there() {
    let bench = bench(Does::Waits);
    let checkpoint = waiting(&bench).await;
    let other = elsewhere(&bench);
    let mut past = vec![started()];
    add_stored(
        &mut past,
        checkpoint.as_str().as_bytes(),
        Some(Waits::default()),
    )
    .unwrap();
    let Found::Awaited(log) = other.find_or_await(RUN, || past) else {
        panic!("it is not under way there")
    };
    let Found::Awaited(same) = other.find_or_await(RUN, || panic!("it is known")) else {
        panic!()
    };
    assert!(Arc::ptr_eq(&log, &same));
    assert_eq!(other.awaited().len(), 1);
    let mut attached = log.attach(true, true).await.unwrap();
    let shown = attached.snapshot.unwrap().events();
    assert_eq!(
        names(&shown),
        [
            "workflow_started",
            "text_replace",
            "human_input_required",
            "workflow_paused"
        ]
    );
    let goes = [vec![goes_on()], finished(Status::Succeeded, None)];
    let machine = script(goes);
    let run = other.resume(plan(true), &checkpoint, |_| Ok(machine), submitted());
    run.await.unwrap();
    let batch = attached.reader.next().await.unwrap().unwrap();
    assert_eq!(support::name(&batch.events[0]), "workflow_started");
    assert!(other.find_awaited(RUN).is_none());
    // It is over; whoever reads it elsewhere, and hears only now that it went on, finds it all the same.
    until(|| other.count() == 0).await;
    assert!(Arc::ptr_eq(&other.find_resumed(RUN).unwrap().log, &log));
    other.forget_resumed();
    assert!(other.find_resumed(RUN).is_none());
}

#[tokio::test]
async fn reader_of_a_run_that_was_taken_up_is_shown_what_it_did_before() {
    let bench = bench(Does::Waits);
    let checkpoint = waiting(&bench).await;
    for (wake, expected) in [
        (Wake::Interrupted, vec!["workflow_started", "text_replace"]),
        (submitted(), vec!["workflow_started", "text_replace"]),
    ] {
        let other = elsewhere(&bench);
        let machine = script([vec![goes_on()]]);
        let run = other.resume(plan(true), &checkpoint, |_| Ok(machine), wake);
        let run = run.await.unwrap();
        let mut attached = run.log.attach(true, true).await.unwrap();
        let shown = attached.snapshot.unwrap().events();
        assert_eq!(names(&shown), expected);
        let batch = attached.reader.next().await.unwrap().unwrap();
        let RunEvent::WorkflowStarted(part) = batch.events[0].as_ref() else {
            panic!()
        };
        assert_eq!(part.reason, StartReason::Resumption);
    }
}

#[tokio::test]
async fn readers_who_wait_end_when_their_process_leaves_and_nobody_begins_to_wait_there() {
    let bench = bench(Does::Waits);
    let other = elsewhere(&bench);
    let Found::Awaited(waits) = other.find_or_await(RUN, Vec::new) else {
        panic!()
    };
    other.leave(Duration::ZERO).await;
    assert!(waits.is_closed());
    let Found::Awaited(late) = other.find_or_await(RUN, Vec::new) else {
        panic!()
    };
    assert!(late.is_closed());
}
