//! `/v1`: what a key opens, what is run with it, and what is refused how.

use serde_json::{Value, json};

use crate::support::{
    Answer, Browser, Harness,
    apps::{NOWHERE, file, make_key, published},
    basic_account,
    events::events,
};

/// An installation with one published app, and a key of it.
struct World {
    h: Harness,
    owner: Browser,
    app: String,
    key: String,
}

impl World {
    async fn new() -> Self {
        let h = Harness::start().await;
        let mut owner = basic_account(&h).await;
        let app = published(&h, &mut owner, &file("0.6.0", "greets")).await;
        let (_, key) = make_key(&h, &mut owner, &app).await;
        Self { h, owner, app, key }
    }

    async fn get(&self, path: &str) -> Answer {
        self.h.with_bearer("GET", path, &self.key).await
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        let request = self.h.request("POST", path).bearer_auth(&self.key);
        Answer::read(request.json(body).send().await.unwrap()).await
    }

    async fn run(&self, body: &Value) -> Answer {
        self.post("/v1/workflows/run", body).await
    }
}

fn error(status: u16, code: &str, message: &str) -> Value {
    json!({"code": code, "message": message, "status": status})
}

#[actix_web::test]
async fn key_of_ours_and_key_in_clear_of_a_database_of_dify_open_their_app() {
    let world = World::new().await;
    let expected = json!({"name": "greets", "description": "greets", "tags": [], "mode": "workflow", "author_name": "Owner"});
    let info = world.get("/v1/info").await.expect(200).json();
    assert_eq!(info, expected);
    let clear = "app-0123456789abcdefghijklmn";
    let insert = format!(
        "INSERT INTO api_tokens (app_id, tenant_id, type, token) SELECT id, tenant_id, 'app', '{clear}' FROM apps"
    );
    world.h.db.execute(&insert).await;
    let answer = world.h.with_bearer("GET", "/v1/info", clear).await;
    assert_eq!(answer.expect(200).json(), info);
    // What is stored of a key is no key.
    let rows = world
        .h
        .db
        .query("SELECT token FROM api_tokens WHERE token LIKE '%:%'");
    let stored = rows.await.remove(0);
    assert_ne!(stored, world.key);
    for none in [stored.as_str(), "app-x", "dfoa_x"] {
        let request = world.h.request("GET", "/v1/info");
        let request = request.header("authorization", format!("Bearer {none}").as_bytes());
        let answer = Answer::read(request.send().await.unwrap()).await;
        assert_eq!(answer.status, 401, "{none}: {answer:?}");
        assert_eq!(answer.json()["code"], "unauthorized");
    }
}

#[actix_web::test]
async fn guesses_of_keys_are_limited_per_address_and_a_key_that_opened_an_app_goes_on() {
    let h = Harness::with(&[
        ("GATEWRIGHT_TRUSTED_PROXIES", "127.0.0.1"),
        ("GATEWRIGHT_LIMIT_KEY_GUESS", "5/1m"),
    ])
    .await;
    let mut owner = basic_account(&h).await;
    let app = published(&h, &mut owner, &file("0.6.0", "greets")).await;
    let (_, used) = make_key(&h, &mut owner, &app).await;
    let (_, fresh) = make_key(&h, &mut owner, &app).await;
    let ask = async |n: u8, key: &str| {
        let request = h.request("GET", "/v1/info").bearer_auth(key);
        let request = request.header("x-forwarded-for", format!("198.51.100.{n}"));
        Answer::read(request.send().await.unwrap()).await
    };
    ask(1, &used).await.expect(200);
    for n in 0..5 {
        ask(1, &format!("app-guess{n}")).await.expect(401);
    }
    let refused = ask(1, "app-guess5").await.expect_rate_limited().json();
    assert_eq!(refused["code"], "too_many_requests");
    // Past the limit an answer tells nothing of a key, unless it has opened an app before; and nobody else is meant.
    ask(1, &fresh).await.expect_rate_limited();
    ask(1, &used).await.expect(200);
    ask(2, "app-guess6").await.expect(401);
    ask(2, &fresh).await.expect(200);
    // Who sends no key at all guesses none.
    let none = h.request("GET", "/v1/info");
    let none = none.header("x-forwarded-for", "198.51.100.1");
    Answer::read(none.send().await.unwrap()).await.expect(401);
}

#[actix_web::test]
async fn requests_of_a_key_are_limited_where_the_operator_says_so_and_nobody_to_count_them_is_503()
{
    let limit = ("GATEWRIGHT_LIMIT_APP_KEY", "2/1m");
    let h = Harness::with(&[limit]).await;
    let mut owner = basic_account(&h).await;
    let app = published(&h, &mut owner, &file("0.6.0", "greets")).await;
    let (_, one) = make_key(&h, &mut owner, &app).await;
    let (_, other) = make_key(&h, &mut owner, &app).await;
    for _ in 0..2 {
        h.with_bearer("GET", "/v1/info", &one).await.expect(200);
    }
    let refused = h.with_bearer("GET", "/v1/info", &one).await;
    let refused = refused.expect_rate_limited().json();
    let message = "Too many requests with this API key. Please try again later.";
    assert_eq!(refused, error(429, "too_many_requests", message));
    h.with_bearer("GET", "/v1/info", &other).await.expect(200);
    let settings = [limit, ("REDIS_URL", "redis://127.0.0.1:1/")];
    let broken = Harness::on(std::sync::Arc::clone(&h.db), h.clock.clone(), &settings).await;
    let nobody_counts = broken.with_bearer("GET", "/v1/info", &other).await;
    assert_eq!(nobody_counts.header("retry-after"), "1");
    nobody_counts.expect(503);
}

#[actix_web::test]
async fn guess_of_a_key_that_nobody_can_count_is_503_and_a_right_key_opens_its_app() {
    let world = World::new().await;
    let settings = [("REDIS_URL", "redis://127.0.0.1:1/")];
    let broken = Harness::on(
        std::sync::Arc::clone(&world.h.db),
        world.h.clock.clone(),
        &settings,
    )
    .await;
    let guess = broken.with_bearer("GET", "/v1/info", "app-guess").await;
    assert_eq!(guess.header("retry-after"), "1");
    guess.expect(503);
    let right = broken.with_bearer("GET", "/v1/info", &world.key).await;
    right.expect(200);
}

#[actix_web::test]
async fn key_is_refused_by_header_state_of_its_app_and_of_its_workspace() {
    let world = World::new().await;
    let none = world.h.get("/v1/info").await;
    let message = "Authorization header must be provided and start with 'Bearer'";
    assert_eq!(none.header("www-authenticate"), "Bearer realm=\"api\"");
    assert_eq!(none.expect(401).json(), error(401, "unauthorized", message));
    for (change, undo, reason) in [
        (
            "UPDATE apps SET enable_api = false",
            "UPDATE apps SET enable_api = true",
            "service_api_disabled",
        ),
        (
            "UPDATE apps SET status = 'deleted'",
            "UPDATE apps SET status = 'normal'",
            "app_not_in_use",
        ),
        (
            "UPDATE tenants SET status = 'archive'",
            "UPDATE tenants SET status = 'normal'",
            "workspace_unavailable",
        ),
    ] {
        world.h.db.execute(change).await;
        let refused = world.get("/v1/info").await;
        assert_eq!(refused.header("x-gatewright-reason"), reason);
        assert_eq!(refused.expect(403).json()["code"], "forbidden");
        world.h.db.execute(undo).await;
        world.get("/v1/info").await.expect(200);
    }
    world
        .h
        .db
        .execute(&format!("UPDATE api_tokens SET app_id = '{NOWHERE}'"))
        .await;
    let gone = world.get("/v1/info").await;
    assert_eq!(gone.header("x-gatewright-reason"), "app_gone");
    gone.expect(403);
    world
        .h
        .db
        .execute("UPDATE api_tokens SET type = 'dataset'")
        .await;
    world.get("/v1/info").await.expect(401);
}

#[actix_web::test]
async fn key_that_was_deleted_opens_nothing_any_more_on_any_node() {
    let mut world = World::new().await;
    let other = world.h.another_node().await;
    let (id, key) = make_key(&world.h, &mut world.owner, &world.app).await;
    for node in [&world.h, &other] {
        node.with_bearer("GET", "/v1/info", &key).await.expect(200);
    }
    let path = format!("/console/api/apps/{}/api-keys/{id}", world.app);
    let deleted = world.owner.send(&world.h, "DELETE", &path, None, &[]).await;
    deleted.expect(204);
    for node in [&world.h, &other] {
        node.with_bearer("GET", "/v1/info", &key).await.expect(401);
    }
    world.get("/v1/info").await.expect(200);
}

#[actix_web::test]
async fn app_is_described_as_recorded() {
    let world = World::new().await;
    let parameters = world.get("/v1/parameters?user=u").await.expect(200).json();
    assert_eq!(parameters["system_parameters"]["file_size_limit"], 15);
    assert_eq!(
        parameters["user_input_form"][0]["text-input"]["variable"],
        "name"
    );
    let meta = world.get("/v1/meta").await.expect(200).json();
    assert_eq!(meta, json!({"tool_icons": {}}));
    let site = world.get("/v1/site").await.expect(200).json();
    assert_eq!(site["title"], "greets");
    assert_eq!(site["icon_url"], Value::Null);
    world
        .h
        .db
        .execute("UPDATE apps SET workflow_id = NULL")
        .await;
    let refused = world.get("/v1/parameters").await.expect(400).json();
    assert_eq!(refused["code"], "app_unavailable");
    // Scripts of any page may ask: what counts is the key.
    let request = world.h.request("GET", "/v1/site").bearer_auth(&world.key);
    let request = request.header("origin", "https://elsewhere.example");
    let answer = Answer::read(request.send().await.unwrap()).await;
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    let unknown = world.get("/v1/nowhere").await.expect(404).json();
    assert_eq!(unknown["code"], "not_found");
}

#[actix_web::test]
async fn run_answers_who_waits_with_its_end_and_is_kept_for_its_user() {
    let world = World::new().await;
    // As a client that has no files says it.
    let body = json!({"inputs": {"name": "Ada"}, "user": "golden-user", "files": null, "stray": 1});
    let answer = world.run(&body).await.expect(200);
    assert_eq!(
        answer.header("content-type"),
        "application/json; charset=utf-8"
    );
    let ended = answer.json();
    let data = &ended["data"];
    assert_eq!(
        (&data["status"], &data["outputs"], &data["id"]),
        (
            &json!("succeeded"),
            &json!({"result": "Ada"}),
            &ended["workflow_run_id"]
        )
    );
    let run = ended["workflow_run_id"].as_str().unwrap();
    let found = world.get(&format!("/v1/workflows/run/{run}")).await;
    let found = found.expect(200).json();
    for member in [
        "id",
        "workflow_id",
        "status",
        "outputs",
        "error",
        "total_steps",
    ] {
        assert_eq!(found[member], data[member], "{member}");
    }
    let inputs: Value = serde_json::from_str(found["inputs"].as_str().unwrap()).unwrap();
    assert_eq!(inputs["sys.user_id"], "golden-user");
    let query = "SELECT e.session_id || ' ' || e.type || ' ' || l.created_from FROM workflow_runs r \
                 JOIN end_users e ON e.id = r.created_by JOIN workflow_app_logs l ON l.workflow_run_id = r.id";
    assert_eq!(
        world.h.db.query(query).await,
        ["golden-user service-api service-api"]
    );
    for id in [NOWHERE, "nonsense"] {
        let missing = world.get(&format!("/v1/workflows/run/{id}")).await;
        let message = "Workflow run not found.";
        assert_eq!(missing.expect(404).json(), error(404, "not_found", message));
    }
}

#[actix_web::test]
async fn run_streams_to_who_listens_with_the_insides_of_its_nodes() {
    let world = World::new().await;
    let body = json!({"inputs": {"name": "Ada"}, "response_mode": "streaming", "user": "u"});
    let answer = world.run(&body).await.expect(200);
    let events = events(&answer.body);
    let last = events.last().unwrap();
    assert_eq!(last["event"], "workflow_finished");
    assert_eq!(last["data"]["created_by"]["user"], "u");
    let started = &events[0]["data"];
    let version = started["workflow_id"].as_str().unwrap();
    let node = events
        .iter()
        .find(|event| event["event"] == "node_finished");
    assert_eq!(node.unwrap()["data"]["outputs"]["name"], "Ada");
    let path = format!("/v1/workflows/{version}/run");
    world.post(&path, &body).await.expect(200);
    let path = format!("/v1/workflows/{NOWHERE}/run");
    let message = format!("Workflow not found with id: {NOWHERE}");
    assert_eq!(
        world.post(&path, &body).await.expect(404).json(),
        error(404, "not_found", &message)
    );
    let malformed = world.post("/v1/workflows/nope/run", &body).await;
    assert_eq!(malformed.expect(400).json()["code"], "bad_request");
}

#[actix_web::test]
async fn run_that_cannot_begin_is_refused_in_the_way_in_which_its_caller_listens() {
    let world = World::new().await;
    let message = "name is required in input form";
    let waiting = world.run(&json!({"inputs": {}, "user": "u"})).await;
    assert_eq!(
        waiting.expect(400).json(),
        error(400, "invalid_param", message)
    );
    let body = json!({"inputs": {}, "user": "u", "response_mode": "streaming"});
    let listening = world.run(&body).await.expect(200);
    let line = "{\"event\":\"error\",\"code\":\"invalid_param\",\"status\":400,\"message\":\"name is required in input form\"}";
    assert_eq!(listening.body, format!("event: ping\n\ndata: {line}\n\n"));
    let message = "Arg user must be provided.";
    for body in [
        json!({}),
        json!({"user": "", "inputs": {}}),
        json!({"inputs": 7}),
    ] {
        let refused = world.run(&body).await.expect(400).json();
        assert_eq!(refused, error(400, "invalid_param", message), "{body}");
    }
    for body in [
        json!({"user": "u"}),
        json!({"user": "u", "inputs": []}),
        json!({"user": "u", "inputs": {}, "response_mode": "loudly"}),
        json!({"user": "u".repeat(256), "inputs": {}}),
    ] {
        let refused = world.run(&body).await.expect(400).json();
        assert_eq!(refused["code"], "invalid_param", "{body}");
    }
    let request = world.h.request("POST", "/v1/workflows/run");
    let request = request.bearer_auth(&world.key).body("x");
    let answer = Answer::read(request.send().await.unwrap()).await;
    assert_eq!(answer.expect(415).json()["code"], "unsupported_media_type");
    world
        .h
        .db
        .execute("UPDATE apps SET mode = 'advanced-chat'")
        .await;
    let body = json!({"inputs": {}, "user": "u"});
    assert_eq!(
        world.run(&body).await.expect(400).json()["code"],
        "not_workflow_app"
    );
}

#[actix_web::test]
async fn stop_wants_a_user_and_succeeds_whether_there_is_a_run_or_not() {
    let world = World::new().await;
    for task in [NOWHERE, "x"] {
        let path = format!("/v1/workflows/tasks/{task}/stop");
        let stopped = world.post(&path, &json!({"user": "u"})).await.expect(200);
        assert_eq!(stopped.json(), json!({"result": "success"}));
        let refused = world.post(&path, &json!({})).await.expect(400).json();
        assert_eq!(
            refused,
            error(400, "invalid_param", "Arg user must be provided.")
        );
    }
}
