//! What the holder of one app's key, and who is signed in to one workspace, can name of another's: nothing. Which operations take an id
//! is read from the OpenAPI documents. Visitors of web apps: `web_app_foreign.rs`.

use std::collections::BTreeMap;

use gatewright_http::Surface;
use serde_json::{Value, json};

use super::service_conversations::{Keyed, text};
use crate::support::{
    Answer, Browser, Harness,
    apps::{NOWHERE, make_key, published},
    asking::{WEB_APP, file as asking},
    files::part,
    operations::{Operation, operations},
    talking::{echoes, file},
};

/// Ids that decide nothing about what is shown or done, and why.
type Harmless = [(&'static str, &'static str)];

const OF_KEYS: &Harmless = &[
    (
        "POST /v1/chat-messages conversation_id",
        "another conversation begins, as in Dify",
    ),
    (
        "POST /v1/chat-messages/{task_id}/stop task_id",
        "success whatever there is to stop: see below",
    ),
    (
        "POST /v1/workflows/tasks/{task_id}/stop task_id",
        "the same",
    ),
    (
        "GET /v1/conversations/{c_id}/variables last_id",
        "an id of the app's file, which others have too",
    ),
    (
        "PUT /v1/conversations/{c_id}/variables/{variable_id} variable_id",
        "the same",
    ),
    (
        "GET /v1/workflows/logs created_by_end_user_session_id",
        "a name that the caller gives",
    ),
];

/// Apps that somebody has, and what there is of each kind, by its name in requests.
struct Things {
    /// Keys of a chatflow and of a workflow.
    keys: [String; 2],
    apps: [String; 2],
    ids: BTreeMap<&'static str, String>,
}

fn chatflow() -> String {
    let mut app: Value = serde_json::from_str(&file(&[echoes()])).unwrap();
    let features = &mut app["workflow"]["features"];
    features["suggested_questions_after_answer"] = json!({"enabled": true});
    features["file_upload"] = json!({"enabled": true, "allowed_file_types": ["document"],
        "allowed_file_upload_methods": ["local_file"], "allowed_file_extensions": [], "number_limits": 3});
    app.to_string()
}

async fn keyed_post(h: &Harness, key: &str, path: &str, body: &Value) -> Value {
    let request = h.request("POST", path).bearer_auth(key).json(body);
    let answer = Answer::read(request.send().await.unwrap()).await;
    assert!(answer.status < 300, "{path}: {answer:?}");
    answer.json()
}

async fn upload(h: &Harness, key: &str) -> String {
    let parts = [
        part("user", None, b"ada"),
        part("file", Some("a.txt"), b"hello"),
        b"--edge--\r\n".to_vec(),
    ];
    let request = h
        .request("POST", "/v1/files/upload")
        .bearer_auth(key)
        .header("content-type", "multipart/form-data; boundary=edge")
        .body(parts.concat());
    let sent = Answer::read(request.send().await.unwrap()).await;
    text(&sent.expect(201).json(), "id").to_owned()
}

impl Things {
    /// Two apps of this person, and for their user ada a conversation with a file, a run that waits, and an annotation.
    async fn of(h: &Harness, owner: &mut Browser) -> Self {
        let mut apps = vec![];
        let mut keys = vec![];
        for text in [chatflow(), asking(WEB_APP)] {
            let app = published(h, owner, &text).await;
            keys.push(make_key(h, owner, &app).await.1);
            apps.push(app);
        }
        let file = upload(h, &keys[0]).await;
        let files =
            json!([{"type": "document", "transfer_method": "local_file", "upload_file_id": file}]);
        let body = json!({"inputs": {}, "query": "mine", "user": "ada", "auto_generate_name": false, "files": files});
        let said = keyed_post(h, &keys[0], "/v1/chat-messages", &body).await;
        let body = json!({"inputs": {"who": "Eve"}, "response_mode": "blocking", "user": "ada"});
        let run = keyed_post(h, &keys[1], "/v1/workflows/run", &body).await;
        let body = json!({"question": "q", "answer": "a"});
        let annotation = keyed_post(h, &keys[0], "/v1/apps/annotations", &body).await;
        let row = async |query: String| h.db.query(&query).await.remove(0);
        let user = format!(
            "SELECT id::text FROM end_users WHERE app_id = '{}'",
            apps[0]
        );
        let version = format!(
            "SELECT id::text FROM workflows WHERE app_id = '{}' AND version <> 'draft'",
            apps[0]
        );
        let ids = BTreeMap::from([
            ("conversation_id", text(&said, "conversation_id").to_owned()),
            ("message_id", text(&said, "message_id").to_owned()),
            ("file_id", file),
            ("run_id", text(&run, "workflow_run_id").to_owned()),
            ("task_id", text(&run, "task_id").to_owned()),
            (
                "version of the workflow",
                text(&run["data"], "workflow_id").to_owned(),
            ),
            ("version of the chatflow", row(version).await),
            (
                "form_token",
                text(&run["data"]["reasons"][0], "form_token").to_owned(),
            ),
            ("annotation_id", text(&annotation, "id").to_owned()),
            ("end_user_id", row(user).await),
        ]);
        Self {
            keys: [keys[0].clone(), keys[1].clone()],
            apps: [apps[0].clone(), apps[1].clone()],
            ids,
        }
    }

    fn id(&self, name: &str) -> String {
        let id = self.ids.get(name);
        id.unwrap_or_else(|| panic!("nothing is called {name}"))
            .clone()
    }

    /// What a member names.
    fn value(&self, operation: &Operation, name: &str) -> String {
        let is_chat = is_of_chats(&operation.path);
        match name {
            "app_id" => self.apps[usize::from(!is_chat)].clone(),
            "first_id" => self.id("message_id"),
            "last_id" if operation.path.ends_with("workflow-runs") => self.id("run_id"),
            "c_id" | "last_id" => self.id("conversation_id"),
            "workflow_run_id" => self.id("run_id"),
            "task_id" if operation.path.ends_with("/events") => self.id("run_id"),
            "variable_id" => crate::support::talking::NOTES.to_owned(),
            "workflow_id" if is_chat => self.id("version of the chatflow"),
            "workflow_id" => self.id("version of the workflow"),
            "job_id" | "key_id" => NOWHERE.to_owned(),
            "created_by_end_user_session_id" => "ada".to_owned(),
            name => self.id(name),
        }
    }
}

/// Whether it is asked of the chatflow.
fn is_of_chats(path: &str) -> bool {
    [
        "/v1/workflow",
        "/v1/form",
        "/workflow-runs",
        "/workflows/",
        "/workflow-app-logs",
    ]
    .iter()
    .all(|of_workflows| !path.contains(of_workflows))
}

/// What requests have beside ids; each takes what it knows.
fn rest() -> Value {
    json!({
        "inputs": {}, "query": "hi", "user": "ada", "response_mode": "blocking", "name": "stolen", "rating": "like", "question": "q",
        "answer": "a", "value": ["stolen"], "action": "yes", "mode": "yaml-content", "enable_api": true, "enable_site": true,
        "graph": {}, "features": {}, "hash": "x", "marked_name": "stolen",
    })
}

/// A request with what is one's own but for one name: its path, and its body.
fn naming(
    operation: &Operation,
    own: &Things,
    name: &str,
    foreign: &Things,
) -> (String, Option<Value>) {
    let path = &operation.path;
    operation.request(&rest(), |other| {
        let is_needed = path.contains(&format!("{{{other}}}"))
            || other == "conversation_id" && operation.method == "GET"
            || other == "message_id" && path.ends_with("/feedbacks");
        if other == name {
            Some(foreign.value(operation, other))
        } else {
            is_needed.then(|| own.value(operation, other))
        }
    })
}

#[actix_web::test]
async fn key_of_one_app_finds_nothing_of_another_by_any_operation() {
    let keyed = Keyed::new(&[echoes()]).await;
    let (h, mut owner) = (&keyed.h, keyed.owner.clone());
    let theirs = Things::of(h, &mut owner).await;
    let own = Things::of(h, &mut owner).await;
    let mut found = vec![];
    let mut asked = 0;
    for operation in operations(Surface::Service) {
        for name in &operation.names {
            let label = operation.label(name);
            if OF_KEYS.iter().any(|(harmless, _)| *harmless == label) {
                continue;
            }
            let (path, body) = naming(&operation, &own, name, &theirs);
            let key = &own.keys[usize::from(!is_of_chats(&operation.path))];
            let mut request = h.request(&operation.method, &path).bearer_auth(key);
            if let Some(body) = body {
                request = request.json(&body);
            }
            let answer = Answer::read(request.send().await.unwrap()).await;
            asked += 1;
            if answer.status != 404 {
                found.push(format!("{label}: {} {}", answer.status, answer.body));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
    assert!(
        asked >= 18,
        "{asked} questions: the document lists fewer than it did"
    );
    // Stops of others succeed without effect, and all of it is there for whom it belongs to.
    let stop = format!("/v1/workflows/tasks/{}/stop", theirs.id("task_id"));
    keyed_post(h, &own.keys[1], &stop, &json!({"user": "ada"})).await;
    let run = format!("/v1/workflows/run/{}", theirs.id("run_id"));
    let run = h.with_bearer("GET", &run, &theirs.keys[1]).await;
    assert_eq!(run.expect(200).json()["status"], "paused");
    let messages = format!(
        "/v1/messages?user=ada&conversation_id={}",
        theirs.id("conversation_id")
    );
    let messages = h.with_bearer("GET", &messages, &theirs.keys[0]).await;
    let messages = messages.expect(200).json();
    assert_eq!(messages["data"][0]["feedback"], Value::Null, "{messages}");
    let list = h
        .with_bearer("GET", "/v1/apps/annotations", &theirs.keys[0])
        .await;
    assert_eq!(list.expect(200).json()["data"][0]["question"], "q");
}

const OF_SESSIONS: &Harmless = &[
    (
        "POST /console/api/apps/{app_id}/annotations/{annotation_id} message_id",
        "an annotation keeps the message that it was made of",
    ),
    (
        "POST /console/api/apps/{app_id}/workflow-runs/tasks/{task_id}/stop task_id",
        "success whatever there is to stop",
    ),
    (
        "DELETE /console/api/apps/{app_id}/annotations annotation_id",
        "what is not there needs no deletion: console_annotations.rs",
    ),
    (
        "POST /console/api/apps/{app_id}/annotations/batch-import app_id",
        "a form: console_annotations.rs",
    ),
    (
        "GET /console/api/apps/{app_id}/annotations/batch-import-status/{job_id} job_id",
        "of an import that is over: it is told to nobody else",
    ),
    (
        "GET /console/api/apps/{app_id}/workflow-app-logs created_by_end_user_session_id",
        "a name that a caller gave",
    ),
    (
        "GET /console/api/apps/{app_id}/workflows user_id",
        "a filter of one's own list",
    ),
    (
        "DELETE /console/api/apps/{app_id}/api-keys/{key_id} key_id",
        "foreign_keys.rs",
    ),
];

#[actix_web::test]
async fn sec_182_console_of_another_workspace_finds_nothing_below_an_app_by_any_operation() {
    let keyed = Keyed::new(&[echoes()]).await;
    let (h, mut owner) = (&keyed.h, keyed.owner.clone());
    let theirs = Things::of(h, &mut owner).await;
    let mut stranger = h.add_account("mallory").await;
    let own = Things::of(h, &mut stranger).await;
    let mut found = vec![];
    let mut asked = 0;
    let below_apps = operations(Surface::Console).into_iter();
    for operation in below_apps.filter(|one| one.path.starts_with("/console/api/apps/{app_id}")) {
        for name in &operation.names {
            let label = operation.label(name);
            if OF_SESSIONS.iter().any(|(harmless, _)| *harmless == label) {
                continue;
            }
            // Of somebody else's app everything is theirs; below one's own only what is named.
            let own = if name == "app_id" { &theirs } else { &own };
            let (path, body) = naming(&operation, own, name, &theirs);
            let answer = stranger.send(h, &operation.method, &path, body, &[]).await;
            asked += 1;
            if answer.status != 404 {
                found.push(format!("{label}: {} {}", answer.status, answer.body));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
    assert!(
        asked >= 50,
        "{asked} questions: the document lists fewer than it did"
    );
    let statuses = "SELECT status FROM workflow_runs WHERE status = 'paused'";
    assert_eq!(h.db.query(statuses).await.len(), 2);
    let names = "SELECT DISTINCT name FROM apps ORDER BY name";
    assert_eq!(h.db.query(names).await, ["asks", "talks"]);
}
