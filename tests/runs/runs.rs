//! Runs of published apps over `/openapi/v1`: streamed, kept, refused, stopped.

use serde_json::{Value, json};

use crate::support::{
    Answer,
    apps::{Installed, NOWHERE, calling, file, slow_then_quick},
    events::{events, names},
};

/// The app that greets.
async fn greeter() -> Installed {
    Installed::of(&file("0.6.0", "greets"), &[]).await
}

async fn count(world: &Installed, table: &str) -> String {
    let query = format!("SELECT count(*) FROM {table}");
    world.h.db.query(&query).await[0].clone()
}

#[actix_web::test]
async fn run_of_a_published_app_streams_its_events_in_order_and_is_kept() {
    let world = greeter().await;
    let answer = world
        .run(&json!({"inputs": {"name": "Ada", "stray": 1}}))
        .await
        .expect(200);
    assert_eq!(
        answer.headers["content-type"],
        "text/event-stream; charset=utf-8"
    );
    assert_eq!(answer.headers["x-accel-buffering"], "no");
    let events = events(&answer.body);
    assert_eq!(
        names(&events),
        [
            "workflow_started",
            "node_started",
            "text_chunk",
            "node_finished",
            "node_started",
            "node_finished",
            "workflow_finished"
        ]
    );
    let (first, last) = (&events[0], &events[6]);
    assert_eq!(first["data"]["inputs"]["name"], "Ada");
    assert_eq!(first["data"]["inputs"]["stray"], Value::Null);
    assert_eq!(first["data"]["inputs"]["sys.timestamp"], Value::Null);
    assert_eq!(
        (&last["data"]["status"], &last["data"]["outputs"]),
        (&json!("succeeded"), &json!({"result": "Ada"}))
    );
    assert_eq!(last["data"]["created_by"]["email"], "owner@example.com");
    // A program of this surface is not shown the insides of nodes.
    assert_eq!(events[3]["data"]["outputs"], Value::Null);

    let run = first["workflow_run_id"].as_str().unwrap();
    let query = format!(
        "SELECT status || ' ' || total_steps || ' ' || (outputs::json ->> 'result') || ' ' || (inputs::json ->> 'sys.workflow_run_id') \
         FROM workflow_runs WHERE id = '{run}'"
    );
    let row = world.h.db.query(&query);
    assert_eq!(row.await, [format!("succeeded 2 Ada {run}")]);
    let nodes = "SELECT node_type || ' ' || status FROM workflow_node_executions ORDER BY index";
    assert_eq!(
        world.h.db.query(nodes).await,
        ["start succeeded", "end succeeded"]
    );
    assert_eq!(count(&world, "workflow_app_logs").await, "1");
    // Nobody works on it any more.
    assert_eq!(count(&world, "gatewright_run_leases").await, "0");
    assert_eq!(count(&world, "gatewright_run_checkpoints").await, "0");
}

#[actix_web::test]
async fn run_with_an_input_that_does_not_fit_is_refused_and_stores_nothing() {
    let world = greeter().await;
    for (inputs, message) in [
        (json!({}), "name is required in input form"),
        (
            json!({"name": 7}),
            "(type 'text-input') name in input form must be a string",
        ),
        (
            json!({"name": "x".repeat(49)}),
            "name in input form must be less than 48 characters",
        ),
    ] {
        let refused = world.run(&json!({"inputs": inputs})).await.expect(200);
        assert_eq!(
            events(&refused.body),
            [json!({"event": "error", "code": "invalid_param", "status": 400, "message": message})]
        );
    }
    assert_eq!(count(&world, "workflow_runs").await, "0");
}

#[actix_web::test]
async fn run_is_refused_by_mode_state_and_owner_of_the_app() {
    let world = greeter().await;
    let refused = world
        .run(&json!({"inputs": {"name": "x"}, "query": "q"}))
        .await
        .expect(422)
        .json();
    assert_eq!(refused["message"], "query_not_supported_for_workflow");
    let unknown = world
        .run(&json!({"inputs": {"name": "x"}, "workflow_id": NOWHERE}))
        .await;
    let message = format!("Workflow not found with id: {NOWHERE}");
    assert_eq!(unknown.expect(404).json()["message"], message);
    for member in ["workflow_id", "conversation_id"] {
        let malformed = world
            .run(&json!({"inputs": {"name": "x"}, member: "nope"}))
            .await;
        let message = format!("Value error, {member} must be a valid UUID");
        assert_eq!(
            malformed.expect(422).json(),
            json!({"code": "invalid_param", "message": "Request validation failed", "status": 422,
                "details": [{"type": "value_error", "loc": [member], "msg": message}]})
        );
    }
    world.run(&json!({"inputs": []})).await.expect(422);
    let run = format!("/openapi/v1/apps/{NOWHERE}/run");
    let request = world.h.request("POST", &run).bearer_auth(&world.token);
    let request = request.json(&json!({"inputs": {}}));
    Answer::read(request.send().await.unwrap())
        .await
        .expect(404);

    let mut other = world.h.add_account("other").await;
    let stranger = world.h.token(&mut other, "theirs").await;
    let path = format!("/openapi/v1/apps/{}/run", world.app);
    let request = world
        .h
        .request("POST", &path)
        .bearer_auth(&stranger)
        .json(&json!({"inputs": {"name": "x"}}));
    Answer::read(request.send().await.unwrap())
        .await
        .expect(404);
    world
        .h
        .db
        .execute("UPDATE apps SET workflow_id = NULL")
        .await;
    let unpublished = world
        .run(&json!({"inputs": {"name": "x"}}))
        .await
        .expect(400)
        .json();
    assert_eq!(unpublished["code"], "app_unavailable");
    assert_eq!(count(&world, "workflow_runs").await, "0");
}

#[actix_web::test]
async fn run_is_reached_by_the_paths_of_newer_clients_too() {
    let world = greeter().await;
    let body = json!({"inputs": {"name": "Ada"}});
    let answer = world.call("POST", ":run", Some(&body)).await.expect(200);
    assert_eq!(
        events(&answer.body).last().unwrap()["event"],
        "workflow_finished"
    );
}

#[actix_web::test]
async fn stop_of_a_run_that_there_is_none_of_succeeds_and_changes_nothing() {
    let world = greeter().await;
    world
        .run(&json!({"inputs": {"name": "Ada"}}))
        .await
        .expect(200);
    for task in [NOWHERE, "nope"] {
        for path in [format!("{task}/stop"), format!("{task}:stop")] {
            let path = format!("/tasks/{path}");
            let answer = world.call("POST", &path, Some(&json!({}))).await;
            assert_eq!(answer.expect(200).json(), json!({"result": "success"}));
        }
    }
    assert_eq!(
        world.h.db.query("SELECT status FROM workflow_runs").await,
        ["succeeded"]
    );
}

/// A published app that calls a slow server, and the beginning of a run of it in a process of its own.
async fn slow_run() -> (
    Installed,
    gatewright_runtime::RunPlane,
    gatewright_usecase_runs::RunHandle,
) {
    let file = calling(&slow_then_quick().await);
    let world = Installed::of(&file, &[("GATEWRIGHT_OUTBOUND_ALLOW", "127.0.0.0/8")]).await;
    let first = world.h.another_run_plane();
    let request = gatewright_run_service::StartRun {
        surface: gatewright_run_service::Surface::Service,
        version: None,
        inputs: json!({"name": "Ada"}).as_object().cloned().unwrap(),
        files: vec![],
        caller: gatewright_run_service::Caller::User("somebody".into()),
        asked: None,
    };
    let ctx = gatewright_usecase_kit::Ctx::of_system(world.h.now(), "test");
    let app = world.app.parse().unwrap();
    let run = first.service.start(&ctx, app, request).await.unwrap();
    (world, first, run)
}

#[actix_web::test]
async fn run_left_by_one_process_ends_in_another() {
    let (world, first, _run) = slow_run().await;
    let second = world.h.another_run_plane();
    assert_eq!(second.take_up_lapsed().await.unwrap(), 0, "it has an owner");
    first.leave(std::time::Duration::ZERO).await;
    assert_eq!(
        first.take_up_lapsed().await.unwrap(),
        0,
        "who leaves takes nothing"
    );
    assert_eq!(second.take_up_lapsed().await.unwrap(), 1);
    assert_eq!(world.ends().await, "succeeded {\"result\":\"hi\"} ");
    let nodes = "SELECT node_type || ' ' || status FROM workflow_node_executions ORDER BY index";
    assert_eq!(
        world.h.db.query(nodes).await,
        ["start succeeded", "http-request succeeded", "end succeeded"]
    );
    assert_eq!(count(&world, "gatewright_run_leases").await, "0");
}

#[actix_web::test]
async fn stop_asked_of_another_process_ends_the_run() {
    let (world, first, run) = slow_run().await;
    let second = world.h.another_run_plane();
    let app = gatewright_domain::ids::AppId(run.plan.app_id);
    second
        .service
        .stop(app, &run.plan.task_id.to_string())
        .await
        .unwrap();
    first.renew_leases().await.unwrap();
    assert_eq!(world.ends().await, "stopped {} Stopped by user.");
}
