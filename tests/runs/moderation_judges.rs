//! Chatflows whose words are judged by a model, or by an API extension of the workspace.

use std::sync::{Arc, Mutex};

use gatewright_test_support::scripted_server::{Asked, ScriptedServer, Step, answer};
use serde_json::{Value, json};

use crate::support::{
    Answer, Browser, Harness,
    apps::{NOWHERE, make_key, published},
    basic_account,
    events::{events, names},
    model_server::endpoint_file,
    talking::{echoes, file},
};

const EXTENSIONS: &str = "/console/api/api-based-extension";

fn json_answer(body: &Value) -> Vec<Step> {
    answer(
        "200 OK",
        "content-type: application/json\r\n",
        body.to_string(),
    )
}

/// Flags what has the word `flag`; hangs up at `silent`.
fn judge(asked: &Asked) -> Vec<Step> {
    let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    let text = body["input"].as_str().unwrap_or_default();
    if text.contains("silent") {
        return vec![Step::HangUp];
    }
    json_answer(&json!({"results": [{"flagged": text.contains("flag")}]}))
}

/// An API extension, whose answers to questions and to answers a test changes.
#[derive(Clone, Default)]
struct Extension {
    input: Arc<Mutex<Value>>,
    output: Arc<Mutex<Value>>,
}

impl Extension {
    async fn start(&self) -> ScriptedServer {
        let own = self.clone();
        ScriptedServer::start(move |asked: &Asked| {
            if asked.header("authorization") != Some("Bearer secret-key") {
                return answer("401 Unauthorized", "", "");
            }
            let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
            let said = match body["point"].as_str().unwrap_or_default() {
                "ping" => json!({"result": "pong"}),
                "app.moderation.input" => own.input.lock().unwrap().clone(),
                "app.moderation.output" => own.output.lock().unwrap().clone(),
                _ => Value::Null,
            };
            json_answer(&said)
        })
        .await
        .unwrap()
    }

    fn set(&self, input: Value, output: Value) {
        *self.input.lock().unwrap() = input;
        *self.output.lock().unwrap() = output;
    }
}

fn rules(kind: &str, extension: Option<&str>) -> Value {
    json!({"enabled": true, "type": kind, "config": {"api_based_extension_id": extension,
        "inputs_config": {"enabled": true, "preset_response": "No such input."},
        "outputs_config": {"enabled": true, "preset_response": "No such output."}}})
}

/// A chatflow that repeats what it hears under these rules, and its key.
async fn app(h: &Harness, owner: &mut Browser, rules: &Value) -> String {
    let mut app: Value = serde_json::from_str(&file(&[echoes()])).unwrap();
    app["workflow"]["features"]["sensitive_word_avoidance"] = rules.clone();
    let app = published(h, owner, &app.to_string()).await;
    make_key(h, owner, &app).await.1
}

async fn say(h: &Harness, key: &str, query: &str, mode: &str) -> Answer {
    let body = json!({"inputs": {"who": "plain"}, "query": query, "user": "ada", "response_mode": mode, "auto_generate_name": false});
    let request = h.request("POST", "/v1/chat-messages").bearer_auth(key);
    Answer::read(request.json(&body).send().await.unwrap()).await
}

async fn waited(h: &Harness, key: &str, query: &str) -> String {
    let said = say(h, key, query, "blocking").await.expect(200).json();
    said["answer"].as_str().unwrap().to_owned()
}

/// With a model that judges; without a default it is nobody's.
async fn with_model(defaults: &str) -> (Harness, Browser, ScriptedServer, tempfile::NamedTempFile) {
    let server = ScriptedServer::start(judge).await.unwrap();
    let models =
        "providers = [\"p\"]\n[[endpoint.model]]\nname = \"judge\"\ntype = \"moderation\"\n";
    let file = endpoint_file(&server, &format!("{models}{defaults}"));
    let path = file.path().to_str().unwrap().to_owned();
    let h = Harness::with(&[("GATEWRIGHT_MODEL_ENDPOINTS", &path)]).await;
    let owner = basic_account(&h).await;
    (h, owner, server, file)
}

const DEFAULTS: &str = "[defaults]\nmoderation = { provider = \"p\", model = \"judge\" }\n";

#[actix_web::test]
async fn question_and_answer_are_judged_by_the_model_of_the_workspace() {
    let (h, mut owner, server, _file) = with_model(DEFAULTS).await;
    let key = app(&h, &mut owner, &rules("openai_moderation", None)).await;
    assert_eq!(waited(&h, &key, "flag this").await, "No such input.");
    assert_eq!(waited(&h, &key, "fine").await, "fine (turn 1)");
    let heard: Vec<Value> = server
        .asked()
        .iter()
        .map(|one| serde_json::from_slice(&one.body).unwrap())
        .collect();
    let texts: Vec<&str> = heard
        .iter()
        .map(|one| one["input"].as_str().unwrap())
        .collect();
    assert_eq!(texts, ["flag this\nplain", "fine\nplain", "fine (turn 1)"]);
    // Answers alone.
    let mut own = rules("openai_moderation", None);
    own["config"]["inputs_config"]["enabled"] = false.into();
    let key = app(&h, &mut owner, &own).await;
    let told = say(&h, &key, "flag this", "streaming").await.expect(200);
    let told = events(&told.body);
    let told_names = names(&told);
    let replaced = told
        .iter()
        .find(|event| event["event"] == "message_replace");
    let replaced = replaced.unwrap_or_else(|| panic!("{told_names:?}"));
    assert_eq!(
        (&replaced["answer"], &replaced["reason"]),
        (&json!("No such output."), &json!("output_moderation"))
    );
    let at = |name: &str| told_names.iter().position(|other| *other == name).unwrap();
    assert!(at("message_replace") < at("message_end"), "{told_names:?}");
    let kept =
        h.db.query("SELECT answer FROM messages ORDER BY created_at DESC LIMIT 1");
    assert_eq!(kept.await, ["No such output."]);
}

#[actix_web::test]
async fn app_whose_judge_is_silent_answers_nothing_and_says_nothing() {
    let (h, mut owner, _server, _file) = with_model(DEFAULTS).await;
    let key = app(&h, &mut owner, &rules("openai_moderation", None)).await;
    say(&h, &key, "silent", "blocking").await.expect(503);
    let mut own = rules("openai_moderation", None);
    own["config"]["inputs_config"]["enabled"] = false.into();
    let key = app(&h, &mut owner, &own).await;
    assert_eq!(waited(&h, &key, "silent").await, "No such output.");
    let (h, mut owner, _server, _file) = with_model("").await;
    let key = app(&h, &mut owner, &own).await;
    let refused = say(&h, &key, "fine", "blocking").await.expect(400);
    assert_eq!(refused.code(), "invalid_param");
    let none = h.db.query("SELECT count(*)::text FROM messages").await;
    assert_eq!(none, ["0"]);
}

#[actix_web::test]
async fn extension_answers_changes_and_replaces_what_is_said() {
    let extension = Extension::default();
    let server = extension.start().await;
    let h = Harness::with(&[("GATEWRIGHT_OUTBOUND_ALLOW", "127.0.0.0/8")]).await;
    let mut owner = basic_account(&h).await;
    let save =
        json!({"name": "judge", "api_endpoint": server.url("/judge"), "api_key": "secret-key"});
    let made = owner.post(&h, EXTENSIONS, save).await.expect(201).json();
    let key = app(&h, &mut owner, &rules("api", made["id"].as_str())).await;
    let fine = json!({"flagged": false, "action": "direct_output"});
    for (input, output, expected) in [
        (fine.clone(), fine.clone(), "hello (turn 1)"),
        (
            json!({"flagged": true, "action": "direct_output", "preset_response": "Not here."}),
            fine.clone(),
            "Not here.",
        ),
        (
            json!({"flagged": true, "action": "direct_output"}),
            fine.clone(),
            "No such input.",
        ),
        (
            json!({"flagged": true, "action": "overridden", "query": "mild", "inputs": {"who": "x"}}),
            fine.clone(),
            "mild (turn 1)",
        ),
        (
            fine.clone(),
            json!({"flagged": true, "action": "overridden", "text": "rewritten"}),
            "rewritten",
        ),
        (
            fine.clone(),
            json!({"flagged": true, "action": "direct_output", "preset_response": "Gone."}),
            "Gone.",
        ),
        (fine.clone(), json!("odd"), "No such output."),
    ] {
        extension.set(input.clone(), output.clone());
        assert_eq!(
            waited(&h, &key, "hello").await,
            expected,
            "{input} {output}"
        );
    }
    let kept = "SELECT query FROM messages WHERE answer = 'mild (turn 1)'";
    assert_eq!(h.db.query(kept).await, ["mild"]);
    let asked = server.asked();
    let first: Value = serde_json::from_slice(&asked[1].body).unwrap();
    assert_eq!(
        (
            &first["point"],
            &first["params"]["query"],
            &first["params"]["inputs"]
        ),
        (
            &json!("app.moderation.input"),
            &json!("hello"),
            &json!({"who": "plain"})
        )
    );
    extension.set(json!("odd"), fine);
    say(&h, &key, "hello", "blocking").await.expect(503);
    let path = format!("{EXTENSIONS}/{}", made["id"].as_str().unwrap());
    owner.send(&h, "DELETE", &path, None, &[]).await.expect(204);
    let refused = say(&h, &key, "hello", "blocking").await.expect(400);
    assert_eq!(refused.code(), "invalid_param");
}

#[actix_web::test]
async fn api_extension_is_saved_when_it_answers_and_shows_its_key_to_nobody() {
    let server = Extension::default().start().await;
    let h = Harness::with(&[("GATEWRIGHT_OUTBOUND_ALLOW", "127.0.0.0/8")]).await;
    let mut owner = basic_account(&h).await;
    let save = |name: &str, path: &str, key: &str| json!({"name": name, "api_endpoint": server.url(path), "api_key": key});
    let made = owner
        .post(&h, EXTENSIONS, save("one", "/", "secret-key"))
        .await;
    let made = made.expect(201).json();
    assert_eq!(made["api_key"], "sec******key");
    let stored = h.db.query("SELECT api_key FROM api_based_extensions").await;
    assert!(!stored[0].contains("secret"), "{stored:?}");
    for (body, message) in [
        (save("one", "/", "secret-key"), "unique"),
        (save("two", "/", "wrong-key"), "401"),
        (save("two", "/", "key"), "5 characters"),
        (save("", "/", "secret-key"), "name"),
    ] {
        let refused = owner
            .post(&h, EXTENSIONS, body.clone())
            .await
            .expect(400)
            .json();
        assert!(
            refused["message"].as_str().unwrap().contains(message),
            "{refused}"
        );
    }
    let path = format!("{EXTENSIONS}/{}", made["id"].as_str().unwrap());
    let renamed = owner
        .post(&h, &path, save("\u{200b}uno ", "/", "[__HIDDEN__]"))
        .await;
    assert_eq!(renamed.expect(200).json()["api_key"], "sec******key");
    let list = owner.get(&h, EXTENSIONS).await.expect(200).json();
    assert_eq!(
        (list.as_array().unwrap().len(), &list[0]["name"]),
        (1, &json!("uno"))
    );
    let mut stranger = h.add_account("mallory").await;
    for path in [
        path.clone(),
        format!("{EXTENSIONS}/{NOWHERE}"),
        format!("{EXTENSIONS}/x"),
    ] {
        stranger.get(&h, &path).await.expect(400);
        stranger
            .send(&h, "DELETE", &path, None, &[])
            .await
            .expect(400);
    }
    assert_eq!(
        stranger.get(&h, EXTENSIONS).await.expect(200).json(),
        json!([])
    );
    // Addresses of the own network are not asked unless the operator says so.
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let before = server.asked().len();
    let refused = owner
        .post(&h, EXTENSIONS, save("one", "/", "secret-key"))
        .await;
    refused.expect(400);
    assert_eq!(server.asked().len(), before);
}
