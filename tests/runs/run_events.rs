//! Reading a run on: under way, paused, ended; by whom.

use std::ops::Deref;

use serde_json::{Value, json};

use crate::support::{
    Answer, Harness,
    apps::{Installed, NOWHERE, answering_when_told, calling, file, imported},
    events::{data, names, read_until},
    process::wait_until,
};

/// A workflow that asks a person, as it was recorded.
const ASKS: &str = include_str!("../../crates/dsl/tests/files/recorded/human.yml");

/// An installation with one published app, whose nodes may call this machine.
struct World {
    installed: Installed,
}

impl Deref for World {
    type Target = Installed;

    fn deref(&self) -> &Installed {
        &self.installed
    }
}

impl World {
    async fn new(app: &str) -> Self {
        let settings = [("GATEWRIGHT_OUTBOUND_ALLOW", "127.0.0.0/8")];
        let installed = Installed::of(app, &settings).await;
        Self { installed }
    }

    async fn begin(&self, inputs: Value) -> reqwest::Response {
        let path = format!("/openapi/v1/apps/{}/run", self.app);
        let request = self.h.request("POST", &path).bearer_auth(&self.token);
        request
            .json(&json!({"inputs": inputs}))
            .send()
            .await
            .unwrap()
    }

    fn events_path(&self, run: &str, query: &str) -> String {
        format!("/openapi/v1/apps/{}/tasks/{run}/events{query}", self.app)
    }

    async fn attach(&self, node: &Harness, run: &str, query: &str) -> reqwest::Response {
        let request = node.request("GET", &self.events_path(run, query));
        request.bearer_auth(&self.token).send().await.unwrap()
    }

    async fn stop(&self, task: &str) {
        let path = format!("/tasks/{task}/stop");
        self.call("POST", &path, None).await.expect(200);
    }
}

fn text(event: &Value, member: &str) -> String {
    event[member].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn reader_of_a_run_that_has_ended_gets_its_end_alone() {
    let world = World::new(&file("0.6.0", "greets")).await;
    let stream = world.begin(json!({"name": "Ada"})).await;
    let live = data(&stream.text().await.unwrap());
    let mut end = live.last().unwrap().clone();
    let run = text(&end, "workflow_run_id");
    for query in [
        "",
        "?include_state_snapshot=true&continue_on_pause=true",
        "?include_state_snapshot=False",
    ] {
        let read = Answer::read(world.attach(&world.h, &run, query).await)
            .await
            .expect(200);
        assert_eq!(
            read.header("content-type"),
            "text/event-stream; charset=utf-8"
        );
        assert_eq!(read.header("cache-control"), "no-cache");
        let line = read.body.strip_prefix("data: ").expect("no ping");
        assert!(
            line.starts_with("{\"event\": \"workflow_finished\", \"task_id\": "),
            "{line}"
        );
        let stored: Value = serde_json::from_str(line).unwrap();
        // The handle of a run that nobody can stop any more is the run itself.
        end["task_id"] = json!(run);
        assert_eq!(stored, end);
    }
}

#[actix_web::test]
async fn reader_that_attaches_gets_the_bytes_that_one_who_never_left_gets() {
    let gate = answering_when_told("hi").await;
    let world = World::new(&calling(&gate.url("/"))).await;
    let mut first = world.begin(json!({"name": "Ada"})).await;
    let mut stayed = read_until(&mut first, "node_finished").await;
    let run = text(&data(&stayed)[0], "workflow_run_id");
    let mut readers = vec![];
    for query in ["", "?include_state_snapshot=true"] {
        readers.push(world.attach(&world.h, &run, query).await);
    }
    gate.go_on();
    while let Some(bytes) = first.chunk().await.unwrap() {
        stayed.push_str(std::str::from_utf8(&bytes).unwrap());
    }
    assert_eq!(names(&data(&stayed)).last(), Some(&"workflow_finished"));
    for reader in readers {
        assert_eq!(reader.text().await.unwrap(), stayed);
    }
}

#[actix_web::test]
async fn reader_of_a_paused_run_gets_it_from_memory_and_from_storage_alike() {
    let world = World::new(ASKS).await;
    let stayed = world
        .begin(json!({"who": "Bob"}))
        .await
        .text()
        .await
        .unwrap();
    let began = data(&stayed);
    let run = text(&began[0], "workflow_run_id");
    let query = "?include_state_snapshot=true";
    // It ends at the pause for those who do not wait with the run.
    let from_storage = world
        .attach(&world.h, &run, query)
        .await
        .text()
        .await
        .unwrap();
    assert_eq!(
        names(&data(&from_storage)),
        [
            "workflow_started",
            "node_started",
            "node_finished",
            "node_started",
            "node_finished",
            "human_input_required",
            "workflow_paused"
        ]
    );
    let shown = data(&from_storage);
    assert_eq!(shown[4]["data"]["status"], "paused");
    assert_eq!(
        [1, 3].map(|at| shown[at]["data"]["index"].clone()),
        [json!(1), json!(2)]
    );
    let asked = &began[began.len() - 2]["data"];
    assert_eq!(shown[5]["data"]["form_token"], asked["form_token"]);
    assert_eq!(
        shown[5]["data"]["form_content"],
        "Dear {{#start.who#}}, comment: {{#$output.comment#}}"
    );
    assert!(shown[0]["data"]["inputs"]["sys.timestamp"].is_i64());
    let elsewhere = world.h.another_node().await;
    let by_another = world.attach(&elsewhere, &run, query).await;
    assert_eq!(by_another.text().await.unwrap(), from_storage);
}

#[actix_web::test]
async fn reader_who_waits_with_a_paused_run_reads_on_when_it_goes_on() {
    let world = World::new(ASKS).await;
    let stayed = world
        .begin(json!({"who": "Bob"}))
        .await
        .text()
        .await
        .unwrap();
    let began = data(&stayed);
    let (run, task) = (
        text(&began[0], "workflow_run_id"),
        text(&began[0], "task_id"),
    );
    let query = "?include_state_snapshot=true&continue_on_pause=true";
    let mut waits = world.attach(&world.h, &run, query).await;
    read_until(&mut waits, "workflow_paused").await;
    // A second one shares what is known of the run.
    let mut also = world.attach(&world.h, &run, query).await;
    read_until(&mut also, "workflow_paused").await;
    world.stop(&task).await;
    world.h.runs.renew_leases().await.unwrap();
    for mut reader in [waits, also] {
        let rest = read_until(&mut reader, "workflow_finished").await;
        let end = data(&rest).pop().unwrap();
        assert_eq!(end["data"]["status"], "stopped");
        assert_eq!(
            reader.chunk().await.unwrap(),
            None,
            "it ends with its last event"
        );
    }
}

#[actix_web::test]
async fn run_of_somebody_else_or_of_another_app_cannot_be_read() {
    let world = World::new(&file("0.6.0", "greets")).await;
    let stream = world
        .begin(json!({"name": "Ada"}))
        .await
        .text()
        .await
        .unwrap();
    let run = text(&data(&stream)[0], "workflow_run_id");
    let other = imported(&world.h, &mut world.owner.clone(), "other").await;
    let of_another_app = format!("/openapi/v1/apps/{other}/tasks/{run}/events");
    for path in [
        of_another_app,
        world.events_path(NOWHERE, ""),
        world.events_path("nope", ""),
    ] {
        let request = world.h.request("GET", &path).bearer_auth(&world.token);
        let refused = Answer::read(request.send().await.unwrap())
            .await
            .expect(404);
        assert_eq!(refused.json()["message"], "Workflow run not found");
    }
    // A colleague may run the app, and does not see what others ran.
    world
        .h
        .db
        .execute("UPDATE workflow_runs SET created_by = gen_random_uuid()")
        .await;
    let colleague = world.attach(&world.h, &run, "").await;
    assert_eq!(colleague.status(), 404);
    let bad = world
        .attach(&world.h, &run, "?continue_on_pause=perhaps")
        .await;
    assert_eq!(bad.status(), 422);
}

#[actix_web::test]
async fn reader_elsewhere_gets_the_bytes_that_one_where_the_run_is_gets() {
    let gate = answering_when_told("hi").await;
    let world = World::new(&calling(&gate.url("/"))).await;
    let mut first = world.begin(json!({"name": "Ada"})).await;
    let mut stayed = read_until(&mut first, "node_finished").await;
    let run = text(&data(&stayed)[0], "workflow_run_id");
    let elsewhere = world.h.another_node().await;
    let mut readers = vec![];
    for query in ["", "?include_state_snapshot=true"] {
        let mut reader = world.attach(&elsewhere, &run, query).await;
        let begun = read_until(&mut reader, "node_finished").await;
        readers.push((reader, begun));
    }
    gate.go_on();
    while let Some(bytes) = first.chunk().await.unwrap() {
        stayed.push_str(std::str::from_utf8(&bytes).unwrap());
    }
    for (reader, begun) in readers {
        assert_eq!(begun + &reader.text().await.unwrap(), stayed);
    }
    for (key, ttl, value) in world.h.redis_dump().await {
        assert!(ttl > 0, "{key} would stay for ever");
        assert!(!value.contains("workflow_started"), "{key} can be read");
    }
}

#[actix_web::test]
async fn stop_asked_of_another_process_reaches_the_run_at_once() {
    let gate = answering_when_told("hi").await;
    let world = World::new(&calling(&gate.url("/"))).await;
    let mut stream = world.begin(json!({"name": "Ada"})).await;
    let begun = read_until(&mut stream, "node_finished").await;
    let elsewhere = world.h.another_node().await;
    let task = text(&data(&begun)[0], "task_id");
    let path = format!("/openapi/v1/apps/{}/tasks/{task}/stop", world.app);
    // No beat looks at leases in these processes: only a word can have reached the run.
    let stop = elsewhere.request("POST", &path).bearer_auth(&world.token);
    assert_eq!(stop.send().await.unwrap().status(), 200);
    let rest = read_until(&mut stream, "workflow_finished").await;
    assert_eq!(data(&rest).pop().unwrap()["data"]["status"], "stopped");
}

#[actix_web::test]
async fn reader_who_waits_elsewhere_with_a_paused_run_reads_on_when_it_goes_on() {
    let world = World::new(ASKS).await;
    let stayed = world
        .begin(json!({"who": "Bob"}))
        .await
        .text()
        .await
        .unwrap();
    let began = data(&stayed);
    let (run, task) = (
        text(&began[0], "workflow_run_id"),
        text(&began[0], "task_id"),
    );
    let elsewhere = world.h.another_node().await;
    let query = "?include_state_snapshot=true&continue_on_pause=true";
    let mut waits = world.attach(&elsewhere, &run, query).await;
    read_until(&mut waits, "workflow_paused").await;
    world.stop(&task).await;
    world.h.runs.renew_leases().await.unwrap();
    // It ended where nobody reads it: who waits elsewhere finds the end, at the second look.
    wait_until("the end is found", async || {
        elsewhere.runs.look_after_awaited().await.unwrap() > 0
    })
    .await;
    let rest = read_until(&mut waits, "workflow_finished").await;
    assert_eq!(data(&rest).pop().unwrap()["data"]["status"], "stopped");
    assert_eq!(waits.chunk().await.unwrap(), None);
}
