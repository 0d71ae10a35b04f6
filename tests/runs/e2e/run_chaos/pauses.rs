//! A process is killed at each commit of a run that asks a person, and is answered there.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::world::{ALL, Asked, World};
use crate::support::{
    commits::{CommitRelay, Cut},
    events::data,
    process::{Server, signal, wait_until},
};

/// When such a run is kept, in the order in which it comes to it.
const COMMITS: [&str; 4] = [
    "it begins, and waits",
    "its form is answered",
    "it goes on, and its node has the answer",
    "it ends",
];

/// Asks a person, and then the server.
fn file(url: &str) -> String {
    let start = json!({"type": "start", "title": "Start", "variables": [
        {"variable": "name", "label": "name", "type": "text-input", "required": true, "max_length": 48}]});
    let ask = json!({"type": "human-input", "title": "Ask", "form_content": "Say {{#$output.comment#}}", "timeout": 1, "timeout_unit": "day",
        "delivery_methods": [{"config": {}, "enabled": true, "id": "3f5b1d0e-7a31-4a7e-8d2e-6a4f2f7c1b01", "type": "webapp"}],
        "inputs": [{"type": "paragraph", "output_variable_name": "comment", "default": {"type": "constant", "selector": [], "value": ""}}],
        "user_actions": [{"id": "yes", "title": "Yes", "button_style": "primary"}]});
    let calls = json!({"type": "http-request", "title": "c", "method": "get", "url": format!("{url}/c?run={{{{#start.name#}}}}"), "headers": "",
        "params": "", "body": {"type": "none", "data": []}, "authorization": {"type": "no-auth", "config": null}, "variables": [], "timeout": {}});
    let end = json!({"type": "end", "title": "End", "outputs": [{"variable": "result", "value_selector": ["ask", "comment"]}]});
    let nodes: Vec<Value> = [("start", start), ("ask", ask), ("c", calls), ("end", end)]
        .into_iter()
        .map(|(id, data)| json!({"id": id, "type": "custom", "data": data}))
        .collect();
    let edge = |from: &str, handle: &str, to: &str| json!({"id": format!("{from}-{to}"), "source": from, "sourceHandle": handle, "target": to, "targetHandle": "target", "type": "custom"});
    let edges = [
        edge("start", "source", "ask"),
        edge("ask", "yes", "c"),
        edge("c", "source", "end"),
    ];
    json!({
        "app": {"mode": "workflow", "name": "asks", "icon": "x", "icon_type": "emoji", "icon_background": "#FFFFFF", "description": ""},
        "kind": "app", "version": "0.6.0", "dependencies": [],
        "workflow": {"conversation_variables": [], "environment_variables": [], "features": {}, "graph": {"nodes": nodes, "edges": edges}},
    })
    .to_string()
}

async fn status(world: &World, name: &str) -> Option<String> {
    let query =
        format!("SELECT status FROM workflow_runs WHERE inputs::json ->> 'name' = '{name}'");
    world.db.query(&query).await.pop()
}

/// Answers the form of a run that waits, there; the status of the answer, if there is any.
async fn answer(world: &World, at: &Server, name: &str) -> Option<u16> {
    wait_until("it waits", async || {
        status(world, name).await.as_deref() == Some("paused")
    })
    .await;
    let run = world.run(name).await.unwrap();
    let shown = data(&world.attach(&world.stays, &run).await.unwrap());
    let form = shown
        .iter()
        .find(|event| event["event"] == "human_input_required");
    let token = form.unwrap()["data"]["form_token"].as_str().unwrap();
    let url = format!(
        "{}/openapi/v1/apps/{}/form/human_input/{token}",
        at.url, world.app
    );
    let request = at.http.post(url).bearer_auth(&world.token);
    let request = request.json(&json!({"action": "yes", "inputs": {"comment": name}}));
    let answered = request.send().await.ok()?;
    Some(answered.status().as_u16())
}

/// Kills a process at a commit of a run, which it begins and is answered at; the name of the run, and how often it had asked. None: nothing
/// of it was kept.
async fn killed_at(world: &World, at: usize, cut: Cut) -> Option<(String, usize)> {
    let name = format!("{cut:?}{at}");
    let relay = CommitRelay::to(&world.db.database_url, at, cut).await;
    let mut dies = world.another_by(&relay.url, &world.db.redis_url).await;
    let client = world.begin(&dies, &name);
    let reached = async {
        relay.reached().await;
        signal(dies.child.id(), "KILL");
    };
    if at == 1 {
        reached.await;
    } else {
        tokio::join!(reached, answer(world, &dies, &name));
    }
    dies.child.wait().unwrap();
    world.settles().await;
    let told = client.await.unwrap();
    let waits = status(world, &name).await;
    assert_eq!(
        waits.is_none(),
        at == 1 && cut == Cut::Before,
        "{name}: {waits:?}"
    );
    if waits.is_none() {
        assert_eq!(told, "", "{name}: nobody hears of what is not kept");
        return None;
    }
    let times = world.asked.times("c", &name);
    Some((name, times))
}

#[tokio::test]
async fn run_that_asks_a_person_and_is_killed_at_each_of_its_commits_takes_one_answer_and_ends() {
    let asked = Asked::answering(ALL).await;
    let file = file(&asked.url());
    let world = World::running(&file, asked, "").await;
    let whole = CommitRelay::to(&world.db.database_url, 0, Cut::After).await;
    let undisturbed = world.another_by(&whole.url, &world.db.redis_url).await;
    let stream = world.begin(&undisturbed, "whole").await.unwrap();
    assert_eq!(data(&stream).last().unwrap()["event"], "workflow_paused");
    assert_eq!(answer(&world, &undisturbed, "whole").await, Some(200));
    world.all_end().await;
    assert_eq!(
        whole.seen(),
        COMMITS.len(),
        "a commit has no line in the list"
    );
    drop(undisturbed);

    // Side by side: each has a process and a way to the database of its own.
    let cuts = (1..=COMMITS.len()).flat_map(|at| [(at, Cut::Before), (at, Cut::After)]);
    let killed = join_all(cuts.map(|(at, cut)| killed_at(&world, at, cut))).await;
    let killed: Vec<(String, usize)> = killed.into_iter().flatten().collect();
    world.let_leases_lapse().await;
    wait_until("nobody works on any run", async || {
        let open = "SELECT count(*) FROM workflow_runs WHERE status = 'running'";
        let leases = "SELECT count(*) FROM gatewright_run_leases WHERE owner IS NOT NULL OR wake_requested_at IS NOT NULL";
        world.db.query(open).await == ["0"] && world.db.query(leases).await == ["0"]
    })
    .await;
    for (name, before) in killed {
        let answers = "SELECT f.status || ' ' || coalesce(f.selected_action_id, '') FROM human_input_forms f \
                       JOIN workflow_runs r ON r.id = f.workflow_run_id WHERE r.inputs::json ->> 'name' =";
        let form = world.db.query(&format!("{answers} '{name}'")).await;
        if status(&world, &name).await.as_deref() == Some("paused") {
            // Whoever answered knows that it was not kept.
            assert_eq!(form.len(), 1, "{name}: {form:?}");
            assert_eq!(
                answer(&world, &world.stays, &name).await,
                Some(200),
                "{name}"
            );
        }
        wait_until("it has gone on", async || {
            world.end_of(&name).await == "succeeded "
        })
        .await;
        let form = world.db.query(&format!("{answers} '{name}'")).await;
        assert_eq!(form, ["submitted yes"], "{name}");
        let times = world.asked.times("c", &name);
        assert!(times <= 2 && times >= before, "{name}: {times}");
    }
    world.all_end().await;
    world.everything_is_kept_once().await;
}
