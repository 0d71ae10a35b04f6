//! Imports as they were recorded of the original, and what an export keeps and drops.

use serde_json::{Value, json};

use super::*;
use crate::{ImportStatus, yaml};

const WORKFLOW: &str = include_str!("../../tests/files/workflow.yml");

fn import(text: &str) -> Result<AppFile, ImportError> {
    AppDocument::open(text)?.into_app_file(None)
}

fn changed(from: &str, to: &str) -> String {
    assert!(WORKFLOW.contains(from), "{from}");
    WORKFLOW.replacen(from, to, 1)
}

#[test]
fn file_that_is_wrong_fails_in_the_original_s_words() {
    let version = "\nversion: 0.6.0\n";
    let cases = [
        (
            changed(version, "\nversion: 0.6\n"),
            "Invalid version type, expected str, got <class 'float'>",
        ),
        (
            changed(version, "\nversion: 6\n"),
            "Invalid version type, expected str, got <class 'int'>",
        ),
        (
            changed(version, "\nversion: [1]\n"),
            "Invalid version type, expected str, got <class 'list'>",
        ),
        (
            changed(version, "\nversion: abc\n"),
            "Invalid version: 'abc'",
        ),
        (
            "kind: app\nversion: 0.6.0\n".to_owned(),
            "Missing app data in YAML content",
        ),
        ("app: x\n".to_owned(), "Missing app data in YAML content"),
        (
            "hello".to_owned(),
            "Invalid YAML format: content must be a mapping",
        ),
        (
            "- a\n- b\n".to_owned(),
            "Invalid YAML format: content must be a mapping",
        ),
        (
            String::new(),
            "Invalid YAML format: content must be a mapping",
        ),
        (
            "app:\n  mode: workflow\n  name: x\nkind: app\nversion: 0.6.0\n".to_owned(),
            "Missing workflow data for workflow/advanced chat app",
        ),
        (
            "app:\n  mode: chat\n  name: x\nkind: app\nversion: 0.6.0\n".to_owned(),
            "Missing model_config for chat/agent-chat/completion app",
        ),
        (
            changed("  graph:\n", "  graph: x\n  other:\n"),
            "Invalid app file: workflow.graph must be a mapping",
        ),
        (
            changed(
                "environment_variables: []",
                "environment_variables: [{value_type: string, value: b}]",
            ),
            "missing name",
        ),
        (
            changed(
                "dependencies: []",
                "dependencies: [{type: disk, value: {}}]",
            ),
            "Invalid dependency 0: type must be marketplace, github or package, value a mapping",
        ),
        (
            "a: [b".to_owned(),
            "Invalid YAML format: while parsing a flow sequence, expected ',' or ']', line 2, column 1",
        ),
    ];
    for (text, message) in cases {
        assert_eq!(import(&text).unwrap_err().to_string(), message);
    }
}

#[test]
fn mode_that_cannot_be_imported_fails_in_the_original_s_words() {
    let mode = "  mode: workflow\n";
    let cases = [
        (
            changed(mode, "  mode: nope\n"),
            "'nope' is not a valid AppMode",
        ),
        (changed(mode, "  mode: 5\n"), "5 is not a valid AppMode"),
        (changed(mode, "  mode: channel\n"), "Invalid app mode"),
        (changed(mode, "  mode: rag-pipeline\n"), "Invalid app mode"),
        (
            changed(mode, "  mode: agent\n"),
            "Invalid app mode: apps of the mode agent are not supported, agent-chat apps are",
        ),
        (changed(mode, ""), "loss app mode"),
    ];
    for (text, message) in cases {
        assert_eq!(import(&text).unwrap_err().to_string(), message);
    }
}

#[test]
fn file_without_version_or_kind_is_taken_for_an_old_app() {
    let document = AppDocument::open(&changed("version: 0.6.0\n", "")).unwrap();
    assert_eq!(document.version(), "0.1.0");
    assert_eq!(document.status(), ImportStatus::CompletedWithWarnings);
    for kind in ["kind: rag_pipeline\n", ""] {
        let document = AppDocument::open(&changed("kind: app\n", kind)).unwrap();
        assert_eq!(document.status(), ImportStatus::Completed);
    }
}

#[test]
fn file_of_a_newer_version_is_pending_before_anything_else_is_checked() {
    let document = AppDocument::open("app: {mode: nope}\nversion: 9.9.9\n").unwrap();
    assert_eq!(document.status(), ImportStatus::Pending);
    assert!(document.into_app_file(None).is_err());
}

#[test]
fn scalars_of_the_wrong_type_become_texts() {
    let file = import("app: {mode: chat, name: 2024, description: yes, icon: null, icon_type: x}\nmodel_config: {a: 1}\n").unwrap();
    assert_eq!(file.app.name, "2024");
    assert_eq!(file.app.description, "true");
    assert_eq!(file.app.icon, "");
    assert_eq!(file.app.icon_type, IconType::Emoji);
}

#[test]
fn export_reads_back_as_the_same_app() {
    let file = import(WORKFLOW).unwrap();
    let text = file.export(Export::default());
    assert_eq!(import(&text).unwrap(), file);
    assert_eq!(
        import(&text).unwrap().export(Export::default()),
        text,
        "stable"
    );
    assert_eq!(
        yaml::read(&text),
        yaml::read(WORKFLOW),
        "and as the original wrote it"
    );
}

/// A workflow with every kind of thing that must not leave the workspace.
fn with_secrets() -> AppFile {
    let text = changed(
        "environment_variables: []",
        "environment_variables:\n  - {id: e1, name: T, value_type: secret, value: s3cret, description: d}\n  - {id: e2, name: U, value_type: string, value: plain}",
    );
    let mut file = import(&text).unwrap();
    let AppBody::Workflow(workflow) = &mut file.body else {
        unreachable!()
    };
    workflow.graph["nodes"] = json!([
        {"id": "t", "data": {"type": "tool", "credential_id": "cred-1", "title": "T"}},
        {"id": "a", "data": {"type": "agent", "agent_parameters": {"tools": {"value": [{"credential_id": "cred-2", "tool_name": "x"}]}}}},
        {"id": "w", "data": {"type": "trigger-webhook", "webhook_url": "http://in", "webhook_debug_url": "http://in2", "method": "get"}},
        {"id": "p", "data": {"type": "trigger-plugin", "subscription_id": "sub-1"}},
        {"id": "s", "data": {"type": "trigger-schedule", "cron_expression": "0 9 * * 1-5", "mode": "cron"}},
        {"id": "k", "data": {"type": "knowledge-retrieval", "dataset_ids": ["9614eb3d-fd25-4cc1-afdc-532ed87bb67c"]}},
    ]);
    file
}

#[test]
fn export_has_no_secret_and_nothing_that_belongs_to_the_workspace() {
    let file = with_secrets();
    let text = file.export(Export::default());
    for hidden in [
        "s3cret",
        "cred-1",
        "cred-2",
        "credential_id",
        "http://in",
        "sub-1",
    ] {
        assert!(!text.contains(hidden), "{hidden}:\n{text}");
    }
    for kept in [
        "plain",
        "0 9 * * 1-5",
        "9614eb3d",
        "value_type: secret",
        "tool_name: x",
    ] {
        assert!(text.contains(kept), "{kept}:\n{text}");
    }
}

#[test]
fn export_with_secrets_has_them_and_the_credentials() {
    let text = with_secrets().export(Export {
        include_secret: true,
        ..Export::default()
    });
    for kept in ["s3cret", "cred-1", "cred-2"] {
        assert!(text.contains(kept), "{kept}");
    }
    assert!(
        !text.contains("http://in"),
        "addresses mean nothing elsewhere"
    );
}

/// Reverses the text, and knows its own.
struct Reversed;

impl DatasetIdCipher for Reversed {
    fn seal(&self, id: &str) -> String {
        id.chars().rev().chain("!ours".chars()).collect()
    }

    fn open(&self, sealed: &str) -> Option<String> {
        Some(sealed.strip_suffix("!ours")?.chars().rev().collect())
    }
}

#[test]
fn dataset_ids_are_sealed_for_their_workspace() {
    let export = Export {
        dataset_ids: Some(&Reversed),
        ..Export::default()
    };
    let text = with_secrets().export(export);
    assert!(!text.contains("9614eb3d") && text.contains("!ours"));
    let ids = |file: AppFile| match file.body {
        AppBody::Workflow(workflow) => workflow.graph["nodes"][5]["data"]["dataset_ids"].clone(),
        AppBody::ModelConfig(_) => Value::Null,
    };
    let open = |cipher| {
        AppDocument::open(&text)
            .unwrap()
            .into_app_file(cipher)
            .unwrap()
    };
    assert_eq!(
        ids(open(Some(&Reversed))),
        json!(["9614eb3d-fd25-4cc1-afdc-532ed87bb67c"])
    );
    assert_eq!(ids(open(None)), json!([]), "somebody else's are dropped");
}

#[test]
fn export_has_the_oldest_version_that_understands_it() {
    let file = import(WORKFLOW).unwrap();
    assert_eq!(file.export_version(), "0.6.0");
    let model = "environment_variables: [{name: m, value_type: llm, value: {provider: p, name: n, mode: chat}}]";
    let file = import(&changed("environment_variables: []", model)).unwrap();
    assert_eq!(file.export_version(), "0.7.0");
    let text = changed(
        "        type: end\n",
        "        type: end\n        model_selector: [env, m]\n",
    );
    assert_eq!(import(&text).unwrap().export_version(), "0.7.0");
}

#[test]
fn missing_dependencies_name_the_version_that_is_there_instead() {
    let text = changed(
        "dependencies: []",
        "dependencies:\n- current_identifier: null\n  type: marketplace\n  value:\n    marketplace_plugin_unique_identifier: langgenius/openai:0.0.1@abc\n- type: package\n  value: {plugin_unique_identifier: 'me/mine:1.0.0@def', version: 1.0.0}\n- type: github\n  value: {github_plugin_unique_identifier: 'you/yours:2.0.0@012', repo: you/yours}",
    );
    let dependencies = import(&text).unwrap().dependencies;
    let installed = [
        "langgenius/openai:0.0.2@fff".to_owned(),
        "me/mine:1.0.0@def".to_owned(),
    ];
    let leaked = leaked_dependencies(&dependencies, &installed);
    assert_eq!(
        serde_json::to_value(&leaked).unwrap(),
        json!([
            {
                "type": "marketplace",
                "value": {"marketplace_plugin_unique_identifier": "langgenius/openai:0.0.1@abc"},
                "current_identifier": "langgenius/openai:0.0.2@fff"
            },
            {
                "type": "github",
                "value": {"github_plugin_unique_identifier": "you/yours:2.0.0@012", "repo": "you/yours"},
                "current_identifier": null
            }
        ])
    );
}
