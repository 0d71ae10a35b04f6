//! Words that a chatflow must not hear, and must not say (recording 41).

use serde_json::{Value, json};

use super::chatflows::{file, memory, model, says};
use crate::support::{
    Answer,
    apps::Installed,
    events::{events, names},
    model_server::ModelServer,
    process::wait_until,
};

const KEY: &str = "app-0123456789abcdefghijklmn";

/// A chatflow with these rules, whose model repeats what it hears, and a key of it.
struct World {
    installed: Installed,
    model: ModelServer,
}

impl World {
    async fn new(rules: &Value) -> Self {
        let model_server = ModelServer::start().await;
        let settings = [
            ("GATEWRIGHT_MODEL_ENDPOINTS", model_server.endpoints()),
            ("GATEWRIGHT_OUTBOUND_ALLOW", "127.0.0.0/8"),
        ];
        let text = file(&[model(&memory(0)), says("{{#llm.text#}} and more")]);
        let mut app: Value = serde_json::from_str(&text).unwrap();
        app["workflow"]["features"]["sensitive_word_avoidance"] = rules.clone();
        let installed = Installed::of(&app.to_string(), &settings).await;
        let insert = format!(
            "INSERT INTO api_tokens (app_id, tenant_id, type, token) SELECT id, tenant_id, 'app', '{KEY}' FROM apps"
        );
        installed.h.db.execute(&insert).await;
        Self {
            installed,
            model: model_server,
        }
    }

    async fn send(&self, query: &str, mode: &str, conversation: Option<&str>) -> Answer {
        let body = json!({"inputs": {}, "query": query, "user": "ada", "response_mode": mode,
            "conversation_id": conversation, "auto_generate_name": false});
        self.post(&body).await
    }

    async fn post(&self, body: &Value) -> Answer {
        let request = self.installed.h.request("POST", "/v1/chat-messages");
        let request = request.bearer_auth(KEY).json(body);
        Answer::read(request.send().await.unwrap()).await
    }

    async fn rows(&self, query: &str) -> String {
        self.installed.h.db.query(query).await.join("; ")
    }
}

fn keywords(is_input: bool, is_output: bool) -> Value {
    json!({"enabled": true, "type": "keywords", "config": {"keywords": "badword\n\nworse",
        "inputs_config": {"enabled": is_input, "preset_response": "No such input."},
        "outputs_config": {"enabled": is_output, "preset_response": "No such output."}}})
}

#[actix_web::test]
async fn question_with_a_word_of_the_list_is_answered_by_the_preset_and_no_model_hears_it() {
    let world = World::new(&keywords(true, true)).await;
    let streamed = world.send("say a BadWord", "streaming", None).await;
    let told = events(&streamed.expect(200).body);
    assert_eq!(names(&told), ["message", "message_end"]);
    assert_eq!(told[0]["answer"], "No such input.");
    assert_eq!(told[0]["from_variable_selector"], Value::Null);
    assert_eq!(told[1]["metadata"]["usage"]["total_tokens"], 0);
    assert_eq!(told[1]["files"], json!([]));
    let conversation = told[0]["conversation_id"].as_str().unwrap();
    let waited = world.send("worse", "blocking", Some(conversation)).await;
    let waited = waited.expect(200).json();
    assert_eq!(
        (&waited["event"], &waited["answer"]),
        (&json!("message"), &json!("No such input."))
    );
    assert_eq!(waited["conversation_id"], conversation);
    assert!(world.model.heard().is_empty());
    // Both are kept as after a run, and there was none.
    let rows = world.rows("SELECT query || ': ' || answer || ' ' || status FROM messages WHERE workflow_run_id IS NULL ORDER BY created_at, query");
    assert_eq!(
        rows.await,
        "say a BadWord: No such input. normal; worse: No such input. normal"
    );
    let rounds = world.rows("SELECT dialogue_count::text FROM conversations");
    assert_eq!(rounds.await, "2");
    assert_eq!(
        world.rows("SELECT count(*)::text FROM workflow_runs").await,
        "0"
    );
    let path = format!("/v1/messages?user=ada&conversation_id={conversation}");
    let list = world.installed.h.with_bearer("GET", &path, KEY).await;
    assert_eq!(
        list.expect(200).json()["data"][0]["answer"],
        "No such input."
    );
}

#[actix_web::test]
async fn conversation_that_begins_with_a_word_of_the_list_is_named_by_no_model() {
    let world = World::new(&keywords(true, false)).await;
    for query in ["a BadWord", "all fine"] {
        let body = json!({"inputs": {}, "query": query, "user": "ada"});
        world.post(&body).await.expect(200);
    }
    // The answer, and the name of the other one.
    wait_until("the model is asked twice", async || {
        world.model.heard().len() == 2
    })
    .await;
    let heard = format!("{:?}", world.model.heard());
    assert!(
        heard.contains("all fine") && !heard.contains("BadWord"),
        "{heard}"
    );
}

#[actix_web::test]
async fn answer_with_a_word_of_the_list_is_replaced_by_the_preset_while_it_is_said() {
    let world = World::new(&keywords(false, true)).await;
    let streamed = world.send("BADword", "streaming", None).await;
    let told = events(&streamed.expect(200).body);
    let replaced: Vec<&Value> = told
        .iter()
        .filter(|event| event["event"] == "message_replace")
        .collect();
    assert_eq!(replaced.len(), 1, "{:?}", names(&told));
    assert_eq!(replaced[0]["answer"], "No such output.");
    assert_eq!(replaced[0]["reason"], "output_moderation");
    let behind = names(&told);
    let first = told.iter().find(|event| event["event"] == "message");
    assert_eq!(first.unwrap()["answer"], "BAD");
    let at = behind
        .iter()
        .position(|name| *name == "message_replace")
        .unwrap();
    assert!(!behind[at..].contains(&"message"), "{behind:?}");
    let waited = world.send("say worse", "blocking", None).await;
    assert_eq!(waited.expect(200).json()["answer"], "No such output.");
    let kept = world.rows("SELECT DISTINCT answer FROM messages").await;
    assert_eq!(kept, "No such output.");
    let fine = world.send("say all fine", "blocking", None).await;
    let fine = fine.expect(200).json();
    let answer = fine["answer"].as_str().unwrap();
    assert!(answer.ends_with("fine and more"), "{answer}");
    let fine = world.send("all fine", "streaming", None).await.expect(200);
    let told = events(&fine.body);
    let started = told.iter().find(|event| event["event"] == "node_finished");
    let inputs = &started.unwrap()["data"]["inputs"];
    assert_eq!(inputs.get("query__"), None, "{inputs}");
}

#[actix_web::test]
async fn app_whose_moderation_cannot_be_done_does_not_run_without_it() {
    let rules = json!({"enabled": true, "type": "of_the_house", "config": {
        "inputs_config": {"enabled": true, "preset_response": "No."}}});
    let world = World::new(&rules).await;
    let refused = world.send("hello", "blocking", None).await;
    let refused = refused.expect(400).json();
    assert_eq!(refused["code"], "invalid_param");
    assert!(world.model.heard().is_empty());
}
