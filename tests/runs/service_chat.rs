//! `/v1/chat-messages`: what is said to a chatflow by the holder of its key.

use serde_json::{Value, json};

use super::chatflows::{World, said, says};
use crate::support::{Answer, apps::NOWHERE, events::events};

const KEY: &str = "app-0123456789abcdefghijklmn";

/// A chatflow that repeats what it hears, and a key of it.
async fn echoing() -> World {
    let echo = says("You said: {{#sys.query#}}\n(turn {{#sys.dialogue_count#}})");
    let world = World::new(&[echo]).await;
    let insert = format!(
        "INSERT INTO api_tokens (app_id, tenant_id, type, token) SELECT id, tenant_id, 'app', '{KEY}' FROM apps"
    );
    world.h.db.execute(&insert).await;
    world
}

async fn send(world: &World, body: Value) -> Answer {
    let request = world.h.request("POST", "/v1/chat-messages");
    let request = request.bearer_auth(KEY).json(&body);
    Answer::read(request.send().await.unwrap()).await
}

#[actix_web::test]
async fn chat_message_begins_a_conversation_that_the_next_one_of_its_user_goes_on_with() {
    let world = echoing().await;
    let body =
        json!({"inputs": {}, "query": "one", "user": "ada", "conversation_id": "", "files": null});
    let first = send(&world, body).await.expect(200).json();
    assert_eq!(
        (&first["event"], &first["mode"], &first["answer"]),
        (
            &json!("message"),
            &json!("advanced-chat"),
            &json!("You said: one\n(turn 1)")
        )
    );
    assert_eq!(first["id"], first["message_id"]);
    let conversation = &first["conversation_id"];
    let next = |user: &str, conversation: &Value| {
        json!({"inputs": {}, "query": "two", "user": user, "conversation_id": conversation,
            "response_mode": "streaming", "auto_generate_name": false})
    };
    let answer = send(&world, next("ada", conversation)).await.expect(200);
    let second = events(&answer.body);
    assert_eq!(said(&second), "You said: two\n(turn 2)");
    assert_eq!(second[0]["conversation_id"], *conversation);
    // One that its user does not have is no error: another one begins.
    for (user, conversation) in [("bob", conversation.clone()), ("ada", json!(NOWHERE))] {
        let answer = send(&world, next(user, &conversation)).await.expect(200);
        let other = events(&answer.body);
        assert_eq!(said(&other), "You said: two\n(turn 1)");
        assert_ne!(other[0]["conversation_id"], conversation);
    }
}

#[actix_web::test]
async fn chat_message_that_cannot_be_one_is_refused_in_the_way_in_which_its_caller_listens() {
    let world = echoing().await;
    let body = json!({"inputs": {}, "query": "", "user": "u"});
    let waiting = send(&world, body).await.expect(400).json();
    assert_eq!(
        waiting,
        json!({"code": "invalid_param", "message": "query is required", "status": 400})
    );
    let body = json!({"inputs": {}, "query": "", "user": "u", "response_mode": "streaming"});
    let listening = send(&world, body).await.expect(200);
    assert_eq!(events(&listening.body)[0]["message"], "query is required");
    for (body, code) in [
        (json!({"inputs": {}, "user": "u"}), "invalid_param"),
        (
            json!({"inputs": {}, "query": "q", "user": "u", "conversation_id": "nope"}),
            "invalid_param",
        ),
        (
            json!({"inputs": {}, "query": "q", "user": "u", "workflow_id": "nope"}),
            "bad_request",
        ),
    ] {
        let refused = send(&world, body.clone()).await.expect(400).json();
        assert_eq!(refused["code"], code, "{body}");
    }
    world.h.db.execute("UPDATE apps SET mode = 'chat'").await;
    let body = json!({"inputs": {}, "query": "q", "user": "u"});
    let refused = send(&world, body.clone()).await.expect(400).json();
    assert_eq!(refused["code"], "mode_not_runnable");
    world
        .h
        .db
        .execute("UPDATE apps SET mode = 'workflow'")
        .await;
    let refused = send(&world, body).await.expect(400).json();
    assert_eq!(refused["code"], "not_chat_app");
}
