//! Clients of the service API that others wrote and publish: every method of them that is served here.

use serde_json::json;

use crate::support::sdks::{Service, events, python, script};

const QUESTION: &str = "Say [\"Why?\", \"How?\"]";

#[tokio::test]
async fn npm_dify_client_talks_uploads_rates_renames_stops_deletes_and_runs() {
    let service = Service::start().await;
    let mut learnt = service
        .drive("node", &[&script("npm-dify-client.mjs")])
        .await;
    let events = events(&mut learnt);
    assert_eq!(events.first().unwrap(), "workflow_started");
    assert_eq!(
        events[events.len() - 2..],
        ["message_end", "workflow_finished"]
    );
    let expected = json!({
        "refused": "unauthorized", "parameters": "who", "answer": QUESTION, "streamed": "Hello", "same_conversation": true,
        "uploaded": ["notes.txt", 10], "rated": "success", "messages": [QUESTION, "Hello", "Read this"], "rating": "like",
        "files": ["notes.txt"], "earlier": [["Hello"], true], "renamed": "By hand", "conversations": ["By hand"], "page": 1,
        "stopped": ["stopped"], "deleted": 204, "gone": "not_found", "ran": "hi Ada", "ran_streamed": "hi Bob",
    });
    assert_eq!(learnt, expected);
}

#[tokio::test]
async fn npm_dify_ai_provider_generates_and_streams_for_the_ai_sdk() {
    let service = Service::start().await;
    let learnt = service
        .drive("node", &[&script("npm-dify-ai-provider.mjs")])
        .await;
    let expected = json!({
        "answer": "Hello", "tokens": [7, 5, 12], "finish": "stop", "ids": [true, true],
        "streamed": "Hello again", "streamed_finish": "stop", "same_conversation": true,
        "with_system": "Be brief.\n\nQuestion", "read": "Read this", "files": ["notes.txt"], "refused": [401, "unauthorized"],
    });
    assert_eq!(learnt, expected);
}

#[tokio::test]
async fn pypi_dify_client_talks_uploads_rates_renames_and_runs() {
    let service = Service::start().await;
    let mut learnt = service
        .drive(python("dify-client"), &[&script("pypi-dify-client.py")])
        .await;
    let events = events(&mut learnt);
    assert_eq!(events.first().unwrap(), "workflow_started");
    assert_eq!(
        events[events.len() - 2..],
        ["message_end", "workflow_finished"]
    );
    let expected = json!({
        "refused": "unauthorized", "parameters": "who", "answer": QUESTION, "streamed": "Hello", "same_conversation": true,
        "uploaded": ["notes.txt", 10], "rated": "success", "messages": [QUESTION, "Hello", "Read this"], "rating": "like",
        "files": ["notes.txt"], "earlier": [["Hello"], true], "renamed": "By hand", "conversations": ["By hand"], "page": 1,
        "ran": "hi Ada",
    });
    assert_eq!(learnt, expected);
}

#[tokio::test]
async fn pypi_dify_client_python_reads_each_answer_by_its_models_at_once_and_awaited() {
    let service = Service::start().await;
    let client = "dify-client-python";
    let mut learnt = service
        .drive(python(client), &[&script("pypi-dify-client-python.py")])
        .await;
    for way in ["whole", "awaited"] {
        let events = events(&mut learnt[way]);
        assert_eq!(events.first().unwrap(), "workflow_started");
        assert_eq!(
            events[events.len() - 2..],
            ["message_end", "workflow_finished"]
        );
        let expected = json!({
            "refused": [401, "unauthorized"], "answer": QUESTION, "tokens": 12, "streamed": "Hello", "uploaded": ["notes.txt", 10],
            "read": "Read this", "rated": "success", "suggested": ["Why?", "How?"], "stopped": "success", "stopped_as": "stopped",
            "ran": "hi Ada", "run_stopped": "success", "run_stopped_as": "stopped",
        });
        assert_eq!(learnt[way], expected, "{way}");
    }
}
