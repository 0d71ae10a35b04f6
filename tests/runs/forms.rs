//! Runs that ask a person: paused, looked at, answered once, gone on with by whichever process there is.

use std::ops::Deref;

use gatewright_auth::{form_token::FormKeys, keys::MasterKeys};
use gatewright_runtime::RunPlane;
use serde_json::{Value, json};

use crate::support::{
    Answer, SECRET_KEY,
    apps::Installed,
    asking::{WEB_APP, file},
    events::{data, names},
    process::wait_until,
};

/// An installation with a published app that asks.
pub(super) struct World {
    installed: Installed,
}

impl Deref for World {
    type Target = Installed;

    fn deref(&self) -> &Installed {
        &self.installed
    }
}

/// A run that waits.
pub(super) struct Paused {
    pub(super) run: String,
    /// What the reader of the stream was told of the form.
    pub(super) form: Value,
}

impl Paused {
    pub(super) fn token(&self) -> &str {
        self.form["form_token"].as_str().unwrap()
    }
}

impl World {
    pub(super) async fn new() -> Self {
        Self::with(WEB_APP, &[]).await
    }

    pub(super) async fn with(methods: &str, settings: &[(&str, &str)]) -> Self {
        Self::of(&file(methods), settings).await
    }

    async fn of(app: &str, settings: &[(&str, &str)]) -> Self {
        let installed = Installed::of(app, settings).await;
        Self { installed }
    }

    /// Runs the app until it waits.
    pub(super) async fn paused(&self) -> Paused {
        let body = json!({"inputs": {"who": "Bob"}});
        let stream = self.run(&body).await.expect(200);
        let events = data(&stream.body);
        let names = names(&events);
        assert_eq!(
            &names[names.len() - 2..],
            ["human_input_required", "workflow_paused"]
        );
        Paused {
            run: events[0]["workflow_run_id"].as_str().unwrap().to_owned(),
            form: events[names.len() - 2]["data"].clone(),
        }
    }

    pub(super) async fn submit(&self, token: &str, body: &Value) -> Answer {
        self.call("POST", &format!("/form/human_input/{token}"), Some(body))
            .await
    }

    pub(super) async fn rows(&self, sql: &str) -> Vec<String> {
        self.h.db.query(sql).await
    }

    /// The token of the only recipient of that kind, computed as it is for a mail.
    pub(super) async fn token_of(&self, kind: &str) -> String {
        let query = format!(
            "SELECT id || ' ' || access_token FROM human_input_form_recipients WHERE recipient_type = '{kind}'"
        );
        let row = self.rows(&query).await.remove(0);
        let (id, digest) = row.split_once(' ').unwrap();
        let keys = FormKeys::new(&MasterKeys::new(SECRET_KEY.as_bytes(), []));
        let token = keys.token_again(id.parse().unwrap(), digest).unwrap();
        token.expose().to_owned()
    }
}

fn yes() -> Value {
    json!({"action": "yes", "inputs": {"comment": "fine by me", "stray": 1}})
}

const AGREED: &str = "succeeded {\"result\":\"fine by me\",\"action\":\"yes\"} ";

#[actix_web::test]
async fn run_that_asks_waits_and_goes_on_to_its_end_with_the_answer() {
    let world = World::new().await;
    let paused = world.paused().await;
    let waits = "SELECT r.status || ' ' || f.status || ' ' || (l.owner IS NULL) || ' ' || (p.resumed_at IS NULL) FROM workflow_runs r \
                 JOIN human_input_forms f ON f.workflow_run_id = r.id JOIN gatewright_run_leases l ON l.run_id = r.id \
                 JOIN workflow_pauses p ON p.workflow_run_id = r.id JOIN workflow_pause_reasons s ON s.pause_id = p.id AND s.form_id = f.id::text";
    assert_eq!(world.rows(waits).await, ["paused waiting true true"]);

    let path = format!("/form/human_input/{}", paused.token());
    let form = world.call("GET", &path, None).await.expect(200).json();
    assert_eq!(
        form,
        json!({
            "form_content": "Dear Bob, comment: {{#$output.comment#}}",
            "inputs": [{"output_variable_name": "comment", "type": "paragraph",
                "default": {"type": "constant", "selector": [], "value": "none"}}],
            "resolved_default_values": {},
            "user_actions": [{"id": "yes", "title": "Yes", "button_style": "primary"},
                {"id": "no", "title": "No", "button_style": "default"}],
            "expiration_time": paused.form["expiration_time"],
        })
    );
    let answer = world.submit(paused.token(), &yes()).await.expect(200);
    assert_eq!(answer.json(), json!({}));
    assert_eq!(world.ends().await, AGREED);
    let nodes = "SELECT node_type || ' ' || status FROM workflow_node_executions ORDER BY index";
    assert_eq!(
        world.rows(nodes).await,
        ["start succeeded", "human-input succeeded", "end succeeded"]
    );
    let kept = "SELECT status || ' ' || selected_action_id || ' ' || submitted_data || ' ' || (submission_user_id IS NOT NULL) FROM human_input_forms";
    assert_eq!(
        world.rows(kept).await,
        ["submitted yes {\"comment\":\"fine by me\"} true"]
    );
    assert_eq!(
        world
            .rows("SELECT count(*) FROM workflow_pauses WHERE resumed_at IS NOT NULL")
            .await,
        ["1"]
    );
    assert_eq!(
        world
            .rows("SELECT count(*) FROM gatewright_run_leases")
            .await,
        ["0"]
    );
}

/// The same app, which asks again whoever agreed.
fn asks_twice() -> String {
    let once = file(WEB_APP);
    let (before, behind) = once
        .split_once("    - data:\n        delivery_methods")
        .unwrap();
    let (ask, ends) = behind
        .split_once("      id: ask\n      type: custom\n")
        .unwrap();
    let ask = format!("    - data:\n        delivery_methods{ask}");
    let edges = before.replace(
        "target: agreed\n",
        "target: again\n      targetHandle: target\n      type: custom\n    - id: e\n      source: again\n      sourceHandle: 'yes'\n      target: agreed\n",
    );
    format!(
        "{edges}{ask}      id: ask\n      type: custom\n{ask}      id: again\n      type: custom\n{ends}"
    )
}

#[actix_web::test]
async fn reader_who_asks_for_nothing_is_shown_the_pause_of_a_run_that_waits_again() {
    let world = World::of(&asks_twice(), &[]).await;
    let first = world.paused().await;
    world.submit(first.token(), &yes()).await.expect(200);
    let path = format!("/tasks/{}/events", first.run);
    let token = |stream: &Answer| {
        let (_, behind) = stream.body.rsplit_once("\"form_token\":\"").unwrap();
        behind.split('"').next().unwrap().to_owned()
    };
    // Whoever comes at once reads on until it waits again, and is never told of the form that it has just answered as of one that waits.
    let at_once = world.call("GET", &path, None).await.expect(200);
    assert!(at_once.body.contains("workflow_paused"), "{at_once:?}");
    let second = token(&at_once);
    assert_ne!(second, first.token());
    wait_until("it waits again", async || {
        let waits = "SELECT count(*) FROM gatewright_run_leases WHERE owner IS NULL";
        world.rows(waits).await == ["1"]
    })
    .await;
    let elsewhere = world.h.another_node().await;
    for node in [&world.h, &elsewhere] {
        let path = format!("/openapi/v1/apps/{}{path}", world.app);
        let request = node.request("GET", &path).bearer_auth(&world.token);
        let late = Answer::read(request.send().await.unwrap())
            .await
            .expect(200);
        let events = late.body.matches("\"event\":").count();
        assert_eq!((events, token(&late)), (2, second.clone()), "{late:?}");
    }
    world.submit(&second, &yes()).await.expect(200);
    assert_eq!(world.ends().await, AGREED);
}

#[actix_web::test]
async fn form_is_reached_by_the_paths_of_newer_clients_too() {
    let world = World::new().await;
    let paused = world.paused().await;
    let path = format!("/human-input-forms/{}", paused.token());
    world.call("GET", &path, None).await.expect(200);
    let path = format!("{path}:submit");
    world.call("POST", &path, Some(&yes())).await.expect(200);
    assert_eq!(world.ends().await, AGREED);
}

#[actix_web::test]
async fn answer_that_does_not_fit_is_refused_and_the_form_waits_on() {
    let world = World::new().await;
    let paused = world.paused().await;
    for (body, message) in [
        (
            json!({"action": "nope", "inputs": {"comment": "c"}}),
            "Invalid action: nope",
        ),
        (
            json!({"action": "yes", "inputs": {}}),
            "Missing required inputs: comment",
        ),
        (
            json!({"action": "yes", "inputs": {"comment": 1}}),
            "Invalid value for input 'comment': must be a string",
        ),
    ] {
        let refused = world.submit(paused.token(), &body).await.expect(400).json();
        assert_eq!(
            refused,
            json!({"code": "invalid_form_data", "message": message, "status": 400})
        );
    }
    assert_eq!(
        world.rows("SELECT status FROM human_input_forms").await,
        ["waiting"]
    );
    assert_eq!(
        world.rows("SELECT status FROM workflow_runs").await,
        ["paused"]
    );
}

#[actix_web::test]
async fn form_answered_twice_at_once_is_answered_exactly_once() {
    let world = World::new().await;
    let paused = world.paused().await;
    let body = yes();
    let answers =
        futures_util::future::join_all((0..8).map(|_| world.submit(paused.token(), &body))).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412, 412, 412, 412, 412, 412, 412]);
    let late = answers.iter().find(|answer| answer.status == 412).unwrap();
    let form = paused.form["form_id"].as_str().unwrap();
    let message = format!("This form has already been submitted by another user, form_id={form}");
    assert_eq!(
        late.json(),
        json!({"code": "human_input_form_submitted", "message": message, "status": 412})
    );
    let path = format!("/form/human_input/{}", paused.token());
    assert_eq!(
        world.call("GET", &path, None).await.expect(412).code(),
        "human_input_form_submitted"
    );
    assert_eq!(world.ends().await, AGREED);
    assert_eq!(
        world
            .rows("SELECT count(*) FROM workflow_node_executions")
            .await,
        ["3"]
    );
}

#[actix_web::test]
async fn form_is_found_by_tokens_of_its_app_and_of_its_surface_only() {
    let world = World::new().await;
    let paused = world.paused().await;
    for token in [
        "unknowntoken",
        "a'b",
        &"x".repeat(500),
        "0123456789012345678901",
    ] {
        let path = format!("/form/human_input/{token}");
        let refused = world.call("GET", &path, None).await.expect(404);
        assert_eq!(refused.code(), "form_not_found", "{token}");
    }
    let stored = world
        .rows("SELECT access_token FROM human_input_form_recipients")
        .await;
    assert!(!stored.iter().any(|digest| digest == paused.token()));
    let clear = format!(
        "SELECT count(*) FROM gatewright_run_checkpoints WHERE position('{}'::bytea IN state) > 0",
        paused.token()
    );
    assert_eq!(world.rows(&clear).await, ["0"]);
    // The token of another recipient of the same form.
    world
        .h
        .db
        .execute("UPDATE human_input_form_recipients SET recipient_type = 'backstage'")
        .await;
    let path = format!("/form/human_input/{}", paused.token());
    let refused = world.call("GET", &path, None).await.expect(403);
    assert_eq!(refused.code(), "recipient_surface_mismatch");
    assert_eq!(
        world
            .submit(paused.token(), &yes())
            .await
            .expect(403)
            .code(),
        "recipient_surface_mismatch"
    );
    // Another app's.
    world
        .h
        .db
        .execute("UPDATE human_input_forms SET app_id = gen_random_uuid()")
        .await;
    world.call("GET", &path, None).await.expect(404);
}

/// The begin of a run in a process of its own.
async fn paused_elsewhere(world: &World) -> RunPlane {
    let elsewhere = world.h.another_run_plane();
    let request = gatewright_run_service::StartRun {
        surface: gatewright_run_service::Surface::Service,
        version: None,
        inputs: json!({"who": "Bob"}).as_object().cloned().unwrap(),
        files: vec![],
        caller: gatewright_run_service::Caller::User("somebody".into()),
        asked: None,
    };
    let ctx = gatewright_usecase_kit::Ctx::of_system(world.h.now(), "test");
    elsewhere
        .service
        .start(&ctx, world.app.parse().unwrap(), request)
        .await
        .unwrap();
    wait_until("the run waits", async || {
        world.rows("SELECT status FROM workflow_runs").await == ["paused"]
    })
    .await;
    elsewhere
}

#[actix_web::test]
async fn run_whose_process_is_gone_goes_on_where_its_form_is_answered() {
    let world = World::new().await;
    let elsewhere = paused_elsewhere(&world).await;
    elsewhere.leave(std::time::Duration::ZERO).await;
    drop(elsewhere);
    let token = world.token_of("standalone_web_app").await;
    world.submit(&token, &yes()).await.expect(200);
    assert_eq!(world.ends().await, AGREED);
}

#[actix_web::test]
async fn stop_of_a_run_that_waits_ends_it_and_its_form() {
    let world = World::new().await;
    let paused = world.paused().await;
    let run: uuid::Uuid = paused.run.parse().unwrap();
    let task = gatewright_usecase_runs::execution_id(run, u64::MAX);
    world
        .call("POST", &format!("/tasks/{task}/stop"), Some(&json!({})))
        .await
        .expect(200);
    assert_eq!(world.ends().await, "stopped {} Stopped by user.");
    let late = world.submit(paused.token(), &yes()).await.expect(412);
    assert_eq!(late.code(), "human_input_form_expired");
}

#[actix_web::test]
async fn form_past_its_time_is_refused() {
    let world = World::new().await;
    let paused = world.paused().await;
    world.h.clock.advance_seconds(3_600);
    let late = world.submit(paused.token(), &yes()).await;
    // The bearer lives longer than the form.
    assert_eq!(late.expect(412).code(), "human_input_form_expired");
    assert_eq!(
        world.rows("SELECT status FROM workflow_runs").await,
        ["paused"]
    );
}
