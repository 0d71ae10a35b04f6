//! What the original sent, as recorded (`golden/`: of each exchange its request line, the lines of its stream, its
//! blocking answer; ids and times as they were): read into events, and shown again to the byte.

#![allow(clippy::unwrap_used, reason = "what a test cannot unwrap has failed")]

#[path = "support/recorded.rs"]
mod recorded;

use gatewright_run_events::{
    Answer, Audience, BlockingAnswer, Generation, Json, MessageEnd, MessageMetadata, NodeStatus,
    PauseReason, Projection, RunEvent, Snapshot, StartReason, TextChunk, View, WorkflowPaused,
    WorkflowStarted, early_error, finished_only,
};
use serde_json::Value;

use recorded::{Exchange, Line, exchange, exchanges, parse};

/// How a reader sees the line it was recorded for.
fn shown(line: &Line, generation: Generation) -> Vec<u8> {
    let view = View {
        audience: line.audience,
        generation,
    };
    match (&line.event, &line.run) {
        (RunEvent::Error(error), None) => early_error(error),
        (event, Some(run)) if line.snapshot => Projection::snapshot(run.clone(), view).line(event),
        (event, Some(run)) => Projection::live(run.clone(), view).line(event),
        (_, None) => Vec::new(),
    }
}

#[test]
fn every_recorded_line_read_and_shown_again_is_the_same_bytes() {
    let mut lines = 0;
    for exchange in exchanges() {
        for text in &exchange.stream {
            let line = parse(&exchange, text);
            if line.spaced {
                let (Some(run), RunEvent::WorkflowFinished(end)) = (&line.run, &line.event) else {
                    panic!("{text}")
                };
                assert_eq!(
                    String::from_utf8(finished_only(run, end)).unwrap(),
                    format!("{text}\n\n")
                );
            } else {
                let again = String::from_utf8(shown(&line, Generation::V1_14)).unwrap();
                assert_eq!(again, format!("{text}\n\n"), "{}", exchange.label);
            }
            lines += 1;
        }
    }
    assert!(lines > 1_500, "{lines}");
}

#[test]
fn lines_for_newer_clients_differ_by_what_was_added_only() {
    let added = ["approval_channels", "reasoning"];
    for exchange in exchanges() {
        for text in exchange
            .stream
            .iter()
            .filter(|text| !text.contains("\"event\": "))
        {
            let line = parse(&exchange, text);
            let newer = String::from_utf8(shown(&line, Generation::V1_16)).unwrap();
            let mut tree: Value =
                serde_json::from_str(newer.trim().strip_prefix("data: ").unwrap()).unwrap();
            for key in added {
                remove(&mut tree, key);
            }
            assert_eq!(format!("data: {tree}"), *text, "{}", exchange.label);
        }
    }
}

fn remove(tree: &mut Value, key: &str) {
    match tree {
        Value::Object(members) => {
            members.shift_remove(key);
            members.values_mut().for_each(|member| remove(member, key));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| remove(item, key)),
        _ => {}
    }
}

#[test]
fn recorded_values_read_as_trees_and_written_are_the_same_bytes() {
    for exchange in exchanges() {
        for text in exchange
            .stream
            .iter()
            .filter(|text| !text.contains("\"event\": "))
        {
            let tree: Value = serde_json::from_str(text.strip_prefix("data: ").unwrap()).unwrap();
            assert_eq!(format!("data: {}", Json::from(&tree).as_str()), *text);
        }
    }
}

#[test]
fn events_stored_and_read_back_are_equal() {
    for exchange in exchanges() {
        for text in &exchange.stream {
            let event = parse(&exchange, text).event;
            let stored = serde_json::to_string(&event).unwrap();
            assert_eq!(serde_json::from_str::<RunEvent>(&stored).unwrap(), event);
        }
    }
}

/// The events of a workflow's stream, shown to a reader of `/openapi/v1`, are what was recorded there for the same app.
#[test]
fn events_of_a_full_stream_shown_to_a_simple_reader_are_as_recorded_there() {
    let full = exchange("01-template.txt", "streaming");
    let simple = exchange("16-openapi-run.txt", "run workflow");
    assert_eq!(full.stream.len(), simple.stream.len());
    for (of_program, of_person) in full.stream.iter().zip(&simple.stream) {
        let line = parse(&full, of_program);
        let view = View {
            audience: Audience::Openapi,
            generation: Generation::V1_14,
        };
        let shown = Projection::live(line.run.unwrap(), view).line(&line.event);
        let shown = String::from_utf8(shown).unwrap();
        let created_by = |text: &str| text.split("\"created_by\"").next().unwrap().to_owned();
        assert_eq!(
            masked(&created_by(shown.trim_end())),
            masked(&created_by(of_person))
        );
    }
}

/// Digits and hexadecimal ids as `#`, the names of users away.
fn masked(text: &str) -> String {
    let text = text.replace("golden-user", "#");
    let hex = |part: &str| part.len() == 36 && part.matches('-').count() == 4;
    let parts = text
        .split('"')
        .map(|part| if hex(part) { "#" } else { part });
    let joined = parts.collect::<Vec<_>>().join("\"");
    let mut out = String::new();
    for character in joined.chars() {
        let digit = character.is_ascii_digit() || character == '.';
        if !(digit && out.ends_with('#')) {
            out.push(if digit { '#' } else { character });
        }
    }
    out
}

#[test]
fn recorded_blocking_answers_made_of_events_are_the_same_bytes() {
    let mut answers = 0;
    for exchange in exchanges() {
        let Some(body) = &exchange.blocking else {
            continue;
        };
        let tree: Value = serde_json::from_str(body).unwrap();
        let run = recorded::identity(&tree).unwrap();
        let view = View {
            audience: exchange.audience(),
            generation: Generation::V1_14,
        };
        let mut answer = BlockingAnswer::new(run, view);
        assert_eq!(answer.answer(), None);
        for event in events_of(&tree) {
            answer.apply(&event);
        }
        let Some(Answer::Body(bytes)) = answer.answer() else {
            panic!("{body}")
        };
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            *body,
            "{}",
            exchange.label
        );
        answers += 1;
    }
    assert!(answers > 20, "{answers}");
}

/// Events that would have led to a blocking answer.
fn events_of(body: &Value) -> Vec<RunEvent> {
    let data = &body["data"];
    let started = RunEvent::WorkflowStarted(WorkflowStarted {
        workflow_id: data["workflow_id"].as_str().unwrap_or_default().to_owned(),
        inputs: Json::object(),
        stored_inputs: Json::object(),
        created_at: 0,
        reason: StartReason::Initial,
    });
    if data["status"] == "paused" {
        let mut pause = data.clone();
        pause["workflow_run_id"] = Value::Null;
        return vec![started, recorded::paused(&pause, Audience::ServiceApi)];
    }
    if data.is_object() {
        return vec![started, recorded::finished(data)];
    }
    let metadata = &body["metadata"];
    vec![
        started,
        RunEvent::TextChunk(TextChunk {
            text: body["answer"].as_str().unwrap().to_owned(),
            from_variable_selector: None,
        }),
        RunEvent::MessageEnd(MessageEnd {
            metadata: MessageMetadata {
                annotated: metadata.get("annotation_reply").is_none(),
                retriever_resources: Json::from(&metadata["retriever_resources"]),
                usage: Json::from(&metadata["usage"]),
                ..MessageMetadata::default()
            },
            files: Json::array(),
        }),
        recorded::finished(
            &serde_json::json!({"status": "succeeded", "created_by": {"id": "", "user": ""}}),
        ),
    ]
}

/// The stream of a run until it waits, read with what storage adds to it: inputs with the time, the form as written.
fn until_pause(stream: &Exchange, snapshot: &Exchange) -> Snapshot {
    let stored = parse(snapshot, &snapshot.stream[0]).event;
    let RunEvent::WorkflowStarted(WorkflowStarted { inputs: stored, .. }) = stored else {
        panic!()
    };
    let template = "Dear {{#start.who#}}, comment: {{#$output.comment#}}";
    let mut read = Snapshot::default();
    for text in &stream.stream {
        let mut event = parse(stream, text).event;
        match &mut event {
            RunEvent::WorkflowStarted(event) => event.stored_inputs = stored.clone(),
            RunEvent::HumanInputRequired(form) => template.clone_into(&mut form.form_template),
            RunEvent::WorkflowPaused(WorkflowPaused { reasons, .. }) => {
                for reason in reasons {
                    let PauseReason::HumanInputRequired(form) = reason else {
                        continue;
                    };
                    template.clone_into(&mut form.form_template);
                }
            }
            _ => {}
        }
        read.apply(&event);
    }
    read
}

/// Times of a node that waits are not in its stream.
fn without_times_of_waiting(line: &str) -> String {
    let Some((before, after)) =
        line.split_once("\"status\":\"paused\",\"error\":null,\"elapsed_time\":")
    else {
        return line.to_owned();
    };
    format!("{before}{}", after.split_once(',').unwrap().1)
}

fn same_snapshot(read: &Snapshot, recorded: &Exchange, lines: usize) {
    let run = parse(recorded, &recorded.stream[0]).run.unwrap();
    let view = View {
        audience: recorded.audience(),
        generation: Generation::V1_14,
    };
    let shown = String::from_utf8(read.lines(&Projection::snapshot(run, view))).unwrap();
    let shown: Vec<_> = shown
        .split_terminator("\n\n")
        .map(without_times_of_waiting)
        .collect();
    let expected: Vec<_> = recorded.stream[..lines]
        .iter()
        .map(|line| without_times_of_waiting(line))
        .collect();
    assert_eq!(shown, expected);
}

#[test]
fn snapshot_of_a_run_that_waits_is_as_recorded() {
    let stream = exchange("10-human-input.txt", "run until pause, streaming");
    let snapshot = exchange(
        "10-human-input.txt",
        "GET events with snapshot, opened before the submit",
    );
    let read = until_pause(&stream, &snapshot);
    same_snapshot(&read, &snapshot, snapshot.stream.len());
}

#[test]
fn snapshot_of_a_run_that_was_resumed_is_as_recorded_and_shows_no_form() {
    let stream = exchange("16-openapi-run.txt", "run until pause");
    let snapshot = exchange("16-openapi-run.txt", "events right after the submit");
    let mut read = until_pause(&stream, &snapshot);
    read.resumed();
    let live = snapshot
        .stream
        .iter()
        .position(|line| line.contains("resumption"))
        .unwrap();
    same_snapshot(&read, &snapshot, live);
}

#[test]
fn statuses_of_nodes_are_those_that_were_recorded() {
    let all = [
        NodeStatus::Succeeded,
        NodeStatus::Failed,
        NodeStatus::Exception,
        NodeStatus::Retry,
        NodeStatus::Paused,
        NodeStatus::Stopped,
    ];
    for status in all {
        assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
    }
}
