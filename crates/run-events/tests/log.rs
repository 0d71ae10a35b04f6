//! The log of a run: what readers get who come early, late, slowly, or after a pause.

#![allow(clippy::unwrap_used, reason = "what a test cannot unwrap has failed")]

use std::{
    pin::pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use gatewright_run_events::{
    Json, LogFull, Position, Reader, ReasoningChunk, RunEvent, RunLog, Spill, SpillError,
    SpillFuture, StartReason, TextChunk, WorkflowPaused, WorkflowStarted,
};
use proptest::prelude::*;

fn chunk(text: &str) -> RunEvent {
    from("node", text)
}

fn from(node: &str, text: &str) -> RunEvent {
    RunEvent::TextChunk(TextChunk {
        text: text.to_owned(),
        from_variable_selector: Some(vec![node.to_owned(), "text".to_owned()]),
    })
}

fn started(reason: StartReason) -> RunEvent {
    RunEvent::WorkflowStarted(WorkflowStarted {
        workflow_id: "workflow".to_owned(),
        inputs: Json::object(),
        stored_inputs: Json::object(),
        created_at: 1,
        reason,
    })
}

fn paused() -> RunEvent {
    RunEvent::WorkflowPaused(WorkflowPaused {
        paused_nodes: vec!["ask".to_owned()],
        outputs: Json::object(),
        reasons: Vec::new(),
        created_at: 1,
        elapsed_time: 0.5,
        total_tokens: 0,
        total_steps: 2,
    })
}

fn log_of(events: impl IntoIterator<Item = RunEvent>) -> Arc<RunLog> {
    let log = Arc::new(RunLog::new(None));
    for event in events {
        log.append(event).unwrap();
    }
    log
}

/// Everything that can be read without waiting, and whether the reader has ended.
fn read(reader: &mut Reader) -> (Vec<RunEvent>, bool) {
    let mut events = Vec::new();
    loop {
        let mut context = Context::from_waker(Waker::noop());
        match pin!(reader.next()).poll(&mut context) {
            Poll::Ready(Ok(Some(batch))) => {
                events.extend(batch.events.iter().map(|event| event.as_ref().clone()));
            }
            Poll::Ready(end) => {
                assert!(end.unwrap().is_none());
                return (events, true);
            }
            Poll::Pending => return (events, false),
        }
    }
}

fn text_of(events: &[RunEvent]) -> String {
    let text = |event: &RunEvent| match event {
        RunEvent::TextChunk(chunk) => chunk.text.clone(),
        _ => String::new(),
    };
    events.iter().map(text).collect()
}

#[test]
fn readers_who_came_early_late_and_in_between_get_the_same_and_end_when_the_log_closes() {
    let log = log_of([]);
    let mut early = log.reader(0, false);
    assert_eq!(read(&mut early), (vec![], false));
    log.append(started(StartReason::Initial)).unwrap();
    assert_eq!(
        read(&mut early),
        (vec![started(StartReason::Initial)], false)
    );
    log.append(chunk("a")).unwrap();
    let mut late = log.reader(0, false);
    let mut between = log.reader(1, false);
    log.append(chunk("b")).unwrap();
    log.close();
    assert_eq!(read(&mut early), (vec![chunk("a"), chunk("b")], true));
    assert_eq!(
        read(&mut late),
        (
            vec![started(StartReason::Initial), chunk("a"), chunk("b")],
            true
        )
    );
    assert_eq!(read(&mut between), (vec![chunk("a"), chunk("b")], true));
    assert_eq!(read(&mut log.reader(3, false)), (vec![], true));
}

#[tokio::test]
async fn reader_that_waits_is_woken_by_an_event_and_by_the_close() {
    let log = log_of([]);
    let mut reader = log.reader(0, false);
    let waiting = tokio::spawn(async move {
        let batch = reader.next().await.unwrap().unwrap();
        assert_eq!((batch.events.len(), batch.next), (1, 1));
        reader.next().await.unwrap().is_none()
    });
    tokio::task::yield_now().await;
    log.append(chunk("a")).unwrap();
    tokio::task::yield_now().await;
    log.close();
    assert!(waiting.await.unwrap());
}

#[test]
fn reader_that_does_not_wait_ends_at_a_pause_and_one_that_does_goes_on() {
    let first = [started(StartReason::Initial), paused()];
    let log = log_of(first.clone());
    let mut staying = log.reader(0, true);
    assert_eq!(read(&mut log.reader(0, false)), (first.to_vec(), true));
    assert_eq!(read(&mut staying), (first.to_vec(), false));
    assert_eq!(log.attach_position(), 2);
    let second = [started(StartReason::Resumption), chunk("a")];
    for event in second.clone() {
        log.append(event).unwrap();
    }
    assert_eq!(read(&mut staying), (second.to_vec(), false));
    assert_eq!(log.attach_position(), 2);
    assert_eq!(
        read(&mut log.reader(log.attach_position(), false)),
        (second.to_vec(), false)
    );
    // Who began at the beginning and is slow still ends where the pause was.
    assert_eq!(read(&mut log.reader(0, false)), (first.to_vec(), true));
}

#[test]
fn late_reader_gets_pieces_of_one_source_as_one_and_a_punctual_one_gets_each() {
    let thought = |text: &str, is_final| {
        RunEvent::ReasoningChunk(ReasoningChunk {
            reasoning: text.to_owned(),
            node_id: "node".to_owned(),
            is_final,
        })
    };
    let log = log_of((0..100).map(|index| from(if index < 60 { "a" } else { "b" }, "x")));
    for event in [thought("1", false), thought("2", true), thought("3", false)] {
        log.append(event).unwrap();
    }
    let (events, _) = read(&mut log.reader(0, false));
    let expected = [
        from("a", &"x".repeat(60)),
        from("b", &"x".repeat(40)),
        thought("12", true),
        thought("3", false),
    ];
    assert_eq!(events, expected);
    let (events, _) = read(&mut log.reader(60, false));
    assert_eq!(events.len(), 43);
}

#[tokio::test]
async fn reader_who_attaches_gets_what_was_before_this_part_as_a_snapshot_and_all_of_this_part() {
    let begin = started(StartReason::Initial);
    let again = started(StartReason::Resumption);
    // Events so far; whether the reader waits with the run; names in the snapshot, events behind it, whether it has ended.
    let cases = [
        (vec![begin.clone(), chunk("a")], false, 0, 2, false),
        (vec![begin.clone(), paused()], false, 2, 0, true),
        (vec![begin.clone(), paused()], true, 2, 0, false),
        (vec![begin, paused(), again, chunk("b")], false, 1, 2, false),
    ];
    for (events, continue_on_pause, in_snapshot, behind, ended) in cases {
        let log = log_of(events);
        let mut attached = log.attach(true, continue_on_pause).await.unwrap();
        assert_eq!(attached.snapshot.unwrap().events().len(), in_snapshot);
        let (events, has_ended) = read(&mut attached.reader);
        assert_eq!((events.len(), has_ended), (behind, ended));
    }
}

#[tokio::test]
async fn reader_who_asks_for_no_snapshot_is_shown_the_pause_that_it_does_not_wait_behind_and_no_more()
 {
    let begin = started(StartReason::Initial);
    let again = started(StartReason::Resumption);
    // Events so far; whether the reader waits with the run; how much it is shown of what was before, and whether it has ended.
    let cases = [
        (vec![begin.clone(), chunk("a")], false, None, false),
        (vec![begin.clone(), paused()], true, None, false),
        (
            vec![begin.clone(), chunk("a"), paused()],
            false,
            Some(1),
            true,
        ),
        (vec![begin, paused(), again, paused()], false, Some(1), true),
    ];
    for (events, continue_on_pause, shown, ended) in cases {
        let log = log_of(events);
        let mut attached = log.attach(false, continue_on_pause).await.unwrap();
        let before = attached.snapshot.map(|snapshot| snapshot.events());
        assert_eq!(before.as_ref().map(Vec::len), shown);
        let last = before.and_then(|mut events| events.pop());
        assert!(last.is_none_or(|event| matches!(event, RunEvent::WorkflowPaused(_))));
        assert_eq!(read(&mut attached.reader).1, ended);
    }
}

/// Keeps what it is given, unless it is told to refuse.
#[derive(Debug, Default)]
struct Kept {
    events: Mutex<Vec<Arc<RunEvent>>>,
    refuses: bool,
}

impl Spill for Kept {
    fn store(&self, first: Position, events: &[Arc<RunEvent>]) -> Result<(), SpillError> {
        let mut kept = self.events.lock().unwrap();
        if self.refuses {
            return Err(SpillError("full".to_owned()));
        }
        assert_eq!(kept.len() as Position, first);
        kept.extend_from_slice(events);
        Ok(())
    }

    fn load(&self, from: Position) -> SpillFuture<'_> {
        let kept = self.events.lock().unwrap();
        let part = kept
            .iter()
            .skip(usize::try_from(from).unwrap())
            .take(7)
            .cloned()
            .collect();
        Box::pin(async { Ok(part) })
    }
}

#[test]
fn log_beyond_its_limit_spills_its_older_part_and_readers_see_no_difference() {
    let spill = Arc::new(Kept::default());
    let log = Arc::new(RunLog::with_limit(20_000, Some(Arc::<Kept>::clone(&spill))));
    let mut slow = log.reader(0, false);
    for index in 0..1_000 {
        log.append(from(&index.to_string(), &format!("{index};")))
            .unwrap();
    }
    log.close();
    let spilled = spill.events.lock().unwrap().len();
    assert!(spilled > 900, "{spilled}");
    let pieces: Vec<_> = (0..1_000).map(|index| format!("{index};")).collect();
    let whole = pieces.concat();
    for reader in [&mut slow, &mut log.reader(0, false)] {
        let (events, ended) = read(reader);
        assert!(ended);
        assert_eq!(text_of(&events), whole);
    }
}

#[test]
fn log_whose_older_part_nobody_takes_refuses_events_beyond_four_times_its_limit() {
    let refusing = Kept {
        refuses: true,
        ..Kept::default()
    };
    let spills: [Option<Arc<dyn Spill>>; 2] = [None, Some(Arc::new(refusing))];
    for spill in spills {
        let log = Arc::new(RunLog::with_limit(1_000, spill));
        let taken = (0..20)
            .take_while(|_| log.append(chunk("x")).is_ok())
            .count();
        assert_eq!(taken, 15);
        assert_eq!(log.append(chunk("x")), Err(LogFull));
        assert_eq!(log.end(), 15);
        assert_eq!(log.append(paused()), Ok(15));
        assert_eq!(text_of(&read(&mut log.reader(0, false)).0), "x".repeat(15));
    }
}

#[test]
fn log_of_a_run_that_another_process_began_counts_on_and_reads_its_past_from_the_spill() {
    let spill = Arc::new(Kept::default());
    spill
        .store(
            0,
            &[
                Arc::new(started(StartReason::Initial)),
                Arc::new(chunk("a")),
            ],
        )
        .unwrap();
    let log = Arc::new(RunLog::resumed(2, 1_000_000, Some(spill)));
    assert_eq!(log.append(started(StartReason::Resumption)), Ok(2));
    let all = vec![
        started(StartReason::Initial),
        chunk("a"),
        started(StartReason::Resumption),
    ];
    assert_eq!(read(&mut log.reader(0, false)), (all, false));
    assert_eq!(log.attach_position(), 2);
    let attached = log.attach(true, false);
    let Poll::Ready(Ok(attached)) = pin!(attached).poll(&mut Context::from_waker(Waker::noop()))
    else {
        panic!()
    };
    assert_eq!(attached.snapshot.unwrap().events().len(), 2);
}

#[tokio::test]
async fn reader_of_a_past_that_nobody_kept_is_told_so() {
    let log = Arc::new(RunLog::resumed(2, 1_000, None));
    assert!(log.reader(0, false).next().await.is_err());
}

proptest! {
    /// However the reading falls between the writing: the text is whole, in order, and each piece comes once.
    #[test]
    fn text_read_at_any_pace_is_the_text_written(pace in proptest::collection::vec(0_usize..90, 1..20), limit in 300_usize..30_000) {
        let log = Arc::new(RunLog::with_limit(limit, Some(Arc::new(Kept::default()))));
        let mut reader = log.reader(0, false);
        let (mut written, mut seen) = (String::new(), String::new());
        for (round, count) in pace.into_iter().enumerate() {
            for index in 0..count {
                let piece = format!("{round}.{index} ");
                written.push_str(&piece);
                log.append(from(&(index / 9).to_string(), &piece)).unwrap();
            }
            let (events, ended) = read(&mut reader);
            prop_assert!(!ended);
            seen.push_str(&text_of(&events));
            prop_assert_eq!(&seen, &written);
        }
    }
}

#[tokio::test]
async fn reader_who_attaches_after_a_past_from_storage_gets_it_as_a_snapshot_and_what_follows_live()
{
    for (past, continues) in [
        (vec![started(StartReason::Initial), chunk("a")], true),
        (vec![started(StartReason::Initial), paused()], true),
        (vec![started(StartReason::Initial), paused()], false),
    ] {
        let waits = matches!(past.last(), Some(RunEvent::WorkflowPaused(_)));
        let log = Arc::new(RunLog::after(past.clone(), 8 << 20, None));
        assert!(!log.begin_after(past), "it has one");
        let mut attached = log.attach(true, continues).await.unwrap();
        assert_eq!(attached.snapshot.unwrap().events().len(), 2);
        log.append(started(StartReason::Resumption)).unwrap();
        log.append(chunk("b")).unwrap();
        let (events, ended) = read(&mut attached.reader);
        assert_eq!(ended, waits && !continues);
        assert_eq!(text_of(&events), if ended { "" } else { "b" });
        // Whoever comes later has what was before this part in the snapshot.
        let later = log.attach(true, continues).await.unwrap();
        let without_pause = if waits { 1 } else { 2 };
        assert_eq!(later.snapshot.unwrap().events().len(), without_pause);
    }
}

#[test]
fn late_reader_who_counts_events_gets_each_by_itself() {
    let log = log_of((0..100).map(|_| chunk("a")));
    assert_eq!(read(&mut log.reader(0, false)).0.len(), 1);
    assert_eq!(read(&mut log.reader(0, false).unmerged()).0.len(), 100);
}
