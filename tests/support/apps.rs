//! An app that greets: its file, imported, published.

use serde_json::json;

use super::{Answer, Browser, Harness};

/// Where the console has apps.
pub const APPS: &str = "/console/api/apps";

/// The file of an app of this name, of a version of the format.
pub fn file(version: &str, name: &str) -> String {
    format!(
        "app:\n  description: greets\n  icon: 🤖\n  icon_background: '#FFEAD5'\n  icon_type: emoji\n  mode: workflow\n  name: {name}\n\
         dependencies: []\nkind: app\nversion: {version}\nworkflow:\n  conversation_variables: []\n  environment_variables:\n  \
         - description: ''\n    id: e1\n    name: TOKEN\n    value: s3cret\n    value_type: secret\n  features:\n    opening_statement: ''\n  graph:\n    edges:\n    \
         - id: start-end\n      source: start\n      sourceHandle: source\n      target: end\n      targetHandle: target\n      type: custom\n    nodes:\n    \
         - data:\n        title: Start\n        type: start\n        variables:\n        - label: name\n          max_length: 48\n          required: true\n          type: text-input\n          variable: name\n      id: start\n      type: custom\n    \
         - data:\n        outputs:\n        - value_selector:\n          - start\n          - name\n          variable: result\n        title: End\n        type: end\n      id: end\n      type: custom\n  rag_pipeline_variables: []\n"
    )
}

/// Imports a file.
pub async fn import(h: &Harness, by: &mut Browser, text: &str) -> Answer {
    let body = json!({"mode": "yaml-content", "yaml_content": text});
    by.post(h, &format!("{APPS}/imports"), body).await
}

/// Imports and says which app is there.
pub async fn imported(h: &Harness, by: &mut Browser, name: &str) -> String {
    let done = import(h, by, &file("0.6.0", name)).await.expect(200).json();
    done["app_id"].as_str().unwrap().to_owned()
}

/// Publishes the draft.
pub async fn publish(h: &Harness, by: &mut Browser, app: &str) -> Answer {
    let path = format!("{APPS}/{app}/workflows/publish");
    by.post(
        h,
        &path,
        json!({"marked_name": "v1", "marked_comment": "first"}),
    )
    .await
}
