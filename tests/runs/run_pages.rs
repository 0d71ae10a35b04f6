//! The page of a run: what it streams to its script, the runs of an app in pages, conversations that go on.

use futures_util::future::join_all;
use gatewright_test_support::scripted_server::{ScriptedServer, answer};
use serde_json::json;

use super::{
    app_pages::{World, ended},
    chatflows,
};
use crate::support::{
    Answer, EMAIL, Harness,
    apps::{Installed, calling, make_key},
    arrange,
    events::events,
    plain::{between, signed_in},
};

#[actix_web::test]
async fn run_page_streams_its_state_and_ends_when_the_run_is_stopped() {
    let world = World::slow().await;
    let mut browser = signed_in(&world.h, EMAIL).await;
    let run = world.run(&mut browser, &[("input.name", "Ada")]).await;
    let shown = browser.get(&run).await.expect(200);
    assert!(
        shown
            .body
            .contains(&format!("data-events=\"{run}/events\""))
    );
    let events = browser.request(&format!("{run}/events"));
    let mut events = events.send().await.unwrap();
    assert_eq!(
        events.headers()["content-type"],
        "text/event-stream; charset=utf-8"
    );
    assert_eq!(events.headers()["cache-control"], "no-store");
    let first = events.chunk().await.unwrap().unwrap();
    let first = String::from_utf8(first.to_vec()).unwrap();
    assert!(first.starts_with("event: state\ndata: \""), "{first}");
    assert!(first.contains("Running") && first.ends_with("\n\n"));
    let back = browser.submit(&shown, &[]).await.expect(303);
    assert_eq!(back.header("location"), run);
    let rest = events.text().await.unwrap();
    assert!(rest.contains("Stopped by user."), "{rest}");
    assert!(rest.ends_with("event: end\ndata: \"\"\n\n"), "{rest}");
    let shown = browser.get(&run).await.expect(200);
    assert!(shown.body.contains(">Stopped<") && !shown.body.contains("data-events"));
    assert!(!shown.body.contains("<form"), "nothing is left to stop");
}

#[actix_web::test]
async fn app_pages_load_our_script_alone_and_only_while_a_run_goes_on() {
    let world = World::slow().await;
    let mut browser = signed_in(&world.h, EMAIL).await;
    let run = world.run(&mut browser, &[("input.name", "Ada")]).await;
    let script = "<script src=\"/runs.js\" defer></script>";
    for (path, scripts) in [
        ("/apps".to_owned(), 0),
        (world.path.clone(), 0),
        (run.clone(), 1),
    ] {
        let page = browser.get(&path).await.expect(200);
        let policy = page.header("content-security-policy");
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("http"));
        assert_eq!(page.body.matches(script).count(), scripts, "{path}");
        assert_eq!(page.body.matches("<script").count(), scripts, "{path}");
        for nothing in ["style=", "onclick", "src=\"http", "href=\"http"] {
            assert!(!page.body.contains(nothing), "{path}: {nothing}");
        }
        assert!(page.body.len() < 30_000);
        assert_eq!(page.header("cache-control"), "no-store");
    }
    let file = world.h.get("/runs.js").await.expect(200);
    assert_eq!(
        file.header("content-type"),
        "text/javascript; charset=utf-8"
    );
    let shown = browser.get(&run).await.expect(200);
    browser.submit(&shown, &[]).await.expect(303);
}

#[actix_web::test]
async fn runs_of_an_app_are_listed_in_pages_from_the_newest_on() {
    let world = World::greeter().await;
    let mut browser = signed_in(&world.h, EMAIL).await;
    world.run(&mut browser, &[("input.name", "Ada")]).await;
    world
        .h
        .db
        .execute(
            "INSERT INTO workflow_runs (id, tenant_id, app_id, workflow_id, type, triggered_from, version, inputs, status, created_by_role, created_by, created_at) \
             SELECT gen_random_uuid(), tenant_id, app_id, workflow_id, type, triggered_from, version, inputs, 'succeeded', created_by_role, created_by, \
               created_at - n * interval '1 minute' FROM workflow_runs, generate_series(1, 24) n",
        )
        .await;
    let rows = |page: &Answer| page.body.matches("<li>").count();
    let first = browser.get(&world.path).await.expect(200);
    assert_eq!(rows(&first), 20);
    let older = between(&first.body, "<p><a href=\"", "#runs\">Older runs").unwrap();
    let second = browser.get(older).await.expect(200);
    assert_eq!(rows(&second), 5);
    assert!(second.body.contains("Latest runs</a>") && !second.body.contains("Older runs</a>"));
}

#[actix_web::test]
async fn conversation_goes_on_from_the_page_of_its_last_run_and_belongs_to_who_began_it() {
    let text = chatflows::file(&[chatflows::echoes()]);
    let world = World::of(Harness::start().await, &text).await;
    let mut browser = signed_in(&world.h, EMAIL).await;
    let page = browser.get(&world.path).await.expect(200);
    let blank = [("message", " "), ("input.who", "Ada")];
    let refused = browser.submit(&page, &blank).await.expect(400);
    assert!(refused.body.contains("Write a message.") && refused.body.contains("value=\"Ada\""));
    let asked = [("message", "How are <you>?"), ("input.who", "Ada")];
    let mut run = world.run(&mut browser, &asked).await;
    for (turn, next) in [(1, "And now?"), (2, "")] {
        let shown = ended(&mut browser, &run).await;
        assert!(
            shown.body.contains(&format!("(turn {turn})")),
            "{}",
            shown.body
        );
        assert!(
            shown.body.contains("How are &#60;you&#62;?"),
            "{}",
            shown.body
        );
        assert_eq!(shown.body.matches("class=\"asked\"").count(), turn);
        assert!(shown.body.contains("name=\"input.who\" value=\"Ada\""));
        if !next.is_empty() {
            let sent = browser.submit(&shown, &[("message", next)]).await;
            sent.expect(303).header("location").clone_into(&mut run);
        }
    }
    let from = "SELECT c.invoke_from || ' ' || m.invoke_from || ' ' || c.from_source || ' ' || count(*) FROM conversations c \
        JOIN messages m ON m.conversation_id = c.id GROUP BY c.id, m.invoke_from";
    assert_eq!(world.h.db.query(from).await, ["explore explore console 2"]);
    // An editor reads it, and cannot speak in it.
    arrange::account("writer@example.com")
        .with_first_password()
        .add(&world.h.db)
        .await;
    let joins = arrange::member("writer@example.com", "editor").current();
    joins.join_workspace_of(&world.h.db, EMAIL).await;
    let mut editor = signed_in(&world.h, "writer@example.com").await;
    let shown = editor.get(&run).await.expect(200);
    assert!(shown.body.contains("(turn 2)") && !shown.body.contains("name=\"message\""));
    let page = editor.get(&world.path).await.expect(200);
    let ids = "SELECT id::text FROM conversations";
    let theirs = world.h.db.query(ids).await.remove(0);
    let token = editor.cookies["csrf_token"].clone();
    let forged = [
        ("csrf_token", token.as_str()),
        ("conversation", theirs.as_str()),
        ("message", "hello"),
    ];
    let path = format!("{}/run", world.path);
    let refused = editor.post(&path, &forged).await.expect(404);
    assert!(refused.body.contains("not yours"), "{}", refused.body);
    assert!(page.body.contains("name=\"message\""));
}

/// Runs the app over `/v1`; the run, and how its stream says that it ended.
async fn told(world: &Installed, key: &str, place: &str) -> (String, String) {
    let body = json!({"inputs": {"name": place}, "response_mode": "streaming", "user": "ada"});
    let request = world.h.request("POST", "/v1/workflows/run");
    let answer = request.bearer_auth(key).json(&body).send().await.unwrap();
    let events = events(&Answer::read(answer).await.expect(200).body);
    let last = &events.last().unwrap()["data"];
    let text = |member: &str| last[member].as_str().unwrap().to_owned();
    (text("id"), text("status"))
}

#[actix_web::test]
async fn how_a_run_ended_is_the_same_in_its_stream_its_record_the_list_and_its_page() {
    let far = ScriptedServer::start(|_| answer("200 OK", "", "hi"));
    let good = far.await.unwrap().url("/");
    let settings = [("GATEWRIGHT_OUTBOUND_ALLOW", "127.0.0.0/8")];
    let mut world = Installed::of(&calling("'{{#start.name#}}'"), &settings).await;
    let (_, key) = make_key(&world.h, &mut world.owner, &world.app).await;
    let mut ends = vec![];
    for _ in 0..4 {
        let nowhere = "http://127.0.0.1:1/";
        let places = [good.as_str(), nowhere, &good, &good, nowhere];
        let five = places.map(|place| told(&world, &key, place));
        ends.extend(join_all(five).await);
    }
    let mut browser = signed_in(&world.h, EMAIL).await;
    let list = browser.get(&format!("/apps/{}", world.app)).await;
    let list = list.expect(200).body;
    for (run, status) in &ends {
        let path = format!("/v1/workflows/run/{run}");
        let record = world.h.with_bearer("GET", &path, &key).await;
        assert_eq!(record.expect(200).json()["status"], *status);
        let shown = match status.as_str() {
            "succeeded" => ">Succeeded<",
            _ => ">Failed<",
        };
        let path = format!("/apps/{}/runs/{run}", world.app);
        let line = between(&list, &format!("href=\"{path}\""), "</li>").unwrap();
        assert!(line.contains(shown), "{status}: {line}");
        let page = browser.get(&path).await.expect(200).body;
        let state = between(&page, "class=\"state\"", "</p>").unwrap();
        assert!(state.contains(shown), "{status}: {state}");
    }
    let failed = ends.iter().filter(|(_, status)| status == "failed");
    assert_eq!((ends.len(), failed.count()), (20, 8));
}
