//! What people expect of importing and exporting apps, and did not get from others.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use gatewright_dsl::{
    AppBody, AppDocument, AppFile, Export, ImportStatus, Variable, WorkflowPart,
    draft::{check_hash, draft_hash},
    leaked_dependencies, yaml,
};
use serde_json::{Value, json};

const WORKFLOW: &str = include_str!("files/workflow.yml");

fn import(text: &str) -> AppFile {
    let document = AppDocument::open(text).unwrap();
    document.into_app_file(None).unwrap()
}

fn workflow(file: &AppFile) -> &WorkflowPart {
    match &file.body {
        AppBody::Workflow(workflow) => workflow,
        AppBody::ModelConfig(_) => panic!("no workflow"),
    }
}

/// A chatflow with variables of every type.
fn chatflow() -> String {
    let variable = |value_type: &str, value: Value| {
        json!({"id": value_type, "name": value_type.replace(['[', ']'], "_"), "value_type": value_type,
               "value": value, "description": "d"})
    };
    let mut document = yaml::read(WORKFLOW).unwrap();
    document["app"]["mode"] = json!("advanced-chat");
    document["workflow"]["features"]["opening_statement"] =
        json!("Hello\n\n  {{#sys.query#}} 你好");
    document["workflow"]["environment_variables"] = json!([
        variable("string", json!("yes")),
        variable("number", json!(1.5)),
        variable("secret", json!("s3cret")),
    ]);
    document["workflow"]["conversation_variables"] = json!([
        variable("string", json!("")),
        variable("number", json!(0)),
        variable("boolean", json!(false)),
        variable("object", json!({"y": [1, null, "n"]})),
        variable("array[string]", json!(["no", "1e5"])),
        variable("array[number]", json!([1, 2.5])),
        variable("array[object]", json!([{}])),
        variable("array[boolean]", json!([])),
    ]);
    yaml::write(&document)
}

#[test]
fn exported_app_has_graph_variables_and_features_of_the_imported_one() {
    let first = import(&chatflow());
    let second = import(&first.export(Export::default()));
    let (a, b) = (workflow(&first), workflow(&second));
    assert_eq!(a.graph, b.graph);
    assert_eq!(a.features, b.features);
    assert_eq!(a.conversation_variables, b.conversation_variables);
    assert_eq!(a.conversation_variables.len(), 8);
    let blanked: Vec<Variable> = a
        .environment_variables
        .iter()
        .map(Variable::blanked)
        .collect();
    assert_eq!(blanked, b.environment_variables);
    assert_eq!(
        second.export(Export::default()),
        first.export(Export::default())
    );
}

#[test]
fn copy_is_identical_secrets_and_all() {
    let first = import(&chatflow());
    let copy = import(&first.export(Export {
        include_secret: true,
        ..Export::default()
    }));
    assert_eq!(copy, first);
}

#[test]
fn file_brings_both_kinds_of_variables_to_the_app_it_overwrites() {
    let file = import(&chatflow());
    let names = |variables: &[Variable]| variables.len();
    assert_eq!(names(&workflow(&file).environment_variables), 3);
    assert_eq!(names(&workflow(&file).conversation_variables), 8);
}

#[test]
fn saves_that_bring_the_hash_they_were_given_never_conflict() {
    let mut graph = workflow(&import(WORKFLOW)).graph.clone();
    let mut stored: Option<String> = None;
    let mut given: Option<String> = None;
    for round in 0..20 {
        assert_eq!(check_hash(stored.as_deref(), given.as_deref()), Ok(()));
        graph["viewport"]["x"] = json!(f64::from(round) / 3.0);
        given = Some(draft_hash(&graph));
        // What is stored is text, and is hashed again when it is read.
        let text = serde_json::to_string(&graph).unwrap();
        let read: Value = serde_json::from_str(&text).unwrap();
        stored = Some(draft_hash(read.as_object().unwrap()));
    }
}

/// Files of the first versions: no `kind`, no `dependencies`, tools by one key, no workflow variables.
const FIRST_CHAT: &str = "
app:
  icon: \"\\U0001F916\"
  icon_background: '#FFEAD5'
  mode: agent-chat
  name: Old
model_config:
  agent_mode:
    enabled: true
    max_iteration: 5
    strategy: function_call
    tools:
    - dataset:
        enabled: true
        id: 9614eb3d-fd25-4cc1-afdc-532ed87bb67c
    - current_datetime:
        enabled: false
  model:
    provider: openai
    name: gpt-4
    mode: chat
    completion_params:
      stop: []
  pre_prompt: ''
";
const FIRST_WORKFLOW: &str = "
app: {mode: workflow, name: Old, icon: x, icon_background: null}
version: 0.1.0
workflow:
  features:
    file_upload: {image: {enabled: true, number_limits: 3, transfer_methods: [local_file]}}
  graph:
    edges: []
    nodes:
    - {data: {title: Start, type: start, variables: []}, id: '1711067409646', type: custom}
";

#[test]
fn file_of_an_old_version_is_imported_with_warnings_and_asks_nobody() {
    for text in [FIRST_CHAT, FIRST_WORKFLOW] {
        let document = AppDocument::open(text).unwrap();
        assert_eq!(document.status(), ImportStatus::CompletedWithWarnings);
        assert_eq!(document.version(), "0.1.0");
        let file = document.into_app_file(None).unwrap();
        assert_eq!(file.app.name, "Old");
        assert_eq!(file.dependencies, []);
        let exported = AppDocument::open(&file.export(Export::default())).unwrap();
        assert_eq!(exported.status(), ImportStatus::Completed);
        assert!(exported.into_app_file(None).is_ok());
    }
    for version in [
        "0.1.1", "0.1.2", "0.1.3", "0.1.4", "0.1.5", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "0.5.0",
    ] {
        let text = WORKFLOW.replace("version: 0.6.0", &format!("version: {version}"));
        let document = AppDocument::open(&text).unwrap();
        assert_eq!(
            document.status(),
            ImportStatus::CompletedWithWarnings,
            "{version}"
        );
        assert!(document.into_app_file(None).is_ok());
    }
    for version in ["0.6.0", "0.7.0"] {
        let text = WORKFLOW.replace("version: 0.6.0", &format!("version: {version}"));
        assert_eq!(
            AppDocument::open(&text).unwrap().status(),
            ImportStatus::Completed
        );
    }
}

#[test]
fn missing_plugin_stops_no_import_and_is_listed() {
    let dependency = "dependencies:\n- type: marketplace\n  value: {marketplace_plugin_unique_identifier: 'nobody/nothing:0.0.1@abc'}";
    let file = import(&WORKFLOW.replace("dependencies: []", dependency));
    let leaked = leaked_dependencies(&file.dependencies, &[]);
    assert_eq!(leaked.len(), 1);
    assert_eq!(leaked[0].plugin_id(), "nobody/nothing");
}

/// Everywhere where an id of a credential can stand, in graphs and in classic apps.
#[test]
fn export_has_no_credential_of_the_workspace() {
    let mut graph = yaml::read(WORKFLOW).unwrap();
    graph["workflow"]["graph"]["nodes"][1]["data"] = json!({
        "type": "tool", "title": "T", "credential_id": "secret-1",
        "tool_configurations": {"nested": [{"credential_id": "secret-2"}]},
        "agent_parameters": {"tools": {"value": [{"credential_id": "secret-3"}]}},
        "model": {"credential_id": "secret-4"},
    });
    let classic = json!({
        "app": {"mode": "agent-chat", "name": "A"}, "version": "0.6.0",
        "model_config": {"agent_mode": {"tools": [{"tool_name": "t", "credential_id": "secret-5"}]}},
    });
    for document in [graph, classic] {
        let file = import(&yaml::write(&document));
        let text = file.export(Export::default());
        assert!(
            !text.contains("secret-") && !text.contains("credential_id"),
            "{text}"
        );
        let with = file.export(Export {
            include_secret: true,
            ..Export::default()
        });
        assert!(with.contains("secret-"));
    }
}
