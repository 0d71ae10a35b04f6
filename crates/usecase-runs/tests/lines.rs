//! The bytes of a stream: what comes first, pings, and the end.

#![allow(clippy::unwrap_used, reason = "what a test cannot unwrap has failed")]

use std::{sync::Arc, time::Duration};

use gatewright_run_events::{
    Audience, Generation, Json, MessageEnd, PING, RunEvent, RunIdentity, RunLog, StartReason,
    TextChunk, View, WorkflowPaused, WorkflowStarted,
};
use gatewright_usecase_runs::RunLines;
use tokio::time::Instant;

const VIEW: View = View {
    audience: Audience::ServiceApi,
    generation: Generation::V1_16,
};

fn run() -> RunIdentity {
    RunIdentity {
        workflow_run_id: "r".to_owned(),
        task_id: "t".to_owned(),
        message: None,
    }
}

fn started(reason: StartReason) -> RunEvent {
    RunEvent::WorkflowStarted(WorkflowStarted {
        workflow_id: "w".to_owned(),
        inputs: Json::object(),
        stored_inputs: Json::object(),
        created_at: 1,
        reason,
    })
}

fn text(text: &str) -> RunEvent {
    RunEvent::TextChunk(TextChunk {
        text: text.to_owned(),
        from_variable_selector: None,
    })
}

fn paused() -> RunEvent {
    RunEvent::WorkflowPaused(WorkflowPaused {
        paused_nodes: Vec::new(),
        outputs: Json::object(),
        reasons: Vec::new(),
        created_at: 1,
        elapsed_time: 0.0,
        total_tokens: 0,
        total_steps: 1,
    })
}

fn log_of(events: impl IntoIterator<Item = RunEvent>) -> Arc<RunLog> {
    let log = Arc::new(RunLog::new(None));
    for event in events {
        log.append(event).unwrap();
    }
    log
}

/// The names of the events in some bytes; a ping is `ping`.
fn names(bytes: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(bytes).unwrap();
    let name = |line: &str| match line.strip_prefix("data: {\"event\":\"") {
        Some(rest) => rest.split('"').next().unwrap().to_owned(),
        None => line.strip_prefix("event: ").unwrap().to_owned(),
    };
    text.split_terminator("\n\n").map(name).collect()
}

#[tokio::test(start_paused = true)]
async fn stream_begins_with_a_ping_and_what_has_happened_and_ends_with_its_last_event() {
    let log = log_of([started(StartReason::Initial), text("a")]);
    let mut lines = RunLines::live(log.reader(0, false), run(), VIEW);
    let first = lines.next().await.unwrap();
    assert!(first.starts_with(PING));
    assert_eq!(names(&first), ["ping", "workflow_started", "text_chunk"]);
    log.append(text("b")).unwrap();
    log.close();
    assert_eq!(names(&lines.next().await.unwrap()), ["text_chunk"]);
    assert_eq!(lines.next().await, None);
    assert_eq!(lines.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn stream_of_a_run_that_says_nothing_is_pinged_every_ten_seconds() {
    let log = log_of([]);
    let mut lines = RunLines::live(log.reader(0, false), run(), VIEW);
    let began = Instant::now();
    // The first ping comes at once, and alone.
    assert_eq!(lines.next().await.unwrap(), PING);
    assert_eq!(began.elapsed(), Duration::ZERO);
    for count in 1..4 {
        assert_eq!(lines.next().await.unwrap(), PING);
        assert_eq!(began.elapsed(), Duration::from_secs(10 * count));
    }
    // What this reader is not told of makes no line, and no end.
    log.append(RunEvent::MessageEnd(MessageEnd::default()))
        .unwrap();
    log.append(text("a")).unwrap();
    assert_eq!(names(&lines.next().await.unwrap()), ["text_chunk"]);
}

#[tokio::test(start_paused = true)]
async fn reader_who_attaches_gets_where_the_run_stands_and_then_what_happens() {
    let log = log_of([started(StartReason::Initial), paused()]);
    let attached = |continue_on_pause| {
        let log = Arc::clone(&log);
        async move {
            let attachment = log.attach(true, continue_on_pause).await.unwrap();
            RunLines::attached(attachment, run(), VIEW)
        }
    };
    let mut leaving = attached(false).await;
    let stands = ["ping", "workflow_started", "workflow_paused"];
    assert_eq!(names(&leaving.next().await.unwrap()), stands);
    assert_eq!(leaving.next().await, None);

    let mut staying = attached(true).await;
    assert_eq!(names(&staying.next().await.unwrap()), stands);
    log.append(started(StartReason::Resumption)).unwrap();
    let line = staying.next().await.unwrap();
    assert!(
        String::from_utf8(line)
            .unwrap()
            .contains("\"reason\":\"resumption\"")
    );
}

#[tokio::test(start_paused = true)]
async fn stream_whose_past_is_lost_says_so_and_ends() {
    let log = Arc::new(RunLog::resumed(2, 1_000, None));
    let mut lines = RunLines::live(log.reader(0, false), run(), VIEW);
    log.append(text("a")).unwrap();
    assert_eq!(names(&lines.next().await.unwrap()), ["ping", "error"]);
    assert_eq!(lines.next().await, None);
}
