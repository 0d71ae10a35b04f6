//! Apps that answer in conversations, over `/openapi/v1`: rounds, memory, variables; conversations of others, busy ones, deleted ones.

use std::ops::Deref;

use serde_json::{Value, json};
use uuid::Uuid;

pub(super) use crate::support::talking::{echoes, file, memory, model, says};
use crate::support::{
    apps::{APPS, Installed, publish, slow_then_quick},
    events::{events, names},
    model_server::ModelServer,
    process::wait_until,
    talking::NOTES,
};

const MOOD: &str = "1c8d5b8f-7c1a-4d66-8c3b-1e1d7a4a1bee";

fn notes() -> Value {
    json!({"id": "notes", "data": {"type": "assigner", "title": "Notes", "version": "2", "items": [
        {"variable_selector": ["conversation", "notes"], "input_type": "variable", "operation": "append",
         "value": ["sys", "query"], "write_mode": "over-write"}]}})
}

/// An installation with one published chatflow, and the server of its model.
pub(super) struct World {
    pub(super) model: ModelServer,
    installed: Installed,
}

impl Deref for World {
    type Target = Installed;

    fn deref(&self) -> &Installed {
        &self.installed
    }
}

impl World {
    pub(super) async fn new(nodes: &[Value]) -> Self {
        let model = ModelServer::start().await;
        let settings = [
            ("GATEWRIGHT_MODEL_ENDPOINTS", model.endpoints()),
            ("GATEWRIGHT_OUTBOUND_ALLOW", "127.0.0.0/8"),
        ];
        let installed = Installed::of(&file(nodes), &settings).await;
        Self { model, installed }
    }

    /// Asks, in a conversation or a new one.
    pub(super) async fn ask(&self, query: &str, conversation: Option<&str>) -> Vec<Value> {
        let body = json!({"inputs": {}, "query": query, "conversation_id": conversation, "auto_generate_name": false});
        events(&self.run(&body).await.expect(200).body)
    }

    pub(super) async fn row(&self, query: &str) -> String {
        self.h.db.query(query).await.join("; ")
    }
}

pub(super) fn said(events: &[Value]) -> String {
    let pieces = events.iter().filter(|event| event["event"] == "message");
    pieces
        .map(|event| event["answer"].as_str().unwrap())
        .collect()
}

pub(super) fn conversation(events: &[Value]) -> String {
    events[0]["conversation_id"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn question_begins_a_conversation_that_is_kept_with_its_message() {
    let world = World::new(&[echoes()]).await;
    let body = json!({"inputs": {"who": "Ada"}, "query": "Hello there, this is a long question"});
    let events = events(&world.run(&body).await.expect(200).body);
    let expected = [
        "workflow_started",
        "message",
        "message",
        "message",
        "message",
        "node_started",
        "node_finished",
        "node_started",
        "node_finished",
        "message_end",
        "workflow_finished",
    ];
    assert_eq!(names(&events), expected);
    assert_eq!(
        said(&events),
        "Hello there, this is a long question (turn 1)"
    );
    let inputs = &events[0]["data"]["inputs"];
    let shown: Vec<_> = inputs
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        shown,
        [
            "who",
            "sys.query",
            "sys.files",
            "sys.user_id",
            "sys.dialogue_count",
            "sys.app_id",
            "sys.workflow_id",
            "sys.workflow_run_id"
        ]
    );
    let metadata = &events[9]["metadata"];
    assert_eq!(metadata["retriever_resources"], json!([]));
    assert_eq!(
        metadata["usage"],
        Value::Null,
        "usage is not for programs of this surface"
    );

    let (id, message) = (
        conversation(&events),
        events[0]["message_id"].as_str().unwrap(),
    );
    assert_eq!(
        world
            .row("SELECT id || '|' || name || '|' || introduction || '|' || mode || '|' || status || '|' || invoke_from || '|' || from_source || \
                  '|' || dialogue_count || '|' || (inputs ->> 'who') || '|' || (from_account_id IS NOT NULL) FROM conversations")
            .await,
        format!("{id}|Hello there, this is…|Welcome, Ada|advanced-chat|normal|openapi|console|1|Ada|true")
    );
    assert_eq!(
        world
            .row("SELECT m.id || '|' || m.conversation_id || '|' || m.query || '|' || m.answer || '|' || m.status || '|' || m.parent_message_id || \
                  '|' || (m.message_metadata::json -> 'usage' ->> 'total_tokens') || '|' || (r.inputs::json ->> 'sys.conversation_id') \
                  FROM messages m JOIN workflow_runs r ON r.id = m.workflow_run_id")
            .await,
        format!(
            "{message}|{id}|Hello there, this is a long question|Hello there, this is a long question (turn 1)|normal|{}|0|{id}",
            Uuid::nil()
        )
    );
    assert_eq!(
        world
            .row("SELECT count(*)::text FROM gatewright_run_leases")
            .await,
        "0"
    );
}

#[actix_web::test]
async fn next_question_counts_on_and_a_conversation_of_nobody_or_of_others_is_not_found() {
    let world = World::new(&[echoes()]).await;
    let first = world.ask("one", Some("")).await;
    let id = conversation(&first);
    for (query, expected) in [("two", "two (turn 2)"), ("three", "three (turn 3)")] {
        let next = world.ask(query, Some(&id)).await;
        assert_eq!(
            (said(&next).as_str(), conversation(&next)),
            (expected, id.clone())
        );
    }
    assert_eq!(
        world
            .row("SELECT dialogue_count::text FROM conversations")
            .await,
        "3"
    );

    let ask =
        |conversation: &str| json!({"inputs": {}, "query": "q", "conversation_id": conversation});
    let missing =
        json!({"code": "not_found", "message": "Conversation Not Exists.", "status": 404});
    for nobodys in [Uuid::nil().to_string(), world.app.clone()] {
        assert_eq!(world.run(&ask(&nobodys)).await.expect(404).json(), missing);
    }
    world.run(&ask("nope")).await.expect(422);
    let blank = json!({"inputs": {}, "query": " ", "conversation_id": id});
    world.run(&blank).await.expect(422);

    let accounts = "UPDATE conversations SET from_account_id = gen_random_uuid()";
    world.h.db.execute(accounts).await;
    assert_eq!(world.run(&ask(&id)).await.expect(404).json(), missing);
    let own = world.ask("mine", None).await;
    world
        .h
        .db
        .execute("UPDATE conversations SET is_deleted = true")
        .await;
    assert_eq!(
        world
            .run(&ask(&conversation(&own)))
            .await
            .expect(404)
            .json(),
        missing
    );
    assert_eq!(
        world.row("SELECT count(*)::text FROM messages").await,
        "4",
        "what is refused leaves nothing"
    );
}

#[actix_web::test]
async fn variables_of_a_conversation_are_remembered_in_it_alone() {
    let world = World::new(&[notes(), says("{{#conversation.notes#}}")]).await;
    let first = world.ask("one", None).await;
    assert_eq!(said(&first), "- begun\n- one");
    let second = world.ask("two", Some(&conversation(&first))).await;
    assert_eq!(said(&second), "- begun\n- one\n- two");
    assert_eq!(said(&world.ask("three", None).await), "- begun\n- three");
    let row = format!(
        "SELECT id || '|' || (data::json ->> 'name') || '|' || (data::json ->> 'value_type') || '|' || (data::json ->> 'value') \
         FROM workflow_conversation_variables WHERE conversation_id = '{}'",
        conversation(&first)
    );
    assert_eq!(
        world.row(&row).await,
        format!("{NOTES}|notes|array[string]|[\"begun\",\"one\",\"two\"]")
    );
}

#[actix_web::test]
async fn variable_that_a_later_version_declares_has_its_default_in_conversations_of_before() {
    let mut world = World::new(&[notes(), says("{{#conversation.notes#}}")]).await;
    let id = conversation(&world.ask("one", None).await);
    let both = says("{{#conversation.notes#}}; {{#conversation.mood#}}");
    let mut later: Value = serde_json::from_str(&file(&[notes(), both])).unwrap();
    let mood = json!({"id": MOOD, "name": "mood", "value_type": "string", "value": "calm", "description": "",
        "selector": ["conversation", "mood"]});
    let declared = &mut later["workflow"]["conversation_variables"];
    declared.as_array_mut().unwrap().push(mood);
    let Installed { h, owner, app, .. } = &mut world.installed;
    let body =
        json!({"mode": "yaml-content", "yaml_content": later.to_string(), "app_id": app.as_str()});
    let import = owner.post(h, &format!("{APPS}/imports"), body).await;
    import.expect(200);
    publish(h, owner, app).await.expect(200);
    let next = world.ask("two", Some(&id)).await;
    assert_eq!(said(&next), "- begun\n- one\n- two; calm");
}

#[actix_web::test]
async fn each_question_of_a_conversation_is_answered_with_the_inputs_that_came_with_it() {
    let world = World::new(&[says("{{#start.who#}} asks {{#sys.query#}}")]).await;
    let ask = async |who: &str, query: &str, conversation: Option<&str>| {
        let body = json!({"inputs": {"who": who}, "query": query, "conversation_id": conversation});
        events(&world.run(&body).await.expect(200).body)
    };
    let first = ask("Ada", "one", None).await;
    assert_eq!(said(&first), "Ada asks one");
    let second = ask("Bob", "two", Some(&conversation(&first))).await;
    assert_eq!(said(&second), "Bob asks two");
}

#[actix_web::test]
async fn conversation_that_is_deleted_while_it_is_answered_stays_deleted() {
    let world = World::new(&[model(&memory(0)), notes(), says("{{#llm.text#}}")]).await;
    let delete = async {
        wait_until("it is being answered", async || {
            !world.model.heard().is_empty()
        })
        .await;
        for statement in [
            "UPDATE conversations SET is_deleted = true",
            "DELETE FROM messages",
            "DELETE FROM workflow_conversation_variables",
        ] {
            world.h.db.execute(statement).await;
        }
        world.model.release(1);
    };
    let (events, ()) = tokio::join!(world.ask("hold:ab", None), delete);
    assert_eq!(events.last().unwrap()["data"]["status"], "succeeded");
    let left = "SELECT (SELECT count(*) FROM messages) || ' ' || (SELECT count(*) FROM workflow_conversation_variables)";
    assert_eq!(world.row(left).await, "0 0");
}

#[actix_web::test]
async fn round_that_another_process_ends_is_counted_and_written_once() {
    let url = slow_then_quick().await;
    let call = json!({"id": "call", "data": {"type": "http-request", "title": "Call", "method": "get", "url": url, "headers": "", "params": "",
        "authorization": {"type": "no-auth", "config": null}, "body": {"type": "none", "data": []}, "timeout": {}, "variables": []}});
    let world = World::new(&[
        notes(),
        call,
        says("{{#conversation.notes#}} {{#sys.query#}} {{#call.body#}}"),
    ])
    .await;
    let (first, second) = (world.h.another_run_plane(), world.h.another_run_plane());
    let asked = gatewright_run_service::Asked::new(
        "q".into(),
        None,
        gatewright_run_service::UnknownConversation::Begins,
    );
    let request = gatewright_run_service::StartRun {
        surface: gatewright_run_service::Surface::Service,
        version: None,
        inputs: serde_json::Map::new(),
        files: vec![],
        caller: gatewright_run_service::Caller::User("somebody".into()),
        asked: Some(asked),
    };
    let ctx = gatewright_usecase_kit::Ctx::of_system(world.h.now(), "test");
    let _run = first
        .service
        .start(&ctx, world.app.parse().unwrap(), request)
        .await
        .unwrap();
    first.leave(std::time::Duration::ZERO).await;
    assert_eq!(second.take_up_lapsed().await.unwrap(), 1);
    let answer = "SELECT answer FROM messages";
    wait_until("it is answered", async || {
        !world.row(answer).await.is_empty()
    })
    .await;
    assert_eq!(world.row(answer).await, "- begun\n- q q hi");
    let once = "SELECT (SELECT count(*) FROM messages) || ' ' || (SELECT dialogue_count FROM conversations) || ' ' || \
                (SELECT data::json ->> 'value' FROM workflow_conversation_variables) || ' ' || (SELECT session_id FROM end_users)";
    assert_eq!(world.row(once).await, "1 1 [\"begun\",\"q\"] somebody");
}
