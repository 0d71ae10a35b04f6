//! Lines that no recording has, as the contract describes them.

#![allow(clippy::unwrap_used, reason = "what a test cannot unwrap has failed")]

use gatewright_run_events::{
    Answer, Audience, BlockingAnswer, CreatedBy, Form, Generation, HumanInputFormTimeout, Json,
    MessageEnd, MessageIdentity, MessageMetadata, NodeExecution, NodeFinished, NodeRetry,
    NodeStarted, NodeStatus, PING, PauseReason, Projection, ReasoningChunk, Recipient,
    RecipientKind, RunError, RunEvent, RunIdentity, RunStatus, Snapshot, StartReason, TextChunk,
    TextReplace, View, WorkflowFinished, WorkflowPaused, WorkflowStarted, early_error,
    unready_error,
};
use serde_json::{Value, json};

const PROGRAM: View = View {
    audience: Audience::ServiceApi,
    generation: Generation::V1_14,
};
const NEWER: View = View {
    audience: Audience::ServiceApi,
    generation: Generation::V1_16,
};
const PERSON: View = View {
    audience: Audience::Openapi,
    generation: Generation::V1_16,
};
const EDITOR: View = View {
    audience: Audience::Debugger,
    generation: Generation::V1_14,
};

fn workflow() -> RunIdentity {
    RunIdentity {
        workflow_run_id: "r".to_owned(),
        task_id: "t".to_owned(),
        message: None,
    }
}

fn chatflow() -> RunIdentity {
    let message = MessageIdentity {
        conversation_id: "c".to_owned(),
        message_id: "m".to_owned(),
        created_at: 1,
    };
    RunIdentity {
        message: Some(message),
        ..workflow()
    }
}

fn form() -> Form {
    let recipient = |kind, token: &str| Recipient {
        kind,
        token: token.to_owned(),
    };
    Form {
        form_id: "f".to_owned(),
        node_id: "n".to_owned(),
        node_title: "T".to_owned(),
        form_content: "Hi Bob".to_owned(),
        form_template: "Hi {{#start.who#}}".to_owned(),
        inputs: Json::array(),
        actions: Json::array(),
        display_in_ui: true,
        recipients: vec![
            recipient(RecipientKind::EmailMember, "mail"),
            recipient(RecipientKind::Backstage, "back"),
        ],
        resolved_default_values: Json::object(),
        expiration_time: 9,
    }
}

fn pause() -> WorkflowPaused {
    WorkflowPaused {
        paused_nodes: vec!["n".to_owned()],
        outputs: Json::from(json!({"x": 1})),
        reasons: vec![
            PauseReason::ScheduledPause {
                message: "at noon".to_owned(),
            },
            PauseReason::HumanInputRequired(Box::new(form())),
        ],
        created_at: 1,
        elapsed_time: 0.5,
        total_tokens: 0,
        total_steps: 2,
    }
}

fn ended(status: RunStatus, error: Option<&str>) -> WorkflowFinished {
    WorkflowFinished {
        workflow_id: "w".to_owned(),
        status,
        outputs: Json::object(),
        error: error.map(str::to_owned),
        elapsed_time: 0.5,
        total_tokens: 0,
        total_steps: 1,
        created_by: CreatedBy::EndUser {
            id: "e".to_owned(),
            user: "u".to_owned(),
        },
        created_at: 1,
        finished_at: 2,
        exceptions_count: 0,
        files: Json::array(),
    }
}

fn node(inputs: Value) -> NodeFinished {
    NodeFinished {
        node: execution(),
        inputs: Json::from(inputs),
        process_data: Json::object(),
        outputs: Json::object(),
        status: NodeStatus::Retry,
        error: Some("secret".to_owned()),
        elapsed_time: 0.1,
        execution_metadata: Json::null(),
        created_at: 1,
        finished_at: 1,
        files: Json::array(),
    }
}

fn execution() -> NodeExecution {
    NodeExecution {
        id: "e".to_owned(),
        node_id: "n".to_owned(),
        node_type: "llm".to_owned(),
        title: "T".to_owned(),
        index: 1,
        iteration_id: None,
        loop_id: None,
    }
}

fn end_of_message() -> RunEvent {
    let citation = json!({"position": 1, "dataset_id": "d", "retriever_from": "workflow", "doc_metadata": {}, "summary": null});
    RunEvent::MessageEnd(MessageEnd {
        metadata: MessageMetadata {
            annotated: false,
            retriever_resources: Json::from(json!([citation])),
            usage: Json::from(json!({"total_tokens": 3})),
            reasoning: [("n".to_owned(), "hm".to_owned())].into(),
        },
        files: Json::array(),
    })
}

fn thought() -> RunEvent {
    RunEvent::ReasoningChunk(ReasoningChunk {
        reasoning: "hm".to_owned(),
        node_id: "n".to_owned(),
        is_final: false,
    })
}

fn text(text: &str) -> RunEvent {
    RunEvent::TextChunk(TextChunk {
        text: text.to_owned(),
        from_variable_selector: None,
    })
}

fn replaced() -> RunEvent {
    RunEvent::TextReplace(TextReplace {
        text: "new".to_owned(),
        reason: "output_moderation".to_owned(),
    })
}

fn line(run: RunIdentity, view: View, event: &RunEvent) -> String {
    let line = String::from_utf8(Projection::live(run, view).line(event)).unwrap();
    line.strip_suffix("\n\n").unwrap_or(&line).to_owned()
}

#[test]
fn ping_is_an_event_without_data() {
    assert_eq!(PING, b"event: ping\n\n");
}

#[test]
fn text_in_a_chatflow_is_a_message_and_in_a_workflow_a_chunk() {
    let cases = [
        (
            chatflow(),
            text("hé\n"),
            r#"data: {"event":"message","conversation_id":"c","message_id":"m","created_at":1,"task_id":"t","id":"m","answer":"hé\n","from_variable_selector":null}"#,
        ),
        (
            workflow(),
            text("a"),
            r#"data: {"event":"text_chunk","workflow_run_id":"r","task_id":"t","data":{"text":"a","from_variable_selector":null}}"#,
        ),
        (
            chatflow(),
            replaced(),
            r#"data: {"event":"message_replace","conversation_id":"c","message_id":"m","created_at":1,"task_id":"t","answer":"new","reason":"output_moderation"}"#,
        ),
        (
            workflow(),
            replaced(),
            r#"data: {"event":"text_replace","workflow_run_id":"r","task_id":"t","data":{"text":"new"}}"#,
        ),
    ];
    for (run, event, expected) in cases {
        assert_eq!(line(run, PROGRAM, &event), expected);
    }
}

#[test]
fn reasoning_is_told_to_newer_clients_only() {
    let cases = [
        (
            chatflow(),
            NEWER,
            r#"data: {"event":"reasoning_chunk","conversation_id":"c","message_id":"m","created_at":1,"task_id":"t","data":{"message_id":"m","reasoning":"hm","node_id":"n","is_final":false}}"#,
        ),
        (
            workflow(),
            PERSON,
            r#"data: {"event":"reasoning_chunk","workflow_run_id":"r","task_id":"t","data":{"message_id":null,"reasoning":"hm","node_id":"n","is_final":false}}"#,
        ),
        (chatflow(), PROGRAM, ""),
        (workflow(), EDITOR, ""),
    ];
    for (run, view, expected) in cases {
        assert_eq!(line(run, view, &thought()), expected);
    }
}

#[test]
fn end_of_a_message_by_reader_shows_usage_and_whole_citations_or_neither() {
    let head = r#"data: {"event":"message_end","conversation_id":"c","message_id":"m","created_at":1,"task_id":"t","id":"m","metadata":"#;
    let cases = [
        (
            PROGRAM,
            r#"{"annotation_reply":null,"retriever_resources":[{"position":1,"dataset_id":"d","retriever_from":"workflow","doc_metadata":{},"summary":null}],"usage":{"total_tokens":3}}"#,
        ),
        (
            NEWER,
            r#"{"annotation_reply":null,"retriever_resources":[{"position":1,"dataset_id":"d","retriever_from":"workflow","doc_metadata":{},"summary":null}],"usage":{"total_tokens":3},"reasoning":{"n":"hm"}}"#,
        ),
        (
            PERSON,
            r#"{"retriever_resources":[{"dataset_id":"d","position":1,"summary":null}],"reasoning":{"n":"hm"}}"#,
        ),
    ];
    for (view, expected) in cases {
        let shown = line(chatflow(), view, &end_of_message());
        assert_eq!(shown, format!("{head}{expected},\"files\":[]}}"));
    }
    assert_eq!(line(workflow(), PROGRAM, &end_of_message()), "");
}

#[test]
fn form_that_only_mails_lead_to_has_a_token_for_older_clients_and_channels_for_newer() {
    let required = RunEvent::HumanInputRequired(Box::new(form()));
    let older = line(workflow(), PROGRAM, &required);
    assert!(
        older.contains(r#""form_token":"back","resolved_default_values":{},"expiration_time":9}}"#),
        "{older}"
    );
    let newer = line(workflow(), NEWER, &required);
    assert!(newer.contains(r#""form_token":null,"resolved_default_values":{},"expiration_time":9,"approval_channels":["console","email"]}}"#), "{newer}");
    let editor = line(workflow(), EDITOR, &required);
    assert!(editor.contains(r#""form_token":"back""#), "{editor}");
}

#[test]
fn pause_shows_outputs_to_people_only_and_each_reason_by_its_kind() {
    let form = r#"{"TYPE":"human_input_required","form_id":"f","form_content":"Hi Bob","inputs":[],"actions":[],"node_id":"n","node_title":"T","resolved_default_values":{},"form_token":null,"expiration_time":9,"approval_channels":["console","email"]}"#;
    let reasons = format!(r#""reasons":[{{"TYPE":"scheduled_pause","message":"at noon"}},{form}]"#);
    let end =
        r#""status":"paused","created_at":1,"elapsed_time":0.5,"total_tokens":0,"total_steps":2}}"#;
    for (view, outputs) in [(NEWER, "{}"), (PERSON, r#"{"x":1}"#)] {
        let data = format!(
            r#"{{"workflow_run_id":"r","paused_nodes":["n"],"outputs":{outputs},{reasons},{end}"#
        );
        let expected = format!(
            r#"data: {{"event":"workflow_paused","conversation_id":"c","message_id":"m","created_at":1,"task_id":"t","workflow_run_id":"r","data":{data}"#
        );
        assert_eq!(
            line(chatflow(), view, &RunEvent::WorkflowPaused(pause())),
            expected
        );
    }
}

#[test]
fn form_that_nobody_answered_names_its_node_and_its_time() {
    let event = RunEvent::HumanInputFormTimeout(HumanInputFormTimeout {
        node_id: "n".to_owned(),
        node_title: "T".to_owned(),
        expiration_time: 9,
    });
    assert_eq!(
        line(workflow(), PROGRAM, &event),
        r#"data: {"event":"human_input_form_timeout","workflow_run_id":"r","task_id":"t","data":{"node_id":"n","node_title":"T","expiration_time":9}}"#
    );
}

#[test]
fn error_by_cause_and_app_has_its_own_keys_in_their_own_order() {
    let internal = RunEvent::Error(RunError::internal().after_start());
    let bad = RunEvent::Error(RunError::invalid_param("x is required"));
    let cases = [
        (
            workflow(),
            &internal,
            r#"data: {"event":"error","workflow_run_id":"r","code":"internal_server_error","message":"Internal Server Error, please contact support.","status":500}"#,
        ),
        (
            workflow(),
            &bad,
            r#"data: {"event":"error","workflow_run_id":null,"code":"invalid_param","status":400,"message":"x is required"}"#,
        ),
        (
            chatflow(),
            &bad,
            r#"data: {"event":"error","conversation_id":"c","message_id":"m","created_at":1,"code":"invalid_param","status":400,"message":"x is required"}"#,
        ),
    ];
    for (run, event, expected) in cases {
        assert_eq!(line(run, PROGRAM, event), expected);
    }
    for (early, head) in [
        (early_error(&RunError::invalid_param("x is required")), ""),
        (
            unready_error(&RunError::invalid_param("x is required")),
            "\"workflow_run_id\":null,",
        ),
    ] {
        assert_eq!(
            String::from_utf8(early).unwrap(),
            format!(
                "data: {{\"event\":\"error\",{head}\"code\":\"invalid_param\",\"status\":400,\"message\":\"x is required\"}}\n\n"
            )
        );
    }
}

#[test]
fn attempt_that_failed_tells_readers_without_insight_nothing_of_its_inside() {
    let event = RunEvent::NodeRetry(NodeRetry {
        attempt: node(json!({"key": "secret"})),
        retry_index: 1,
    });
    assert!(line(workflow(), PROGRAM, &event).contains("secret"));
    assert_eq!(
        line(workflow(), PERSON, &event),
        r#"data: {"event":"node_retry","workflow_run_id":"r","task_id":"t","data":{"id":"e","node_id":"n","node_type":"llm","title":"T","index":1,"predecessor_node_id":null,"inputs":null,"process_data":null,"outputs":null,"status":"retry","error":null,"elapsed_time":0.1,"execution_metadata":null,"created_at":1,"finished_at":1,"files":[],"iteration_id":null,"loop_id":null,"retry_index":1}}"#
    );
}

#[test]
fn long_value_is_whole_for_programs_and_cut_with_a_flag_for_the_editor() {
    let event = RunEvent::NodeFinished(node(json!({"long": "y".repeat(100_001)})));
    let whole = line(workflow(), PROGRAM, &event);
    assert!(whole.contains(&"y".repeat(100_001)) && whole.contains("\"inputs_truncated\":false"));
    let cut = line(workflow(), EDITOR, &event);
    assert!(cut.contains(
        "yyy...\"},\"inputs_truncated\":true,\"process_data\":{},\"process_data_truncated\":false"
    ));
}

/// What a caller who waits gets after these events.
fn answer(run: RunIdentity, view: View, events: &[RunEvent]) -> Answer {
    let mut answer = BlockingAnswer::new(run, view);
    for event in events {
        answer.apply(event);
    }
    answer.answer().unwrap()
}

#[test]
fn chatflow_that_waits_answers_with_text_so_far_and_reasons() {
    let events = [
        text("old"),
        replaced(),
        text("er"),
        RunEvent::WorkflowPaused(pause()),
    ];
    let Answer::Body(body) = answer(chatflow(), PERSON, &events) else {
        panic!()
    };
    let body: Value = serde_json::from_slice(&body).unwrap();
    let keys = |value: &Value| {
        value
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(
        keys(&body),
        "event task_id id message_id conversation_id mode answer metadata created_at workflow_run_id data"
    );
    assert_eq!(
        keys(&body["data"]),
        "id mode conversation_id message_id workflow_run_id answer metadata created_at paused_nodes reasons status elapsed_time total_tokens total_steps"
    );
    assert_eq!(body["event"], "workflow_paused");
    assert_eq!(body["data"]["answer"], "newer");
    assert_eq!(body["data"]["reasons"][0]["TYPE"], "scheduled_pause");
}

#[test]
fn chatflow_that_failed_is_refused_and_one_that_was_stopped_answers() {
    let failed = RunEvent::WorkflowFinished(ended(RunStatus::Failed, Some("boom")));
    let stopped = RunEvent::WorkflowFinished(ended(RunStatus::Stopped, Some("Stopped by user.")));
    let Answer::Refused(error) = answer(chatflow(), PROGRAM, &[text("a"), failed.clone()]) else {
        panic!()
    };
    assert_eq!(
        (error.status, error.message.as_str()),
        (400, "Run failed: boom")
    );
    assert_eq!(error.code.as_deref(), Some("invalid_param"));
    let Answer::Body(body) = answer(chatflow(), PROGRAM, &[text("a"), stopped, end_of_message()])
    else {
        panic!()
    };
    assert_eq!(
        serde_json::from_slice::<Value>(&body).unwrap()["answer"],
        "a"
    );
    let Answer::Body(body) = answer(workflow(), PROGRAM, &[failed]) else {
        panic!()
    };
    assert_eq!(
        serde_json::from_slice::<Value>(&body).unwrap()["data"]["error"],
        "boom"
    );
    let broken = [RunEvent::Error(RunError::internal())];
    assert_eq!(
        answer(workflow(), PROGRAM, &broken),
        Answer::Refused(RunError::internal())
    );
}

#[test]
fn snapshot_of_a_chatflow_begins_with_its_text_and_counts_its_nodes() {
    let started = |id: &str| {
        RunEvent::NodeStarted(NodeStarted {
            node: NodeExecution {
                id: id.to_owned(),
                ..execution()
            },
            created_at: 1,
            extras: Json::object(),
            agent_strategy: Json::null(),
        })
    };
    let begin = RunEvent::WorkflowStarted(WorkflowStarted {
        workflow_id: "w".to_owned(),
        inputs: Json::object(),
        stored_inputs: Json::from(json!({"sys.timestamp": 1})),
        created_at: 1,
        reason: StartReason::Initial,
    });
    let mut read = Snapshot::default();
    let finished = RunEvent::NodeFinished(node(json!({})));
    for event in [
        begin,
        text("a"),
        started("e"),
        text("b"),
        finished,
        started("f"),
    ] {
        read.apply(&event);
    }
    let lines = |run| String::from_utf8(read.lines(&Projection::snapshot(run, PROGRAM))).unwrap();
    let chat = lines(chatflow());
    let order = [
        "sys.timestamp",
        "\"answer\":\"ab\",\"reason\":\"\"",
        "\"index\":1",
        "\"status\":\"retry\"",
        "\"id\":\"f\",\"node_id\":\"n\",\"node_type\":\"llm\",\"title\":\"T\",\"index\":2",
    ];
    let places: Vec<_> = order.iter().map(|part| chat.find(part).unwrap()).collect();
    assert!(places.is_sorted(), "{chat}");
    assert!(!lines(workflow()).contains("text_replace"));
}
