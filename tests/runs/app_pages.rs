//! `/apps` by forms and links alone: the list, an app's form, a run and its end; roles and tokens.

use serde_json::json;

use crate::support::{
    Answer, EMAIL, Harness,
    apps::{calling, file, published, slow_then_quick},
    arrange, basic_account,
    plain::{Plain, between, signed_in},
    process::wait_until,
};

/// An installation with one published app.
pub(super) struct World {
    pub(super) h: Harness,
    pub(super) path: String,
}

impl World {
    pub(super) async fn of(h: Harness, text: &str) -> Self {
        let mut owner = basic_account(&h).await;
        let app = published(&h, &mut owner, text).await;
        let path = format!("/apps/{app}");
        Self { h, path }
    }

    pub(super) async fn greeter() -> Self {
        Self::of(Harness::start().await, &file("0.6.0", "greets")).await
    }

    /// An app that calls a server, which lets its first caller wait for ever.
    pub(super) async fn slow() -> Self {
        let h = Harness::with(&[("GATEWRIGHT_OUTBOUND_ALLOW", "127.0.0.0/8")]).await;
        let text = calling(&slow_then_quick().await);
        Self::of(h, &text).await
    }

    /// Begins a run by the form; the path of its page.
    pub(super) async fn run(&self, browser: &mut Plain<'_>, filled: &[(&str, &str)]) -> String {
        let page = browser.get(&self.path).await.expect(200);
        let begun = browser.submit(&page, filled).await.expect(303);
        begun.header("location").to_owned()
    }
}

/// The greeting app, with these fields in its form instead of the one that it has.
fn with_fields(fields: &str) -> String {
    let one = "        - label: name\n          max_length: 48\n          required: true\n          type: text-input\n          variable: name\n";
    let text = file("0.6.0", "greets");
    assert!(text.contains(one));
    text.replace(one, fields)
}

#[actix_web::test]
async fn app_page_runs_an_app_by_its_form_and_shows_what_came_out_without_javascript() {
    let world = World::greeter().await;
    let mut browser = signed_in(&world.h, EMAIL).await;
    let list = browser.get("/apps").await.expect(200);
    assert!(list.body.contains(&format!("href=\"{}\"", world.path)));
    let page = browser.get(&world.path).await.expect(200);
    assert!(page.body.contains("No runs.") && page.body.contains("maxlength=\"48\""));
    let run = world
        .run(&mut browser, &[("input.name", "Ada & Bob")])
        .await;
    let shown = ended(&mut browser, &run).await;
    let result = between(&shown.body, "<h2>Result</h2>", "<h2>").unwrap();
    assert!(result.contains("Ada &#38; Bob"), "{}", shown.body);
    assert!(shown.body.contains(">Succeeded<") && !shown.body.contains("http-equiv"));
    assert!(shown.body.contains("<h2>Nodes</h2>") && shown.body.contains(">Start<"));
    // The history leads there, and the form is filled in again.
    let page = browser.get(&world.path).await.expect(200);
    assert!(page.body.contains(&format!("href=\"{run}\"")));
    let id = run.rsplit('/').next().unwrap();
    let again = browser.get(&format!("{}?again={id}", world.path)).await;
    assert!(again.expect(200).body.contains("value=\"Ada &#38; Bob\""));
    let outputs = browser.get(&format!("{run}/outputs")).await.expect(200);
    assert_eq!(outputs.json(), json!({"result": "Ada & Bob"}));
}

#[actix_web::test]
async fn app_page_says_at_the_field_what_does_not_fit_and_keeps_what_was_filled_in() {
    let fields = "        - label: How many\n          required: true\n          type: number\n          variable: n\n        \
        - label: Colour\n          options:\n          - red\n          - green\n          required: false\n          type: select\n          variable: colour\n        \
        - label: Words\n          required: true\n          type: paragraph\n          variable: name\n        \
        - default: true\n          label: Sure\n          required: false\n          type: checkbox\n          variable: sure\n        \
        - label: Facts\n          required: false\n          type: json_object\n          variable: facts\n";
    let world = World::of(Harness::start().await, &with_fields(fields)).await;
    let mut browser = signed_in(&world.h, EMAIL).await;
    let page = browser.get(&world.path).await.expect(200);
    assert!(page.body.contains(" checked"), "its default");
    let good = [
        ("input.n", "2.5"),
        ("input.colour", "green"),
        ("input.name", "two\nlines"),
        ("input.facts", "{\"a\": [1]}"),
    ];
    for (name, value, words) in [
        ("input.n", "many", "Enter a number"),
        ("input.n", "", "Fill in this field."),
        ("input.colour", "blue", "Choose one of the options."),
        ("input.name", " ", "Fill in this field."),
        ("input.facts", "{", "This is not JSON"),
        ("input.facts", "[1]", "Enter a JSON object"),
    ] {
        let filled = good.map(|one| if one.0 == name { (name, value) } else { one });
        let refused = browser.submit(&page, &filled).await.expect(400);
        assert!(
            refused.body.contains(words),
            "{name} {value}: {}",
            refused.body
        );
        assert!(refused.body.contains("aria-invalid") && refused.body.contains("Nothing was run."));
        if name != "input.n" {
            assert!(refused.body.contains("value=\"2.5\""), "it is kept");
        }
    }
    assert_eq!(
        world.h.db.query("SELECT count(*) FROM workflow_runs").await,
        ["0"]
    );
    let unticked = world.run(&mut browser, &good).await;
    let inputs = "SELECT (inputs::jsonb - 'sys.files' - 'sys.user_id' - 'sys.app_id' - 'sys.workflow_id' - 'sys.workflow_run_id' - 'sys.timestamp')::text FROM workflow_runs";
    let kept: serde_json::Value = serde_json::from_str(&world.h.db.query(inputs).await[0]).unwrap();
    assert_eq!(
        kept,
        json!({"n": 2.5, "colour": "green", "name": "two\nlines", "sure": false, "facts": {"a": [1]}}),
        "{unticked}"
    );
}

#[actix_web::test]
async fn app_page_of_another_workspace_or_without_a_session_shows_nothing() {
    let world = World::greeter().await;
    let mut owner = signed_in(&world.h, EMAIL).await;
    let run = world.run(&mut owner, &[("input.name", "Ada")]).await;
    let mut stranger = Plain::new(&world.h);
    for path in ["/apps", &world.path, &run, &format!("{run}/events")] {
        let away = stranger.get(path).await.expect(303);
        assert_eq!(away.header("location"), "/signin?next=apps", "{path}");
    }
    world.h.add_account("other").await;
    let mut other = signed_in(&world.h, "other@example.com").await;
    assert!(
        other
            .get("/apps")
            .await
            .expect(200)
            .body
            .contains("No apps.")
    );
    for path in [
        world.path.clone(),
        run.clone(),
        format!("{run}/events"),
        format!("{run}/outputs"),
        "/apps/nonsense".to_owned(),
    ] {
        let missing = other.get(&path).await.expect(404);
        assert!(missing.body.contains("App not found"), "{path}");
    }
    // The owner's form with the stranger's token.
    let page = owner.get(&world.path).await.expect(200);
    let token = other.cookies["csrf_token"].clone();
    let filled = [("input.name", "Eve"), ("csrf_token", token.as_str())];
    other.submit(&page, &filled).await.expect(404);
    assert_eq!(
        world.h.db.query("SELECT count(*) FROM workflow_runs").await,
        ["1"]
    );
}

#[actix_web::test]
async fn member_sees_their_own_runs_only_and_an_editor_everybody_s() {
    let world = World::greeter().await;
    let mut owner = signed_in(&world.h, EMAIL).await;
    let theirs = world.run(&mut owner, &[("input.name", "Ada")]).await;
    for (name, role) in [("plain", "normal"), ("writer", "editor")] {
        let email = format!("{name}@example.com");
        arrange::account(&email)
            .with_first_password()
            .add(&world.h.db)
            .await;
        let joins = arrange::member(&email, role).current();
        joins.join_workspace_of(&world.h.db, EMAIL).await;
    }
    let mut member = signed_in(&world.h, "plain@example.com").await;
    let page = member.get(&world.path).await.expect(200);
    assert!(page.body.contains("No runs."));
    let missing = member.get(&theirs).await.expect(404);
    assert!(missing.body.contains("Run not found"));
    let id = theirs.rsplit('/').next().unwrap();
    let again = member.get(&format!("{}?again={id}", world.path)).await;
    assert!(!again.expect(200).body.contains("Ada"));
    let own = world.run(&mut member, &[("input.name", "Bob")]).await;
    let shown = member.get(&own).await.expect(200);
    assert!(
        !shown.body.contains("<details"),
        "not what went through nodes"
    );
    let mut editor = signed_in(&world.h, "writer@example.com").await;
    let page = editor.get(&world.path).await.expect(200);
    for run in [&theirs, &own] {
        assert!(page.body.contains(run.as_str()));
        editor.get(run).await.expect(200);
    }
}

#[actix_web::test]
async fn app_page_form_without_csrf_or_from_another_site_runs_and_stops_nothing() {
    let world = World::slow().await;
    let mut browser = signed_in(&world.h, EMAIL).await;
    let run = world.run(&mut browser, &[("input.name", "Ada")]).await;
    let page = browser.get(&world.path).await.expect(200);
    let forged = [("input.name", "Eve"), ("csrf_token", "x")];
    let back = browser.submit(&page, &forged).await.expect(303);
    let stale = browser.follow(back).await.expect(200);
    assert!(stale.body.contains("out of date"));
    let shown = browser.get(&run).await.expect(200);
    browser
        .submit(&shown, &[("csrf_token", "x")])
        .await
        .expect(303);
    for path in [format!("{}/run", world.path), format!("{run}/stop")] {
        let request = world.h.request("POST", &path);
        let request = request
            .header("origin", "https://evil.example")
            .form(&[("input.name", "Eve")]);
        Answer::read(request.send().await.unwrap())
            .await
            .expect(403);
    }
    assert_eq!(
        world.h.db.query("SELECT status FROM workflow_runs").await,
        ["running"]
    );
    browser.submit(&shown, &[]).await.expect(303);
}

#[actix_web::test]
async fn app_pages_escape_what_people_and_apps_say() {
    let evil = "<img src=x onerror=alert(1)>";
    let fields = format!(
        "        - label: '{evil}'\n          required: true\n          type: paragraph\n          variable: name\n"
    );
    let text =
        with_fields(&fields).replace("description: greets", &format!("description: '{evil}'"));
    let world = World::of(Harness::start().await, &text).await;
    world
        .h
        .db
        .execute(&format!("UPDATE apps SET name = '{evil}'"))
        .await;
    let mut browser = signed_in(&world.h, EMAIL).await;
    let said = format!("</textarea></pre>{evil}");
    let run = world.run(&mut browser, &[("input.name", &said)]).await;
    let id = run.rsplit('/').next().unwrap().to_owned();
    for path in [
        "/apps".to_owned(),
        format!("/apps?q={}", "%3Cimg%20"),
        world.path.clone(),
        format!("{}?again={id}", world.path),
        run.clone(),
        format!("{run}/events"),
    ] {
        let page = browser.get(&path).await.expect(200);
        assert!(!page.body.contains("<img"), "{path}: {}", page.body);
        assert!(page.body.contains("&#60;img"), "{path}: {}", page.body);
    }
}

#[actix_web::test]
async fn app_that_cannot_run_says_why_and_has_no_form() {
    let world = World::greeter().await;
    let mut browser = signed_in(&world.h, EMAIL).await;
    let page = browser.get(&world.path).await.expect(200);
    world
        .h
        .db
        .execute("UPDATE apps SET workflow_id = NULL")
        .await;
    let shown = browser.get(&world.path).await.expect(200);
    assert!(shown.body.contains("Nothing of this app is published yet"));
    assert!(!shown.body.contains("<form"));
    let back = browser.submit(&page, &[("input.name", "Ada")]).await;
    assert_eq!(back.expect(303).header("location"), world.path);
}

/// The page of a run, once it has ended.
pub(super) async fn ended(browser: &mut Plain<'_>, run: &str) -> Answer {
    let mut last = None;
    wait_until("the run has ended", async || {
        let shown = browser.get(run).await.expect(200);
        let goes_on = shown.body.contains("http-equiv=\"refresh\"");
        last = Some(shown);
        !goes_on
    })
    .await;
    last.unwrap()
}
