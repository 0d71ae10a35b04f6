//! Runs over ports that do what a test says: what is kept before what is told, what is cancelled, what goes on.

#![allow(clippy::unwrap_used, reason = "what a test cannot unwrap has failed")]

#[allow(dead_code, reason = "other tests use the rest")]
mod support;

use std::{sync::Arc, time::Duration};

use gatewright_engine::{Effect, Event, TimerId, happening::Status};
use gatewright_run_events::{
    Answer, Audience, Generation, PauseReason, Position, RunEvent, RunStatus, Spill, SpillError,
    SpillFuture, View,
};
use gatewright_usecase_runs::{
    Checkpoint, Committed, NodeState, Record, RunHandle, RunKey, Spills, StartError, StoreError,
    Wake, blocking_answer,
};
use serde_json::Map;

use support::{
    Bench, Does, RUN, Scripted, asks, begins, bench, calls_code, events, finished, goes_on, names,
    node_finished, node_started, pauses, plan, posts, script, text, until,
};

/// How the run ended, as its log tells.
fn end(events: &[RunEvent]) -> (RunStatus, Option<String>) {
    let end = events.iter().find_map(|event| match event {
        RunEvent::WorkflowFinished(end) => Some((end.status, end.error.clone())),
        _ => None,
    });
    end.unwrap()
}

fn kinds(records: &[Record]) -> Vec<&'static str> {
    let kind = |record: &Record| match record {
        Record::Started(_) => "started",
        Record::Node(node) => match node.state {
            NodeState::Running(_) => "running",
            NodeState::Ended(_) => "ended",
            NodeState::Retried(..) => "retried",
        },
        Record::Form(_) => "form",
        Record::Variable(_) => "variable",
        Record::Paused(_) => "paused",
        Record::Message { .. } => "message",
        Record::Finished(_) => "finished",
    };
    records.iter().map(kind).collect()
}

#[tokio::test]
async fn run_that_ends_in_its_first_step_is_kept_in_one_commit_and_then_told() {
    let bench = bench(Does::Waits);
    let nodes = [
        begins(),
        node_started(1),
        node_finished(1),
        node_started(2),
        node_finished(2),
    ];
    let steps = [nodes
        .into_iter()
        .chain(finished(Status::Succeeded, None))
        .collect()];
    let run = bench.start(false, script(steps)).await.unwrap();
    assert_eq!(
        names(&run.log).await,
        [
            "workflow_started",
            "node_started",
            "node_finished",
            "node_started",
            "node_finished",
            "workflow_finished"
        ]
    );
    let commits = bench.store.commits.lock().unwrap();
    assert_eq!(commits.len(), 1);
    assert_eq!(
        kinds(&commits[0].records),
        ["started", "ended", "ended", "finished"]
    );
    assert_eq!(commits[0].checkpoint, Checkpoint::Drop);
}

#[tokio::test]
async fn nobody_hears_of_a_run_before_it_is_kept() {
    let bench = bench(Does::Waits);
    bench.store.gate.forget_permits(1_000);
    let registry = Arc::clone(&bench.registry);
    let machine = script([vec![begins(), posts(1)]]);
    let starting = tokio::spawn(async move {
        registry
            .start(plan(false), machine, gatewright_engine::Start::default())
            .await
    });
    until(|| bench.registry.count() == 1).await;
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    let log = bench.registry.find(RUN).unwrap().log;
    assert_eq!((log.end(), bench.begun().len()), (0, 0));
    bench.store.gate.add_permits(1);
    starting.await.unwrap().unwrap();
    assert_eq!(log.end(), 1);
    until(|| bench.begun() == ["node1"]).await;
}

#[tokio::test]
async fn call_that_must_not_be_done_twice_begins_only_when_its_state_is_kept() {
    for (call, commits, begun) in [(calls_code(2), 1, 1), (posts(2), 1, 0)] {
        let bench = bench(Does::Says(vec!["x"], None));
        bench.store.gate.forget_permits(999);
        let steps = [vec![begins(), Effect::Yield], vec![call, Effect::Yield]];
        let run = bench.start(false, script(steps)).await.unwrap();
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        assert_eq!((bench.commits(), bench.begun().len()), (commits, begun));
        bench.store.gate.add_permits(9);
        until(|| bench.begun().len() == 1).await;
        drop(run);
    }
}

#[tokio::test]
async fn pieces_of_text_are_told_at_once_in_order_and_before_the_end_of_their_call() {
    let bench = bench(Does::Says(vec!["a", "b", "c"], None));
    let mut first = Some(vec![begins(), calls_code(1)]);
    let machine = Scripted(Box::new(move |event| match event {
        Event::CallChunk { text: piece, .. } => vec![text(piece)],
        Event::CallDone { .. } => {
            let mut effects = vec![node_finished(1)];
            effects.extend(finished(Status::Succeeded, None));
            effects
        }
        _ => first.take().unwrap_or_default(),
    }));
    let run = bench.start(true, Box::new(machine)).await.unwrap();
    let expected = [
        "workflow_started",
        "text",
        "text",
        "text",
        "node_finished",
        "message_end",
        "workflow_finished",
    ];
    assert_eq!(names(&run.log).await, expected);
    // The beginning and the end: text costs none.
    assert_eq!(bench.commits(), 2);
    let commits = bench.store.commits.lock().unwrap();
    assert_eq!(kinds(&commits[1].records), ["ended", "message", "finished"]);
    let Record::Message { answer, .. } = &commits[1].records[1] else {
        panic!()
    };
    assert_eq!(answer, "abc");
}

#[tokio::test]
async fn thoughts_of_a_model_are_told_beside_its_text_and_end_before_its_node() {
    let bench = bench(Does::Says(vec!["a"], Some("hm")));
    let mut first = Some(vec![begins(), calls_code(1)]);
    let machine = Scripted(Box::new(move |event| match event {
        Event::CallChunk { text: piece, .. } => vec![text(piece)],
        Event::CallDone { .. } => finished(Status::Succeeded, None),
        _ => first.take().unwrap_or_default(),
    }));
    let run = bench.start(true, Box::new(machine)).await.unwrap();
    let events = events(&run.log).await;
    let told: Vec<_> = events.iter().map(support::name).collect();
    assert_eq!(
        told,
        [
            "workflow_started",
            "reasoning",
            "text",
            "reasoning",
            "message_end",
            "workflow_finished"
        ]
    );
    let RunEvent::MessageEnd(end) = &events[4] else {
        panic!()
    };
    assert_eq!(end.metadata.reasoning["node1"], "hm");
    let RunEvent::ReasoningChunk(last) = &events[3] else {
        panic!()
    };
    assert!(last.is_final && last.reasoning.is_empty());
}

#[tokio::test]
async fn stop_cancels_what_is_under_way_and_the_message_comes_behind_the_end() {
    let bench = bench(Does::Waits);
    let mut first = Some(vec![begins(), posts(1)]);
    let machine = Scripted(Box::new(move |event| match event {
        Event::Stop { reason } => {
            let mut effects = vec![Effect::Cancel(support::id(1))];
            effects.extend(finished(Status::Stopped, Some(reason)));
            effects
        }
        _ => first.take().unwrap_or_default(),
    }));
    let run = bench.start(true, Box::new(machine)).await.unwrap();
    until(|| bench.begun().len() == 1).await;
    assert!(bench.registry.stop(RUN, "Stopped by user.").await);
    assert_eq!(
        names(&run.log).await,
        ["workflow_started", "workflow_finished", "message_end"]
    );
    assert_eq!(
        end(&events(&run.log).await),
        (RunStatus::Stopped, Some("Stopped by user.".to_owned()))
    );
    until(|| bench.ended() == ["node1"]).await;
    until(|| bench.registry.count() == 0).await;
    assert!(!bench.registry.stop(RUN, "again").await);
}

#[tokio::test]
async fn stop_that_storage_tells_of_ends_the_run_and_nothing_new_begins() {
    let bench = bench(Does::Waits);
    let asked = Committed {
        stop: Some("Stopped by user.".to_owned()),
        ..Committed::default()
    };
    bench.answers([Ok(asked.clone())]);
    let run = bench
        .start(false, script([vec![begins(), posts(1)]]))
        .await
        .unwrap();
    assert_eq!(end(&events(&run.log).await).0, RunStatus::Stopped);
    assert!(bench.begun().is_empty());

    // A run that ended just then was stopped all the same: the first end counts.
    let late = support::bench(Does::Waits);
    late.answers([Ok(asked)]);
    let steps = [std::iter::once(begins())
        .chain(finished(Status::Succeeded, None))
        .collect()];
    let run = late.start(true, script(steps)).await.unwrap();
    assert_eq!(
        names(&run.log).await,
        ["workflow_started", "workflow_finished", "message_end"]
    );
    assert_eq!(
        end(&events(&run.log).await),
        (RunStatus::Stopped, Some("Stopped by user.".to_owned()))
    );
}

fn submitted() -> Wake {
    Wake::Submitted {
        execution: 1,
        action: "yes".to_owned(),
        inputs: Map::new(),
    }
}

#[tokio::test]
async fn run_that_waits_leaves_its_task_and_goes_on_from_its_checkpoint_for_the_same_readers() {
    let bench = bench(Does::Waits);
    let waits = [vec![begins(), text("a"), asks(1)]
        .into_iter()
        .chain(pauses(1))
        .collect()];
    let run = bench.start(true, script(waits)).await.unwrap();
    let mut staying = run.log.reader(0, true);
    until(|| bench.registry.count() == 0).await;
    let before = staying.next().await.unwrap().unwrap();
    let RunEvent::WorkflowPaused(paused) = before.events[3].as_ref() else {
        panic!()
    };
    let PauseReason::HumanInputRequired(form) = &paused.reasons[0] else {
        panic!()
    };
    assert_eq!((form.form_id.as_str(), form.expiration_time), ("form1", 62));
    assert!(!bench.registry.wake(RUN, submitted()).await);

    let checkpoint = match &bench.store.commits.lock().unwrap()[0].checkpoint {
        Checkpoint::Save(state) => state.clone(),
        Checkpoint::Drop => panic!(),
    };
    let mut seen = Vec::new();
    let machine = Scripted(Box::new(move |event| {
        seen.push(format!("{event:?}"));
        match seen.len() {
            1 => vec![goes_on()],
            _ => std::iter::once(text("b"))
                .chain(finished(Status::Succeeded, None))
                .collect(),
        }
    }));
    let again = bench.registry.resume(
        plan(true),
        &checkpoint,
        |state| {
            assert_eq!(state.as_str(), "\"state\"");
            Ok(Box::new(machine))
        },
        submitted(),
    );
    let again = again.await.unwrap();
    assert!(Arc::ptr_eq(&again.log, &run.log));
    let after = staying.next().await.unwrap().unwrap();
    let told: Vec<_> = after
        .events
        .iter()
        .map(|event| support::name(event))
        .collect();
    assert_eq!(told[..2], ["workflow_started", "text"]);
    assert!(run.log.is_closed());
    // What it said before the pause is part of its answer.
    let commits = bench.store.commits.lock().unwrap();
    let Record::Message { answer, .. } = &commits.last().unwrap().records[0] else {
        panic!()
    };
    assert_eq!(answer, "ab");
}

#[tokio::test]
async fn form_answered_while_the_run_paused_lets_it_go_on_at_once() {
    let bench = bench(Does::Waits);
    bench.answers([Ok(Committed {
        answered: vec![submitted()],
        ..Committed::default()
    })]);
    let first = vec![begins(), asks(1)]
        .into_iter()
        .chain(pauses(1))
        .collect();
    let run = bench
        .start(
            false,
            script([first, vec![goes_on()], finished(Status::Succeeded, None)]),
        )
        .await
        .unwrap();
    let expected = [
        "workflow_started",
        "human_input_required",
        "workflow_paused",
        "workflow_started",
        "workflow_finished",
    ];
    assert_eq!(names(&run.log).await, expected);
}

#[tokio::test]
async fn run_that_cannot_be_kept_does_not_begin_and_one_that_is_lost_later_says_so() {
    for error in [
        StoreError::Unavailable,
        StoreError::Rejected("U+0000".to_owned()),
    ] {
        let bench = bench(Does::Waits);
        bench.answers([Err(error.clone())]);
        let start = bench.start(false, script([vec![begins()]])).await;
        assert_eq!(start.unwrap_err(), StartError::Store(error));
    }
    let bench = begun_and_not_kept_again(StoreError::Unavailable).await;
    assert_eq!(names(&bench.1.log).await, ["workflow_started", "error"]);
    // Another process has it: what happens there comes into the log that its readers have here.
    let (bench, run) = begun_and_not_kept_again(StoreError::Fenced).await;
    until(|| bench.registry.held().is_empty()).await;
    assert_eq!((run.log.end(), run.log.is_closed()), (1, false));
    assert!(bench.registry.find_awaited(RUN).is_some());
}

/// A run that was kept once, and whose next commit ends so.
async fn begun_and_not_kept_again(error: StoreError) -> (Bench, RunHandle) {
    let bench = bench(Does::Says(vec![], None));
    bench.answers([Ok(Committed::default()), Err(error)]);
    let steps = script([vec![begins(), calls_code(1)], vec![node_finished(1)]]);
    let run = bench.start(false, steps).await.unwrap();
    (bench, run)
}

#[tokio::test]
async fn run_whose_record_is_refused_fails_with_the_reason_and_only_its_end_is_kept() {
    let ends: Vec<_> = std::iter::once(node_finished(1))
        .chain(finished(Status::Succeeded, None))
        .collect();
    for step in [vec![node_finished(1)], ends] {
        let bench = bench(Does::Says(vec![], None));
        bench.answers([
            Ok(Committed::default()),
            Err(StoreError::Rejected("too large".to_owned())),
        ]);
        let run = bench
            .start(true, script([vec![begins(), calls_code(1)], step]))
            .await
            .unwrap();
        assert_eq!(names(&run.log).await.last(), Some(&"workflow_finished"));
        assert_eq!(
            end(&events(&run.log).await),
            (RunStatus::Failed, Some("too large".to_owned()))
        );
        let commits = bench.store.commits.lock().unwrap();
        assert_eq!(
            kinds(&commits.last().unwrap().records),
            ["message", "finished"]
        );
    }
}

#[tokio::test]
async fn call_that_panics_is_a_call_that_failed() {
    let bench = bench(Does::Panics);
    let mut first = Some(vec![begins(), calls_code(1)]);
    let machine = Scripted(Box::new(move |event| match event {
        Event::CallFailed { failure, .. } => finished(Status::Failed, Some(&failure.message)),
        _ => first.take().unwrap_or_default(),
    }));
    let run = bench.start(false, Box::new(machine)).await.unwrap();
    let (status, error) = end(&events(&run.log).await);
    assert_eq!(
        (status, error.as_deref()),
        (
            RunStatus::Failed,
            Some("Internal error while this node was run.")
        )
    );
}

#[tokio::test]
async fn process_that_leaves_cuts_what_may_be_repeated_and_waits_for_the_rest() {
    let repeatable = bench(Does::Waits);
    let run = repeatable
        .start(false, script([vec![begins(), calls_code(1)]]))
        .await
        .unwrap();
    assert_eq!(repeatable.registry.leave(Duration::from_secs(25)).await, 0);
    assert_eq!(names(&run.log).await, ["workflow_started"]);
    assert_eq!(repeatable.commits(), 2);
    let start = repeatable.start(false, script([vec![begins()]])).await;
    assert_eq!(start.unwrap_err(), StartError::Busy);

    let bench = bench(Does::Waits);
    let steps = [
        vec![begins(), posts(1)],
        vec![node_finished(1), calls_code(2)],
    ];
    let run = bench.start(false, script(steps)).await.unwrap();
    until(|| bench.begun().len() == 1).await;
    let registry = Arc::clone(&bench.registry);
    let leaving = tokio::spawn(async move { registry.leave(Duration::from_secs(25)).await });
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    assert!(!leaving.is_finished());
    bench.runner.word.notify_one();
    assert_eq!(leaving.await.unwrap(), 0);
    // What the call did is kept before the run is left to others.
    assert_eq!(names(&run.log).await, ["workflow_started", "node_finished"]);
    let commits = bench.store.commits.lock().unwrap();
    assert_eq!(kinds(&commits[1].records), ["ended"]);
}

#[tokio::test]
async fn registry_takes_a_run_once_and_no_more_than_its_capacity() {
    let bench = bench(Does::Waits);
    let run = bench
        .start(false, script([vec![begins(), calls_code(1)]]))
        .await
        .unwrap();
    let twice = bench.start(false, script([vec![begins()]])).await;
    assert_eq!(twice.unwrap_err(), StartError::UnderWay);
    assert_eq!(
        bench.registry.find(RUN).unwrap().plan.task_id,
        run.plan.task_id
    );
    let other = |number: u128| {
        let mut plan = plan(false);
        plan.key.run_id = uuid::Uuid::from_u128(number);
        bench.registry.start(
            plan,
            script([vec![begins(), calls_code(1)]]),
            gatewright_engine::Start::default(),
        )
    };
    other(100).await.unwrap();
    assert_eq!(other(101).await.unwrap_err(), StartError::Busy);
    assert!(bench.registry.stop(RUN, "room").await);
    until(|| bench.registry.count() == 1).await;
    other(101).await.unwrap();
}

#[tokio::test]
async fn run_that_another_process_owns_is_abandoned_without_a_write_and_its_log_goes_on() {
    let bench = bench(Does::Waits);
    let run = bench
        .start(false, script([vec![begins(), posts(1)]]))
        .await
        .unwrap();
    until(|| bench.begun().len() == 1).await;
    assert_eq!(bench.registry.held(), [run.plan.key]);
    assert!(bench.registry.abandon(RUN));
    until(|| bench.ended().len() == 1 && bench.registry.held().is_empty()).await;
    assert_eq!(bench.commits(), 1);
    assert_eq!(run.log.end(), 1);
    let awaited = bench.registry.find_awaited(RUN).unwrap();
    assert_eq!(awaited.id(), run.log.id());
    assert!(!bench.registry.abandon(RUN));
}

#[tokio::test]
async fn run_whose_process_died_tells_the_text_that_counts_before_it_goes_on() {
    let first = bench(Does::Waits);
    first
        .start(true, script([vec![begins(), text("a"), posts(1)]]))
        .await
        .unwrap();
    let state = match &first.store.commits.lock().unwrap()[0].checkpoint {
        Checkpoint::Save(state) => state.clone(),
        Checkpoint::Drop => panic!(),
    };
    let other = support::bench(Does::Waits);
    let steps = [std::iter::once(goes_on())
        .chain(finished(Status::Succeeded, None))
        .collect()];
    let run = other
        .registry
        .resume(plan(true), &state, |_| Ok(script(steps)), Wake::Interrupted)
        .await
        .unwrap();
    let events = events(&run.log).await;
    let told: Vec<_> = events.iter().map(support::name).collect();
    assert_eq!(
        told,
        [
            "workflow_started",
            "text_replace",
            "message_end",
            "workflow_finished"
        ]
    );
    let RunEvent::TextReplace(replace) = &events[1] else {
        panic!()
    };
    assert_eq!(replace.text, "a");
    let broken = gatewright_run_events::Json::null();
    let unreadable =
        other
            .registry
            .resume(plan(true), &broken, |_| Ok(script([])), Wake::Interrupted);
    assert!(matches!(unreadable.await, Err(StartError::State(_))));
}

#[tokio::test]
async fn registry_that_is_dropped_ends_calls_and_streams() {
    let bench = bench(Does::Waits);
    let run = bench
        .start(false, script([vec![begins(), posts(1)]]))
        .await
        .unwrap();
    until(|| bench.begun().len() == 1).await;
    let ended = Arc::clone(&bench.runner.ended);
    drop(bench);
    until(|| run.log.is_closed() && ended.lock().unwrap().len() == 1).await;
    assert_eq!(names(&run.log).await, ["workflow_started"]);
}

#[tokio::test]
async fn caller_who_waits_is_answered_when_the_run_ends_and_told_when_it_is_lost() {
    let view = View {
        audience: Audience::ServiceApi,
        generation: Generation::V1_14,
    };
    let bench = bench(Does::Waits);
    let steps = [std::iter::once(begins())
        .chain(finished(Status::Succeeded, None))
        .collect()];
    let run = bench.start(false, script(steps)).await.unwrap();
    let Answer::Body(body) = blocking_answer(run.reader(false), run.plan.identity(), view).await
    else {
        panic!()
    };
    assert!(
        String::from_utf8(body)
            .unwrap()
            .contains("\"status\": \"succeeded\"")
    );

    let (_lost, run) = begun_and_not_kept_again(StoreError::Unavailable).await;
    let answer = blocking_answer(run.reader(false), run.plan.identity(), view).await;
    assert!(matches!(answer, Answer::Refused(error) if error.status == 500));
}

#[tokio::test(start_paused = true)]
async fn timer_goes_off_and_one_of_a_run_that_is_over_is_forgotten() {
    let bench = bench(Does::Waits);
    let timer = TimerId {
        execution: 1,
        attempt: 1,
    };
    let mut first = Some(vec![
        begins(),
        Effect::StartTimer {
            id: timer,
            after_ms: 60_000,
        },
    ]);
    let machine = Scripted(Box::new(move |event| match event {
        Event::TimerFired(id) if *id == timer => finished(Status::Succeeded, None),
        _ => first.take().unwrap_or_default(),
    }));
    let run = bench.start(false, Box::new(machine)).await.unwrap();
    assert_eq!(
        names(&run.log).await,
        ["workflow_started", "workflow_finished"]
    );

    let steps = [
        vec![
            begins(),
            Effect::StartTimer {
                id: timer,
                after_ms: 60_000,
            },
            Effect::Yield,
        ],
        finished(Status::Succeeded, None),
    ];
    let before = tokio::time::Instant::now();
    until(|| bench.registry.count() == 0).await;
    let run = bench.start(false, script(steps)).await.unwrap();
    assert_eq!(
        names(&run.log).await,
        ["workflow_started", "workflow_finished"]
    );
    until(|| bench.registry.count() == 0).await;
    assert_eq!(before.elapsed(), Duration::ZERO);
}

#[tokio::test]
async fn run_that_always_has_more_to_do_hears_a_stop_and_what_its_calls_say() {
    let bench = bench(Does::Says(vec!["a"], None));
    let mut first = Some(vec![begins(), calls_code(1), Effect::Yield]);
    let mut done = false;
    let machine = Scripted(Box::new(move |event| match event {
        Event::Stop { reason } if done => finished(Status::Stopped, Some(reason)),
        Event::CallChunk { text: piece, .. } => vec![text(piece), Effect::Yield],
        Event::CallDone { .. } => {
            done = true;
            vec![node_finished(1), Effect::Yield]
        }
        _ => first.take().unwrap_or_else(|| vec![Effect::Yield]),
    }));
    let run = bench.start(false, Box::new(machine)).await.unwrap();
    until(|| run.log.end() == 3).await;
    assert!(bench.registry.stop(RUN, "Stopped by user.").await);
    let expected = [
        "workflow_started",
        "text",
        "node_finished",
        "workflow_finished",
    ];
    assert_eq!(names(&run.log).await, expected);
}

#[tokio::test]
async fn run_that_waits_can_be_stopped_without_saying_that_it_goes_on() {
    let bench = bench(Does::Waits);
    let waits = vec![begins(), asks(1)]
        .into_iter()
        .chain(pauses(1))
        .collect();
    let run = bench.start(false, script([waits])).await.unwrap();
    let _staying = run.log.reader(0, true);
    until(|| bench.registry.count() == 0).await;
    let state = match &bench.store.commits.lock().unwrap()[0].checkpoint {
        Checkpoint::Save(state) => state.clone(),
        Checkpoint::Drop => panic!(),
    };
    let wake = Wake::Stopped {
        reason: "Stopped by user.".to_owned(),
    };
    bench
        .registry
        .resume(plan(false), &state, |_| Ok(script([])), wake)
        .await
        .unwrap();
    let expected = [
        "workflow_started",
        "human_input_required",
        "workflow_paused",
        "workflow_finished",
    ];
    assert_eq!(names(&run.log).await, expected);
}

#[tokio::test]
async fn log_that_is_full_ends_the_run_as_failed_and_says_so() {
    let bench = bench(Does::Waits);
    let long = "x".repeat(1 << 20);
    let steps = std::iter::once(vec![begins(), Effect::Yield])
        .chain((0..40).map(|_| vec![text(&long), Effect::Yield]));
    let run = bench.start(false, script(steps)).await.unwrap();
    let events = events(&run.log).await;
    let (status, error) = end(&events);
    assert_eq!(status, RunStatus::Failed);
    assert_eq!(
        error.as_deref(),
        Some("The run said more than its log can hold.")
    );
    let commits = bench.store.commits.lock().unwrap();
    let Record::Finished(kept) = commits.last().unwrap().records.last().unwrap() else {
        panic!()
    };
    assert_eq!((kept.status, &kept.error), (status, &error));
}

/// Keeps what logs spill, in memory.
#[derive(Debug, Default)]
struct Attic(std::sync::Mutex<Vec<Arc<RunEvent>>>);

impl Spill for Attic {
    fn store(&self, first: Position, events: &[Arc<RunEvent>]) -> Result<(), SpillError> {
        let mut kept = self.0.lock().unwrap();
        assert_eq!(kept.len() as Position, first);
        kept.extend_from_slice(events);
        Ok(())
    }

    fn load(&self, from: Position) -> SpillFuture<'_> {
        let kept = self.0.lock().unwrap();
        let part = kept
            .iter()
            .skip(usize::try_from(from).unwrap())
            .cloned()
            .collect();
        Box::pin(async { Ok(part) })
    }
}

struct Attics(Arc<Attic>);

impl Spills for Attics {
    fn of(&self, key: RunKey) -> Arc<dyn Spill> {
        assert_eq!(key.run_id, RUN);
        Arc::<Attic>::clone(&self.0)
    }
}

#[tokio::test]
async fn run_that_says_much_spills_and_is_read_whole() {
    let mut bench = bench(Does::Waits);
    let attic = Arc::new(Attic::default());
    let registry = Arc::into_inner(bench.registry).unwrap();
    bench.registry = Arc::new(registry.with_spills(Arc::new(Attics(Arc::clone(&attic)))));
    let long = "x".repeat(1 << 20);
    let says = (0..40).map(|_| vec![text(&long), Effect::Yield]);
    let steps = std::iter::once(vec![begins(), Effect::Yield]).chain(says);
    let steps = steps.chain(std::iter::once(finished(Status::Succeeded, None)));
    let run = bench.start(false, script(steps)).await.unwrap();
    let events = events(&run.log).await;
    assert_eq!(end(&events).0, RunStatus::Succeeded);
    let said = events.iter().map(|event| match event {
        RunEvent::TextChunk(chunk) => chunk.text.len(),
        _ => 0,
    });
    assert_eq!(said.sum::<usize>(), 40 << 20);
    assert!(attic.0.lock().unwrap().len() > 30);
}
