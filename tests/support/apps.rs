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

/// An HTTP server that lets its first caller wait for ever and answers all others.
pub async fn slow_then_quick() -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut waiting = vec![];
        while let Ok((mut caller, _)) = listener.accept().await {
            if waiting.is_empty() {
                waiting.push(caller);
                continue;
            }
            let _ = caller.read(&mut [0; 4096]).await;
            let answer = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi";
            let _ = caller.write_all(answer.as_bytes()).await;
        }
    });
    url
}

/// The app that greets, with a call of a server in between.
pub fn calling(url: &str) -> String {
    let call = format!(
        "    - data:\n        authorization:\n          config: null\n          type: no-auth\n        body:\n          data: []\n          type: none\n        \
         headers: ''\n        method: get\n        params: ''\n        timeout: {{}}\n        title: Call\n        type: http-request\n        url: {url}\n        \
         variables: []\n      id: call\n      type: custom\n"
    );
    let file = file("0.6.0", "calls");
    let file = file.replace("      target: end\n", "      target: call\n");
    let edge = "    - id: call-end\n      source: call\n      sourceHandle: source\n      target: end\n      targetHandle: target\n      type: custom\n    nodes:\n";
    let file = file.replacen("    nodes:\n", &format!("{edge}{call}"), 1);
    file.replace(
        "          - start\n          - name\n          variable: result",
        "          - call\n          - body\n          variable: result",
    )
}
