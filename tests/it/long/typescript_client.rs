//! The TypeScript client of Dify's own repository, compiled from its source.

use std::{path::Path, process::Command};

use serde_json::json;

use super::folder;
use crate::support::sdks::{Service, events, script};

/// Compiles the client into a folder; the file to import.
fn compile(client: &Path, into: &Path) -> String {
    let modules = concat!(env!("CARGO_MANIFEST_DIR"), "/clients/node_modules");
    let types = format!("{modules}/@types");
    let output = Command::new(format!("{modules}/.bin/tsc"))
        .args(["--module", "commonjs", "--moduleResolution", "node10"])
        .args(["--target", "es2023", "--lib", "ES2023,DOM,DOM.Iterable"])
        .args(["--types", "node", "--typeRoots", &types])
        .args(["--strict", "--skipLibCheck", "--rootDir", "src", "--outDir"])
        .arg(into)
        .arg("src/index.ts")
        .current_dir(client)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    let kind = json!({"type": "commonjs"}).to_string();
    std::fs::write(into.join("package.json"), kind).unwrap();
    into.join("index.js").display().to_string()
}

#[tokio::test]
async fn typescript_client_of_dify_is_answered_by_every_method_that_is_served() {
    let compiled = tempfile::tempdir().unwrap();
    let client = folder("GATEWRIGHT_DIFY_NODEJS_CLIENT");
    let index = compile(&client, compiled.path());
    let service = Service::start().await;
    let script = script("original-typescript.mjs");
    let mut learnt = service.drive("node", &[&script, &index]).await;
    let events = events(&mut learnt);
    assert_eq!(events.first().unwrap(), "workflow_started");
    assert_eq!(
        events[events.len() - 2..],
        ["message_end", "workflow_finished"]
    );
    let question = "Say [\"Why?\", \"How?\"]";
    let expected = json!({
        "refused": ["AuthenticationError", 401], "parameters": "who", "meta": {"tool_icons": {}}, "info": "advanced-chat", "site": "talks",
        "answer": question, "streamed": "Hello", "uploaded": ["notes.txt", 10], "previewed": "some words",
        "suggested": ["Why?", "How?"], "rated": "success", "feedbacks": ["like"], "messages": [question, "Hello", "Read this"],
        "renamed": "By hand", "conversations": ["By hand"], "variable": "notes", "set": "[\"new\"]",
        "annotation": "b", "annotations": 1, "annotation_deleted": 204, "stopped": "success", "stopped_as": "stopped", "deleted": 204,
        "ran": "hi Ada", "run": "succeeded", "ran_by_id": "hi Bob", "run_stopped": "success", "run_stopped_as": "stopped", "logs": 2,
    });
    assert_eq!(learnt, expected);
}
