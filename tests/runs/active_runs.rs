//! Many runs at a time: of apps that may have only so many, and of apps beside others.

use std::sync::Arc;

use futures_util::future::{join, join_all};
use gatewright_test_support::scripted_server::{ScriptedServer, Step, answer};
use serde_json::{Value, json};

use super::run_files::{app, node};
use crate::support::{
    Answer, Harness,
    apps::{Installed, calling, file, make_key, published, slow_then_quick},
    basic_account,
    events::{data, read_until},
    process::wait_until,
};

/// An installation with a published app that calls a server which lets its first caller wait for ever; a key of the app.
async fn slow_app() -> (Harness, String) {
    let h = Harness::with(&[("GATEWRIGHT_OUTBOUND_ALLOW", "127.0.0.0/8")]).await;
    let mut owner = basic_account(&h).await;
    let file = calling(&slow_then_quick().await);
    let app = published(&h, &mut owner, &file).await;
    let (_, key) = make_key(&h, &mut owner, &app).await;
    let limit = "UPDATE apps SET max_active_requests = 1";
    h.db.execute(limit).await;
    (h, key)
}

async fn begin(h: &Harness, key: &str) -> reqwest::Response {
    let body = json!({"inputs": {"name": "Ada"}, "response_mode": "streaming", "user": "u"});
    let request = h.request("POST", "/v1/workflows/run").bearer_auth(key);
    request.json(&body).send().await.unwrap()
}

/// Reads a stream as far as its first event, and says which task it is of.
async fn task_of(stream: &mut reqwest::Response) -> String {
    let begun = read_until(stream, "workflow_started").await;
    let event = &data(&begun)[0];
    event["task_id"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn app_with_a_limit_of_one_runs_once_at_a_time() {
    let (h, key) = slow_app().await;
    let both = join(begin(&h, &key), begin(&h, &key)).await;
    let (running, refused): (Vec<_>, Vec<_>) = [both.0, both.1]
        .into_iter()
        .partition(|answer| answer.status() == 200);
    let [mut running, refused] = [running, refused].map(|mut one| {
        assert_eq!(one.len(), 1, "one runs, one is refused");
        one.remove(0)
    });
    let refused = Answer::read(refused).await.expect(429).json();
    assert_eq!(refused["code"], "too_many_requests");

    let task = task_of(&mut running).await;
    let path = format!("/v1/workflows/tasks/{task}/stop");
    let stop = |user: &str| {
        let request = h.request("POST", &path).bearer_auth(&key);
        request.json(&json!({"user": user})).send()
    };
    // It is another's, who goes on.
    assert_eq!(stop("somebody else").await.unwrap().status(), 200);
    assert_eq!(begin(&h, &key).await.status(), 429);
    assert_eq!(stop("u").await.unwrap().status(), 200);
    let rest = Answer::read(running).await;
    assert!(rest.body.contains("\"status\":\"stopped\""), "{rest:?}");
    wait_until("the next one may begin", async || {
        begin(&h, &key).await.status() == 200
    })
    .await;
}

#[actix_web::test]
async fn app_with_a_limit_runs_nothing_while_nobody_can_count() {
    let (h, key) = slow_app().await;
    let settings = [
        ("REDIS_URL", "redis://127.0.0.1:1/"),
        ("GATEWRIGHT_OUTBOUND_ALLOW", "127.0.0.0/8"),
    ];
    let broken = Harness::on(Arc::clone(&h.db), h.clock.clone(), &settings).await;
    let refused = Answer::read(begin(&broken, &key).await).await;
    assert_eq!(refused.header("retry-after"), "1");
    refused.expect(503);
    h.db.execute("UPDATE apps SET max_active_requests = 0")
        .await;
    assert_eq!(begin(&broken, &key).await.status(), 200);
}

/// A sandbox that says what a program returned when it is told to go on.
async fn slow_sandbox() -> ScriptedServer {
    let printed = json!({"stdout": "<<RESULT>>{\"y\": 42}<<RESULT>>\n", "error": ""});
    let body = json!({"code": 0, "data": printed}).to_string();
    let server = ScriptedServer::start(move |_| {
        let mut steps = vec![Step::Wait];
        steps.extend(answer("200 OK", "", &body));
        steps
    });
    server.await.unwrap()
}

#[actix_web::test]
async fn fifty_slow_programs_hold_no_run_of_another_app_up_and_all_end() {
    let sandbox = slow_sandbox().await;
    let work = json!({
        "code": "def main(): return {'y': 42}", "code_language": "python3", "variables": [],
        "outputs": {"y": {"type": "number", "children": null}},
    });
    let slow = app(Some(node("work", "code", work)), ["work", "y"], json!({}));
    let settings = [("CODE_EXECUTION_ENDPOINT", sandbox.url(""))];
    let settings = settings
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let mut world = Installed::of(&slow, &settings).await;
    let (_, slow) = make_key(&world.h, &mut world.owner, &world.app).await;
    let quick = published(&world.h, &mut world.owner, &file("0.6.0", "quick")).await;
    let (_, quick) = make_key(&world.h, &mut world.owner, &quick).await;
    let run = async |key: &str, inputs: Value| {
        let body = json!({"inputs": inputs, "response_mode": "blocking", "user": "u"});
        let request = world.h.request("POST", "/v1/workflows/run");
        let answer = request.bearer_auth(key).json(&body).send().await.unwrap();
        let ended = Answer::read(answer).await.expect(200).json();
        ended["data"]["status"].as_str().unwrap().to_owned()
    };
    let beside = async {
        wait_until("all programs run", async || sandbox.asked().len() == 50).await;
        for _ in 0..20 {
            assert_eq!(run(&quick, json!({"name": "Ada"})).await, "succeeded");
        }
        sandbox.let_pass(50);
    };
    let programs = join_all((0..50).map(|_| run(&slow, json!({}))));
    let (ends, ()) = join(programs, beside).await;
    assert_eq!(ends, ["succeeded"; 50]);
}
