//! Apps that answer in conversations with models: what is remembered, what breaks off, what is stopped, what is asked at once.

use serde_json::json;
use uuid::Uuid;

use super::chatflows::{World, conversation, memory, model, said, says};
use crate::support::{events::names, process::wait_until};

#[actix_web::test]
async fn memory_is_the_window_of_the_conversation_and_off_without_one() {
    for (memory, heard) in [
        (
            memory(2),
            vec!["system: sys", "user: two", "assistant: two", "user: three"],
        ),
        (
            memory(0),
            vec![
                "system: sys",
                "user: one",
                "assistant: one",
                "user: two",
                "assistant: two",
                "user: three",
            ],
        ),
        (memory(1), vec!["system: sys", "user: three"]),
    ] {
        let world = World::new(&[model(&memory), says("{{#llm.text#}}")]).await;
        let id = conversation(&world.ask("one", None).await);
        world.ask("elsewhere", None).await;
        for query in ["two", "three"] {
            world.ask(query, Some(&id)).await;
        }
        assert_eq!(world.model.heard().last().unwrap(), &heard);
    }
}

/// As recorded: however the node would take it, and in a branch that no run comes to.
#[actix_web::test]
async fn run_of_a_model_that_nobody_answers_for_does_not_begin() {
    let mut unknown = model(&memory(0));
    unknown["data"]["model"]["provider"] = json!("none");
    unknown["data"]["error_strategy"] = json!("default-value");
    let world = World::new(&[unknown, says("{{#llm.text#}}")]).await;
    let message = "Provider langgenius/none/none does not exist.";
    assert_eq!(
        world.ask("one", None).await,
        [json!({"event": "error", "code": "invalid_param", "status": 400, "message": message})]
    );
    let kept = "SELECT count(*) || '|' || (SELECT count(*) FROM messages) FROM workflow_runs";
    assert_eq!(world.row(kept).await, "0|0");
}

#[actix_web::test]
async fn memory_is_the_thread_that_a_question_goes_on_with_and_nothing_of_other_branches() {
    let world = World::new(&[model(&memory(0)), says("{{#llm.text#}}")]).await;
    let id = conversation(&world.ask("one", None).await);
    for query in ["two", "three"] {
        world.ask(query, Some(&id)).await;
    }
    // As when the second answer is generated anew.
    let anew = "UPDATE messages SET parent_message_id = (SELECT id FROM messages WHERE query = 'one') WHERE query = 'three'";
    world.h.db.execute(anew).await;
    world.ask("four", Some(&id)).await;
    assert_eq!(
        world.model.heard().last().unwrap(),
        &[
            "system: sys",
            "user: one",
            "assistant: one",
            "user: three",
            "assistant: three",
            "user: four"
        ]
    );
}

#[actix_web::test]
async fn memory_drops_the_oldest_messages_that_the_model_has_no_room_for() {
    let world = World::new(&[model(&memory(0)), says("{{#llm.text#}}")]).await;
    let long = "word ".repeat(280);
    let id = conversation(&world.ask(&long, None).await);
    world.ask("two", Some(&id)).await;
    let heard = world.model.heard();
    let short: Vec<&str> = heard[1]
        .iter()
        .map(|line| &line[..line.len().min(20)])
        .collect();
    assert_eq!(short, ["system: sys", "assistant: word word", "user: two"]);
}

#[actix_web::test]
async fn answer_that_breaks_off_fails_the_message_and_is_not_remembered() {
    let world = World::new(&[model(&memory(0)), says("so: {{#llm.text#}}")]).await;
    let events = world.ask("break:012345", None).await;
    // How much of the rest arrives before the line is cut is the network's business.
    assert!(said(&events).starts_with("so: "), "{events:?}");
    let last = events.last().unwrap();
    assert_eq!(
        (&last["event"], &last["data"]["status"]),
        (&json!("workflow_finished"), &json!("failed"))
    );
    assert!(
        !names(&events).contains(&"message_end") && !names(&events).contains(&"error"),
        "{events:?}"
    );
    let error = last["data"]["error"].as_str().unwrap();
    assert_eq!(
        world
            .row("SELECT status || '|' || answer || '|' || error FROM messages")
            .await,
        format!("error||Run failed: {error}")
    );
    world.ask("again", Some(&conversation(&events))).await;
    assert_eq!(
        world.model.heard().last().unwrap(),
        &["system: sys", "user: again"]
    );
    let costs = "SELECT message_tokens || '|' || answer_tokens || '|' || message_unit_price || '|' || total_price FROM messages WHERE status = 'normal'";
    assert_eq!(world.row(costs).await, "7|5|0.1500|0.0000041");
}

#[actix_web::test]
async fn stopped_answer_keeps_what_was_said_so_far() {
    let world = World::new(&[model(&memory(0)), says("{{#llm.text#}}")]).await;
    let stop = async {
        let heard = "SELECT workflow_run_id::text FROM messages";
        wait_until("the model is asked", async || {
            !world.model.heard().is_empty()
        })
        .await;
        let run: Uuid = world.row(heard).await.parse().unwrap();
        let task = gatewright_usecase_runs::execution_id(run, u64::MAX);
        // The answer waits for ever: what ends the run is the stop.
        let path = format!("/tasks/{task}/stop");
        let stop = world.call("POST", &path, Some(&json!({}))).await;
        stop.expect(200);
    };
    let (events, ()) = tokio::join!(world.ask("hold:abcdef", None), stop);
    let end = events
        .iter()
        .find(|event| event["event"] == "workflow_finished")
        .unwrap();
    assert_eq!(
        (&end["data"]["status"], &end["data"]["error"]),
        (&json!("stopped"), &json!("Stopped by user."))
    );
    let row = world.row("SELECT m.status || '|' || m.answer || '|' || r.status FROM messages m JOIN workflow_runs r ON r.id = m.workflow_run_id");
    assert_eq!(row.await, format!("normal|{}|stopped", said(&events)));
}

#[actix_web::test]
async fn questions_at_once_in_one_conversation_are_answered_one_after_the_other() {
    let world = World::new(&[
        model(&memory(0)),
        says("{{#llm.text#}} {{#sys.dialogue_count#}}"),
    ])
    .await;
    let id = conversation(&world.ask("zero", None).await);
    let release = async {
        wait_until("one is being answered", async || {
            world.model.heard().len() == 2
        })
        .await;
        world.model.release(4);
    };
    let (one, other, third, ()) = tokio::join!(
        world.ask("hold:aa", Some(&id)),
        world.ask("hold:bb", Some(&id)),
        world.ask("hold:cc", Some(&id)),
        release
    );
    let mut counts: Vec<_> = [one, other, third]
        .iter()
        .map(|events| {
            events[0]["data"]["inputs"]["sys.dialogue_count"]
                .as_i64()
                .unwrap()
        })
        .collect();
    counts.sort_unstable();
    assert_eq!(counts, [2, 3, 4]);
    assert_eq!(
        world
            .row("SELECT dialogue_count::text FROM conversations")
            .await,
        "4"
    );
    // Each hears what was answered before it.
    let lengths: Vec<_> = world.model.heard().iter().map(Vec::len).collect();
    assert_eq!(lengths, [2, 4, 6, 8]);
}

#[actix_web::test]
async fn character_that_no_database_takes_is_left_out_of_what_is_kept() {
    let world = World::new(&[model(&memory(0)), says("{{#llm.text#}}")]).await;
    let events = world.ask("nul:\0", None).await;
    assert_eq!(events.last().unwrap()["data"]["status"], "succeeded");
    let row = "SELECT query || '|' || answer || '|' || status FROM messages";
    assert_eq!(world.row(row).await, "nul:|ab|normal");
}
