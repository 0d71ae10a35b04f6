//! What the console shows of apps in use: runs and their nodes, logs, days; and to whom it does not.

use serde_json::{Value, json};

use super::{
    chatflows::{echoes, file},
    run_files,
    service_conversations::{Keyed, text},
};
use crate::support::{
    Answer, Browser, EMAIL, Harness, PASSWORD,
    apps::{APPS, NOWHERE, imported, make_key, publish, published},
    basic_account,
    events::events,
};

/// An app that was run twice for ada and once for bob, in one minute.
struct World {
    h: Harness,
    owner: Browser,
    app: String,
}

impl World {
    async fn new() -> Self {
        let h = Harness::start().await;
        let mut owner = basic_account(&h).await;
        let app = imported(&h, &mut owner, "greets").await;
        publish(&h, &mut owner, &app).await.expect(200);
        let (_, key) = make_key(&h, &mut owner, &app).await;
        for user in ["ada", "ada", "bob"] {
            let body = json!({"inputs": {"name": user}, "user": user});
            let request = h.request("POST", "/v1/workflows/run").bearer_auth(&key);
            let request = request.json(&body).send().await.unwrap();
            Answer::read(request).await.expect(200);
            h.clock.advance(chrono::TimeDelta::seconds(1));
        }
        Self { h, owner, app }
    }

    async fn get(&mut self, path: &str) -> Answer {
        let path = format!("{APPS}/{}{path}", self.app);
        self.owner.get(&self.h, &path).await
    }

    async fn ids(&mut self, query: &str) -> Vec<String> {
        let page = self.get(&format!("/workflow-runs?{query}")).await;
        let page = page.expect(200).json();
        let rows = page["data"].as_array().unwrap().iter();
        rows.map(|row| row["id"].as_str().unwrap().to_owned())
            .collect()
    }
}

#[actix_web::test]
async fn runs_of_an_app_are_listed_a_part_at_a_time_and_counted() {
    let mut world = World::new().await;
    let stored = "SELECT id::text FROM workflow_runs ORDER BY created_at DESC, id DESC";
    let stored = world.h.db.query(stored).await;
    // What was tried in the editor is another list, and the one by default.
    assert!(world.ids("").await.is_empty());
    assert_eq!(world.ids("triggered_from=app-run").await, stored);
    let first = world
        .get("/workflow-runs?triggered_from=app-run&limit=2")
        .await;
    let first = first.expect(200).json();
    assert_eq!(
        (&first["limit"], &first["has_more"]),
        (&json!(2), &json!(true))
    );
    let last = format!("triggered_from=app-run&last_id={}", stored[1]);
    assert_eq!(world.ids(&last).await, stored[2..]);
    for (query, expected) in [
        (
            "",
            json!({"total": 0, "running": 0, "succeeded": 0, "failed": 0, "stopped": 0, "partial_succeeded": 0}),
        ),
        (
            "?triggered_from=app-run&time_range=7d",
            json!({"total": 3, "running": 0, "succeeded": 3, "failed": 0, "stopped": 0, "partial_succeeded": 0}),
        ),
        (
            "?triggered_from=app-run&status=failed",
            json!({"total": 0, "running": 0, "succeeded": 0, "failed": 0, "stopped": 0, "partial_succeeded": 0}),
        ),
    ] {
        let counted = world.get(&format!("/workflow-runs/count{query}")).await;
        assert_eq!(counted.expect(200).json(), expected, "{query}");
    }
    for (path, status) in [
        (format!("/workflow-runs?last_id={NOWHERE}"), 404),
        ("/workflow-runs?limit=101".to_owned(), 400),
        ("/workflow-runs?status=lost".to_owned(), 400),
        ("/workflow-runs/count?time_range=week".to_owned(), 400),
        ("/advanced-chat/workflow-runs".to_owned(), 404),
    ] {
        world.get(&path).await.expect(status);
    }
}

#[actix_web::test]
async fn run_and_its_nodes_are_shown_as_json_with_whoever_began_it() {
    let mut world = World::new().await;
    let run = world.ids("triggered_from=app-run").await.remove(0);
    let shown = world.get(&format!("/workflow-runs/{run}")).await;
    let shown = shown.expect(200).json();
    assert_eq!(
        (
            &shown["inputs"]["name"],
            &shown["outputs"],
            &shown["status"]
        ),
        (
            &json!("bob"),
            &json!({"result": "bob"}),
            &json!("succeeded")
        )
    );
    assert_eq!(shown["graph"]["nodes"].as_array().unwrap().len(), 2);
    let user = &shown["created_by_end_user"];
    assert_eq!(
        (
            &user["session_id"],
            &user["type"],
            &shown["created_by_account"]
        ),
        (&json!("bob"), &json!("service-api"), &Value::Null)
    );
    let nodes = world
        .get(&format!("/workflow-runs/{run}/node-executions"))
        .await;
    let nodes = nodes.expect(200).json();
    let rows = nodes["data"].as_array().unwrap();
    let types: Vec<_> = rows.iter().map(|row| row["node_type"].clone()).collect();
    assert_eq!(types, ["start", "end"]);
    let end = &rows[1];
    assert_eq!(
        (&end["index"], &end["outputs"], &end["outputs_truncated"]),
        (&json!(2), &json!({"result": "bob"}), &json!(false))
    );
    assert_eq!(&end["created_by_end_user"], user);
}

#[actix_web::test]
async fn logs_and_days_of_an_app_are_those_of_its_runs() {
    let mut world = World::new().await;
    let logs = world
        .get("/workflow-app-logs?page=1&limit=2&status=succeeded&created_by_end_user_session_id=ada&detail=true")
        .await;
    let logs = logs.expect(200).json();
    assert_eq!(
        (&logs["total"], &logs["data"][0]["created_from"]),
        (&json!(2), &json!("service-api"))
    );
    let day = world
        .h
        .db
        .query("SELECT to_char(min(created_at), 'YYYY-MM-DD') FROM workflow_runs")
        .await
        .remove(0);
    world
        .h
        .db
        .execute("UPDATE accounts SET timezone = 'UTC'")
        .await;
    for (path, member, expected) in [
        ("daily-conversations", "runs", json!(3)),
        ("daily-terminals", "terminal_count", json!(2)),
        ("token-costs", "token_count", json!(0)),
        ("average-app-interactions", "interactions", json!(1.5)),
    ] {
        let days = world.get(&format!("/workflow/statistics/{path}")).await;
        let days = days.expect(200).json();
        assert_eq!(
            days,
            json!({"data": [{"date": day, member: expected}]}),
            "{path}"
        );
    }
    for (query, message) in [
        ("start=yesterday", "Invalid start time format"),
        ("end=2026-13-01%2000:00", "Invalid end time format"),
        (
            "start=2026-11-02%2000:00&end=2026-11-01%2000:00",
            "start must be earlier",
        ),
    ] {
        let path = format!("/workflow/statistics/token-costs?{query}");
        let refused = world.get(&path).await.expect(400).json();
        assert!(
            refused["message"].as_str().unwrap().starts_with(message),
            "{refused}"
        );
    }
    for path in ["average-response-time", "average-session-interactions"] {
        let refused = world.get(&format!("/statistics/{path}")).await;
        assert_eq!(refused.expect(404).code(), "app_not_found", "{path}");
    }
}

#[actix_web::test]
async fn sec_182_console_of_another_workspace_finds_no_app_run_or_log_of_it() {
    let mut world = World::new().await;
    let run = world.ids("triggered_from=app-run").await.remove(0);
    let mut stranger = world.h.add_account("mallory").await;
    let own = imported(&world.h, &mut stranger, "own").await;
    let below = [
        "/workflow-runs".to_owned(),
        "/workflow-runs/count".to_owned(),
        "/workflow-app-logs".to_owned(),
        "/statistics/daily-messages".to_owned(),
        "/workflow/statistics/daily-conversations".to_owned(),
        format!("/workflow-runs/{run}"),
        format!("/workflow-runs/{run}/node-executions"),
    ];
    for path in &below {
        let foreign = format!("{APPS}/{}{path}", world.app);
        let refused = stranger.get(&world.h, &foreign).await.expect(404);
        assert_eq!(refused.code(), "app_not_found", "{path}");
        world.get(path).await.expect(200);
    }
    for path in &below[5..] {
        let mixed = format!("{APPS}/{own}{path}");
        let refused = stranger.get(&world.h, &mixed).await.expect(404);
        assert_eq!(refused.code(), "not_found", "{path}");
    }
}

/// What the owner's console says of the app of a key.
async fn console(keyed: &mut Keyed, path: &str) -> Answer {
    let path = format!("{APPS}/{}{path}", keyed.app);
    keyed.owner.get(&keyed.h, &path).await
}

#[actix_web::test]
async fn owner_sees_conversations_of_everybody_with_what_was_said_of_them() {
    let mut keyed = Keyed::new(&[echoes()]).await;
    let said = keyed.say("one", "").await;
    let talk = text(&said, "conversation_id").to_owned();
    let first = text(&said, "message_id").to_owned();
    keyed.h.clock.advance(chrono::TimeDelta::seconds(2));
    keyed.say("two 50%", &talk).await;
    keyed.h.clock.advance(chrono::TimeDelta::seconds(2));
    keyed.say("other", "").await;
    let body = json!({"rating": "like", "user": "ada"});
    let path = format!("/v1/messages/{first}/feedbacks");
    keyed.post(&path, &body).await.expect(200);
    let rate = format!("{APPS}/{}/feedbacks", keyed.app);
    let body = json!({"message_id": first, "rating": "dislike", "content": "no\nand no"});
    keyed.owner.post(&keyed.h, &rate, body).await.expect(200);

    let page = console(&mut keyed, "/chat-conversations?limit=1&sort_by=created_at").await;
    let page = page.expect(200).json();
    assert_eq!(
        (&page["total"], &page["has_more"]),
        (&json!(2), &json!(true))
    );
    let row = &page["data"][0];
    assert_eq!(
        (
            &row["id"],
            &row["summary"],
            &row["message_count"],
            &row["from_end_user_session_id"]
        ),
        (&json!(talk), &json!("one"), &json!(2), &json!("ada"))
    );
    assert_eq!(
        (
            &row["user_feedback_stats"],
            &row["admin_feedback_stats"],
            &row["status_count"]
        ),
        (
            &json!({"like": 1, "dislike": 0}),
            &json!({"like": 0, "dislike": 1}),
            &json!({"success": 2, "failed": 0, "partial_success": 0, "paused": 0})
        )
    );
    for (query, expected) in [
        ("", vec!["other", "one"]),
        ("keyword=50%25", vec!["one"]),
        ("keyword=5%25%25", vec![]),
        ("keyword=ADA", vec!["other", "one"]),
        ("annotation_status=annotated", vec![]),
        (
            "annotation_status=not_annotated&sort_by=created_at",
            vec!["one", "other"],
        ),
        ("end=2020-01-01%2000:00", vec![]),
        ("start=2020-01-01%2000:00&limit=1&page=2", vec!["one"]),
    ] {
        let page = console(&mut keyed, &format!("/chat-conversations?{query}")).await;
        let page = page.expect(200).json();
        let rows = page["data"].as_array().unwrap().iter();
        let found: Vec<&str> = rows.map(|row| text(row, "summary")).collect();
        assert_eq!(found, expected, "{query}");
    }
    for bad in [
        "sort_by=name",
        "annotation_status=some",
        "start=now",
        "page=0",
    ] {
        console(&mut keyed, &format!("/chat-conversations?{bad}"))
            .await
            .expect(400);
    }
}

#[actix_web::test]
async fn owner_opens_a_conversation_reads_its_messages_and_deletes_it() {
    let mut keyed = Keyed::new(&[echoes()]).await;
    let said = keyed.say("one", "").await;
    let talk = text(&said, "conversation_id").to_owned();
    let first = text(&said, "message_id").to_owned();
    keyed.h.clock.advance(chrono::TimeDelta::seconds(2));
    keyed.say("two", &talk).await;
    let path = format!("/chat-conversations/{talk}");
    let opened = console(&mut keyed, &path).await.expect(200).json();
    assert_eq!(
        (&opened["message_count"], &opened["model_config"]["model"]),
        (&json!(2), &Value::Null)
    );
    let page = console(&mut keyed, "/chat-conversations").await;
    assert!(page.expect(200).json()["data"][0]["read_at"].is_i64());
    let messages = format!("/chat-messages?conversation_id={talk}&limit=1&first_id=");
    let page = console(&mut keyed, &messages).await.expect(200).json();
    assert_eq!(
        (&page["has_more"], &page["data"][0]["query"]),
        (&json!(true), &json!("two"))
    );
    let before = format!("{messages}{}", text(&page["data"][0], "id"));
    let page = console(&mut keyed, &before).await.expect(200).json();
    let message = console(&mut keyed, &format!("/messages/{first}")).await;
    let message = message.expect(200).json();
    assert_eq!(page["data"], json!([message]));
    assert_eq!(
        (
            &message["from_source"],
            &message["feedbacks"],
            &message["annotation"],
            &message["message"]
        ),
        (&json!("api"), &json!([]), &Value::Null, &json!(""))
    );
    let variables = format!("/conversation-variables?conversation_id={talk}");
    let page = console(&mut keyed, &variables).await.expect(200).json();
    let names = page["data"].as_array().unwrap().iter();
    let names: Vec<&str> = names.map(|one| text(one, "name")).collect();
    assert_eq!((&page["limit"], names), (&json!(100), vec!["notes"]));
    for missing in [
        format!("/chat-conversations/{NOWHERE}"),
        format!("/chat-messages?conversation_id={NOWHERE}"),
        format!("{messages}{NOWHERE}"),
        format!("/messages/{NOWHERE}"),
        format!("/conversation-variables?conversation_id={NOWHERE}"),
    ] {
        let refused = console(&mut keyed, &missing).await.expect(404);
        assert_eq!(refused.code(), "not_found", "{missing}");
    }
    let gone = format!("{APPS}/{}{path}", keyed.app);
    let send = keyed.owner.send(&keyed.h, "DELETE", &gone, None, &[]);
    send.await.expect(204);
    console(&mut keyed, &path).await.expect(404);
    console(&mut keyed, &format!("/messages/{first}"))
        .await
        .expect(404);
    let jobs = keyed.h.db.query("SELECT count(*)::text FROM gatewright_jobs WHERE payload::text LIKE '%' || (SELECT id FROM conversations LIMIT 1) || '%'");
    assert_eq!(jobs.await, ["1"]);
}

#[actix_web::test]
async fn sec_182_console_of_another_app_or_workspace_finds_no_conversation_or_message() {
    let mut keyed = Keyed::new(&[echoes()]).await;
    let said = keyed.say("one", "").await;
    let (talk, message) = (text(&said, "conversation_id"), text(&said, "message_id"));
    let below = [
        format!("/chat-conversations/{talk}"),
        format!("/chat-messages?conversation_id={talk}"),
        format!("/messages/{message}"),
        format!("/conversation-variables?conversation_id={talk}"),
    ];
    let mut stranger = keyed.h.add_account("mallory").await;
    let file = file(&[echoes()]);
    let theirs = published(&keyed.h, &mut stranger, &file).await;
    let other = published(&keyed.h, &mut keyed.owner, &file).await;
    for path in &below {
        console(&mut keyed, path).await.expect(200);
        let foreign = format!("{APPS}/{}{path}", keyed.app);
        let refused = stranger.get(&keyed.h, &foreign).await.expect(404);
        assert_eq!(refused.code(), "app_not_found", "{path}");
        let mixed = format!("{APPS}/{theirs}{path}");
        let refused = stranger.get(&keyed.h, &mixed).await.expect(404);
        assert_eq!(refused.code(), "not_found", "{path}");
        let mixed = format!("{APPS}/{other}{path}");
        let refused = keyed.owner.get(&keyed.h, &mixed).await.expect(404);
        assert_eq!(refused.code(), "not_found", "{path}");
    }
    let body = json!({"message_id": message, "rating": "like"});
    for (app, code) in [(&keyed.app, "app_not_found"), (&theirs, "not_found")] {
        let path = format!("{APPS}/{app}/feedbacks");
        let refused = stranger.post(&keyed.h, &path, body.clone()).await;
        assert_eq!(refused.expect(404).code(), code);
    }
}

#[actix_web::test]
async fn feedback_is_exported_as_a_table_without_formulas_and_as_json() {
    let mut keyed = Keyed::new(&[echoes()]).await;
    let said = keyed.say("=1+1", "").await;
    let message = text(&said, "message_id").to_owned();
    let path = format!("/v1/messages/{message}/feedbacks");
    let body = json!({"rating": "like", "content": "good, very", "user": "ada"});
    keyed.post(&path, &body).await.expect(200);
    let rate = format!("{APPS}/{}/feedbacks", keyed.app);
    let body = json!({"message_id": message, "rating": "dislike"});
    keyed.owner.post(&keyed.h, &rate, body).await.expect(200);
    let file = console(&mut keyed, "/feedbacks/export?rating=like")
        .await
        .expect(200);
    let lines: Vec<&str> = file.body.lines().collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].starts_with("\u{feff}feedback_id,"), "{lines:?}");
    let expected = format!(",{message},'=1+1,");
    assert!(lines[1].contains(&expected), "{lines:?}");
    assert!(
        lines[1].contains(",like,\"good, very\",user,ada,"),
        "{lines:?}"
    );
    for (query, ratings) in [
        ("", vec!["dislike", "like"]),
        ("&from_source=user", vec!["like"]),
        ("&has_comment=false", vec!["dislike"]),
        ("&end_date=2020-01-01", vec![]),
        ("&start_date=2020-01-01", vec!["dislike", "like"]),
    ] {
        let path = format!("/feedbacks/export?format=json{query}");
        let file = console(&mut keyed, &path).await.expect(200).json();
        let rows = file["data"].as_array().unwrap().iter();
        let mut found: Vec<&str> = rows.map(|row| text(row, "rating")).collect();
        found.sort_unstable();
        assert_eq!(found, ratings, "{query}");
    }
    console(&mut keyed, "/feedbacks/export?start_date=soon")
        .await
        .expect(400);
    let mut stranger = keyed.h.add_account("mallory").await;
    let foreign = format!("{APPS}/{}/feedbacks/export", keyed.app);
    stranger.get(&keyed.h, &foreign).await.expect(404);
}

/// The supplement has them; the recording of a run that was retried has only the last one.
#[actix_web::test]
async fn attempts_of_a_node_that_was_retried_are_rows_before_its_last() {
    let call = json!({"method": "get", "url": "http://127.0.0.1:9/", "authorization": {"type": "no-auth", "config": null},
        "headers": "", "params": "", "body": {"type": "none", "data": []}, "timeout": {}, "variables": [],
        "retry_config": {"retry_enabled": true, "max_retries": 1, "retry_interval": 0}});
    let graph = run_files::app(
        Some(run_files::node("work", "http-request", call)),
        ["work", "status_code"],
        json!({}),
    );
    let world =
        run_files::World::with(&graph, &[("GATEWRIGHT_OUTBOUND_ALLOW", "127.0.0.0/8")]).await;
    let told = events(&world.run(&json!({"inputs": {}})).await.expect(200).body);
    let run = told[0]["workflow_run_id"].as_str().unwrap();
    let mut owner = Browser::signed_in(&world.h, EMAIL, PASSWORD).await;
    let path = format!("{APPS}/{}/workflow-runs/{run}/node-executions", world.app);
    let rows = owner.get(&world.h, &path).await.expect(200).json();
    let rows = rows["data"].as_array().unwrap().iter();
    let states: Vec<&str> = rows.map(|row| text(row, "status")).collect();
    assert_eq!(states, ["succeeded", "retry", "failed"]);
}
