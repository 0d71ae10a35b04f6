//! The key of one app, and what operations of `/v1` can name of another: runs, versions, forms (files: `service_files.rs`).

use serde_json::{Value, json};

use super::forms::World;
use crate::support::{
    Answer, Harness,
    apps::{file, make_key, published},
};

/// What is asked for by its id: method, path, body.
type Call = (&'static str, String, Option<Value>);

async fn status(h: &Harness, key: &str, call: &Call) -> u16 {
    let (method, path, body) = call;
    let mut request = h.request(method, path).bearer_auth(key);
    if let Some(body) = body {
        request = request.json(body);
    }
    // Of a stream its beginning counts.
    request.send().await.unwrap().status().as_u16()
}

#[actix_web::test]
async fn sec_182_key_of_one_app_finds_nothing_of_another() {
    let world = World::new().await;
    let mut owner = world.owner.clone();
    let (_, key) = make_key(&world.h, &mut owner, &world.app).await;
    let other = published(&world.h, &mut owner, &file("0.6.0", "other")).await;
    let (_, foreign) = make_key(&world.h, &mut owner, &other).await;
    let asked = json!({"inputs": {"who": "Eve"}, "response_mode": "blocking", "user": "ada"});
    let begin = world.h.request("POST", "/v1/workflows/run");
    let begun = begin.bearer_auth(&key).json(&asked).send().await.unwrap();
    let paused = Answer::read(begun).await.expect(200).json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (run, task) = (text(&paused["workflow_run_id"]), text(&paused["task_id"]));
    let version = text(&paused["data"]["workflow_id"]);
    let form = text(&paused["data"]["reasons"][0]["form_token"]);
    let form = format!("/v1/form/human_input/{form}");
    let answer = json!({"action": "yes", "inputs": {"comment": "c"}, "user": "ada"});
    let calls: [Call; 5] = [
        ("GET", format!("/v1/workflows/run/{run}"), None),
        (
            "GET",
            format!("/v1/workflow/{run}/events?user=ada&include_state_snapshot=true"),
            None,
        ),
        ("GET", form.clone(), None),
        (
            "POST",
            format!("/v1/workflows/{version}/run"),
            Some(asked.clone()),
        ),
        ("POST", form, Some(answer)),
    ];
    for call in &calls {
        assert_eq!(status(&world.h, &foreign, call).await, 404, "{call:?}");
    }
    // A stop succeeds whether there is something to stop or not.
    let path = format!("/v1/workflows/tasks/{task}/stop");
    let stop = ("POST", path, Some(json!({"user": "ada"})));
    assert_eq!(status(&world.h, &foreign, &stop).await, 200);
    let statuses = "SELECT status FROM workflow_runs";
    assert_eq!(world.rows(statuses).await, ["paused"]);
    for call in &calls {
        assert_eq!(status(&world.h, &key, call).await, 200, "{call:?}");
    }
}
