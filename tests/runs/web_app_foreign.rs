//! What a visitor of one page can name of another page, or of another visitor: nothing. Which operations take an id is read from the
//! OpenAPI document, so that none that comes later can be forgotten.

use std::collections::BTreeMap;

use gatewright_http::Surface;
use serde_json::{Map, Value, json};

use super::{
    chatflows::{echoes, file},
    web_app::{Pages, Visitor, code_of, visitor_of},
};
use crate::support::{
    Answer,
    apps::published,
    asking::{WEB_APP, file as asking},
    events::data,
    files::part,
    operations::{Operation, operations},
};

/// Ids that decide nothing about what is shown or done, and why.
const HARMLESS: [(&str, &str); 7] = [
    (
        "POST /api/chat-messages/{task_id}/stop task_id",
        "success whatever there is to stop: see below",
    ),
    (
        "POST /api/workflows/tasks/{task_id}/stop task_id",
        "the same",
    ),
    (
        "POST /api/chat-messages parent_message_id",
        "the thread is looked for in the conversation alone",
    ),
    ("GET /api/passport user_id", "a name that the page gives"),
    ("GET /api/login/status user_id", "the same"),
    (
        "GET /api/form/human_input/{form_token} form_token",
        "the token is the credential",
    ),
    (
        "POST /api/form/human_input/{form_token} form_token",
        "the token is the credential",
    ),
];

/// Something with an id, whose owner is the first of two visitors.
struct Ids {
    conversation: String,
    message: String,
    run: String,
}

async fn ids(visitor: &Visitor<'_>) -> Ids {
    let said = visitor.say("something", "").await;
    let text = |member: &str| said[member].as_str().unwrap().to_owned();
    let run = visitor
        .h
        .db
        .query("SELECT id::text FROM workflow_runs ORDER BY created_at DESC, id DESC LIMIT 1");
    Ids {
        conversation: text("conversation_id"),
        message: text("message_id"),
        run: run.await.remove(0),
    }
}

/// The value of a member, of these things.
fn value(name: &str, path: &str, of: &Ids) -> String {
    match name {
        "last_id" if path.starts_with("/api/saved-messages") => of.message.clone(),
        "c_id" | "conversation_id" | "last_id" => of.conversation.clone(),
        "message_id" | "first_id" | "parent_message_id" => of.message.clone(),
        "task_id" => of.run.clone(),
        _ => panic!("{path}: {name} names what this test does not know"),
    }
}

impl Visitor<'_> {
    /// Asked with what is the visitor's own, but for one name.
    async fn name(&self, operation: &Operation, own: &Ids, name: &str, foreign: &Ids) -> Answer {
        let given = |other: &str| {
            let of = if other == name { foreign } else { own };
            value(other, &operation.path, of)
        };
        let mut path = operation.path.clone();
        let mut values = BTreeMap::new();
        for other in &operation.names {
            path = path.replace(&format!("{{{other}}}"), &given(other));
            if other == name
                || !matches!(other.as_str(), "last_id" | "first_id" | "parent_message_id")
            {
                values.insert(other.clone(), given(other));
            }
        }
        let named = operation
            .query
            .iter()
            .filter_map(|name| Some((name, values.get(name)?)));
        let mut query: Vec<_> = named
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        if operation.query.iter().any(|name| name == "response_mode") {
            query.push(("response_mode".into(), "blocking".into()));
        }
        let mut request = self.request(&operation.method, &path).query(&query);
        if operation.members.is_some() {
            let mut body: Map<String, Value> = values
                .into_iter()
                .map(|(name, value)| (name, value.into()))
                .collect();
            let rest = json!({"inputs": {}, "query": "hi", "name": "mine", "rating": "like"});
            body.extend(rest.as_object().cloned().unwrap());
            request = request.json(&body);
        }
        Answer::read(request.send().await.unwrap()).await
    }
}

#[actix_web::test]
async fn visitor_finds_nothing_of_another_page_or_of_another_visitor_by_any_operation() {
    let pages = Pages::new(&[]).await;
    let mut owner = pages.owner.clone();
    let other = published(&pages.h, &mut owner, &file(&[echoes()])).await;
    let victim = pages.visitor("").await;
    let neighbour = pages.visitor("").await;
    let stranger = visitor_of(&pages.h, &code_of(&pages.h, &other).await, "").await;
    let theirs = ids(&victim).await;
    let kept = json!({"message_id": theirs.message});
    victim
        .send("POST", "/api/saved-messages", &kept)
        .await
        .expect(200);
    let mut asked = 0;
    for eve in [&neighbour, &stranger] {
        let own = ids(eve).await;
        for operation in operations(Surface::WebApp) {
            for name in &operation.names {
                let label = operation.label(name);
                if HARMLESS.iter().any(|(harmless, _)| *harmless == label) {
                    continue;
                }
                let answer = eve.name(&operation, &own, name, &theirs).await;
                assert_eq!(answer.status, 404, "{label}: {answer:?}");
                asked += 1;
            }
        }
    }
    assert!(
        asked >= 2 * 13,
        "{asked} questions: the document lists fewer operations than it did"
    );
    // All of it is there, for whom it belongs to.
    let path = format!("/api/messages?conversation_id={}", theirs.conversation);
    let there = victim.get(&path).await.expect(200).json();
    assert_eq!(there["data"].as_array().unwrap().len(), 1);
    let saved = victim.get("/api/saved-messages").await.expect(200).json();
    assert_eq!(saved["data"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn stop_of_another_page_or_visitor_succeeds_without_effect() {
    let pages = Pages::of(&asking(WEB_APP), &[]).await;
    let body = json!({"inputs": {"who": "Bob"}});
    let victim = pages.visitor("").await;
    let stream = victim.send("POST", "/api/workflows/run", &body).await;
    let events = data(&stream.expect(200).body);
    let path = format!(
        "/api/workflows/tasks/{}/stop",
        events[0]["task_id"].as_str().unwrap()
    );
    let statuses = "SELECT status FROM workflow_runs";
    let neighbour = pages.visitor("").await;
    neighbour.send("POST", &path, &json!({})).await.expect(200);
    assert_eq!(pages.h.db.query(statuses).await, ["paused"]);
    victim.send("POST", &path, &json!({})).await.expect(200);
    crate::support::process::wait_until("the run stops", async || {
        pages.h.db.query(statuses).await == ["stopped"]
    })
    .await;
}

#[actix_web::test]
async fn form_of_a_run_is_shown_and_answered_once_by_whoever_has_its_token() {
    let pages = Pages::of(&asking(WEB_APP), &[]).await;
    let visitor = pages.visitor("").await;
    let body = json!({"inputs": {"who": "Bob"}});
    let stream = visitor.send("POST", "/api/workflows/run", &body).await;
    let events = data(&stream.expect(200).body);
    let required = events
        .iter()
        .find(|event| event["event"] == "human_input_required");
    let token = required.unwrap()["data"]["form_token"].as_str().unwrap();
    let path = format!("/api/form/human_input/{token}");
    let form = pages.h.get(&path).await.expect(200).json();
    assert!(
        form["form_content"].is_string() && form["site"]["site"]["title"].is_string(),
        "{form}"
    );
    let answer = json!({"action": "yes", "inputs": {"comment": "c"}});
    let done = pages.h.post(&path, &answer).await.expect(200).json();
    assert_eq!(done, json!({}));
    let again = pages.h.post(&path, &answer).await.expect(412);
    assert_eq!(again.code(), "human_input_form_submitted");
    let none = pages.h.get("/api/form/human_input/nosuchtoken").await;
    assert_eq!(none.expect(404).code(), "not_found");
}

#[actix_web::test]
async fn file_of_a_visitor_is_an_input_of_their_own_runs_only() {
    let app = super::run_files::app(None, ["start", "pic"], json!({}));
    let pages = Pages::of(&app, &[]).await;
    let (owner, other) = (pages.visitor("").await, pages.visitor("").await);
    let parts = [
        part("file", Some("a.txt"), b"hello"),
        b"--edge--\r\n".to_vec(),
    ]
    .concat();
    let request = owner
        .request("POST", "/api/files/upload")
        .header("content-type", "multipart/form-data; boundary=edge")
        .body(parts);
    let sent = Answer::read(request.send().await.unwrap()).await;
    let sent = sent.expect(201).json();
    assert_eq!(sent["created_by"], owner.id().await.as_str());
    let body = json!({"inputs": {"pic": super::run_files::uploaded(&sent)}});
    let done = owner
        .send("POST", "/api/workflows/run", &body)
        .await
        .expect(200);
    assert!(done.body.contains("a.txt"), "{done:?}");
    let refused = other
        .send("POST", "/api/workflows/run", &body)
        .await
        .expect(200);
    let events = data(&refused.body);
    assert_eq!(
        (&events[0]["event"], &events[0]["message"]),
        (&json!("error"), &json!("Invalid upload file"))
    );
    // Places in the own network are none of the internet's.
    for address in [
        "http%3A%2F%2F127.0.0.1%3A1%2Fx",
        "file%3A%2F%2F%2Fetc%2Fpasswd",
    ] {
        owner
            .get(&format!("/api/remote-files/{address}"))
            .await
            .expect(400);
    }
    let fetch = json!({"url": "http://169.254.169.254/latest"});
    owner
        .send("POST", "/api/remote-files/upload", &fetch)
        .await
        .expect(400);
}
