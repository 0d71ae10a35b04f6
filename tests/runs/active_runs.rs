//! Apps that may have only so many runs at a time.

use std::sync::Arc;

use serde_json::json;

use crate::support::{
    Answer, Harness,
    apps::{calling, make_key, published, slow_then_quick},
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
    let both = futures_util::future::join(begin(&h, &key), begin(&h, &key)).await;
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
