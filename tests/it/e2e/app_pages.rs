//! The pages of apps in a real browser, against the real binary: a run is begun by a form, watched while it goes on, stopped.

use gatewright_test_db::TestDb;
use serde_json::{Value, json};

use super::remote::Chromium;
use crate::support::{
    apps::{answering_when_told, calling, file},
    process::Server,
};

/// Looks at a page of a run that has ended, without what kept it up to date until then.
async fn look_anew(browser: &mut Chromium, name: &str) {
    let here = browser.act(json!({})).await;
    browser.goto(here["url"].as_str().unwrap()).await;
    browser.look(name).await;
}

/// A form with every kind of field.
fn every_field() -> String {
    let one = "        - label: name\n          max_length: 48\n          required: true\n          type: text-input\n          variable: name\n";
    let more = "        - default: '3'\n          label: Number of people\n          required: true\n          type: number\n          variable: n\n        \
        - label: Colour\n          options:\n          - red\n          - green\n          required: false\n          type: select\n          variable: colour\n        \
        - label: A few words about it\n          required: false\n          type: paragraph\n          variable: words\n        \
        - default: true\n          label: Send a copy\n          required: false\n          type: checkbox\n          variable: copy\n        \
        - label: Facts\n          required: false\n          type: json_object\n          variable: facts\n";
    let text = file("0.6.0", "Invitation writer");
    assert!(text.contains(one));
    let text = text.replace(
        one,
        &format!(
            "{}{more}",
            one.replace("label: name", "label: Name of the guest")
        ),
    );
    text.replace(
        "description: greets",
        "description: Writes an invitation in the colours of the house.",
    )
}

#[tokio::test]
async fn browser_runs_an_app_watches_it_end_and_stops_another_run() {
    let db = TestDb::create().await;
    let settings = [
        ("REDIS_KEY_PREFIX", db.key_prefix.as_str()),
        ("GATEWRIGHT_OUTBOUND_ALLOW", "127.0.0.0/8"),
    ];
    let starting = Server::start(&db.database_url, &db.redis_url, &settings);
    let (server, mut browser) = tokio::join!(starting, Chromium::start());
    let far = answering_when_told("all is well, Ada").await;
    let slow = calling(&far.url("/")).replace("name: calls", "name: Weather report");
    let session = server.sign_in().await;
    let app = server.published(&session, &slow).await;
    server.published(&session, &every_field()).await;
    let url = server.url.clone();
    browser.goto(&format!("{url}/signin?next=apps")).await;
    browser.fill("#email", "owner@example.com").await;
    browser.fill("#password", "Passw0rd1").await;
    browser.click("form button").await;
    browser.see("Invitation writer").await;
    browser.look("apps").await;
    browser.click("text=Invitation writer").await;
    browser.see("Number of people").await;
    browser.look("app").await;
    browser.fill("[name='input.name']", "Ada").await;
    browser.fill("[name='input.facts']", "{").await;
    browser.click("form button").await;
    browser.see("This is not JSON").await;
    browser.look("app-refused").await;
    browser.fill("[name='input.facts']", "{\"seats\": 2}").await;
    browser.click("form button").await;
    browser.see("Result").await;
    look_anew(&mut browser, "run").await;

    browser.goto(&format!("{url}/apps/{app}")).await;
    browser.fill("[name='input.name']", "Ada").await;
    browser.click("form button").await;
    browser.see("Running").await;
    browser.look("run-running").await;
    // A mark that a page loses when it is loaded anew.
    browser.act(json!({"evaluate": "window.kept = true"})).await;
    far.go_on();
    browser.see("all is well, Ada").await;
    browser.see("Succeeded").await;
    let kept = browser
        .act(json!({"evaluate": "window.kept === true"}))
        .await;
    assert_eq!(kept["value"], true, "the script put it there");

    browser.click("text=Run again with these inputs").await;
    browser.see("Latest runs").await;
    let filled = json!({"evaluate": "document.querySelector('[name=\"input.name\"]').value"});
    assert_eq!(browser.act(filled).await["value"], "Ada");
    browser.click("form button").await;
    browser.see("Running").await;
    browser.click("#stop").await;
    browser.see("Stopped by user.").await;
    look_anew(&mut browser, "run-stopped").await;
    assert_eq!(browser.problems().await, [] as [Value; 0]);
}
