//! An app that greets: its file, imported, published; and an installation with an app.

use std::sync::atomic::{AtomicBool, Ordering};

use gatewright_test_support::scripted_server::{ScriptedServer, Step, answer};
use serde_json::{Value, json};

use super::{Answer, Browser, Harness, basic_account, process::wait_until};

/// An id that nothing has.
pub const NOWHERE: &str = "5b1e3f1c-6f0e-4c55-9b2a-0d0c6f3f0aff";

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

/// Imports a file and publishes what it says; the app.
pub async fn published(h: &Harness, by: &mut Browser, text: &str) -> String {
    let done = import(h, by, text).await.expect(200).json();
    let app = done["app_id"].as_str().unwrap();
    publish(h, by, app).await.expect(200);
    app.to_owned()
}

/// A key of an app: its id, and the key.
pub async fn make_key(h: &Harness, by: &mut Browser, app: &str) -> (String, String) {
    let path = format!("{APPS}/{app}/api-keys");
    let made = by.post(h, &path, json!({})).await.expect(201).json();
    let text = |member: &str| made[member].as_str().unwrap().to_owned();
    (text("id"), text("token"))
}

/// An installation with one published app, and a bearer of its owner.
pub struct Installed {
    pub h: Harness,
    pub owner: Browser,
    pub token: String,
    pub app: String,
}

impl Installed {
    /// With the app of this file.
    pub async fn of(text: &str, settings: &[(&str, &str)]) -> Self {
        let h = Harness::with(settings).await;
        let mut owner = basic_account(&h).await;
        let token = h.token(&mut owner, "laptop").await;
        let app = published(&h, &mut owner, text).await;
        Self {
            h,
            owner,
            token,
            app,
        }
    }

    /// What the owner's bearer asks for below the path of the app.
    pub async fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let path = format!("/openapi/v1/apps/{}{path}", self.app);
        let mut request = self.h.request(method, &path).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        Answer::read(request.send().await.unwrap()).await
    }

    pub async fn run(&self, body: &Value) -> Answer {
        self.call("POST", "/run", Some(body)).await
    }

    /// How the only run ends: its status, outputs and error.
    pub async fn ends(&self) -> String {
        let query = "SELECT status || ' ' || coalesce(outputs, '') || ' ' || coalesce(error, '') FROM workflow_runs";
        let mut row = String::new();
        wait_until("the run ends", async || {
            self.h.db.query(query).await[0].clone_into(&mut row);
            !row.starts_with("running") && !row.starts_with("paused")
        })
        .await;
        row
    }
}

/// An HTTP server that lets its first caller wait for ever and answers all others.
pub async fn slow_then_quick() -> String {
    let is_first = AtomicBool::new(true);
    let server = ScriptedServer::start(move |_| {
        if is_first.swap(false, Ordering::SeqCst) {
            vec![Step::UntilClosed]
        } else {
            text("hi")
        }
    });
    server.await.unwrap().url("/")
}

/// An HTTP server that answers a caller with a text, each time that it is told to go on.
pub async fn answering_when_told(body: &'static str) -> ScriptedServer {
    let server = ScriptedServer::start(move |_| [vec![Step::Wait], text(body)].concat());
    server.await.unwrap()
}

/// An answer, after which nothing more is asked on its connection.
fn text(body: &str) -> Vec<Step> {
    let headers = "content-type: text/plain\r\nconnection: close\r\n";
    let mut steps = answer("200 OK", headers, body);
    steps.push(Step::HangUp);
    steps
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
