//! Conversations, their messages, and what they remember.

use super::*;
use gatewright_storage_runs::{
    conversation::{self, NewConversation, Round},
    conversation_variable::{self, VariableRow},
    message::{self, Answer, Cost, NewMessage},
};

fn new_conversation(ground: &Ground, id: Uuid, creator: Creator) -> NewConversation<'static> {
    NewConversation {
        id,
        app_id: ground.app,
        mode: "advanced-chat",
        name: "hello",
        inputs: "{\"a\":1}",
        introduction: "Welcome",
        invoke_from: "service-api",
        creator,
        created_at: now(),
    }
}

fn new_message(ground: &Ground, conversation: Uuid, seconds: i64) -> NewMessage<'static> {
    NewMessage {
        id: id(),
        app_id: ground.app,
        app_mode: "advanced-chat",
        conversation_id: conversation,
        run_id: Some(id()),
        inputs: "{}",
        query: "what?",
        parent_message_id: Some(Uuid::nil()),
        invoke_from: "service-api",
        creator: Creator::EndUser(ground.app),
        created_at: now() + chrono::TimeDelta::seconds(seconds),
    }
}

fn answered(id: Uuid, answer: &'static str, status: &'static str) -> Answer<'static> {
    let cost = |tokens| Cost {
        tokens,
        unit_price: "0.15".into(),
        price_unit: "9E-7".into(),
    };
    Answer {
        id,
        answer: answer.into(),
        status,
        error: (status == "error").then(|| "Run failed: x".to_owned()),
        metadata: "{\"usage\":{}}".into(),
        message: cost(7),
        answered: cost(5),
        total_price: "0.0000040".into(),
        currency: "USD".into(),
        latency: 0.5,
        at: now(),
    }
}

#[tokio::test]
async fn conversation_is_found_by_whom_it_belongs_to_until_it_is_deleted() {
    let ground = Ground::new().await;
    let mut conn = ground.conn().await;
    let (of_user, of_account, user, account) = (id(), id(), id(), id());
    let rows = [
        new_conversation(&ground, of_user, Creator::EndUser(user)),
        new_conversation(&ground, of_account, Creator::Account(account)),
    ];
    conversation::insert(&mut conn, &rows).await.unwrap();
    conversation::insert(&mut conn, &rows).await.unwrap();
    for (id, app, creator, is_found) in [
        (of_user, ground.app, Creator::EndUser(user), true),
        (of_account, ground.app, Creator::Account(account), true),
        (of_user, ground.app, Creator::EndUser(account), false),
        (of_user, ground.app, Creator::Account(user), false),
        (of_account, ground.app, Creator::EndUser(account), false),
        (of_user, account, Creator::EndUser(user), false),
        (user, ground.app, Creator::EndUser(user), false),
    ] {
        let found = conversation::find(&mut conn, app, creator, id)
            .await
            .unwrap();
        assert_eq!(found.is_some(), is_found, "{creator:?}");
        if let Some(found) = found {
            assert_eq!((found.dialogue_count, found.is_answering), (1, false));
        }
    }
    ground
        .db
        .execute("UPDATE conversations SET is_deleted = true")
        .await;
    let gone = conversation::find(&mut conn, ground.app, Creator::EndUser(user), of_user).await;
    assert_eq!(gone.unwrap(), None);
    let mut tx = ground.pool.begin().await.unwrap();
    let round = Round {
        conversation: of_user,
        run: id(),
        dialogue_count: 2,
        at: now(),
    };
    let won = conversation::count_up(&mut tx, &[round]).await.unwrap();
    assert!(won.is_empty());
}

#[tokio::test]
async fn round_is_counted_for_one_of_those_who_saw_the_same_count() {
    let ground = Ground::new().await;
    let conversation_id = id();
    let row = new_conversation(&ground, conversation_id, Creator::EndUser(ground.app));
    conversation::insert(&mut ground.conn().await, &[row])
        .await
        .unwrap();
    let round = |dialogue_count| Round {
        conversation: conversation_id,
        run: id(),
        dialogue_count,
        at: now(),
    };
    let (one, other, ahead) = (round(2), round(2), round(3));
    let mut tx = ground.pool.begin().await.unwrap();
    let won = conversation::count_up(&mut tx, &[ahead, one, other])
        .await
        .unwrap();
    assert_eq!(won, [one.run]);
    tx.commit().await.unwrap();
    let mut tx = ground.pool.begin().await.unwrap();
    let won = conversation::count_up(&mut tx, &[other]).await.unwrap();
    assert!(won.is_empty());
    assert_eq!(
        conversation::count_up(&mut tx, &[ahead]).await.unwrap(),
        [ahead.run]
    );
    tx.commit().await.unwrap();
    let count = ground
        .db
        .query("SELECT dialogue_count::text FROM conversations")
        .await;
    assert_eq!(count, ["3"]);
}

#[tokio::test]
async fn conversation_answers_while_a_run_of_it_is_under_way_and_not_while_it_waits() {
    let ground = Ground::new().await;
    let mut conn = ground.conn().await;
    let conversation_id = id();
    let creator = Creator::EndUser(ground.app);
    let row = new_conversation(&ground, conversation_id, creator);
    conversation::insert(&mut conn, &[row]).await.unwrap();
    let asked = new_message(&ground, conversation_id, 0);
    let run = asked.run_id.unwrap();
    message::insert(&mut conn, &[asked]).await.unwrap();
    lease::insert(&mut conn, &[run], id(), 60.0).await.unwrap();
    for (status, is_answering) in [("running", true), ("paused", false), ("running", true)] {
        run::insert(&mut conn, &[ground.run(run)]).await.unwrap();
        if status == "paused" {
            run::update_state(&mut conn, &[ended(run, status)])
                .await
                .unwrap();
        }
        let found = conversation::find(&mut conn, ground.app, creator, conversation_id).await;
        assert_eq!(
            found.unwrap().unwrap().is_answering,
            is_answering,
            "{status}"
        );
    }
    lease::delete(&mut conn, &[run]).await.unwrap();
    let found = conversation::find(&mut conn, ground.app, creator, conversation_id).await;
    assert!(
        !found.unwrap().unwrap().is_answering,
        "nobody works on it any more"
    );
}

#[tokio::test]
async fn message_has_the_answer_that_was_written_last_and_its_costs() {
    let ground = Ground::new().await;
    let mut conn = ground.conn().await;
    let conversation_id = id();
    let asked = new_message(&ground, conversation_id, 0);
    let (message_id, run) = (asked.id, asked.run_id.unwrap());
    message::insert(&mut conn, std::slice::from_ref(&asked))
        .await
        .unwrap();
    message::update_answers(&mut conn, &[answered(message_id, "so far", "paused")])
        .await
        .unwrap();
    message::insert(&mut conn, &[asked]).await.unwrap();
    let row = "SELECT query || '|' || answer || '|' || status || '|' || coalesce(error, '-') || '|' || message_tokens || '|' || \
               message_unit_price || '|' || answer_price_unit || '|' || total_price || '|' || from_source FROM messages";
    assert_eq!(
        ground.db.query(row).await,
        ["what?|so far|paused|-|7|0.1500|0.0000009|0.0000040|api"]
    );
    message::reopen(&mut conn, &[message_id]).await.unwrap();
    message::update_answers(
        &mut conn,
        &[
            answered(message_id, "", "error"),
            answered(id(), "x", "normal"),
        ],
    )
    .await
    .unwrap();
    assert_eq!(
        ground
            .db
            .query("SELECT status || '|' || error FROM messages")
            .await,
        ["error|Run failed: x"]
    );
    message::reopen(&mut conn, &[message_id]).await.unwrap();
    message::fail(&mut conn, message_id, "gone").await.unwrap();
    assert_eq!(
        ground
            .db
            .query("SELECT status || '|' || error FROM messages")
            .await,
        ["error|gone"]
    );
    let found = message::find_of_run(&mut conn, conversation_id, run)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (found.id, found.created_at),
        (message_id, now().naive_utc())
    );
    for (conversation, run) in [(id(), run), (conversation_id, id())] {
        assert_eq!(
            message::find_of_run(&mut conn, conversation, run)
                .await
                .unwrap(),
            None
        );
    }
}

#[tokio::test]
async fn messages_are_read_back_from_one_of_them_and_no_further_than_asked() {
    let ground = Ground::new().await;
    let mut conn = ground.conn().await;
    let conversation_id = id();
    let rows: Vec<_> = [0, 0, 1, 2]
        .map(|at| new_message(&ground, conversation_id, at))
        .into();
    let stray = new_message(&ground, id(), 1);
    message::insert(&mut conn, &rows).await.unwrap();
    message::insert(&mut conn, &[stray]).await.unwrap();
    let ids = async |conn: &mut Conn, from: Uuid, limit| {
        let said = message::list_back_from(conn, conversation_id, from, limit)
            .await
            .unwrap();
        said.iter().map(|one| one.id).collect::<Vec<_>>()
    };
    let of = |numbers: &[usize]| {
        numbers
            .iter()
            .map(|number| rows[*number].id)
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&mut conn, rows[3].id, 10).await, of(&[3, 2, 1, 0]));
    assert_eq!(ids(&mut conn, rows[2].id, 2).await, of(&[2, 1]));
    // Of the same time: the later id is the later message.
    assert_eq!(ids(&mut conn, rows[0].id, 10).await, of(&[0]));
}

#[tokio::test]
async fn variable_of_a_conversation_begins_once_and_does_not_come_back_with_a_value() {
    let ground = Ground::new().await;
    let mut conn = ground.conn().await;
    let (conversation_id, other, variable) = (id(), id(), id());
    let row = |conversation_id, data: &str| VariableRow {
        id: variable,
        conversation_id,
        app_id: ground.app,
        data: data.to_owned(),
        at: now(),
    };
    let first = [row(conversation_id, "1"), row(other, "9")];
    conversation_variable::insert(&mut conn, &first)
        .await
        .unwrap();
    conversation_variable::insert(&mut conn, &[row(conversation_id, "0")])
        .await
        .unwrap();
    conversation_variable::update(&mut conn, &[row(conversation_id, "2"), row(id(), "3")])
        .await
        .unwrap();
    for (conversation, data) in [(conversation_id, "2"), (other, "9")] {
        let listed = conversation_variable::list(&mut conn, conversation)
            .await
            .unwrap();
        let listed: Vec<_> = listed
            .iter()
            .map(|one| (one.id, one.data.as_str()))
            .collect();
        assert_eq!(listed, [(variable, data)]);
    }
    let all = ground
        .db
        .query("SELECT count(*) FROM workflow_conversation_variables")
        .await;
    assert_eq!(all, ["2"]);
}
